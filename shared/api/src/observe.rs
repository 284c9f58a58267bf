//! What is told of each request: one log line and one metric, by route and not by URL, with who and
//! how long, and nothing of a patient.

use std::time::Instant;

use aws::metrics::{self, Metrics, Unit};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::caller::Caller;
use crate::problem::Kind;

/// The id of the request, as API Gateway gave it.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

tokio::task_local! {
    /// The request being served, for the audit trail.
    pub(crate) static REQUEST_ID: RequestId;
}

/// Wraps every route.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
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
    let caller = request.extensions().get::<Caller>().map_or("nobody", |caller| match caller {
        Caller::Person { .. } => "person",
        Caller::Platform { .. } => "platform",
    });
    let response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let problem = response.extensions().get::<Kind>().map(|kind| kind.slug());
    let status = response.status().as_u16();
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(request_id = id.0, %method, route, caller, status, problem, duration_ms, "served");
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

/// What is counted beside requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Counter {
    /// A try to pair that Halo refused, or whose answer did not arrive.
    PairingsFailed,
    /// A try to pair that was not sent to Halo, because too many had failed.
    PairingsLimited,
}

/// Counts one, over all practices.
pub(crate) fn count(counter: Counter) {
    let name = match counter {
        Counter::PairingsFailed => "PairingsFailed",
        Counter::PairingsLimited => "PairingsLimited",
    };
    metrics::report(name, Unit::Count, 1, None);
}
