//! Reading Halo's error answers: six shapes, one meaning.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use crate::error::{Error, Forbidden, Refusal, SqlFailure};

/// Every field of every shape, all optional.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AnyShape {
    /// `{ "error": { status, statusText, message } }`.
    error: Option<Envelope>,
    /// Flat, or the gateway's own.
    message: Option<String>,
    /// Alone, or inside a whole query object.
    error_details: Option<Details>,
    /// Older root-level forms.
    error_message: Option<String>,
    error_code: Option<i64>,
    error_type: Option<String>,
    /// FHIR's OperationOutcome.
    issue: Vec<Issue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Details {
    error_type: Option<String>,
    error_code: Option<i64>,
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issue {
    diagnostics: Option<String>,
    details: IssueDetails,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct IssueDetails {
    text: Option<String>,
}

impl AnyShape {
    /// The failure of a command, in its newer or older form.
    fn details(&mut self) -> Option<Details> {
        self.error_details.take().or_else(|| {
            self.error_message.take().map(|message| Details {
                error_type: self.error_type.take(),
                error_code: self.error_code,
                error_message: Some(message),
            })
        })
    }
}

/// The failure that a body with a successful status carries, if it does.
pub(crate) fn failure_in(body: &[u8]) -> Option<Error> {
    let mut shape: AnyShape = serde_json::from_slice(body).ok()?;
    failure_of(&shape.details()?)
}

/// The meaning of an answer that is not a success.
pub(crate) fn error_of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let mut shape: AnyShape = serde_json::from_slice(body).unwrap_or_default();
    let details = shape.details();
    if let Some(details) = &details
        && let Some(error) = failure_of(details)
    {
        return error;
    }
    let words = shape
        .error
        .and_then(|envelope| envelope.message)
        .or(shape.message)
        .or_else(|| details.and_then(|details| details.error_message))
        .or_else(|| {
            shape.issue.into_iter().find_map(|issue| issue.details.text.or(issue.diagnostics))
        })
        .unwrap_or_default()
        .to_lowercase();
    match status.as_u16() {
        400 if words.contains("login failed") => Error::Sql(SqlFailure::LoginRefused),
        400 if words.contains("pairing code") || words.contains("pairingcode") => {
            Error::Refused { reason: Refusal::PairingCode }
        }
        401 => Error::KeyRefused,
        403 => Error::Forbidden(if words.contains("pairing code") {
            return Error::Refused { reason: Refusal::PairingCode };
        } else {
            forbidden(&words)
        }),
        404 => Error::NotFound,
        410 => Error::Gone,
        413 => Error::ResultTooLarge,
        429 => Error::RateLimited { retry_after: retry_after(headers, Timestamp::now()) },
        500 | 504 => Error::OutcomeUnknown { timed_out: false },
        502 => Error::PracticeSoftware,
        503 => Error::SiteOffline,
        400..=499 => Error::Refused { reason: Refusal::Request },
        _ => Error::OutcomeUnknown { timed_out: false },
    }
}

/// The meaning of `errorDetails`, whatever HTTP status carried it.
pub(crate) fn failure_of(details: &Details) -> Option<Error> {
    let kind = details.error_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let words = details.error_message.as_deref().unwrap_or_default().to_lowercase();
    match (kind.as_str(), details.error_code) {
        ("http", Some(413)) => Some(Error::ResultTooLarge),
        ("http", Some(504)) => Some(Error::OutcomeUnknown { timed_out: false }),
        ("http", _) => None,
        (_, number) => Some(Error::Sql(match number {
            _ if words.contains("login failed") => SqlFailure::LoginRefused,
            Some(229 | 230 | 262 | 297 | 300) => SqlFailure::PermissionDenied,
            Some(207 | 208 | 2812 | 8144 | 8145) => SqlFailure::UnknownObject,
            _ if words.contains("permission was denied") => SqlFailure::PermissionDenied,
            _ if words.contains("invalid object name") || words.contains("invalid column name") => {
                SqlFailure::UnknownObject
            }
            number => SqlFailure::Other { number },
        })),
    }
}

fn forbidden(words: &str) -> Forbidden {
    if words.contains("ip not allowed") || words.contains("caller ip") {
        Forbidden::Address
    } else if words.contains("quota") {
        Forbidden::Quota
    } else if ["not enabled", "not ticked", "disabled", "not approved"]
        .iter()
        .any(|hint| words.contains(hint))
    {
        Forbidden::NotEnabled
    } else {
        Forbidden::Site
    }
}

/// `Retry-After` in either of its forms. Which one Halo uses is not published.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = at.duration_since(now).max(SignedDuration::ZERO);
    Duration::try_from(wait).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &str) -> Error {
        error_of(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn all_error_shapes_are_understood() {
        let ip = Error::Forbidden(Forbidden::Address);
        assert_eq!(
            meaning(
                403,
                r#"{"error":{"status":403,"statusText":"Forbidden","message":"Caller Ip Not Allowed"}}"#
            ),
            ip
        );
        assert_eq!(
            meaning(
                403,
                r#"{"status":403,"statusText":"Forbidden","message":"Caller Ip Not Allowed"}"#
            ),
            ip
        );
        assert_eq!(
            meaning(401, r#"{"statusCode":401,"message":"Subscription Key Invalid"}"#),
            Error::KeyRefused
        );
        assert_eq!(
            meaning(
                400,
                r#"{"id":"x","status":"executionFailed","errorDetails":{"errorType":"mssql","errorCode":18456,"errorMessage":"Login failed for user 'p'."}}"#
            ),
            Error::Sql(SqlFailure::LoginRefused)
        );
        assert_eq!(
            meaning(
                400,
                r#"{"errorDetails":{"errorType":"mssql","errorCode":229,"errorMessage":"..."}}"#
            ),
            Error::Sql(SqlFailure::PermissionDenied)
        );
        assert_eq!(
            meaning(
                403,
                r#"{"resourceType":"OperationOutcome","issue":[{"details":{"text":"daily quota used"}}]}"#
            ),
            Error::Forbidden(Forbidden::Quota)
        );
        assert_eq!(meaning(503, "<html>"), Error::SiteOffline);
    }

    #[test]
    fn a_result_over_the_limit_is_known_to_have_run() {
        let body = r#"{"errorDetails":{"errorType":"http","errorCode":413,"errorMessage":"executed, result too large"}}"#;
        assert_eq!(meaning(400, body), Error::ResultTooLarge);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        let now: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
        assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(7)));
        headers.insert(RETRY_AFTER, "Mon, 02 Nov 2026 00:00:30 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(30)));
        headers.insert(RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers, now), None);
    }
}
