//! Reads requests. Serde checks the shape first. Then each value is checked, and all errors are collected.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use domain::attachments::PageSize;
use domain::{Invalid, Unfit};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::problem::{FieldError, Problem, ProblemType};

/// No valid JSON body of this API is nearly as large.
pub(crate) const LARGEST_BODY: usize = 64 * 1024;

/// A JSON body. The request types refuse unknown fields.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(Problem::because(
                ProblemType::UnsupportedMediaType,
                "Send the body as application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::new(ProblemType::RequestTooLarge))?;
        if bytes.len() > LARGEST_BODY {
            return Err(Problem::new(ProblemType::RequestTooLarge));
        }
        read_json(&bytes).map(Self)
    }
}

pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A gateway may already have replaced bytes that were not UTF-8 with U+FFFD. The name that was sent is
    // then lost.
    let is_utf_8 = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\u{fffd}'));
    if !is_utf_8 {
        return Err(Problem::because(ProblemType::InvalidRequest, "The body is not UTF-8."));
    }
    // Some programs start with a byte order mark. RFC 8259 allows a reader to ignore it.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(|error| shape_problem(&error))?;
    json.end().map_err(|_| {
        Problem::because(ProblemType::InvalidRequest, "There is more text after the JSON.")
    })?;
    Ok(value)
}

fn shape_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if error.inner().is_syntax() || error.inner().is_eof() {
        return Problem::because(ProblemType::InvalidRequest, "The body is not JSON.");
    }
    let mut pointer: String = error.path().iter().map(pointed).collect();
    let words = error.inner().to_string();
    // Serde names the object that lacks the field or has it twice. A form wants the field.
    let field = quoted_after("missing field ", &words);
    if let Some(field) = field.or_else(|| quoted_after("duplicate field ", &words)) {
        pointer = format!("{pointer}/{field}");
    }
    Problem::invalid(vec![FieldError { pointer, message: shape_message(&words) }])
}

/// A step of a JSON pointer (RFC 6901).
fn pointed(step: &Segment) -> String {
    match step {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key: name } | Segment::Enum { variant: name } => {
            format!("/{}", name.replace('~', "~0").replace('/', "~1"))
        }
        Segment::Unknown => String::new(),
    }
}

/// The name in backticks after these words.
fn quoted_after<'a>(words: &str, text: &'a str) -> Option<&'a str> {
    text.split_once(words)?.1.strip_prefix('`')?.split('`').next()
}

/// Serde's messages name fields and types, but can repeat a value that was sent. Values are left out.
fn shape_message(words: &str) -> String {
    let words = words.split(" at line ").next().unwrap_or_default();
    if words.starts_with("unknown field") {
        "this field is not known here".to_owned()
    } else if words.starts_with("missing field") {
        "this field is missing".to_owned()
    } else if words.starts_with("duplicate field") {
        "this field is there twice".to_owned()
    } else if let Some((_, expected)) = words.rsplit_once("expected ") {
        format!("expected {expected}")
    } else {
        "this is not of the right kind".to_owned()
    }
}

/// A number in a path. Only this API's own spelling is accepted: `007`, `+7` and `7 ` are not 7.
pub(crate) fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}

/// The size of a page in the parameter `limit`.
pub(crate) fn page_size(fields: &mut Checker, limit: Option<&String>) -> Option<PageSize> {
    match limit {
        Some(text) => fields.check("limit", PageSize::parse(text)),
        None => Some(PageSize::default()),
    }
}

/// A span of time in the parameters `from` and `to`: dates (UTC, the last one included) or instants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Span {
    pub(crate) fn read(
        fields: &mut Checker,
        from: Option<&String>,
        to: Option<&String>,
    ) -> Option<Self> {
        let mut read = |name, text: Option<&String>, days_later| match text {
            Some(text) => fields.check(name, instant(text, days_later)).map(Some),
            None => Some(None),
        };
        let (from, to) = read("from", from, 0).zip(read("to", to, 1))?;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return fields.refuse("from", "this is not before `to`");
        }
        Some(Self { from, to })
    }
}

/// What is wrong with the start of a span that ends earlier.
pub(crate) const AFTER_THE_END: &str = "this is after `to`";

/// An instant, or the start of a date plus this many days.
fn instant(text: &str, days_later: i64) -> Result<Timestamp, Invalid> {
    let wrong = Invalid("this is a date (YYYY-MM-DD) or an RFC 3339 instant");
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date: Date = text.parse().map_err(|_| wrong)?;
    let start = date.to_zoned(TimeZone::UTC).map_err(|_| wrong)?.timestamp();
    start.checked_add(SignedDuration::from_hours(24 * days_later)).map_err(|_| wrong)
}

