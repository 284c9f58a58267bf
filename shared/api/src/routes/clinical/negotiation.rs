//! Which of the two forms of the clinical import a caller takes, by its `Accept` (RFC 9110, 12.5.1).

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use std::convert::Infallible;

/// A format of the clinical import.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// This API's own JSON.
    Json,
    /// An International Patient Summary, FHIR R4.
    Fhir,
}

impl Format {
    /// The one that comes first where a caller likes both alike.
    const ALL: [Self; 2] = [Self::Json, Self::Fhir];

    fn subtype(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Fhir => "fhir+json",
        }
    }

    /// The form with the highest weight; of equal ones the one that is named more exactly, else JSON. A
    /// caller that takes neither gets JSON, as everywhere in this API: its answers say what they are.
    fn wanted(headers: &HeaderMap) -> Self {
        let ranges: Vec<Range> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        let mut best = (Self::Json, (0, 0));
        for form in Self::ALL {
            // The most exact range that takes a form gives its weight.
            let taken =
                ranges.iter().filter_map(|range| Some((range.exactness(form)?, range.weight)));
            let Some((exactness, weight)) = taken.max() else { continue };
            if weight > 0 && (weight, exactness) > best.1 {
                best = (form, (weight, exactness));
            }
        }
        best.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::wanted(&parts.headers))
    }
}

/// A media range, in small letters.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    /// `fhirVersion`.
    version: Option<String>,
    /// In thousandths.
    weight: u16,
}

impl Range {
    /// What is not a media range is nobody's wish.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self {
            kind: kind.trim().to_ascii_lowercase(),
            subtype: subtype.trim().to_ascii_lowercase(),
            version: None,
            weight: 1000,
        };
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("q") {
                range.weight = weight(value)?;
            } else if name.trim().eq_ignore_ascii_case("fhirversion") {
                range.version = Some(value.to_owned());
            }
        }
        Some(range)
    }

    /// How exactly this names a form, if it takes it.
    fn exactness(&self, form: Format) -> Option<u8> {
        let is_release = match (form, self.version.as_deref()) {
            (_, None) => true,
            (Format::Fhir, Some(version)) => matches!(version, "4.0" | "4.0.1"),
            (Format::Json, Some(_)) => false,
        };
        match (self.kind.as_str(), self.subtype.as_str()) {
            _ if !is_release => None,
            ("application", subtype) if subtype == form.subtype() => Some(2),
            ("application", "*") => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
    }
}

/// `0` to `1` with up to three digits, in thousandths.
fn weight(text: &str) -> Option<u16> {
    let weight: f32 = text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    // In range, as was just seen.
    Some((weight * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn wanted(accept: &[&str]) -> Format {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        Format::wanted(&headers)
    }

    #[test]
    fn fhir_comes_to_whoever_asks_for_it_with_whatever_parameters() {
        for accept in [
            "application/fhir+json",
            "Application/FHIR+JSON",
            "application/fhir+json; fhirVersion=4.0",
            "application/fhir+json;fhirVersion=\"4.0\";charset=utf-8",
            "application/fhir+json, application/json;q=0.9",
            "application/fhir+json, */*",
            "*/*;q=0.1, application/fhir+json;q=0.2",
            "application/fhir+xml, application/fhir+json;q=0.5",
            "application/json;q=0, */*",
        ] {
            assert_eq!(wanted(&[accept]), Format::Fhir, "{accept}");
        }
        assert_eq!(wanted(&["text/html", "application/fhir+json"]), Format::Fhir);
    }

    #[test]
    fn json_comes_to_everybody_else() {
        for accept in [
            "application/json",
            "*/*",
            "application/*",
            "",
            "nonsense",
            "text/html, image/png",
            "application/json, application/fhir+json",
            "application/fhir+json;q=0.5, application/json",
            "application/fhir+json;q=0.5, */*",
            "application/fhir+json;q=0",
            "application/fhir+json;q=0, */*",
            "application/fhir+json; fhirVersion=5.0",
            "application/fhir+json;q=2",
        ] {
            assert_eq!(wanted(&[accept]), Format::Json, "{accept}");
        }
        assert_eq!(wanted(&[]), Format::Json);
    }

    proptest! {
        #[test]
        fn any_header_is_answered_in_one_of_the_two_forms(text in "[ -~]{0,60}") {
            let _ = wanted(&[&text]);
        }
    }
}
