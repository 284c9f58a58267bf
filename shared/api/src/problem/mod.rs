//! Problems: every error answer of the API, in the form of RFC 9457.

mod from;
mod text;

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

pub use domain::problem::ProblemType;
pub use text::ProblemText;

/// Who can help.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The name of the organisation.
    pub organisation: &'static str,
    /// A web page with contact details.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub website: Option<&'static str>,
    /// Phone numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone: Option<&'static str>,
}

/// An error in a field of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body, or the name of the parameter.
    pub pointer: String,
    /// What is wrong. Never contains the value.
    pub message: String,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub kind: ProblemType,
    /// What happened in this case. Never contains patients' data, codes or keys.
    pub detail: Cow<'static, str>,
    /// When to repeat the request.
    pub retry_after_seconds: Option<u64>,
    /// Errors in fields.
    pub errors: Vec<FieldError>,
    /// The limit that was met.
    pub limit: Option<String>,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// The type of the problem. It never changes its meaning.
    #[serde(rename = "type")]
    #[schema(value_type = ProblemType)]
    pub kind: &'static str,
    /// What happened, in general.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened in this case.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// Who can help if the steps do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<Contact>,
    /// What to do.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub steps: &'static [&'static str],
    /// When to repeat the request, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after_seconds: Option<u64>,
    /// Errors in fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The name of the limit that was met, as in the header `RateLimit-Policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<String>,
}

impl Problem {
    /// A problem without further details.
    #[must_use]
    pub fn new(kind: ProblemType) -> Self {
        Self::because(kind, kind.title())
    }

    /// A problem with what happened in this case.
    #[must_use]
    pub fn because(kind: ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            retry_after_seconds: None,
            errors: Vec::new(),
            limit: None,
        }
    }

    /// Adds when to repeat the request.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Names the limit that was met.
    #[must_use]
    pub fn of_limit(mut self, name: String) -> Self {
        self.limit = Some(name);
        self
    }

    /// A request with errors in its fields.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One field is wrong.",
            _ => "Several fields are wrong.",
        };
        Self { errors, ..Self::because(ProblemType::InvalidRequest, detail) }
    }

    /// The problem as it is sent.
    #[must_use]
    pub fn body(self) -> ProblemBody {
        ProblemBody {
            kind: self.kind.slug(),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
            contact: self.kind.contact(),
            steps: self.kind.steps(),
            retry_after_seconds: self.retry_after_seconds,
            errors: self.errors,
            limit: self.limit,
        }
    }
}

/// The error answers of every operation, for the OpenAPI document. They name no `default`: a success with an
/// unexpected status must not pass for a documented one.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers and is never made")]
pub(crate) enum Problems {
    /// The request cannot be served. The problem says what to correct.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Caller(ProblemBody),
    /// This service, Halo or the practice's server failed. The problem says when to repeat the request.
    #[response(status = "5XX", content_type = "application/problem+json")]
    Service(ProblemBody),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = self.kind;
        let retry_after = self.retry_after_seconds;
        let mut response = (kind.status(), Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(kind);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_an_error_status_a_title_and_a_step() {
        for kind in ProblemType::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
            assert!(!kind.title().is_empty());
            assert!(!kind.steps().is_empty(), "{kind:?} does not say what to do");
        }
    }

    #[test]
    fn every_failure_of_pairing_says_how_to_mend_it_and_whom_to_call() {
        for kind in [
            ProblemType::IntegrationNotEnabled,
            ProblemType::PairingCodeRefused,
            ProblemType::SiteUnknown,
            ProblemType::SiteOffline,
            ProblemType::BpReleaseTooOld,
            ProblemType::ClinicianNotFound,
            ProblemType::ClinicianAmbiguous,
            ProblemType::HaloKeyRefused,
            ProblemType::HaloAddressRefused,
        ] {
            assert!(!kind.steps().is_empty() && kind.contact().is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_problem_on_the_wire_is_rfc_9457() {
        let response = Problem::new(ProblemType::SiteOffline).retry_after(60).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "60");
    }

    #[test]
    fn what_could_not_be_written_does_not_speak_of_reading() {
        for kind in [ProblemType::BpWriteNotPermitted, ProblemType::BpWriteRefused] {
            let said = format!("{} {}", kind.title(), kind.steps().join(" "));
            assert!(said.contains("write") && said.contains("Nothing was written"), "{said}");
            assert!(!said.contains("read") && !said.contains("question"), "{said}");
        }
    }

    #[test]
    fn a_practice_that_was_moved_on_purpose_is_told_so_and_not_to_look_for_a_fault() {
        let steps = ProblemType::PracticeChanged.steps();
        assert!(steps[0].starts_with("If the practice was moved to another Bp on purpose"));
    }

    /// The answers that API Gateway gives itself use the problems of this list, with the same titles.
    #[test]
    fn what_the_gateway_answers_itself_is_in_the_list() {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
        let template = std::fs::read_to_string(template).unwrap();
        let prefix = "application/json: '{\"type\":";
        let answers: Vec<serde_json::Value> = template
            .lines()
            .filter(|line| line.trim_start().starts_with(prefix))
            .map(|line| {
                let text = line.trim_start().strip_prefix("application/json: '").unwrap();
                let text = text.strip_suffix('\'').unwrap().replace("''", "'");
                serde_json::from_str(&text).unwrap()
            })
            .collect();
        assert!(answers.len() >= 9, "{} answers of the gateway were found", answers.len());
        for answer in answers {
            let slug = answer["type"].as_str().unwrap();
            let kind = ProblemType::ALL.iter().copied().find(|kind| kind.slug() == slug);
            let kind = kind.unwrap_or_else(|| panic!("{slug} is not in the list of problems"));
            assert_eq!(answer["title"], kind.title(), "{slug}");
            assert_eq!(answer["status"], kind.status().as_u16(), "{slug}");
        }
    }
}
