//! Finding what is due and waking whoever does it.
//!
//! What this costs follows from what is due: one query for each shard of the index, and for each
//! thing found a tenth of a call to SQS, and a write where the thing is a job's turn. How many
//! practices there are makes no difference.

use std::time::Duration;

use aws::queues::{Queues, SiteWake};
use domain::ids::PracticeId;
use domain::schedule::Job;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use store::work::LANE_SHARDS;
use store::{DueJob, JOB_SHARDS, Store, StoreError};

use crate::spread::delay;
use crate::task::Task;

/// At most so many of a shard in one sweep; the longest overdue come first, and the rest next time.
const MOST: u16 = 500;
/// A worker that died is found out about by then.
const RETRY: SignedDuration = SignedDuration::from_mins(15);
/// Turns taken side by side.
const SIDE_BY_SIDE: usize = 16;

/// Finds and wakes.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    pub(crate) store: Store,
    pub(crate) queues: Queues,
}

/// What a task came to. Numbers only.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// How many were due.
    due: usize,
    /// How many of them somebody was woken for.
    woken: usize,
    /// Queries of the table.
    queries: usize,
    /// By how much the longest overdue was late, in seconds.
    latest: i64,
}

/// A task that is not, or not wholly, done. The next one makes up for it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Undone {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{lost} of {due} messages were not taken by the queue")]
    Lost { lost: usize, due: usize },
}

impl Dispatcher {
    /// Does a task, and tells the metrics what it came to.
    pub(crate) async fn perform(&self, task: Task) -> Result<Outcome, Undone> {
        let now = Timestamp::now();
        let (name, outcome) = match task {
            Task::Sweep => ("sweep", self.sweep(now).await?),
            Task::Turns => ("turns", self.turns(now).await?),
            Task::Now { practice, job } => ("now", self.now(&practice, job).await?),
        };
        let Outcome { due, woken, queries, latest } = outcome;
        tracing::info!(name, due, woken, queries, latest, "done");
        metric(name, outcome);
        match due - woken {
            0 => Ok(outcome),
            lost => Err(Undone::Lost { lost, due }),
        }
    }

    /// Practices with deliveries or bookings to look at, or a writer that died.
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

    /// Jobs of practices whose time has come. Each turn is taken before it is handed out, so that
    /// it is handed out once even while the worker has not come to it.
    async fn turns(&self, now: Timestamp) -> Result<Outcome, Undone> {
        let mut due = Vec::new();
        for shard in 0..JOB_SHARDS {
            due.extend(self.store.due_jobs(shard, now, MOST).await?);
        }
        let late = due.iter().map(|turn| turn.since).min();
        let taken: Vec<Result<Option<&DueJob>, StoreError>> = futures::stream::iter(&due)
            .map(async |turn| {
                let ours = self.store.claim_job(turn, now + RETRY).await?;
                Ok(ours.then_some(turn))
            })
            .buffered(SIDE_BY_SIDE)
            .collect()
            .await;
        let (turns, failure) = split(taken);
        let wakes: Vec<_> = turns
            .iter()
            .enumerate()
            .map(|(index, turn)| (wake(&turn.practice, Some(turn.job)), delay(index, turns.len())))
            .collect();
        let shards = usize::try_from(JOB_SHARDS).unwrap_or_default();
        let outcome = self.send(&wakes, shards, late, now).await?;
        failure.map_or(Ok(outcome), |error| Err(error.into()))
    }

    /// One practice's job, at once. Its ordinary turns stay as they are.
    async fn now(&self, practice: &PracticeId, job: Job) -> Result<Outcome, Undone> {
        let wakes = [(wake(practice, Some(job)), Duration::ZERO)];
        self.send(&wakes, 0, None, Timestamp::now()).await
    }

    async fn send(
        &self,
        wakes: &[(SiteWake, Duration)],
        queries: usize,
        late: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Outcome, Undone> {
        let lost = self.queues.wake_sites(wakes).await;
        Ok(Outcome {
            due: wakes.len(),
            woken: wakes.len() - lost.min(wakes.len()),
            queries,
            latest: late.map_or(0, |late| now.duration_since(late).as_secs().max(0)),
        })
    }
}

/// What was taken is handed out whatever happened to the rest.
fn split(taken: Vec<Result<Option<&DueJob>, StoreError>>) -> (Vec<&DueJob>, Option<StoreError>) {
    let mut failure = None;
    let turns = taken
        .into_iter()
        .filter_map(|turn| {
            turn.unwrap_or_else(|error| {
                failure = Some(error);
                None
            })
        })
        .collect();
    (turns, failure)
}

fn wake(practice: &PracticeId, job: Option<Job>) -> SiteWake {
    SiteWake {
        practice_id: practice.as_str().to_owned(),
        job: job.map(|job| job.as_str().to_owned()),
    }
}

/// CloudWatch's embedded metric format: a log line that becomes metrics.
#[expect(clippy::print_stdout, reason = "standard output is where Lambda takes metrics from")]
fn metric(task: &str, outcome: Outcome) {
    let line = json!({
        "_aws": {
            "Timestamp": Timestamp::now().as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "PracticeBridge",
                "Dimensions": [["Task"]],
                "Metrics": [
                    { "Name": "Due", "Unit": "Count" },
                    { "Name": "Overdue", "Unit": "Seconds" },
                ],
            }],
        },
        "Task": task,
        "Due": outcome.due,
        "Overdue": outcome.latest,
    });
    println!("{line}");
}
