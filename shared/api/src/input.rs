//! Reads requests. Serde checks the shape first. Then each value is checked, and all errors are collected.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::Uri;
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

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let uri = format!("/?{}", with_joined_lists(query)).parse::<Uri>();
        Query::<T>::try_from_uri(uri.as_ref().unwrap_or(&parts.uri))
            .map(|Query(value)| Self(value))
            .map_err(|rejection| parameter_problem(&rejection.body_text()))
    }
}

/// The parameters that the document describes as lists.
const LISTS: [&str; 2] = ["sections=", "state="];

/// A list is one value with commas. Some generated clients repeat the parameter for each entry instead: both mean
/// the same.
fn with_joined_lists(query: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in query.split('&') {
        let list = LISTS.iter().find_map(|list| Some((list, part.strip_prefix(list)?)));
        let earlier = list.and_then(|(list, _)| parts.iter_mut().find(|it| it.starts_with(list)));
        match (earlier, list) {
            (Some(earlier), Some((_, value))) => {
                earlier.push(',');
                earlier.push_str(value);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts.join("&")
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
mod tests;