/// Query parameters.
#[derive(Debug)]
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::<T>::from_request_parts(parts, state)
            .await
            .map(|Query(value)| Self(value))
            .map_err(|rejection| parameter_problem(&rejection.body_text()))
    }
}

/// Names the wrong parameter, but not its value, which serde's words may repeat.
fn parameter_problem(words: &str) -> Problem {
    let words = words.rsplit_once("query string: ").map_or(words, |(_, words)| words);
    let is_name = |name: &&str| {
        (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let (name, message) = if let Some(name) = quoted_after("unknown field ", words) {
        (Some(name), "this parameter is not known here")
    } else if let Some(name) = quoted_after("duplicate field ", words) {
        (Some(name), "this parameter is there twice")
    } else {
        (words.split_once(": ").map(|(name, _)| name), "this is not of the right kind")
    };
    let problem = Problem::because(
        ProblemType::InvalidRequest,
        "A query parameter is unknown or not of the right kind.",
    );
    let errors = name
        .filter(is_name)
        .into_iter()
        .map(|name| FieldError { pointer: name.to_owned(), message: message.to_owned() });
    Problem { errors: errors.collect(), ..problem }
}

/// Collects all errors of a request, so that a form can mark all its fields at once.
#[derive(Debug, Default)]
pub(crate) struct Checker(Vec<FieldError>);

impl Checker {
    /// Returns the value, or adds its error.
    pub(crate) fn check<T, E: Into<Unfit>>(
        &mut self,
        pointer: &str,
        value: Result<T, E>,
    ) -> Option<T> {
        value.map_err(|why| self.wrong(pointer, &why.into().to_string())).ok()
    }

    /// Adds an error.
    pub(crate) fn wrong(&mut self, pointer: &str, message: &str) {
        self.0.push(FieldError { pointer: pointer.to_owned(), message: message.to_owned() });
    }

    /// Adds an error in place of a value.
    pub(crate) fn refuse<T>(&mut self, pointer: &str, message: &str) -> Option<T> {
        self.wrong(pointer, message);
        None
    }

    /// The checked value, if there are no errors.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::invalid(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Shape {
        last_name: String,
        inner: Vec<i64>,
    }

    fn problem(json: &str) -> Problem {
        read_json::<Shape>(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_wrong_field_is_pointed_at_and_its_value_is_not_repeated() {
        let found = problem(r#"{"lastName": "Nguyen", "inner": [1, "secret"]}"#);
        assert_eq!(found.errors[0].pointer, "/inner/1");
        assert!(!found.errors[0].message.contains("secret"), "{found:?}");
        assert_eq!(problem(r#"{"lastName": 7, "inner": []}"#).errors[0].pointer, "/lastName");
        assert!(
            problem(r#"{"lastName": "a", "inner": [], "more": 1}"#).errors[0]
                .message
                .contains("not known")
        );
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Outer {
        shapes: Vec<Shape>,
    }

    #[test]
    fn a_missing_field_is_pointed_at_wherever_it_is() {
        let found = problem(r#"{"inner": []}"#);
        assert_eq!(found.errors[0].pointer, "/lastName");
        assert_eq!(found.errors[0].message, "this field is missing");
        let nested = br#"{"shapes": [{"lastName": "a", "inner": []}, {"lastName": "b"}]}"#;
        let found = read_json::<Outer>(nested).unwrap_err();
        assert_eq!(found.errors[0].pointer, "/shapes/1/inner");
    }

    #[test]
    fn whatever_is_wrong_with_a_body_is_pointed_at_in_lists_and_in_objects() {
        for (body, pointer) in [
            (r#"{"shapes": [{"lastName": "a", "inner": [], "secret": 1}]}"#, "/shapes/0/secret"),
            (r#"{"shapes": [{"lastName": "a", "inner": [1, null]}]}"#, "/shapes/0/inner/1"),
            (r#"{"shapes": [{"lastName": {}, "inner": []}]}"#, "/shapes/0/lastName"),
            (r#"{"shapes": [7]}"#, "/shapes/0"),
            (r#"{"shapes": {}}"#, "/shapes"),
            (r#"{"shapes": [], "shapes": []}"#, "/shapes"),
            ("{}", "/shapes"),
            ("[]", ""),
            ("7", ""),
            (
                r#"{"shapes": [{"lastName": "a", "inner": [], "a/b~c.d": 1}]}"#,
                "/shapes/0/a~1b~0c.d",
            ),
        ] {
            let found = read_json::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(found.errors[0].pointer, pointer, "{body}: {found:?}");
        }
        let list = br#"[{"lastName": "a", "inner": []}, {"inner": []}]"#;
        let found = read_json::<Vec<Shape>>(list).unwrap_err();
        assert_eq!(found.errors[0].pointer, "/1/lastName");
    }

    #[test]
    fn a_span_is_of_dates_or_instants_and_goes_forwards() {
        let read = |from: Option<&str>, to: Option<&str>| {
            let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
            let mut fields = Checker::default();
            let span = Span::read(&mut fields, from.as_ref(), to.as_ref());
            let written = |at: Option<Timestamp>| at.map(|at| at.to_string());
            fields.finish(span.map(|span| (written(span.from), written(span.to))))
        };
        let some = |text: &str| Some(text.to_owned());
        let day = Some("2026-11-03");
        let whole = (some("2026-11-03T00:00:00Z"), some("2026-11-04T00:00:00Z"));
        assert_eq!(read(day, day), Ok(whole));
        let local = Some("2026-11-03T10:00:00+10:00");
        assert_eq!(read(local, None), Ok((some("2026-11-03T00:00:00Z"), None)));
        for (from, to, at) in [
            (Some("soon"), None, "from"),
            (None, Some("2026-02-30"), "to"),
            (Some("2026-11-04"), day, "from"),
            (local, local, "from"),
            (None, Some("9999-12-31"), "to"),
        ] {
            let refused = read(from, to).unwrap_err();
            assert_eq!(refused.errors[0].pointer, at, "{from:?} {to:?}");
        }
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Asked {
        from: String,
        live: bool,
    }

    #[tokio::test]
    async fn a_wrong_query_parameter_is_named_and_its_value_is_not_repeated() {
        for (query, pointer) in [
            ("form=2026-01-01", Some("form")),
            ("live=secret", Some("live")),
            ("live=true&live=secret", Some("live")),
            ("Jo%20Made-Up=secret", None),
        ] {
            let uri = format!("/v1/things?{query}");
            let (mut parts, ()) = axum::http::Request::get(uri).body(()).unwrap().into_parts();
            let read = Parameters::<Asked>::from_request_parts(&mut parts, &()).await;
            let found = read.unwrap_err();
            let named = found.errors.first().map(|error| error.pointer.as_str());
            assert_eq!(named, pointer, "{query}: {found:?}");
            assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        }
    }

    #[test]
    fn what_is_not_json_is_said_to_be_no_json() {
        for wrong in ["", "{", "nonsense", r#"{"lastName": "a", "inner": []} {}"#] {
            assert_eq!(problem(wrong).kind, ProblemType::InvalidRequest);
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_json_is_passed_over() {
        let json = r#"{"lastName": "a", "inner": []}"#;
        assert!(read_json::<Shape>(format!("\u{feff}{json}").as_bytes()).is_ok());
        assert!(read_json::<Shape>(format!("\u{feff}\u{feff}{json}").as_bytes()).is_err());
    }

    #[test]
    fn a_number_in_a_path_has_one_spelling() {
        assert_eq!([number("7"), number("0"), number("-3")], [Some(7), Some(0), Some(-3)]);
        for other in ["007", "+7", "7 ", " 7", "-0", "7.0", "", "99999999999999999999"] {
            assert_eq!(number(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_refused_whoever_noticed_it_first() {
        for body in [
            &b"{\"lastName\": \"M\xfcller\", \"inner\": []}"[..],
            "{\"lastName\": \"M\u{fffd}ller\", \"inner\": []}".as_bytes(),
        ] {
            let refused = read_json::<Shape>(body).unwrap_err();
            assert_eq!(
                (refused.kind, refused.detail.as_ref()),
                (ProblemType::InvalidRequest, "The body is not UTF-8.")
            );
        }
    }

    #[test]
    fn a_character_that_bp_lacks_is_named_at_its_field() {
        let mut fields = Checker::default();
        fields.check("/lastName", domain::surname::SurnameKey::parse("Tr李n"));
        let refused = fields.finish(None::<()>).unwrap_err();
        assert_eq!(refused.errors[0].pointer, "/lastName");
        assert!(refused.errors[0].message.contains("李 (U+674E), character 3"), "{refused:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_json::<Shape>(&bytes);
        }
    }
}
