//! What a request asks Halo is its practice's, and is counted before the request ends.

use axum::Router;
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::ids::PracticeId;
use usage::Counter;

/// Routes whose practice is charged for what they ask Halo.
pub(crate) fn charged(counter: &Counter, routes: Router) -> Router {
    routes.layer(from_fn_with_state(counter.clone(), charge))
}

async fn charge(State(counter): State<Counter>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let id = path.as_ref().and_then(|path| {
        path.iter().find_map(|(name, value)| (name == "practiceId").then_some(value))
    });
    let practice = id.and_then(|id| PracticeId::parse(id).ok());
    let request = Request::from_parts(parts, body);
    match practice {
        Some(practice) => counter.charge(&practice, next.run(request)).await,
        None => next.run(request).await,
    }
}
