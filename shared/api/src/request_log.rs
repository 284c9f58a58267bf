//! One log line and one metric for each request. Both name the route and not the URL, because a URL can
//! identify a patient.

use std::time::Instant;

use aws::metrics::{self, Metrics, Unit};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::caller::Caller;
use crate::problem::ProblemType;

/// The id that API Gateway gave the request.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

tokio::task_local! {
    /// The id of the current request, for audit lines.
    pub(crate) static REQUEST_ID: RequestId;
}

/// Logs and measures a request.
pub(crate) async fn log_request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let id = request
        .extensions()
        .get::<RequestId>()
        .cloned()
        .unwrap_or_else(|| RequestId(uuid::Uuid::now_v7().to_string()));
    let platform = request.extensions().get::<Caller>().map(|caller| caller.platform().to_string());
    let caller = request.extensions().get::<Caller>().map_or("nobody", |caller| match caller {
        Caller::Person { .. } => "person",
        Caller::Platform { .. } => "platform",
    });
    let response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let problem = response.extensions().get::<ProblemType>().map(|kind| kind.slug());
    let status = response.status().as_u16();
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(request_id = id.0, %method, route, caller, platform, status, problem, duration_ms, "served");
    metric(&format!("{method} {route}"), status, problem, duration_ms);
    response
}

fn metric(operation: &str, status: u16, problem: Option<&str>, duration_ms: f64) {
    Metrics::by_and_total("Operation", operation)
        .metric("Duration", Unit::Milliseconds, duration_ms)
        .metric("Requests", Unit::Count, 1)
        .metric("Problems", Unit::Count, u8::from(status >= 400))
        .metric("Faults", Unit::Count, u8::from(status >= 500))
        .beside("problem", problem)
        .write();
}

/// Metrics about pairings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PairingMetric {
    /// Halo refused a pairing, or its answer did not arrive.
    Failed,
    /// A pairing was not sent to Halo, because too many had failed.
    Limited,
}

/// Counts one, over all practices.
pub(crate) fn count(metric: PairingMetric) {
    let name = match metric {
        PairingMetric::Failed => "PairingsFailed",
        PairingMetric::Limited => "PairingsLimited",
    };
    metrics::report(name, Unit::Count, 1, None);
}
