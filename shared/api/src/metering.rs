//! Charges a practice for what its requests ask Halo. The count is stored before the request ends.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::app::App;
use crate::caller::Caller;

/// Routes whose requests are charged to the practice in their path.
pub(crate) fn metered(app: Arc<App>, routes: Router<Arc<App>>) -> Router {
    let charge = from_fn_with_state(app.clone(), charge_practice);
    routes.with_state(app).layer(charge)
}

async fn charge_practice(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let id = path.as_ref().and_then(|path| {
        path.iter().find_map(|(name, value)| (name == "practiceId").then_some(value))
    });
    let caller = parts.extensions.get::<Caller>();
    let practice = caller.zip(id).and_then(|(caller, id)| caller.practice(id));
    let request = Request::from_parts(parts, body);
    match practice {
        Some(practice) => app.counter.charge(&practice, next.run(request)).await,
        None => next.run(request).await,
    }
}
