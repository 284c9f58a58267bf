//! Asynchronous queries: the caller gets an id at once, and the query runs later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    cloud::{
        answer::{Answer, Refusal},
        clock::utc,
        command::{QueueTime, Submission},
        effect::Effect,
        encoding,
        fault::Weather,
        immediate::{apply, database_refusal, error_details, milliseconds, running, unlocked},
        pages::{self, Page, PageStatus},
        site::{Availability, ExecutionError, Site},
        webhook::Source,
        world::World,
    },
    sql::{Command, ExecutionMode, Outcome, Parameter, SqlError},
};

/// The states of an asynchronous query.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    Initialising,
    InitialisationFailedSiteOffline,
    InitialisationFailedSiteUnreachable,
    Queued,
    ExpiredInQueue,
    Executing,
    ExecutionFailed,
    Uploading,
    UploadFailed,
    Successful,
}

impl Status {
    /// The phase of this state, or `None` if the query has ended.
    fn phase(self) -> Option<&'static str> {
        match self {
            Self::Initialising => Some("initialising"),
            Self::Queued => Some("queued"),
            Self::Executing => Some("executing"),
            Self::Uploading => Some("uploading"),
            _ => None,
        }
    }
}

pub(crate) struct AsyncQuery {
    pub(crate) id: Uuid,
    pub(crate) site_id: String,
    guid: String,
    max_time_in_queue: i64,
    command_size: usize,
    request_size: usize,
    mode: ExecutionMode,
    progress: Mutex<Progress>,
}

/// The part of a query that changes while it runs.
pub(crate) struct Progress {
    pub(crate) status: Status,
    created: Timestamp,
    updated: Timestamp,
    pub(crate) completed: Option<Timestamp>,
    timing: Vec<(&'static str, Timestamp, Option<Timestamp>)>,
    sql_duration: Option<u64>,
    error: Option<Value>,
    rows: usize,
    rows_affected: i64,
    pub(crate) pages: Vec<Page>,
    pub(crate) parameters: Vec<Parameter>,
}

impl AsyncQuery {
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_non_query(&self) -> bool {
        self.mode == ExecutionMode::NonQuery
    }

    fn enter(&self, status: Status, now: Timestamp) {
        let mut progress = self.progress();
        if let Some((_, _, end)) = progress.timing.last_mut() {
            *end = Some(now);
        }
        match status.phase() {
            Some(phase) => progress.timing.push((phase, now, None)),
            None => progress.completed = Some(now),
        }
        progress.status = status;
        progress.updated = now;
    }

