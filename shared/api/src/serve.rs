//! Turns Lambda's events into requests, and adds the headers that every answer has.

use std::convert::Infallible;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::{Next, from_fn, map_request, map_response};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use config::BrowserConfig;
use lambda_http::request::RequestContext;
use lambda_http::{Body as LambdaBody, Error, RequestExt};
use tower::{Service, ServiceExt as _};

use crate::app::App;
use crate::caller::{Caller, TokenEnd};
use crate::problem::{Problem, ProblemType};
use crate::request_log::{REQUEST_ID, RequestId, log_request};

/// Headers that a web page of another origin may read. template.yaml has the same list.
const EXPOSED: &str = "etag,location,retry-after,content-disposition,deprecation,link,sunset,ratelimit,ratelimit-policy,x-amzn-requestid";

/// The longest body of an answer, in bytes of Lambda's answer. Lambda allows 6 MiB, headers included.
/// Source: AWS Lambda quotas, invocation payload.
const LONGEST_ANSWER: u64 = 6 * 1024 * 1024 - 64 * 1024;

/// Serves these routes until Lambda ends the process.
///
/// # Errors
/// The configuration is wrong, or Lambda's runtime API cannot be reached.
pub async fn run(routes: Router) -> Result<(), Error> {
    let browsers = BrowserConfig::read()?;
    let routes = entrance(with_layers(routes, browsers));
    lambda_http::run(routes.map_response(Answer)).await
}

/// An answer for Lambda. Every answer is UTF-8. `lambda_http` itself would bring the tables of all other encodings
/// into the program.
struct Answer(Response);

impl lambda_http::IntoResponse for Answer {
    fn into_response(
        self,
    ) -> Pin<Box<dyn Future<Output = lambda_http::Response<LambdaBody>> + Send>> {
        Box::pin(async {
            let (head, body) = self.0.into_parts();
            // The body is in memory, so it cannot fail.
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            lambda_http::Response::from_parts(head, lambda_body(body))
        })
    }
}

fn lambda_body(body: Bytes) -> LambdaBody {
    if body.is_empty() {
        return LambdaBody::Empty;
    }
    String::from_utf8(body.into())
        .map_or_else(|error| LambdaBody::Binary(error.into_bytes()), LambdaBody::Text)
}

/// What a request passes before it is routed.
fn entrance<B>(
    routes: Router,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    routes.map_request(without_base_path::<B>)
}

/// Removes what stands before the resource's own path. Behind a custom domain with a base path, API Gateway
/// sends the base path too, and the stage if the mapping names none.
fn without_base_path<B>(mut request: Request<B>) -> Request<B> {
    if let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref()
        && let Some(resource) = &context.resource_path
        && let Some(uri) = last_segments(request.uri(), segments(resource).count())
    {
        *request.uri_mut() = uri;
    }
    request
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// This address with only the last segments of its path. None if it has no more than these.
fn last_segments(uri: &Uri, count: usize) -> Option<Uri> {
    let path = uri.path();
    let mut starts = path.match_indices('/').map(|(at, _)| at).rev();
    let start = starts.nth(count.checked_sub(1)?).filter(|start| *start > 0)?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{}{query}", &path[start..]).parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// The routes with what every route has. The last layer is the outermost one.
fn with_layers(routes: Router, browsers: BrowserConfig) -> Router {
    routes
        .fallback(async || Problem::new(ProblemType::NotFound))
        .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
        .layer(from_fn(catch_panics))
        .layer(from_fn(no_larger_than_lambda_allows))
        .layer(from_fn(log_request))
        .layer(map_response(no_store))
        .layer(from_fn(move |request, next| cors_headers(browsers.clone(), request, next)))
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
            if let Some(end) = TokenEnd::from_authorizer(&context.authorizer.fields) {
                request.extensions_mut().insert(end);
            }
        }
    }
    request
}

/// Replaces an answer that Lambda would refuse. Callers would see API Gateway's 502 without a reason.
async fn no_larger_than_lambda_allows(request: Request, next: Next) -> Response {
    let (head, body) = next.run(request).await.into_parts();
    // Each byte takes at most two in Lambda's answer, so smaller bodies need not be counted.
    if body.size_hint().upper().is_some_and(|bytes| bytes <= LONGEST_ANSWER / 2) {
        return Response::from_parts(head, body);
    }
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) if length_in_json(&bytes) <= LONGEST_ANSWER => {
            Response::from_parts(head, Body::from(bytes))
        }
        Ok(_) => Problem::new(ProblemType::RecordTooLarge).into_response(),
        Err(_) => Problem::new(ProblemType::Internal).into_response(),
    }
}

/// The length of this JSON as a text within JSON, in which Lambda takes it. There, quotation marks and
/// backslashes are escaped. JSON has no bare control characters except line breaks.
fn length_in_json(json: &[u8]) -> u64 {
    let is_escaped = |byte: &&u8| matches!(byte, b'"' | b'\\' | ..=0x1F);
    (json.len() + json.iter().filter(is_escaped).count()) as u64
}

