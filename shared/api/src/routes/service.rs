//! Health and the API's description. Both need no token.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

/// Writes the OpenAPI document. The document is made only when it is asked for.
pub type WriteDocument = fn() -> String;

/// The state of the service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The deployed version.
    version: &'static str,
}

/// Show whether the service answers.
#[utoipa::path(get, path = "/v1/health", tag = "Service", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn read_health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Show this document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "Service", security(()), responses((status = 200, content_type = "application/json")))]
pub(crate) async fn read_openapi(State(document): State<WriteDocument>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}
