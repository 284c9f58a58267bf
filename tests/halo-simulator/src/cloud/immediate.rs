//! Immediate queries: answered in the same call, or not at all.

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    cloud::{
        answer::{Answer, ErrorShape, Refusal},
        clock::utc,
        command::{self, EXECUTION_FAILED, QueueTime, Submission},
        effect::Effect,
        encoding,
        fault::Weather,
        site::{self, Availability, ExecutionError, Site, SiteState},
        world::World,
    },
    sql::{ExecutionMode, Outcome, SqlError},
};

/// The results of a query that ran.
struct Ran {
    outcome: Outcome,
    duration: Duration,
}

/// `POST …/queries/immediate`.
pub(crate) async fn run(
    world: &World,
    guid: &str,
    body: &Bytes,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let site = world.paired_site(guid)?;
    let submission = Submission::read(body, QueueTime::IMMEDIATE)?;
    check_availability(site)?;
    let created = world.clock.now();
    let base = base(world, guid, &submission, created);
    let mode = submission.command.execution_mode;

    let executing = world.clock.now();
    let ran = match execute(world, site, submission, weather).await? {
        Ok(ran) => ran,
        Err(error) => return Ok(failed(world, site, base, executing, &error)),
    };
    let parameters = ran.outcome.parameters.clone();
    let rows_affected = ran.outcome.rows_affected;
    let (mut result, size) = if mode == ExecutionMode::NonQuery {
        (json!({"rowsAffected": rows_affected, "size": 0}), 0)
    } else {
        let encoding = site.state().row_encoding;
        let outcome = ran.outcome;
        let encoded = tokio::task::spawn_blocking(move || {
            encoding::whole(encoding::shaped(outcome, mode), encoding)
        });
        let encoded = encoded.await.map_err(|_| {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The result could not be encoded.")
        })?;
        let size = encoded.bytes.len();
        if size > world.options.immediate_result_bytes || weather.is(Effect::TooLarge) {
            return Err(too_large(world));
        }
        let data = STANDARD.encode(&encoded.bytes);
        (json!({"rows": encoded.rows, "size": size, "data": data}), size)
    };
    if !parameters.is_empty() {
        result["parameters"] = json!(parameters);
    }

    let completed = utc(world.clock.now());
    let mut answer = base;
    answer.insert("status".to_owned(), json!("successful"));
    answer.insert("updatedAt".to_owned(), json!(completed));
    answer.insert("completedAt".to_owned(), json!(completed));
    answer.insert(
        "statusTiming".to_owned(),
        json!({
            "initialising": {"startTime": utc(created)},
            "executing": {"startTime": utc(executing)},
        }),
    );
    answer
        .insert("metrics".to_owned(), json!({"sqlExecutionDuration": milliseconds(ran.duration)}));
    answer.insert("resultSize".to_owned(), json!(size));
    remember(world, site, &answer);
    answer.insert("result".to_owned(), result);
    Ok(Answer::ok(Value::Object(answer)))
}

/// The status operation also finds immediate queries, but without their results.
fn remember(world: &World, site: &Site, answer: &Map<String, Value>) {
    if let Some(id) = answer["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()) {
        world.remember_immediate(id, &site.identity.site_id, Value::Object(answer.clone()));
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn check_availability(site: &Site) -> Result<(), Refusal> {
    let state = site.state();
    match state.availability {
        _ if !state.link_installed => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Halo Link is not installed at this site.",
        )),
        Availability::Online => Ok(()),
        Availability::Offline => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The site is offline; the query was not sent.",
        )),
        Availability::Unreachable => Err(Refusal::new(
            StatusCode::GATEWAY_TIMEOUT,
            "The site did not answer in time; the outcome of the query is unknown.",
        )),
    }
}

/// The inner error comes from the database, the outer one from Halo.
async fn execute(
    world: &World,
    site: &Site,
    submission: Submission,
    weather: &Weather,
) -> Result<Result<Ran, SqlError>, Refusal> {
    if let Some(error) = database_refusal(site, &submission, weather) {
        return Ok(Err(error));
    }
    let patience = Duration::from_millis(submission.max_time_in_queue.unsigned_abs());
    let waited_out = || {
        Refusal::new(
            StatusCode::GATEWAY_TIMEOUT,
            "The query was not started within maxTimeInQueue.",
        )
    };
    let in_line = async {
        running(site).await;
        site.connect().await
    };
    let guard = tokio::time::timeout(patience.max(Duration::from_millis(1)), in_line)
        .await
        .map_err(|_| waited_out())?;

    let mut environment = site.environment(world.clock.practice_time(&site.identity.zone));
    apply(weather, &mut environment.booking);
    let limit = world.options.immediate_execution_limit;
    let work =
        tokio::spawn(site::run(guard, submission.catalogue, submission.command, environment, None));
    let begun = Instant::now();
    let done = tokio::time::timeout(limit, work).await.ok();
    // A result that is ready after the time limit counts as too late, even if only the machine was busy.
    match done.filter(|_| begun.elapsed() < limit) {
        // The query goes on running. This is why a 504 leaves the effect unknown.
        None => Err(Refusal::new(
            StatusCode::GATEWAY_TIMEOUT,
            "The site did not answer in time; the outcome of the query is unknown.",
        )),
        Some(Ok(Ok((outcome, duration)))) => Ok(Ok(Ran { outcome, duration })),
        Some(Ok(Err(ExecutionError::Sql(error)))) => Ok(Err(error)),
        Some(_) => Err(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The practice server failed while running the query.",
        )),
    }
}