    /// The query as the status operations show it.
    pub(crate) fn describe(&self, world: &World) -> Value {
        let progress = self.progress();
        let timing: serde_json::Map<String, Value> = progress
            .timing
            .iter()
            .map(|(phase, start, end)| {
                let mut times = json!({"startTime": utc(*start)});
                if let Some(end) = end {
                    times["endTime"] = json!(utc(*end));
                }
                ((*phase).to_owned(), times)
            })
            .collect();
        let mut shown = json!({
            "id": self.id,
            "integratorId": world.integrator_id,
            "siteId": self.guid,
            "mode": "async",
            "status": progress.status,
            "maxTimeInQueue": self.max_time_in_queue,
            "commandSize": self.command_size,
            "requestSize": self.request_size,
            "createdAt": utc(progress.created),
            "updatedAt": utc(progress.updated),
            "statusTiming": timing,
        });
        if let Some(completed) = progress.completed {
            shown["completedAt"] = json!(utc(completed));
        }
        if let Some(duration) = progress.sql_duration {
            shown["metrics"] = json!({"sqlExecutionDuration": duration});
        }
        if let Some(error) = &progress.error {
            shown["errorCode"] = error["errorCode"].clone();
            shown["errorMessage"] = error["errorMessage"].clone();
            shown["errorDetails"] = error.clone();
        }
        if matches!(progress.status, Status::Uploading | Status::Successful) {
            let size: usize = progress.pages.iter().map(|page| page.size).sum();
            let pages = json!(progress.pages);
            shown["result"] = if self.is_non_query() {
                json!({"rowsAffected": progress.rows_affected, "size": size, "pages": pages})
            } else {
                json!({"rows": progress.rows, "size": size, "pages": pages})
            };
            shown["resultSize"] = json!(size);
        }
        shown
    }
}

/// `POST …/queries/async`.
pub(crate) fn submit(
    world: &Arc<World>,
    guid: &str,
    body: &Bytes,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let site = Arc::clone(world.paired_site(guid)?);
    let submission = Submission::read(body, QueueTime::ASYNC)?;
    let now = world.clock.now();
    let query = Arc::new(AsyncQuery {
        id: Uuid::new_v4(),
        site_id: site.identity.site_id.clone(),
        guid: guid.to_lowercase(),
        max_time_in_queue: submission.max_time_in_queue,
        command_size: submission.command_size,
        request_size: submission.request_size,
        mode: submission.command.execution_mode,
        progress: Mutex::new(Progress {
            status: Status::Initialising,
            created: now,
            updated: now,
            completed: None,
            timing: vec![("initialising", now, None)],
            sql_duration: None,
            error: None,
            rows: 0,
            rows_affected: 0,
            pages: Vec::new(),
            parameters: Vec::new(),
        }),
    });
    world.remember(Arc::clone(&query));
    let answer = Answer::json(StatusCode::CREATED, query.describe(world));
    let life = live(Arc::clone(world), site, query, submission, weather.clone());
    world.spawn(life);
    Ok(answer)
}

async fn live(
    world: Arc<World>,
    site: Arc<Site>,
    query: Arc<AsyncQuery>,
    submission: Submission,
    weather: Weather,
) {
    let status = match advance(&world, &site, &query, submission, &weather).await {
        Ok(()) => Status::Successful,
        Err(status) => status,
    };
    let now = world.clock.now();
    query.enter(status, now);
    if status == Status::Successful {
        world.announce(&site, query.id, Source::Async);
    }
}

/// Takes the query through all phases. The error says how it ended.
async fn advance(
    world: &World,
    site: &Site,
    query: &AsyncQuery,
    submission: Submission,
    weather: &Weather,
) -> Result<(), Status> {
    let pause = || tokio::time::sleep(world.options.phase_delay);
    pause().await;
    {
        let state = site.state();
        match state.availability {
            _ if !state.link_installed => return Err(Status::InitialisationFailedSiteOffline),
            Availability::Online => {}
            Availability::Offline => return Err(Status::InitialisationFailedSiteOffline),
            Availability::Unreachable => {
                return Err(Status::InitialisationFailedSiteUnreachable);
            }
        }
    }

    query.enter(Status::Queued, world.clock.now());
    if weather.is(Effect::ExpiredInQueue) {
        pause().await;
        return Err(Status::ExpiredInQueue);
    }
    let created = query.progress().created;
    let latest = created
        .checked_add(SignedDuration::from_millis(submission.max_time_in_queue))
        .unwrap_or(created);
    pause().await;
    tokio::select! {
        // If the site takes work and a deadline passes at the same time, the site wins.
        biased;
        () = running(site) => {}
        () = world.clock.sleep_until(latest) => return Err(Status::ExpiredInQueue),
    }

    query.enter(Status::Executing, world.clock.now());
    pause().await;
    unlocked(site).await;
    let (outcome, duration) = execute(world, site, submission, weather).await.map_err(|error| {
        query.progress().error = Some(error_details(&error));
        Status::ExecutionFailed
    })?;

    query.progress().sql_duration = Some(duration);
    query.enter(Status::Uploading, world.clock.now());
    pause().await;
    if weather.is(Effect::UploadFailed) {
        return Err(upload_failed(query));
    }
    upload(world, site, query, outcome).await.map_err(|_| upload_failed(query))
}

fn upload_failed(query: &AsyncQuery) -> Status {
    let mut progress = query.progress();
    progress.pages.clear();
    progress.error = Some(json!({
        "errorType": "haloLink",
        "errorCode": 500,
        "errorMessage": "The result could not be uploaded. The query was executed."
    }));
    Status::UploadFailed
}

async fn execute(
    world: &World,
    site: &Site,
    submission: Submission,
    weather: &Weather,
) -> Result<(Outcome, u64), SqlError> {
    if let Some(error) = database_refusal(site, &submission, weather) {
        return Err(error);
    }
    let mut environment = site.environment(world.clock.practice_time(&site.identity.zone));
    apply(weather, &mut environment.booking);
    let command: Command = submission.command;
    let limit = Some(world.options.async_execution_limit);
    match site.execute(submission.catalogue, command, environment, limit).await {
        Ok((outcome, duration)) => Ok((outcome, milliseconds(duration))),
        Err(error) => Err(as_sql(error)),
    }
}

/// Halo reports every execution failure in the same form.
pub(crate) fn as_sql(error: ExecutionError) -> SqlError {
    match error {
        ExecutionError::Sql(error) => error,
        ExecutionError::TimedOut => SqlError {
            number: -2,
            message: "Execution timeout expired before the operation completed.".to_owned(),
        },
        ExecutionError::Crashed => {
            SqlError { number: 596, message: "The practice server failed.".to_owned() }
        }
    }
}

/// Writes the pages to disk, one at a time, and lists each one when it is written.
async fn upload(
    world: &World,
    site: &Site,
    query: &AsyncQuery,
    mut outcome: Outcome,
) -> std::io::Result<()> {
    {
        let mut progress = query.progress();
        progress.parameters = std::mem::take(&mut outcome.parameters);
        progress.rows_affected = outcome.rows_affected;
    }
    let folder = world.result_folder(query.id);
    let encoding = site.state().row_encoding;
    let sets = encoding::shaped(outcome, query.mode);
    let mut parts = encoding::Pages::new(sets, encoding, world.options.page_bytes);
    if query.is_non_query() {
        query.progress().pages.push(Page::cached(1, 0, 0, 1));
        return Ok(());
    }
    let mut first_row = 1;
    for number in 1.. {
        // Encoding tens of megabytes must not delay the answers to other calls.
        let encoded = tokio::task::spawn_blocking(move || {
            let part = parts.next();
            (parts, part)
        });
        let part;
        (parts, part) = encoded.await?;
        let Some(part) = part else { break };
        let (size, rows) = (part.bytes.len(), part.rows);
        {
            let mut progress = query.progress();
            let mut page = Page::cached(number, size, rows, first_row);
            page.status = PageStatus::Uploading;
            progress.pages.push(page);
            progress.rows += rows;
        }
        pages::write(folder.clone(), number, part.bytes).await?;
        if let Some(page) = query.progress().pages.last_mut() {
            page.status = PageStatus::Cached;
        }
        first_row += rows;
    }
    Ok(())
}
