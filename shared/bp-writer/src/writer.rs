//! The writer: claims a practice's lane, takes one turn at it, and releases it.

use std::fmt;
use std::time::Duration;

use best_practice::BpClient;
use connection::Sessions;
use domain::ids::PracticeId;
use domain::schedule::Job;
use halo::HaloClient;
use jiff::Timestamp;
use ledger::{Holder, Lease};
use store::StoreError;
use store::work::{LaneRelease, Released};
use uuid::Uuid;

use crate::attempt::KindRunner;
use crate::context::{Context, Known, TurnError};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::ports::{Messages, Services, Timing, WorkStore};
use crate::scheduled_job::{JobRunner, ScheduledJob};
use crate::turn::Turn;

/// A wake-up that comes this long before another replaces it.
const SAME_WAKE: Duration = Duration::from_secs(2);
/// The longest delay that SQS takes.
const LONGEST_WAKE: Duration = aws::queues::LONGEST_DELAY;
/// How much later than the wake-up the sweep comes. The sweep replaces a wake-up that was lost.
const SWEEP_AFTER_WAKE: Duration = Duration::from_secs(15);
/// When to try a job again that found the lane taken.
const RETRY_JOB_AFTER: Duration = Duration::from_secs(20);

/// How a turn ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TurnOutcome {
    /// Another writer holds the lane. It sees what arrives.
    LaneTaken,
    Finished {
        /// When something is due next. `None` if nothing is open.
        due: Option<Timestamp>,
    },
    /// Another writer claimed the lane during the turn.
    LaneLost,
}

/// Writes to practices' Bp what platforms send there.
pub struct Writer<S, M, C> {
    services: Services<S, M, C>,
    kinds: Vec<Box<dyn KindRunner<S, M, C>>>,
    jobs: Vec<Box<dyn JobRunner>>,
}

impl<S, M, C> fmt::Debug for Writer<S, M, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writer").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl<S: WorkStore, M: Messages, C: Timing> Writer<S, M, C> {
    /// A writer without kinds of work.
    #[must_use]
    pub fn new(
        store: S,
        messages: M,
        clock: C,
        halo: HaloClient,
        bp: BpClient,
        limits: Limits,
    ) -> Self {
        let sessions = Sessions::new(bp.clone(), store.clone());
        let services = Services { store, messages, clock, halo, bp, sessions, limits };
        Self { services, kinds: Vec::new(), jobs: Vec::new() }
    }

    /// Adds a kind of work.
    #[must_use]
    pub fn with(mut self, kind: impl Kind) -> Self {
        self.kinds.push(Box::new(kind));
        self
    }

    /// Adds a scheduled job.
    #[must_use]
    pub fn with_job(mut self, job: impl ScheduledJob) -> Self {
        self.jobs.push(Box::new(job));
        self
    }

    /// Takes a turn at a practice's lane for at most `time`: does all that is due, then records when to
    /// come again. A job of the practice runs after what is due, because patients' documents come first,
    /// and before what the job itself makes due.
    ///
    /// Calls to DynamoDB:
    /// - 1 if another writer holds the lane, else 2 for the lane.
    /// - 1 for the connection and the site's owner if anything is due, and 1 to 3 more if the site is not the
    ///   practice's yet.
    /// - 1 for each page of open entries, and one more only if the page was full.
    /// - 2 for each entry in the usual case: marked, closed. 1 more if its query takes long, and 1 to read the
    ///   connection again before each further entry.
    /// - 5 more for the change of a part that concerns its whole: 2 reads, a write, a query and a
    ///   transaction.
    ///
    /// # Errors
    /// When the table does not answer. The sweep then finds the lane again.
    pub async fn turn(
        &self,
        practice: &PracticeId,
        job: Option<Job>,
        time: Duration,
    ) -> Result<TurnOutcome, StoreError> {
        let Services { store, messages, clock, limits, .. } = &self.services;
        let began = clock.now();
        let holder = Holder(Uuid::new_v4().to_string());
        let lease = Lease::taken(holder, began, time, limits.lease_margin);
        let Some(lane) = store.claim_lane(practice, &lease, began).await? else {
            if let Some(job) = job {
                // The dispatcher would send the job again only after minutes.
                let _ = messages.wake_for(practice, job, RETRY_JOB_AFTER).await;
            }
            return Ok(TurnOutcome::LaneTaken);
        };
        let until = began + time;
        let known = &Known::default();
        let context = Context { services: &self.services, practice, lease: &lease, until, known };
        let wake_sent_for = lane.wake_sent_for;
        let mut arrivals = lane.arrivals;
        let mut turn = Turn::new(context, &self.kinds, &self.jobs, lane);
        let mut job = job;
        loop {
            let due = match turn.run(&mut job).await {
                Ok(due) => due,
                Err(TurnError::LaneLost) => return Ok(TurnOutcome::LaneLost),
                Err(TurnError::Store(error)) => {
                    // The next writer then need not wait for the end of the lease.
                    let due = Some(clock.now() + limits.shortest);
                    let end = LaneRelease { due, ..turn.lane_end() };
                    let _ = store.release_lane(practice, &lease.holder, arrivals, &end).await;
                    return Err(error);
                }
            };
            let now = clock.now();
            let (end, wake) = next_wake(turn.lane_end(), due, wake_sent_for, now);
            // A turn that comes that soon finds what has arrived meanwhile.
            let soon = due.is_some_and(|due| due <= now + 2 * limits.site_taken.longest);
            loop {
                match store.release_lane(practice, &lease.holder, arrivals, &end).await? {
                    Released::Free { site_wanted } => {
                        // The other practice's writer comes back within this time.
                        let polite = 2 * limits.site_taken.longest;
                        let wake =
                            wake.map(|wake| if site_wanted { wake.max(polite) } else { wake });
                        if let Some(delay) = wake
                            && messages.wake(practice, delay).await.is_err()
                        {
                            tracing::warn!(practice = practice.as_str(), "left to the sweep");
                        }
                        return Ok(TurnOutcome::Finished { due });
                    }
                    Released::Arrived { arrivals: now } => arrivals = now,
                    Released::Lost => return Ok(TurnOutcome::LaneLost),
                }
                if !soon {
                    break;
                }
            }
        }
    }
}

/// How to leave the lane, and the delay of the wake-up to send. No wake-up is sent if one is already on
/// its way, or if the delay is too long for the queue. The sweep then finds the lane.
fn next_wake(
    end: LaneRelease,
    due: Option<Timestamp>,
    wake_sent_for: Option<Timestamp>,
    now: Timestamp,
) -> (LaneRelease, Option<Duration>) {
    let Some(due) = due else {
        return (LaneRelease { due: None, wake_sent_for, ..end }, None);
    };
    let delay = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    let called = wake_sent_for.is_some_and(|called| {
        called > now && called <= due.saturating_add(SAME_WAKE).unwrap_or(due)
    });
    let wake = (!called && delay <= LONGEST_WAKE).then_some(delay);
    let wake_sent_for = if wake.is_some() { Some(due) } else { wake_sent_for };
    let swept = due.saturating_add(SWEEP_AFTER_WAKE).unwrap_or(due);
    (LaneRelease { due: Some(swept), wake_sent_for, ..end }, wake)
}
