//! Lets web pages that this machine serves call the control API. Pages of other origins may not.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

const ANSWERED: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT, POST, DELETE"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

pub(super) async fn answer(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let local = origin.clone().filter(is_local);
    if origin.is_some() && local.is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    if let Some(origin) = local {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if is_preflight {
            for (name, value) in ANSWERED {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
    response
}

fn is_local(origin: &HeaderValue) -> bool {
    let host = origin
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("http://"))
        .map(|rest| rest.split_once(':').map_or(rest, |(host, _)| host));
    matches!(host, Some("127.0.0.1" | "localhost"))
}
