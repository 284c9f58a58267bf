//! The control API's answers to requests that it cannot carry out.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Why the control API could not carry out a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0}")]
    BadRequest(String),
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("this resource does not know the method")]
    WrongMethod,
    #[error("the practice database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({"status": status.as_u16(), "message": self.to_string()})))
            .into_response()
    }
}

/// Reads a JSON body, whatever its content type says.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::BadRequest(error.to_string()))
}
