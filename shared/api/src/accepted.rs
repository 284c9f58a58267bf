//! The answer to a request whose work is stored and done later.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// After how many seconds a caller may look at the resource for the first time.
const FIRST_LOOK: HeaderValue = HeaderValue::from_static("1");

/// A 202: what was accepted, and where to follow it.
#[derive(Debug)]
pub(crate) struct Accepted<T> {
    body: T,
    location: String,
}

impl<T> Accepted<T> {
    /// `location` is relative to the request's own address. The service does not know its public address: API
    /// Gateway puts a stage or a custom domain's base path before each path, and other proxies may do the same. A
    /// relative reference is right behind all of them (RFC 9110, section 10.2.2). Our callers' ids need no
    /// escaping in it.
    pub(crate) fn at(location: impl Into<String>, body: T) -> Self {
        Self { body, location: location.into() }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::ACCEPTED, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Ok(location) = HeaderValue::try_from(self.location) {
            headers.insert(header::LOCATION, location);
        }
        headers.insert(header::RETRY_AFTER, FIRST_LOOK);
        response
    }
}
