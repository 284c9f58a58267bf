//! From Lambda's events to the routes.

use std::sync::Arc;

use aws::queues::Queues;
use aws::{SecretKeys, SecretText, clients, telemetry};
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_sqs::Client as Sqs;
use aws_types::sdk_config::SdkConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, map_request, map_response};
use axum::response::{IntoResponse, Response};
use best_practice::{BpClient, StatementPack};
use config::{
    BrowserConfig, ClinicalConfig, CopiesConfig, CursorConfig, DocumentsConfig, PracticeConfig,
    QueueConfig, WebhookConfig,
};
use domain::usage::Caps;
use halo::HaloClient;
use jiff::{SignedDuration, Timestamp};
use lambda_http::request::RequestContext;
use lambda_http::{Error, RequestExt};
use store::Store;
use usage::Counter;

use crate::caller::Caller;
use crate::observe::{REQUEST_ID, RequestId, observe};
use crate::problem::{Kind, Problem};
use crate::routes::{AppointmentsApp, CorrespondenceApp, ImportsApp, WebhookApp};
use crate::{App, Bucket, ClinicalApp, Cursors, PagedApp, Wakes};

/// What a page of another origin may read beside the answer itself: when to come back, and what to
/// tell support.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after,x-amzn-requestid");

/// What the routes of a practice work with, from the process's environment. Nothing is asked of
/// anybody yet: the first event must not wait for what it may not need.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn app() -> Result<App, Error> {
    Ok(built()?.0)
}

/// What the routes of attachments work with: the list, with the key of cursors, and imports.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn attachments_apps() -> Result<(PagedApp, ImportsApp), Error> {
    let (app, aws) = built()?;
    let secret = SecretText::new(SecretsManager::new(&aws), CursorConfig::read()?.secret_arn);
    let list = PagedApp { app: app.clone(), cursors: Cursors::new(secret) };
    let copies = CopiesConfig::read()?;
    let bucket = Bucket::new(aws.clone(), copies.bucket.clone());
    let wakes = Wakes::new(aws, QueueConfig::imports()?);
    Ok((list, ImportsApp { app, copies, wakes, bucket }))
}

/// What the routes of correspondence work with.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn correspondence_app() -> Result<CorrespondenceApp, Error> {
    let (app, aws) = built()?;
    let secret = SecretText::new(SecretsManager::new(&aws), CursorConfig::read()?.secret_arn);
    let cursors = Cursors::new(secret);
    let documents = DocumentsConfig::read()?;
    let bucket = Bucket::new(aws.clone(), documents.bucket.clone());
    let wakes = Wakes::new(aws, QueueConfig::sites()?);
    Ok(CorrespondenceApp { app, cursors, documents, wakes, bucket })
}

/// The same, for the clinical import.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn clinical_app() -> Result<ClinicalApp, Error> {
    let (app, _) = built()?;
    let ClinicalConfig { observations_per_code } = ClinicalConfig::read()?;
    Ok(ClinicalApp { app, observations_per_code })
}

/// What the routes of staff and bookings work with.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn appointments_app() -> Result<AppointmentsApp, Error> {
    let (app, aws) = built()?;
    Ok(AppointmentsApp { app, wakes: Wakes::new(aws, QueueConfig::sites()?) })
}

/// What the receiver of Halo's notifications works with.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn webhook_app() -> Result<WebhookApp, Error> {
    telemetry::start();
    let WebhookConfig { dispatch, secret_arn, window } = WebhookConfig::read()?;
    let aws = clients::aws(&dispatch.aws)?;
    Ok(WebhookApp {
        store: Store::new(DynamoDb::new(&aws), dispatch.table),
        queues: Queues::new(Sqs::new(&aws), dispatch.queues),
        secrets: SecretKeys::new(SecretsManager::new(&aws), secret_arn),
        window: SignedDuration::try_from(window)?,
    })
}

fn built() -> Result<(App, SdkConfig), Error> {
    telemetry::start();
    let config = PracticeConfig::read()?;
    let aws = clients::aws(&config.aws)?;
    let keys = SecretKeys::new(SecretsManager::new(&aws), config.halo_secret_arn);
    let halo = HaloClient::new(clients::http()?, config.halo_base_url, Arc::new(keys));
    let store = Store::new(DynamoDb::new(&aws), config.table);
    let caps = Caps { queries: config.daily_query_cap, bytes: config.daily_byte_cap };
    let counter = Counter::new(store.clone(), caps);
    let halo = halo.metered(counter.meter());
    let app = App {
        bp: BpClient::new(halo, StatementPack::load(config.statement_pack.as_deref())?),
        store,
        counter,
        audit_retention: SignedDuration::from_hours(24 * i64::from(config.audit_retention_days)),
    };
    Ok((app, aws))
}

/// Serves a router's routes until Lambda ends the process.
///
/// # Errors
/// When the runtime API cannot be reached.
pub async fn run(routes: Router) -> Result<(), Error> {
    let browsers = BrowserConfig::read()?;
    lambda_http::run(prepared(routes, browsers)).await
}

/// The router with everything that surrounds each route.
fn prepared(routes: Router, browsers: BrowserConfig) -> Router {
    routes
        .fallback(async || Problem::new(Kind::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
        .layer(from_fn(guarded))
        .layer(from_fn(observe))
        .layer(map_response(kept_nowhere))
        .layer(map_response(move |response| shown_to(browsers.clone(), response)))
        .layer(map_request(identified))
}

/// Puts what API Gateway knows of the caller where the extractors look for it.
async fn identified(mut request: Request<Body>) -> Request<Body> {
    let context = request.request_context_ref().cloned();
    if let Some(RequestContext::ApiGatewayV1(context)) = context {
        if let Some(id) = context.request_id {
            request.extensions_mut().insert(RequestId(id));
        }
        if let Ok(caller) = Caller::from_authorizer(&context.authorizer.fields, Timestamp::now()) {
            request.extensions_mut().insert(caller);
        }
    }
    request
}

/// Answers hold patients' records: no browser and no proxy keeps them.
async fn kept_nowhere(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a page of another origin may see of an answer. Its question beforehand (`OPTIONS`) is answered
/// by API Gateway itself, as template.yaml says.
async fn shown_to(browsers: BrowserConfig, mut response: Response) -> Response {
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

/// A fault in a route is a problem like any other; the process lives on.
async fn guarded(request: Request, next: Next) -> Response {
    // A task of its own contains a panic. The request's id travels along.
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
            Problem::new(Kind::Internal).into_response()
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
        let answer = prepared(routes, browsers).oneshot(request).await.unwrap();
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
