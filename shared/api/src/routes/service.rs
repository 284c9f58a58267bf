//! Health and the API's description. Both need no token.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::conditional::{IfNoneMatch, Tagged};
use crate::problem::Problem;

/// Writes the OpenAPI document. The document is made only when it is asked for.
pub type WriteDocument = fn() -> String;

/// A cache may keep the state of the service, but asks each time: an old answer says nothing of now.
pub(crate) const HEALTH: &str = "no-cache";
/// The document changes with deployments only.
pub(crate) const DOCUMENT: &str = "max-age=300";

/// The state of the service.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The deployed version.
    version: &'static str,
}

/// Show whether the service answers.
#[utoipa::path(get, path = "/v1/health", tag = "Service", security(()),
    params(("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Health)))]
pub(crate) async fn read_health(known: IfNoneMatch) -> Result<Response, Problem> {
    let health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };
    Ok(Tagged::json(&health)?.cached(HEALTH, &known))
}

/// Show this document.
///
/// It changes with deployments only. `If-None-Match` saves the download.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "Service", security(()),
    params(("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Object)))]
pub(crate) async fn read_openapi(
    State(document): State<WriteDocument>,
    known: IfNoneMatch,
) -> Response {
    Tagged::bytes(document().into_bytes()).cached(DOCUMENT, &known)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[tokio::test]
    async fn the_document_and_health_may_be_cached() {
        let unknown = || IfNoneMatch::of(&HeaderMap::new());
        let answer = read_openapi(State(|| "{}".to_owned()), unknown()).await;
        assert_eq!(answer.headers()["cache-control"], "max-age=300");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let answer = read_health(unknown()).await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-cache");
        assert!(answer.headers().contains_key("etag"));
    }
}
