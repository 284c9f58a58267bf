//! Limits how many requests callers send. The rules are in [`domain::limits`].

mod fields;
mod kinds;
mod limiter;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use self::fields::add_fields;
pub(crate) use self::kinds::kind_of;
pub use self::limiter::Limiter;
use crate::app::App;
use crate::caller::Caller;
use crate::problem::{Problem, ProblemType};

/// Routes whose callers are limited. A request without a caller is not: the route refuses it.
pub(crate) fn limited(limiter: Arc<Limiter>, routes: Router) -> Router {
    routes.layer(from_fn_with_state(limiter, limit))
}

async fn limit(State(limiter): State<Arc<Limiter>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let id = path.as_ref().and_then(|path| {
        path.iter().find_map(|(name, value)| (name == "practiceId").then_some(value))
    });
    let route = parts.extensions.get::<MatchedPath>();
    let (Some(caller), Some(route)) = (parts.extensions.get::<Caller>(), route) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let kind = kind_of(&parts.method, route.as_str(), parts.uri.query());
    let practice = id.and_then(|id| caller.practice(id));
    let (standings, met) = limiter.admit(kind, caller, practice.as_ref(), App::now()).await;
    let mut response = match met {
        None => next.run(Request::from_parts(parts, body)).await,
        Some(met) => {
            let detail = format!(
                "The limit {} is {} requests in {} minutes. No more are taken for {} seconds. Nothing was changed.",
                met.name,
                met.most,
                domain::limits::Window::LENGTH.as_mins(),
                met.ends_in,
            );
            Problem::because(ProblemType::TooManyRequests, detail)
                .retry_after(met.ends_in)
                .of_limit(met.name)
                .into_response()
        }
    };
    add_fields(response.headers_mut(), &standings);
    response
}