/// Waits until the site takes work from its queue.
pub(crate) async fn running(site: &Site) {
    until(site, |state| {
        let online = state.availability == Availability::Online && state.link_installed;
        online && !state.queue_paused
    })
    .await;
}

/// Waits until the site lets running queries continue.
pub(crate) async fn unlocked(site: &Site) {
    until(site, |state| !state.execution_paused).await;
}

async fn until(site: &Site, is_so: impl Fn(&SiteState) -> bool) {
    loop {
        let changed = site.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if is_so(&site.state()) {
            return;
        }
        changed.await;
    }
}

/// Failures of the database before the statement itself runs.
pub(crate) fn database_refusal(
    site: &Site,
    submission: &Submission,
    weather: &Weather,
) -> Option<SqlError> {
    if !site.state().integration_enabled {
        return Some(command::login_failed());
    }
    execution_fault(weather).or_else(|| command::link_conversion_defect(&submission.command))
}

/// The database error that a fault asks for.
pub(crate) fn execution_fault(weather: &Weather) -> Option<SqlError> {
    let fault = weather.fault.as_ref().filter(|fault| fault.effect == Effect::ExecutionFailed)?;
    Some(SqlError {
        number: fault.error_code.unwrap_or(50_000),
        message: fault
            .message
            .clone()
            .unwrap_or_else(|| "The statement was made to fail.".to_owned()),
    })
}

/// Applies faults to the booking procedures.
pub(crate) fn apply(weather: &Weather, booking: &mut crate::sql::BookingWeather) {
    let Some(fault) = &weather.fault else { return };
    booking.away = fault.effect == Effect::Away;
    if fault.effect == Effect::SlotTaken {
        let variant = fault.variant.unwrap_or(crate::cloud::fault::SlotVariant::Error);
        booking.slot_taken = Some(variant.into());
    }
}

/// The refusal of a result that is too large. Its message says that the statement ran.
pub(crate) fn too_large(world: &World) -> Refusal {
    Refusal {
        status: StatusCode::from_u16(world.options.too_large_status)
            .unwrap_or(StatusCode::PAYLOAD_TOO_LARGE),
        message: TOO_LARGE.to_owned(),
        shape: ErrorShape::Details,
    }
}

pub(crate) const TOO_LARGE: &str =
    "The result is larger than the limit of 8 MB. The query was executed.";

fn base(
    world: &World,
    guid: &str,
    submission: &Submission,
    created: Timestamp,
) -> Map<String, Value> {
    let fields = json!({
        "id": Uuid::new_v4(),
        "integratorId": world.integrator_id,
        "siteId": guid.to_lowercase(),
        "mode": "immediate",
        "maxTimeInQueue": submission.max_time_in_queue,
        "commandSize": submission.command_size,
        "requestSize": submission.request_size,
        "createdAt": utc(created),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn failed(
    world: &World,
    site: &Site,
    base: Map<String, Value>,
    executing: Timestamp,
    error: &SqlError,
) -> Answer {
    let completed = utc(world.clock.now());
    let mut answer = base;
    answer.insert("status".to_owned(), json!("executionFailed"));
    answer.insert("updatedAt".to_owned(), json!(completed));
    answer.insert("completedAt".to_owned(), json!(completed));
    answer.insert(
        "statusTiming".to_owned(),
        json!({
            "initialising": {"startTime": answer["createdAt"]},
            "executing": {"startTime": utc(executing)},
        }),
    );
    answer.insert("errorDetails".to_owned(), error_details(error));
    answer.insert("errorCode".to_owned(), json!(error.number));
    answer.insert("errorMessage".to_owned(), json!(error.message));
    remember(world, site, &answer);
    Answer::json(EXECUTION_FAILED, Value::Object(answer))
}

/// The newer form of a database error. Number 0 is for Link's own errors.
pub(crate) fn error_details(error: &SqlError) -> Value {
    let kind = if error.number == 0 { "haloLink" } else { "mssql" };
    json!({"errorType": kind, "errorCode": error.number, "errorMessage": error.message})
}
