//! Reads Halo's error answers. They have six shapes, which all become one [`Error`].

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::{Error, Forbidden, Refusal, SqlFailure};

/// The members of every shape. A member of an unexpected type is ignored, so that it cannot hide the
/// others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    /// `{ "error": { status, statusText, message } }`.
    #[serde(deserialize_with = "lenient")]
    error: Option<Envelope>,
    /// Flat, or written by the gateway.
    #[serde(deserialize_with = "text")]
    message: Option<String>,
    /// FHIR's OperationOutcome.
    #[serde(deserialize_with = "lenient")]
    issue: Option<Vec<Issue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

/// How a query object, or a separate `errorDetails`, reports a failure.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Reported {
    #[serde(deserialize_with = "lenient")]
    error_details: Option<Details>,
    /// Older forms.
    #[serde(deserialize_with = "text")]
    error_type: Option<String>,
    #[serde(deserialize_with = "number")]
    error_code: Option<i64>,
    #[serde(deserialize_with = "text")]
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    #[serde(deserialize_with = "text")]
    error_type: Option<String>,
    #[serde(deserialize_with = "number")]
    error_code: Option<i64>,
    #[serde(deserialize_with = "text")]
    error_message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issue {
    #[serde(deserialize_with = "text")]
    diagnostics: Option<String>,
    #[serde(deserialize_with = "lenient")]
    details: Option<IssueDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct IssueDetails {
    #[serde(deserialize_with = "text")]
    text: Option<String>,
}

fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// Reads text that may be written as another JSON type.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    })
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| text.trim().parse().ok()))
}

impl Reported {
    fn details(self) -> Option<Details> {
        let Self { error_details, error_type, error_code, error_message } = self;
        error_details.or_else(|| {
            let error_message = Some(error_message?);
            Some(Details { error_type, error_code, error_message })
        })
    }

    /// The failure, if there is one.
    pub(crate) fn failure(self) -> Option<Error> {
        self.details().map(|details| failure_of(&details, None))
    }
}

/// The failure in a body with a successful status, if there is one.
pub(crate) fn failure_in(body: &[u8]) -> Option<Error> {
    serde_json::from_slice::<Reported>(body).ok()?.failure()
}

/// The meaning of an answer with another status than success.
pub(crate) fn error_of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let wait = retry_after(headers, Timestamp::now());
    let reported: Reported = serde_json::from_slice(body).unwrap_or_default();
    if let Some(details) = reported.details() {
        return failure_of(&details, wait);
    }
    let Words { error, message, issue } = serde_json::from_slice(body).unwrap_or_default();
    let from_issues = || {
        let text = |issue: Issue| issue.details.and_then(|it| it.text).or(issue.diagnostics);
        issue.into_iter().flatten().find_map(text)
    };
    match error.and_then(|envelope| envelope.message).or(message).or_else(from_issues) {
        Some(words) => by_status(status.as_u16(), &words.to_lowercase(), wait),
        // A 400 without a description may also be a failed command.
        None if status == StatusCode::BAD_REQUEST => Error::Malformed { what: "error answer" },
        None => by_status(status.as_u16(), "", wait),
    }
}

fn by_status(status: u16, words: &str, retry_after: Option<Duration>) -> Error {
    match status {
        _ if words.contains("large") && words.contains("was executed") => Error::ResultTooLarge,
        400 if words.contains("login failed") => Error::Sql(SqlFailure::LoginRefused),
        400 | 403 if words.contains("pairing code") || words.contains("pairingcode") => {
            Error::Refused { reason: Refusal::PairingCode }
        }
        401 => Error::KeyRefused,
        403 => Error::Forbidden(forbidden(words)),
        404 => Error::NotFound,
        410 => Error::Gone,
        // If the result was too large, the command ran. If the request was too large, it did not.
        413 if words.contains("result") => Error::ResultTooLarge,
        413 if words.contains("request") => Error::Refused { reason: Refusal::Request },
        429 => Error::RateLimited { retry_after },
        502 => Error::PracticeSoftware,
        503 => Error::SiteOffline,
        400..=499 if status != 413 => Error::Refused { reason: Refusal::Request },
        _ => Error::OutcomeUnknown { timed_out: false },
    }
}

/// The meaning of a reported failure, with any HTTP status.
fn failure_of(details: &Details, retry_after: Option<Duration>) -> Error {
    let kind = details.error_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let words = details.error_message.as_deref().unwrap_or_default().to_lowercase();
    let any = |hints: &[&str]| hints.iter().any(|hint| words.contains(hint));
    match (kind.as_str(), details.error_code) {
        ("http" | "", Some(413)) => Error::ResultTooLarge,
        ("http", code) => {
            let status = code.and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
            by_status(status, &words, retry_after)
        }
        (kind, number) => Error::Sql(match number.map(SqlFailure::of_number) {
            _ if any(&["login failed"]) => SqlFailure::LoginRefused,
            Some(known @ (SqlFailure::PermissionDenied | SqlFailure::UnknownObject)) => known,
            _ if any(&["permission was denied"]) => SqlFailure::PermissionDenied,
            _ if any(&["invalid object name", "invalid column name"]) => SqlFailure::UnknownObject,
            // Halo Link may have failed after the command succeeded. Only its known failure with parameters
            // comes before the command.
            _ if kind == "halolink" && !any(&["convert parameter", "unable to cast"]) => {
                return Error::OutcomeUnknown { timed_out: false };
            }
            _ => SqlFailure::Other { number },
        }),
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

/// Reads `Retry-After` in both of its forms. Halo does not publish which one it uses.
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
    use crate::error::Ran;

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
    fn a_request_over_the_limit_did_not_run_and_doubt_stays_doubt() {
        let gateway = r#"{"statusCode":413,"message":"The request is too large."}"#;
        assert_eq!(meaning(413, gateway).did_it_run(), Ran::No);
        assert_eq!(meaning(413, "<html>").did_it_run(), Ran::Unknown);
        assert_eq!(meaning(400, "<html>").did_it_run(), Ran::Unknown);
        assert_eq!(meaning(400, r#"{"notice":1}"#).did_it_run(), Ran::Unknown);
        let envelope = r#"{"error":{"status":400,"message":"The command text is empty."}}"#;
        assert_eq!(meaning(400, envelope).did_it_run(), Ran::No);
    }

    #[test]
    fn a_failure_of_link_leaves_open_what_the_database_did() {
        let link = |message: &str| {
            let details = serde_json::json!({"errorDetails": {
                "errorType": "haloLink", "errorCode": 500, "errorMessage": message}});
            meaning(400, &details.to_string()).did_it_run()
        };
        assert_eq!(link("The result could not be uploaded."), Ran::Unknown);
        assert_eq!(link("Failed to convert parameter value from a String."), Ran::Failed);
    }

    #[test]
    fn a_field_of_an_unexpected_type_does_not_hide_the_others() {
        let body = r#"{"error":"x","message":7,"errorDetails":{"errorType":"http","errorCode":"413","errorMessage":null}}"#;
        assert_eq!(meaning(400, body), Error::ResultTooLarge);
        let body = r#"{"error":"x","message":"daily quota used"}"#;
        assert_eq!(meaning(403, body), Error::Forbidden(Forbidden::Quota));
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
