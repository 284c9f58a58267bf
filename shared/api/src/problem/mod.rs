//! Everything that can be answered instead of what was asked: one list, RFC 9457.

mod from;
mod kind;

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub use domain::problem::ProblemType as Kind;
pub use kind::ProblemText;

/// Whom to call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Who.
    pub organisation: &'static str,
    /// Where to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<&'static str>,
    /// Where to ring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<&'static str>,
}

/// A field of the request that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body, or the parameter's name.
    pub pointer: String,
    /// What is wrong; never the value.
    pub message: String,
}

/// What is answered instead of what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Which kind.
    pub kind: Kind,
    /// What happened here, in one sentence without anything of a patient, a code or a key.
    pub detail: Cow<'static, str>,
    /// When to come back.
    pub retry_after_seconds: Option<u64>,
    /// Fields that are wrong.
    pub errors: Vec<FieldError>,
}

/// A problem on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Stable slug.
    #[serde(rename = "type")]
    #[schema(value_type = Kind)]
    pub kind: &'static str,
    /// The kind, in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What happened here.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// Whom to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What mends it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub steps: &'static [&'static str],
    /// When to come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// Fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of a kind, which says all there is to say.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self::because(kind, kind.title())
    }

    /// A problem of a kind, with what happened.
    #[must_use]
    pub fn because(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), retry_after_seconds: None, errors: Vec::new() }
    }

    /// With a time to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// A request with wrong fields.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One field is wrong.",
            _ => "Several fields are wrong.",
        };
        Self { errors, ..Self::because(Kind::InvalidRequest, detail) }
    }

    /// The wire form.
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
        }
    }
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
    fn every_kind_has_an_error_status_and_a_title() {
        for kind in Kind::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
            assert!(!kind.title().is_empty());
        }
    }

    #[test]
    fn every_failure_of_pairing_says_how_to_mend_it_and_whom_to_call() {
        for kind in [
            Kind::IntegrationNotEnabled,
            Kind::PairingCodeRefused,
            Kind::SiteUnknown,
            Kind::SiteOffline,
            Kind::BpReleaseTooOld,
            Kind::ClinicianNotFound,
            Kind::ClinicianAmbiguous,
            Kind::HaloKeyRefused,
            Kind::HaloAddressRefused,
        ] {
            assert!(!kind.steps().is_empty() && kind.contact().is_some(), "{kind:?}");
        }
    }

    #[test]
    fn a_problem_on_the_wire_is_rfc_9457() {
        let response = Problem::new(Kind::SiteOffline).retry_after(60).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "60");
    }

    #[test]
    fn what_could_not_be_written_does_not_speak_of_reading() {
        for kind in [Kind::BpWriteNotPermitted, Kind::BpWriteRefused] {
            let said = format!("{} {}", kind.title(), kind.steps().join(" "));
            assert!(said.contains("write") && said.contains("Nothing was written"), "{said}");
            assert!(!said.contains("read") && !said.contains("question"), "{said}");
        }
    }

    #[test]
    fn a_practice_that_was_moved_on_purpose_is_told_so_and_not_to_look_for_a_fault() {
        let steps = Kind::PracticeChanged.steps();
        assert!(steps[0].starts_with("If the practice was moved to another Bp on purpose"));
    }

    /// What API Gateway answers of its own is in the one list of problems, with the same words.
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
            let kind = Kind::ALL.iter().copied().find(|kind| kind.slug() == slug);
            let kind = kind.unwrap_or_else(|| panic!("{slug} is not in the list of problems"));
            assert_eq!(answer["title"], kind.title(), "{slug}");
            assert_eq!(answer["status"], kind.status().as_u16(), "{slug}");
        }
    }
}
