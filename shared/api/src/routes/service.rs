//! Health and the API's description: for anybody.

use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi;

/// The service answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    status: &'static str,
    /// The deployed version.
    version: &'static str,
}

/// Whether the service answers.
#[utoipa::path(get, path = "/v1/health", tag = "Service", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "Service", security(()), responses((status = 200, content_type = "application/json")))]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document())
}
