//! Registered queries: the practice runs them regularly and uploads a result when it has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    cloud::{
        answer::{Answer, Refusal},
        asynchronous::as_sql,
        clock::utc,
        command,
        effect::Effect,
        encoding,
        immediate::{TOO_LARGE, apply, error_details, execution_fault, milliseconds},
        operation::Operation,
        pool::Catalogue,
        site::{Availability, Site},
        webhook::Source,
        world::World,
    },
    sql::{Command, ExecutionMode, Parameter},
};

const SHORTEST_FREQUENCY: i64 = 60;
const LONGEST_DURATION: i64 = 86_400;

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Enabled,
    Cancelled,
    Completed,
}

pub(crate) struct RegisteredQuery {
    id: Uuid,
    pub(crate) site_id: String,
    name: String,
    frequency: i64,
    duration: i64,
    command: Command,
    request_size: usize,
    created: Timestamp,
    history: Mutex<History>,
}

struct History {
    status: Status,
    completed: Option<Timestamp>,
    last_hash: Option<String>,
    last_error: Option<Value>,
    last_succeeded: Option<Timestamp>,
    last_failed: Option<Timestamp>,
    last_duration: Option<u64>,
    succeeded: u64,
    failed: u64,
    uploaded_bytes: usize,
    latest: Option<Latest>,
}

