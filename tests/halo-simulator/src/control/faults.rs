//! Faults on demand.

use std::sync::Arc;

use axum::{Json, extract::State};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::problem::{Problem, read};
use crate::cloud::{Effect, FaultRequest, World};

pub(super) async fn replace(
    State(world): State<Arc<World>>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let wanted: Vec<FaultRequest> = read(&body)?;
    if let Some(site_id) = wanted
        .iter()
        .filter_map(|fault| fault.site_id.as_deref())
        .find(|site_id| world.site_by_bp_id(site_id).is_none())
    {
        return Err(Problem::BadRequest(format!("there is no practice {site_id}")));
    }
    world.faults.replace(wanted).map_err(Problem::BadRequest)?;
    Ok(Json(describe(&world)))
}

pub(super) async fn clear(State(world): State<Arc<World>>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn list(State(world): State<Arc<World>>) -> Json<Value> {
    Json(describe(&world))
}

fn describe(world: &World) -> Value {
    let faults: Vec<Value> = world
        .faults
        .list()
        .into_iter()
        .map(|(fault, fired)| {
            let mut shown = json!(fault);
            shown["fired"] = json!(fired);
            shown
        })
        .collect();
    json!({"faults": faults, "effects": Effect::ALL})
}
