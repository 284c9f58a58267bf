//! Chooses the format of the clinical summary by the request's `Accept` header (RFC 9110, section 12.5.1).

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;

use crate::demands::{Demands, Parameter};
use crate::problem::{Problem, ProblemType};

/// A format of the clinical summary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// This API's own JSON.
    Json,
    /// An International Patient Summary, FHIR R4.
    Fhir,
}

impl Format {
    /// In order of preference, for a caller that likes both equally.
    const ALL: [Self; 2] = [Self::Json, Self::Fhir];

    fn subtype(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Fhir => "fhir+json",
        }
    }

    /// The format with the highest weight. If two weights are equal, the format that is named more exactly
    /// wins, and then JSON. A caller that accepts neither format gets JSON, like everywhere in this API. A
    /// caller that names FHIR could mistake this API's JSON for FHIR, so it gets FHIR or nothing (`None`).
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let ranges: Vec<Range> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::parse)
            .collect();
        let mut best = None;
        for form in Self::ALL {
            // The most exact range that includes the format gives its weight.
            let taken =
                ranges.iter().filter_map(|range| Some((range.exactness(form)?, range.weight)));
            let Some((exactness, weight)) = taken.max() else { continue };
            if weight > 0 && best.is_none_or(|(_, rank)| (weight, exactness) > rank) {
                best = Some((form, (weight, exactness)));
            }
        }
        let names_fhir = ranges.iter().any(|range| range.weight > 0 && range.names_fhir());
        match best {
            Some((form, _)) => Some(form),
            None => (!names_fhir).then_some(Self::Json),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::wanted(&parts.headers).ok_or_else(|| Problem::new(ProblemType::NotAcceptable))
    }
}

impl Parameter for Format {
    fn add_to(demands: &mut Demands) {
        demands.problems.push(ProblemType::NotAcceptable);
    }
}

/// A media range in lower case.
#[derive(Debug)]
struct Range {
    kind: String,
    subtype: String,
    /// The parameter `fhirVersion`.
    version: Option<String>,
    /// In thousandths.
    weight: u16,
}

impl Range {
    /// A text that is not a media range is ignored.
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

    /// Whether this is FHIR of any format and release, including the names of old releases.
    fn names_fhir(&self) -> bool {
        self.subtype.split('+').any(|part| part == "fhir")
    }

    /// How exactly this range names a format, or `None` if it does not include the format.
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

/// A weight from `0` to `1`, in thousandths.
fn weight(text: &str) -> Option<u16> {
    let weight: f32 = text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    // The filter above guarantees that the result fits.
    Some((weight * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn wanted(accept: &[&str]) -> Option<Format> {
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
            assert_eq!(wanted(&[accept]), Some(Format::Fhir), "{accept}");
        }
        assert_eq!(wanted(&["text/html", "application/fhir+json"]), Some(Format::Fhir));
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
            "application/fhir+json;q=2",
        ] {
            assert_eq!(wanted(&[accept]), Some(Format::Json), "{accept}");
        }
        assert_eq!(wanted(&[]), Some(Format::Json));
    }

    #[test]
    fn fhir_in_a_form_that_is_not_given_is_refused_rather_than_answered_in_another() {
        for accept in [
            "application/fhir+xml",
            "application/xml+fhir",
            "application/json+fhir",
            "application/fhir+json; fhirVersion=5.0",
            "application/fhir+xml, text/html;q=0.5",
        ] {
            assert_eq!(wanted(&[accept]), None, "{accept}");
        }
        assert_eq!(wanted(&["application/fhir+xml, application/json"]), Some(Format::Json));
        assert_eq!(wanted(&["application/fhir+xml, */*;q=0.1"]), Some(Format::Json));
    }

    proptest! {
        #[test]
        fn any_header_is_answered_or_refused(text in "[ -~]{0,60}") {
            let _ = wanted(&[&text]);
        }
    }
}
