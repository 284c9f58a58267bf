//! Somebody at the practice works in Bp and has a transaction open, with its locks.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Json,
    extract::{Path, State},
};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    practices::find,
    problem::{Problem, read},
};
use crate::{
    cloud::{HeldTransaction, Site, World},
    sql::{OpenConnection, SqlError},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Batch {
    /// T-SQL, as Bp itself would run it.
    text: String,
}

/// `GET /practices/{siteId}/transactions`: the locks of transactions that are open or have ended.
pub(super) async fn list(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let locks = &find(&world, &site_id)?.pool.locks;
    Ok(Json(json!({"open": locks.open(), "ended": locks.ended()})))
}

/// `POST /practices/{siteId}/transactions`: opens a transaction and runs T-SQL in it.
pub(super) async fn open(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let site = find(&world, &site_id)?;
    let batch: Batch = read(&body)?;
    let mut environment = site.environment(world.clock.practice_time(&site.identity.zone));
    // Bp's own login may do everything.
    environment.denied_objects.clear();
    let transaction = HeldTransaction {
        connection: OpenConnection::new(site.pool.locks.process()),
        database: site.pool.open()?,
        environment,
    };
    let id = site.held.add(transaction);
    let answer = run(site, id, format!("BEGIN TRANSACTION; {}", batch.text)).await?;
    Ok((StatusCode::CREATED, answer))
}

/// `POST /practices/{siteId}/transactions/{session}/statements`: runs more T-SQL in it.
pub(super) async fn more(
    State(world): State<Arc<World>>,
    Path((site_id, session)): Path<(String, u64)>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let site = find(&world, &site_id)?;
    let batch: Batch = read(&body)?;
    run(site, session, batch.text).await
}

/// `POST /practices/{siteId}/transactions/{session}/commit`.
pub(super) async fn commit(
    State(world): State<Arc<World>>,
    Path((site_id, session)): Path<(String, u64)>,
) -> Result<Json<Value>, Problem> {
    end(&world, &site_id, session, "COMMIT TRANSACTION").await
}

/// `POST /practices/{siteId}/transactions/{session}/rollback`.
pub(super) async fn rollback(
    State(world): State<Arc<World>>,
    Path((site_id, session)): Path<(String, u64)>,
) -> Result<Json<Value>, Problem> {
    end(&world, &site_id, session, "ROLLBACK TRANSACTION").await
}

async fn end(
    world: &World,
    site_id: &str,
    session: u64,
    text: &str,
) -> Result<Json<Value>, Problem> {
    let site = find(world, site_id)?;
    let answer = run(site, session, text.to_owned()).await;
    site.held.remove(session);
    answer
}

async fn run(site: &Site, session: u64, text: String) -> Result<Json<Value>, Problem> {
    let missing = || Problem::NotFound("there is no such open transaction".to_owned());
    let held: Arc<Mutex<HeldTransaction>> = site.held.find(session).ok_or_else(missing)?;
    let work = tokio::task::spawn_blocking(move || {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = held.run(&text);
        (answer, held.connection.is_open())
    });
    let (answer, is_open) = work.await.map_err(|_| missing())?;
    if !is_open {
        site.held.remove(session);
    }
    match answer {
        Ok(outcome) => Ok(Json(json!({
            "session": session,
            "open": is_open,
            "rowsAffected": outcome.rows_affected,
        }))),
        Err(SqlError { number, message }) => {
            let state = if is_open { "stays open" } else { "is over" };
            Err(Problem::Conflict(format!("{number}: {message} The transaction {state}.")))
        }
    }
}
