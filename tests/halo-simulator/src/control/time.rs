//! The journal of calls, the clock, and the reset to the seeded state.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Problem, read};
use crate::cloud::{Since, World, utc};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    since: Option<String>,
}

/// A hundred years. Nothing here is due later than that.
const LONGEST_ADVANCE: i64 = 100 * 366 * 86_400;

pub(super) async fn queries(
    State(world): State<Arc<World>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    // In an instant's offset, a plus sign is a plus sign and not a blank.
    let query = query.unwrap_or_default().replace('+', "%2B");
    let uri: http::Uri = format!("/?{query}")
        .parse()
        .map_err(|_| Problem::BadRequest("the query cannot be read".to_owned()))?;
    let wanted: Wanted = axum::extract::Query::try_from_uri(&uri)
        .map_err(|error| Problem::BadRequest(error.body_text()))?
        .0;
    let since = match wanted.since.as_deref() {
        None | Some("") => Since::Sequence(0),
        Some(text) => match (text.parse::<u64>(), text.parse::<Timestamp>()) {
            (Ok(number), _) => Since::Sequence(number),
            (_, Ok(instant)) => Since::Instant(instant),
            _ => {
                return Err(Problem::BadRequest(
                    "since is neither a sequence number nor an instant".to_owned(),
                ));
            }
        },
    };
    let last = world.journal.last();
    Ok(Json(json!({"queries": world.journal.since(since), "last": last})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

pub(super) async fn advance(
    State(world): State<Arc<World>>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let Advance { seconds } = read(&body)?;
    if !(0..=LONGEST_ADVANCE).contains(&seconds) {
        return Err(Problem::BadRequest(
            "seconds must be between 0 and a hundred years".to_owned(),
        ));
    }
    world.clock.advance(SignedDuration::from_secs(seconds));
    Ok(Json(json!({"now": utc(world.clock.now())})))
}

pub(super) async fn reset(State(world): State<Arc<World>>) -> Result<Json<Value>, Problem> {
    world.reset().await?;
    Ok(Json(json!({"now": utc(world.clock.now())})))
}
