//! The control API: acts of a person at the practice, and faults.

mod desk;
mod faults;
mod inbox;
mod origins;
mod practices;
mod problem;
mod time;
mod transactions;

use std::sync::Arc;

use axum::{
    Json, Router, middleware,
    routing::{get, post, put},
};
use serde_json::{Value, json};

use self::problem::Problem;
use crate::cloud::World;

/// All routes of the control API.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/practices", get(practices::list))
        .route("/practices/{site_id}", put(practices::change).get(practices::get))
        .route("/practices/{site_id}/pairing-codes", post(practices::issue_code))
        .route("/practices/{site_id}/inbox", get(desk::inbox))
        .route("/practices/{site_id}/correspondence-out", get(desk::letters))
        .route("/practices/{site_id}/book", get(desk::book))
        .route("/practices/{site_id}/inbox/{record_id}/check", post(inbox::check))
        .route(
            "/practices/{site_id}/transactions",
            get(transactions::list).post(transactions::open),
        )
        .route("/practices/{site_id}/transactions/{session}/statements", post(transactions::more))
        .route("/practices/{site_id}/transactions/{session}/commit", post(transactions::commit))
        .route("/practices/{site_id}/transactions/{session}/rollback", post(transactions::rollback))
        .route("/faults", put(faults::replace).delete(faults::clear).get(faults::list))
        .route("/queries", get(time::queries))
        .route("/clock/advance", post(time::advance))
        .route("/reset", post(time::reset))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(origins::answer))
        .with_state(world)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn unknown() -> Problem {
    Problem::NotFound("the control API has no such resource".to_owned())
}

async fn wrong_method() -> Problem {
    Problem::WrongMethod
}
