//! Finds what is due and wakes the workers.
//!
//! The cost depends on what is due, not on the number of practices: one query for each shard of the
//! index, one SQS call for each ten things found, and one write for each job.

use std::time::Duration;

use aws::metrics::{Metrics, Unit};
use aws::queues::{EndpointWake, Queues, SiteWake};
use domain::ids::PracticeId;
use domain::schedule::Job;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::webhooks::ENDPOINT_SHARDS;
use store::work::LANE_SHARDS;
use store::{DueJob, JOB_SHARDS, Store, StoreError};

use crate::spread::delay;
use crate::task::Task;

/// The most lanes or jobs of a shard in one run. The longest overdue come first. The next run takes the
/// rest.
const MOST: u16 = 500;
/// When a job is handed out again if its worker has died.
const RETRY: SignedDuration = SignedDuration::from_mins(15);
/// How many jobs are taken at the same time.
const CONCURRENT: usize = 16;

/// Finds what is due in the table and sends messages to the queues.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) store: Store,
    pub(crate) queues: Queues,
}

/// The result of a task, in numbers.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// How many were due.
    due: usize,
    /// For how many of them a worker was woken.
    woken: usize,
    /// Queries of the table.
    table_reads: usize,
    /// How late the longest overdue was, in seconds.
    latest: i64,
}

/// A task that was not done, or only in part. The next run of the task does the rest.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Undone {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{lost} of {due} messages were not taken by the queue")]
    Lost { lost: usize, due: usize },
}

impl Dispatcher {
    /// Does a task, and reports its result as metrics.
    pub(crate) async fn perform(&self, task: Task) -> Result<Outcome, Undone> {
        let now = Timestamp::now();
        let (name, outcome) = match task {
            Task::Sweep => ("sweep", self.sweep(now).await?),
            // The metric's dimension keeps its first name.
            Task::Jobs => ("turns", self.jobs(now).await?),
            Task::Webhooks => ("webhooks", self.webhooks(now).await?),
            Task::Now { practice, job } => ("now", self.now(&practice, job).await?),
        };
        let Outcome { due, woken, table_reads, latest } = outcome;
        tracing::info!(name, due, woken, table_reads, latest, "done");
        Metrics::by("Task", name)
            .metric("Due", Unit::Count, due)
            .metric("Overdue", Unit::Seconds, latest)
            .write();
        match due - woken {
            0 => Ok(outcome),
            lost => Err(Undone::Lost { lost, due }),
        }
    }

    /// Wakes the writers of practices with deliveries or bookings that are due. Practices whose writer
    /// died are among them.
    async fn sweep(&self, now: Timestamp) -> Result<Outcome, Undone> {
        let mut lanes = Vec::new();
        for shard in 0..LANE_SHARDS {
            lanes.extend(self.store.due_lanes(shard, now, MOST).await?);
        }
        let late = lanes.iter().map(|lane| lane.due).min();
        let wakes: Vec<_> = lanes
            .iter()
            .enumerate()
            .map(|(index, lane)| (wake(&lane.practice, None), delay(index, lanes.len())))
            .collect();
        self.send(&wakes, usize::from(LANE_SHARDS), late, now).await
    }

    /// Hands out the practices' jobs that are due. Each job is taken before it is handed out, so that
    /// it is handed out once even if the worker has not begun it yet.
    async fn jobs(&self, now: Timestamp) -> Result<Outcome, Undone> {
        let mut due = Vec::new();
        for shard in 0..JOB_SHARDS {
            due.extend(self.store.due_jobs(shard, now, MOST).await?);
        }
        let late = due.iter().map(|job| job.since).min();
        let taken: Vec<Result<Option<&DueJob>, StoreError>> = futures::stream::iter(&due)
            .map(async |job| {
                let ours = self.store.claim_job(job, now + RETRY).await?;
                Ok(ours.then_some(job))
            })
            .buffered(CONCURRENT)
            .collect()
            .await;
        let (jobs, failure) = split(taken);
        let wakes: Vec<_> = jobs
            .iter()
            .enumerate()
            .map(|(index, job)| (wake(&job.practice, Some(job.job)), delay(index, jobs.len())))
            .collect();
        let shards = usize::try_from(JOB_SHARDS).unwrap_or_default();
        let outcome = self.send(&wakes, shards, late, now).await?;
        failure.map_or(Ok(outcome), |error| Err(error.into()))
    }

    /// Wakes the senders of webhook endpoints for which something is due. Endpoints whose sender died are among
    /// them.
    async fn webhooks(&self, now: Timestamp) -> Result<Outcome, Undone> {
        let mut due = Vec::new();
        for shard in 0..ENDPOINT_SHARDS {
            due.extend(self.store.due_endpoints(shard, now, MOST).await?);
        }
        let late = due.iter().map(|endpoint| endpoint.due).min();
        let wakes: Vec<_> = due
            .iter()
            .enumerate()
            .map(|(index, endpoint)| {
                (EndpointWake { lane: endpoint.lane.to_string() }, delay(index, due.len()))
            })
            .collect();
        let lost = self.queues.wake_senders(&wakes).await;
        Ok(outcome(wakes.len(), lost, usize::from(ENDPOINT_SHARDS), late, now))
    }

    /// Hands out one practice's job at once. Its schedule does not change.
    async fn now(&self, practice: &PracticeId, job: Job) -> Result<Outcome, Undone> {
        let wakes = [(wake(practice, Some(job)), Duration::ZERO)];
        self.send(&wakes, 0, None, Timestamp::now()).await
    }

    async fn send(
        &self,
        wakes: &[(SiteWake, Duration)],
        table_reads: usize,
        late: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Outcome, Undone> {
        let lost = self.queues.wake_writers(wakes).await;
        Ok(outcome(wakes.len(), lost, table_reads, late, now))
    }
}

fn outcome(
    due: usize,
    lost: usize,
    table_reads: usize,
    late: Option<Timestamp>,
    now: Timestamp,
) -> Outcome {
    Outcome {
        due,
        woken: due - lost.min(due),
        table_reads,
        latest: late.map_or(0, |late| now.duration_since(late).as_secs().max(0)),
    }
}

/// Separates the jobs that were taken from the last failure: what was taken must be handed out.
fn split(taken: Vec<Result<Option<&DueJob>, StoreError>>) -> (Vec<&DueJob>, Option<StoreError>) {
    let mut failure = None;
    let jobs = taken
        .into_iter()
        .filter_map(|job| {
            job.unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        })
        .collect();
    (jobs, failure)
}

fn wake(practice: &PracticeId, job: Option<Job>) -> SiteWake {
    SiteWake {
        practice_id: practice.as_str().to_owned(),
        job: job.map(|job| job.as_str().to_owned()),
    }
}
