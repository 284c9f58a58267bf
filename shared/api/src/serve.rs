//! Turns Lambda's events into requests, and adds what every answer has.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, map_request, map_response};
use axum::response::{IntoResponse, Response};
use config::BrowserConfig;
use lambda_http::request::RequestContext;
use lambda_http::{Error, RequestExt};

use crate::app::App;
use crate::caller::Caller;
use crate::problem::{Problem, ProblemType};
use crate::request_log::{REQUEST_ID, RequestId, log_request};

/// Headers that a web page of another origin may read: when to repeat the request, and the request's id
/// for support.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after,x-amzn-requestid");

/// Serves these routes until Lambda ends the process.
///
/// # Errors
/// The configuration is wrong, or Lambda's runtime API cannot be reached.
pub async fn run(routes: Router) -> Result<(), Error> {
    let browsers = BrowserConfig::read()?;
    lambda_http::run(with_layers(routes, browsers)).await
}

/// The routes with what every route has. The last layer is the outermost one.
fn with_layers(routes: Router, browsers: BrowserConfig) -> Router {
    routes
        .fallback(async || Problem::new(ProblemType::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
        .layer(from_fn(catch_panics))
        .layer(from_fn(log_request))
        .layer(map_response(no_store))
        .layer(map_response(move |response| cors_headers(browsers.clone(), response)))
        .layer(map_request(attach_caller))
}

/// Adds the caller and the request's id, which API Gateway knows, to the request.
async fn attach_caller(mut request: Request<Body>) -> Request<Body> {
    let context = request.request_context_ref().cloned();
    if let Some(RequestContext::ApiGatewayV1(context)) = context {
        if let Some(id) = context.request_id {
            request.extensions_mut().insert(RequestId(id));
        }
        if let Ok(caller) = Caller::from_authorizer(&context.authorizer.fields, App::now()) {
            request.extensions_mut().insert(caller);
        }
    }
    request
}

/// Answers contain patients' records, so browsers and proxies must not store them.
async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Lets web pages of the allowed origin read the answer. API Gateway itself answers preflight requests
/// (`OPTIONS`): see template.yaml.
async fn cors_headers(browsers: BrowserConfig, mut response: Response) -> Response {
    if let Some(origin) = browsers.allowed_origin {
        let headers = response.headers_mut();
        if origin != "*" {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// Turns a panic in a handler into a problem. The process continues.
async fn catch_panics(request: Request, next: Next) -> Response {
    // A panic ends only its own task. The task keeps the request's id.
    let id = REQUEST_ID.try_with(Clone::clone).ok();
    let served = async move {
        match id {
            Some(id) => REQUEST_ID.scope(id, next.run(request)).await,
            None => next.run(request).await,
        }
    };
    match tokio::spawn(served).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a route panicked");
            Problem::new(ProblemType::Internal).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn headers_for(path: &str, origin: Option<&'static str>) -> (StatusCode, HeaderMap) {
        let routes = Router::new()
            .route("/answered", get(async || ([(header::VARY, "accept")], "an answer")))
            .route("/broken", get(async || -> &'static str { panic!("made up") }));
        let browsers = BrowserConfig { allowed_origin: origin.map(HeaderValue::from_static) };
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = with_layers(routes, browsers).oneshot(request).await.unwrap();
        (answer.status(), answer.headers().clone())
    }

    #[tokio::test]
    async fn a_page_of_the_allowed_origin_may_read_every_answer_problems_and_faults_too() {
        for (path, status) in [("/answered", 200), ("/nothing-here", 404), ("/broken", 500)] {
            let (answered, headers) = headers_for(path, Some("https://app.example.org")).await;
            assert_eq!(answered, status, "{path}");
            assert_eq!(headers["access-control-allow-origin"], "https://app.example.org", "{path}");
            assert!(
                headers["access-control-expose-headers"].to_str().unwrap().contains("retry-after")
            );
            assert!(headers.get_all("vary").iter().any(|value| value == "origin"), "{path}");
        }
        let (_, headers) = headers_for("/answered", Some("https://app.example.org")).await;
        let varies: Vec<_> = headers.get_all("vary").iter().collect();
        assert_eq!(varies, ["accept", "origin"], "what a route itself says is kept");
    }

    #[tokio::test]
    async fn pages_of_other_origins_may_read_nothing_unless_the_deployment_says_so() {
        let (_, headers) = headers_for("/answered", None).await;
        assert_eq!(headers.get("access-control-allow-origin"), None);
        let (_, headers) = headers_for("/answered", Some("*")).await;
        assert_eq!(headers["access-control-allow-origin"], "*");
    }
}