struct Latest {
    data: Vec<u8>,
    rows: usize,
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistrationBody {
    name: String,
    registered_query_type: RegisteredQueryType,
    frequency: i64,
    duration: i64,
    register_command: RegisterCommand,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum RegisteredQueryType {
    Query,
}

#[derive(Deserialize)]
struct RegisterCommand {
    command: Command,
}

impl RegisteredQuery {
    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends_at(&self) -> Timestamp {
        self.created.checked_add(SignedDuration::from_secs(self.duration)).unwrap_or(self.created)
    }

    fn describe(&self) -> Value {
        let history = self.history();
        let mut metrics = json!({
            "executionSucceededCount": history.succeeded,
            "executionFailedCount": history.failed,
            "resultSizeSum": history.uploaded_bytes,
            "requestSize": self.request_size,
        });
        if let Some(instant) = history.last_succeeded {
            metrics["lastSucceededAt"] = json!(utc(instant));
        }
        if let Some(instant) = history.last_failed {
            metrics["lastFailedAt"] = json!(utc(instant));
        }
        if let Some(duration) = history.last_duration {
            metrics["lastExecutionDuration"] = json!(duration);
        }
        let mut shown = json!({
            "id": self.id,
            "name": self.name,
            "registeredQueryType": "query",
            "status": history.status,
            "frequency": self.frequency,
            "duration": self.duration,
            "createdAt": utc(self.created),
            "metrics": metrics,
        });
        if let Some(hash) = &history.last_hash {
            shown["lastHash"] = json!(hash);
        }
        if let Some(error) = &history.last_error {
            shown["lastErrorDetails"] = error.clone();
        }
        if let Some(completed) = history.completed {
            shown["completedAt"] = json!(utc(completed));
        }
        shown
    }
}

/// `POST …/queries/registered`.
pub(crate) fn create(world: &Arc<World>, guid: &str, body: &Bytes) -> Result<Answer, Refusal> {
    let site = Arc::clone(world.paired_site(guid)?);
    let wanted: RegistrationBody = command::read(body)?;
    let RegisteredQueryType::Query = wanted.registered_query_type;
    command::check(&wanted.register_command.command)?;
    if wanted.name.trim().is_empty() {
        return Err(Refusal::bad_request("The name is empty."));
    }
    if wanted.frequency < SHORTEST_FREQUENCY {
        return Err(Refusal::bad_request(format!(
            "frequency must be at least {SHORTEST_FREQUENCY} seconds."
        )));
    }
    if !(1..=LONGEST_DURATION).contains(&wanted.duration) {
        return Err(Refusal::bad_request(format!(
            "duration must be between 1 and {LONGEST_DURATION} seconds."
        )));
    }
    let query = Arc::new(RegisteredQuery {
        id: Uuid::new_v4(),
        site_id: site.identity.site_id.clone(),
        name: wanted.name,
        frequency: wanted.frequency,
        duration: wanted.duration,
        command: wanted.register_command.command,
        request_size: body.len(),
        created: world.clock.now(),
        history: Mutex::new(History {
            status: Status::Enabled,
            completed: None,
            last_hash: None,
            last_error: None,
            last_succeeded: None,
            last_failed: None,
            last_duration: None,
            succeeded: 0,
            failed: 0,
            uploaded_bytes: 0,
            latest: None,
        }),
    });
    world.register(Arc::clone(&query));
    let id = query.id;
    world.spawn(live(Arc::clone(world), site, query));
    Ok(Answer::json(StatusCode::ACCEPTED, json!({"id": id})))
}

/// Runs at once, and then at every multiple of the frequency until the duration is over.
async fn live(world: Arc<World>, site: Arc<Site>, query: Arc<RegisteredQuery>) {
    let mut due = query.created;
    while due < query.ends_at() {
        world.clock.sleep_until(due).await;
        if query.history().status == Status::Cancelled {
            return;
        }
        run_once(&world, &site, &query).await;
        due = due.checked_add(SignedDuration::from_secs(query.frequency)).unwrap_or(Timestamp::MAX);
    }
    world.clock.sleep_until(query.ends_at()).await;
    let mut history = query.history();
    if history.status == Status::Enabled {
        history.status = Status::Completed;
        history.completed = Some(query.ends_at());
    }
}

async fn run_once(world: &Arc<World>, site: &Arc<Site>, query: &RegisteredQuery) {
    match execute(world, site, query).await {
        Err(error) => {
            let mut history = query.history();
            history.failed += 1;
            history.last_failed = Some(world.clock.now());
            history.last_error = Some(error);
        }
        Ok((latest, duration)) => {
            let hash: String =
                Sha256::digest(&latest.data).iter().map(|byte| format!("{byte:02x}")).collect();
            let changed = {
                let mut history = query.history();
                history.succeeded += 1;
                history.last_succeeded = Some(world.clock.now());
                history.last_duration = Some(duration);
                history.last_error = None;
                let changed = history.last_hash.as_deref() != Some(&hash);
                if changed {
                    history.uploaded_bytes += latest.data.len();
                    history.latest = Some(latest);
                    history.last_hash = Some(hash);
                }
                changed
            };
            if changed {
                world.announce(site, query.id, Source::Registered);
            }
        }
    }
}

async fn execute(
    world: &World,
    site: &Site,
    query: &RegisteredQuery,
) -> Result<(Latest, u64), Value> {
    let mut traits = command::traits(&query.command);
    traits.site_id = Some(query.site_id.clone());
    let weather = world.faults.meet(Operation::RegisteredExecution, &traits);
    {
        let state = site.state();
        if !state.link_installed || state.availability != Availability::Online {
            return Err(json!({
                "errorType": "haloLink",
                "errorCode": 503,
                "errorMessage": "The site was not online."
            }));
        }
        if !state.integration_enabled {
            return Err(error_details(&command::login_failed()));
        }
    }
    if let Some(error) = execution_fault(&weather) {
        return Err(error_details(&error));
    }
    let mut environment = site.environment(world.clock.practice_time(&site.identity.zone));
    apply(&weather, &mut environment.booking);
    let limit = Some(std::time::Duration::from_secs(60));
    let (mut outcome, duration) = site
        .execute(Catalogue::Patients, query.command.clone(), environment, limit)
        .await
        .map_err(|error| error_details(&as_sql(error)))?;
    let parameters = std::mem::take(&mut outcome.parameters);
    let mode = query.command.execution_mode;
    let encoding = site.state().row_encoding;
    let (data, rows) = if mode == ExecutionMode::NonQuery {
        (Vec::new(), 0)
    } else {
        let encoded = encoding::whole(encoding::shaped(outcome, mode), encoding);
        (encoded.bytes, encoded.rows)
    };
    if data.len() > world.options.immediate_result_bytes || weather.is(Effect::TooLarge) {
        return Err(json!({
            "errorType": "http", "errorCode": 413, "errorMessage": TOO_LARGE}));
    }
    Ok((Latest { data, rows, parameters }, milliseconds(duration)))
}

fn find(world: &World, guid: &str, id: &str) -> Result<Arc<RegisteredQuery>, Refusal> {
    let site = world.paired_site(guid)?;
    let id =
        Uuid::try_parse(id).map_err(|_| Refusal::bad_request("The query id is not a GUID."))?;
    let known = world.registered(&site.identity.site_id);
    known.into_iter().find(|query| query.id == id).ok_or_else(|| {
        Refusal::not_found("There is no registered query with this id at this site.")
    })
}

/// `GET …/queries/registered`.
pub(crate) fn list(world: &World, guid: &str) -> Result<Answer, Refusal> {
    let site = world.paired_site(guid)?;
    let known = world.registered(&site.identity.site_id);
    let shown: Vec<Value> = known.iter().map(|query| query.describe()).collect();
    Ok(Answer::ok(json!({"registeredQueries": shown})))
}

/// `GET …/queries/registered/{queryId}`.
pub(crate) fn get(world: &World, guid: &str, id: &str) -> Result<Answer, Refusal> {
    Ok(Answer::ok(find(world, guid, id)?.describe()))
}

/// `DELETE …/queries/registered/{queryId}`.
pub(crate) fn cancel(world: &World, guid: &str, id: &str) -> Result<Answer, Refusal> {
    let query = find(world, guid, id)?;
    let mut history = query.history();
    if history.status == Status::Enabled {
        history.status = Status::Cancelled;
        history.completed = Some(world.clock.now());
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `GET …/queries/registered/{queryId}/results`.
pub(crate) fn result(world: &World, guid: &str, id: &str) -> Result<Answer, Refusal> {
    let query = find(world, guid, id)?;
    let history = query.history();
    let latest = history
        .latest
        .as_ref()
        .ok_or_else(|| Refusal::not_found("The registered query has no result yet."))?;
    let parameters =
        if latest.parameters.is_empty() { Value::Null } else { json!(latest.parameters) };
    Ok(Answer::ok(json!({
        "data": STANDARD.encode(&latest.data),
        "parameters": parameters,
        "rows": latest.rows,
        "size": latest.data.len(),
    })))
}
