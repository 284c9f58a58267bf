//! Halo's answers, and the forms of its refusals.

use axum::body::Body;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::operation::Operation;

/// The body of an answer.
pub(crate) enum Payload {
    Empty,
    Json(Value),
    Fhir(Value),
    /// Encoded JSON of a known length.
    Stream(Body, u64),
}

/// An answer before a fault changes it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) payload: Payload,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Json(body) }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn fhir(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Fhir(body) }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Empty }
    }

    /// The whole response, with its length in the headers.
    pub(crate) fn into_response(self) -> http::Response<Body> {
        let (content_type, body, length) = match self.payload {
            Payload::Empty => (None, Body::empty(), None),
            Payload::Json(value) => {
                let text = value.to_string();
                (Some("application/json; charset=utf-8"), Body::from(text), None)
            }
            Payload::Fhir(value) => {
                (Some("application/fhir+json; charset=utf-8"), Body::from(value.to_string()), None)
            }
            Payload::Stream(body, length) => {
                (Some("application/json; charset=utf-8"), body, Some(length))
            }
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        if let Some(content_type) = content_type {
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The forms in which Halo has been seen to refuse.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorShape {
    /// `{"error":{"status","statusText","message"}}`.
    Envelope,
    /// `{"status","statusText","message"}`.
    Flat,
    /// `{"statusCode","message"}`, of the gateway in front of Halo.
    Gateway,
    /// `{"errorDetails":{"errorType","errorCode","errorMessage"}}`.
    Details,
    /// A FHIR `OperationOutcome`.
    OperationOutcome,
}

/// An answer that reports an error.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) shape: ErrorShape,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), shape: ErrorShape::Envelope }
    }

    pub(crate) fn gateway(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), shape: ErrorShape::Gateway }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// On the FHIR operations, Halo's own refusals are `OperationOutcome` too.
    pub(crate) fn on(mut self, operation: Operation) -> Self {
        if operation.is_fhir()
            && self.shape == ErrorShape::Envelope
            && !self.status.is_server_error()
        {
            self.shape = ErrorShape::OperationOutcome;
        }
        self
    }

    pub(crate) fn into_answer(self) -> Answer {
        let status = self.status.as_u16();
        let text = self.status.canonical_reason().unwrap_or("Error");
        let message = self.message;
        match self.shape {
            ErrorShape::Envelope => Answer::json(
                self.status,
                json!({"error": {"status": status, "statusText": text, "message": message}}),
            ),
            ErrorShape::Flat => Answer::json(
                self.status,
                json!({"status": status, "statusText": text, "message": message}),
            ),
            ErrorShape::Gateway => {
                Answer::json(self.status, json!({"statusCode": status, "message": message}))
            }
            ErrorShape::Details => Answer::json(
                self.status,
                json!({"errorDetails": {
                    "errorType": "http", "errorCode": status, "errorMessage": message}}),
            ),
            ErrorShape::OperationOutcome => {
                Answer::fhir(self.status, operation_outcome(issue_code(self.status), &message))
            }
        }
    }
}

fn issue_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "invalid",
        401 => "login",
        403 => "forbidden",
        404 => "not-found",
        429 => "throttled",
        _ => "exception",
    }
}

/// A FHIR error. The coding system is that of the engine inside Halo Link.
pub(crate) fn operation_outcome(code: &str, message: &str) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": if code == "exception" { "fatal" } else { "error" },
            "code": code,
            "details": {
                "coding": [{
                    "system": "http://hl7.org/fhir/dotnet-api-operation-outcome",
                    "code": "5003"
                }],
                "text": message
            }
        }]
    })
}