/// Answers contain patients' records, so browsers and proxies must not store them. Only the answers about the
/// service itself say something else.
async fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Lets web pages of the allowed origins read the answer. API Gateway itself answers preflight requests
/// (`OPTIONS`): see template.yaml.
async fn cors_headers(browsers: BrowserConfig, request: Request, next: Next) -> Response {
    let allowed = browsers.allows(request.headers().get(header::ORIGIN));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if matches!(browsers, BrowserConfig::Origins(_)) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

/// Turns a panic in a handler into a problem. In a deployed function a panic ends the process, and API Gateway gives
/// the same answer.
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
    use super::*;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;
    use serde_json::json;

    const PAGES: [&str; 2] = ["https://app.example.org", "capacitor://localhost"];

    fn origins() -> BrowserConfig {
        BrowserConfig::Origins(PAGES.map(HeaderValue::from_static).to_vec())
    }

    async fn headers_for(
        path: &str,
        browsers: BrowserConfig,
        origin: &str,
    ) -> (StatusCode, HeaderMap) {
        let routes = Router::new()
            .route("/answered", get(async || ([(header::VARY, "accept")], "an answer")))
            .route("/broken", get(async || -> &'static str { panic!("made up") }));
        let request = Request::get(path).header(header::ORIGIN, origin);
        let request = request.body(Body::empty()).unwrap();
        let answer = with_layers(routes, browsers).oneshot(request).await.unwrap();
        (answer.status(), answer.headers().clone())
    }

    #[test]
    fn lambda_gets_text_as_it_is_and_all_other_bytes_in_base64() {
        assert!(matches!(lambda_body(Bytes::new()), LambdaBody::Empty));
        let text = lambda_body("{\"name\":\"Renée\"}".into());
        assert!(matches!(text, LambdaBody::Text(text) if text == "{\"name\":\"Renée\"}"));
        let bytes = lambda_body(Bytes::from_static(&[0xFF, 0xD8]));
        assert!(matches!(bytes, LambdaBody::Binary(bytes) if bytes == [0xFF, 0xD8]));
    }

    #[tokio::test]
    async fn a_page_of_an_allowed_origin_may_read_every_answer_problems_and_faults_too() {
        for (path, status) in [("/answered", 200), ("/nothing-here", 404), ("/broken", 500)] {
            for page in PAGES {
                let (answered, headers) = headers_for(path, origins(), page).await;
                assert_eq!(answered, status, "{path}");
                assert_eq!(headers["access-control-allow-origin"], page, "{path}");
                assert_eq!(headers["access-control-expose-headers"], EXPOSED);
                assert!(headers.get_all("vary").iter().any(|value| value == "origin"), "{path}");
            }
        }
        let (_, headers) = headers_for("/answered", origins(), PAGES[0]).await;
        let varies: Vec<_> = headers.get_all("vary").iter().collect();
        assert_eq!(varies, ["accept", "origin"], "what a route itself says is kept");
    }

    /// A request as API Gateway sends it.
    fn sent(path: &str, resource: &str) -> Request {
        let context =
            serde_json::from_value(json!({ "resourcePath": resource, "httpMethod": "GET" }))
                .unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        request.with_request_context(RequestContext::ApiGatewayV1(context))
    }

    #[tokio::test]
    async fn a_route_is_found_behind_a_custom_domain_with_any_base_path() {
        let resource = "/v1/practices/{practiceId}/audit";
        let route = get(async |uri: Uri| uri.to_string());
        let routes = Router::new().route(resource, route);
        let answered = "/v1/practices/wattle-creek/audit?from=2026-01-01";
        for base in ["", "/bridge", "/bridge/production", "/v1", "/a%2Fb"] {
            let request = sent(&format!("{base}{answered}"), resource);
            let answer = entrance(routes.clone()).oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{base}");
            assert_eq!(to_bytes(answer.into_body(), 1_000).await.unwrap(), answered, "{base}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_lambda_would_refuse_is_a_problem_with_a_step() {
        let largest = usize::try_from(LONGEST_ANSWER).unwrap();
        let answer = async |body: String| {
            let routes = Router::new().route("/record", get(async move || body));
            let browsers = BrowserConfig::Nobody;
            let request = Request::get("/record").body(Body::empty()).unwrap();
            with_layers(routes, browsers).oneshot(request).await.unwrap()
        };
        for fits in ["a".repeat(largest), "\"".repeat(largest / 2)] {
            let whole = fits.clone();
            let answer = answer(fits).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert!(to_bytes(answer.into_body(), usize::MAX).await.unwrap() == whole);
        }
        for too_large in ["a".repeat(largest + 1), "\\".repeat(largest / 2 + 1)] {
            let answer = answer(too_large).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.contains("record-too-large") && body.contains("fewer sections"), "{body}");
        }
    }

    #[tokio::test]
    async fn pages_of_other_origins_may_read_nothing_unless_the_deployment_says_so() {
        let (_, headers) = headers_for("/answered", BrowserConfig::Nobody, PAGES[0]).await;
        assert_eq!(headers.get("access-control-allow-origin"), None);
        let stranger = "https://app.example.org.evil.example";
        let (_, headers) = headers_for("/answered", origins(), stranger).await;
        assert_eq!(headers.get("access-control-allow-origin"), None);
        assert!(headers.get_all("vary").iter().any(|value| value == "origin"));
        let (_, headers) = headers_for("/answered", BrowserConfig::Anybody, PAGES[0]).await;
        assert_eq!(headers["access-control-allow-origin"], "*");
    }

    #[test]
    fn pages_may_read_the_same_headers_of_api_gateways_own_answers() {
        let template = include_str!("../../../template.yaml");
        let line = format!("Access-Control-Expose-Headers: \"'{EXPOSED}'\"");
        assert!(template.contains(&line), "{line}");
    }
}
