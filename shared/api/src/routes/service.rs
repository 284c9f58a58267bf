//! Health and the API's description. Both need no token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
///
/// It changes with deployments only. `If-None-Match` saves the download.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "Service", security(()),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of an earlier answer.")),
    responses(
        (status = 200, body = Object, headers(("ETag" = String, description = "Identifies this version of the document."))),
        (status = 304, description = "The document has not changed."),
    ))]
pub(crate) async fn read_openapi(
    State(document): State<WriteDocument>,
    headers: HeaderMap,
) -> Response {
    let document = document();
    let tag = format!("\"{}\"", domain::Sha256::of(document.as_bytes()));
    let cached = [(header::CACHE_CONTROL, "max-age=300".to_owned()), (header::ETAG, tag.clone())];
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    if known.any(|known| known.trim().trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    (cached, [(header::CONTENT_TYPE, "application/json")], document).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[tokio::test]
    async fn a_document_that_is_known_is_not_sent_again() {
        let document: WriteDocument = || "{}".to_owned();
        let first = read_openapi(State(document), HeaderMap::new()).await;
        assert_eq!(first.headers()["cache-control"], "max-age=300");
        let tag = first.headers()["etag"].clone();
        for (known, status) in [
            (tag.clone(), 304),
            (
                HeaderValue::from_str(&format!("\"other\", W/{}", tag.to_str().unwrap())).unwrap(),
                304,
            ),
            (HeaderValue::from_static("\"other\""), 200),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, known);
            let answer = read_openapi(State(document), headers).await;
            assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (status, &tag));
        }
    }
}
