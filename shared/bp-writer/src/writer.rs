//! The writer: one turn at one practice's lane.

use std::time::Duration;

use best_practice::BpPractice;
use domain::ids::PracticeId;
use domain::schedule::Job;
use halo::HaloClient;
use jiff::Timestamp;
use ledger::{Holder, Lease};
use store::StoreError;
use store::work::{Lane, LaneRelease, Released, WorkKind};
use uuid::Uuid;

use crate::chore::{AnyChore, Chore};
use crate::kind::Kind;
use crate::kinds::AnyKind;
use crate::limits::Limits;
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Ended, Stop, Turn};

/// A wake this close to another one is the same one.
const SAME_WAKE: Duration = Duration::from_secs(2);
/// SQS delays no message for longer.
const LONGEST_WAKE: Duration = aws::queues::LONGEST_DELAY;
/// The sweep comes after the message that it stands in for.
const SWEEP_SLACK: Duration = Duration::from_secs(15);

/// When a job finds the lane held, it comes back after this.
const BUSY: Duration = Duration::from_secs(20);

/// How a turn went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Went {
    /// Somebody else holds the lane, and sees what arrived.
    Busy,
    /// Done, until something is due again.
    Through {
        /// When something is due next, if anything is.
        due: Option<Timestamp>,
    },
    /// The lane was lost to somebody else on the way.
    Lost,
}

/// Takes what platforms send to practices' Bp.
#[derive(Debug)]
pub struct Writer<S, M, C> {
    pub(crate) shelf: S,
    pub(crate) messages: M,
    pub(crate) clock: C,
    pub(crate) halo: HaloClient,
    pub(crate) bp: BpPractice,
    pub(crate) limits: Limits,
    kinds: Vec<Box<dyn AnyKind<S, M, C>>>,
    chores: Vec<Box<dyn AnyChore>>,
}

impl<S: Shelf, M: Messages, C: Clock> Writer<S, M, C> {
    /// A writer that knows no kinds of work yet.
    #[must_use]
    pub fn new(
        shelf: S,
        messages: M,
        clock: C,
        halo: HaloClient,
        bp: BpPractice,
        limits: Limits,
    ) -> Self {
        Self { shelf, messages, clock, halo, bp, limits, kinds: Vec::new(), chores: Vec::new() }
    }

    /// With one more kind of work.
    #[must_use]
    pub fn with(mut self, kind: impl Kind) -> Self {
        self.kinds.push(Box::new(kind));
        self
    }

    /// With one more chore.
    #[must_use]
    pub fn with_chore(mut self, chore: impl Chore) -> Self {
        self.chores.push(Box::new(chore));
        self
    }

    pub(crate) fn chore(&self, job: Job) -> Option<&dyn AnyChore> {
        self.chores.iter().map(Box::as_ref).find(|known| known.job() == job)
    }

    pub(crate) fn kind(&self, kind: WorkKind) -> Option<&dyn AnyKind<S, M, C>> {
        self.kinds.iter().map(Box::as_ref).find(|known| known.kind() == kind)
    }

    /// Takes a turn at a practice's lane, for at most `time`: does all that is due, then leaves word
    /// when to come again. A job of the practice is done in between: after what is due, so that
    /// patients' documents come first, and before what it makes due itself.
    ///
    /// Calls to DynamoDB: 1 for a lane that somebody else holds; else 2, 2 more to be the only writer
    /// of the site where anything is due (3 where only a job writes there), 1 for each page of open
    /// entries (one more than needed, to see that nothing is left), and for each entry in the usual
    /// case 3 (marked, accepted by Halo, closed). A part's change that bears on its whole costs 5 more (2
    /// reads, a write, a query and a transaction).
    ///
    /// # Errors
    /// When the table gives no answer. The lane is then found again by the sweep.
    pub async fn turn(
        &self,
        practice: &PracticeId,
        job: Option<Job>,
        time: Duration,
    ) -> Result<Went, StoreError> {
        let began = self.clock.now();
        let holder = Holder(Uuid::new_v4().to_string());
        let lease = Lease::taken(holder, began, time, self.limits.lease_margin);
        let Some(lane) = self.shelf.claim_lane(practice, &lease, began).await? else {
            if let Some(job) = job {
                // The job's own turn comes again, too, but only after minutes.
                let _ = self.messages.wake_for(practice, job, BUSY).await;
            }
            return Ok(Went::Busy);
        };
        let until = began + time;
        let wake_sent_for = lane.wake_sent_for;
        let mut arrivals = lane.arrivals;
        let mut turn = Turn::new(self, practice, lane, &lease, until);
        let mut job = job;
        loop {
            let rounds = turn.rounds(&mut job).await;
            let wanted = turn.release_site().await;
            let ended = match rounds {
                // Whoever found the site taken comes by in this time.
                Ok(ended) if wanted => {
                    ended.not_before(self.clock.now() + 2 * self.limits.busy.longest)
                }
                Ok(ended) => ended,
                Err(Stop::Lost) => return Ok(Went::Lost),
                Err(Stop::Store(error)) => {
                    // Whoever comes next need not wait for the lease's end.
                    let due = Some(self.clock.now() + self.limits.shortest);
                    let end = LaneRelease { due, ..turn.end() };
                    let _ = self.shelf.release_lane(practice, &lease.holder, arrivals, &end).await;
                    return Err(error);
                }
            };
            let now = self.clock.now();
            let (end, wake) = self.farewell(turn.end(), ended, wake_sent_for, now);
            // Who comes that soon finds what arrived, too.
            let soon = ended.due().is_some_and(|due| due <= now + 2 * self.limits.busy.longest);
            loop {
                match self.shelf.release_lane(practice, &lease.holder, arrivals, &end).await? {
                    Released::Free => {
                        if let Some(delay) = wake
                            && self.messages.wake(practice, delay).await.is_err()
                        {
                            tracing::warn!(practice = practice.as_str(), "left to the sweep");
                        }
                        return Ok(Went::Through { due: ended.due() });
                    }
                    Released::Arrived { arrivals: now } => arrivals = now,
                    Released::Lost => return Ok(Went::Lost),
                }
                if !soon {
                    break;
                }
            }
        }
    }

    /// What to leave behind, and after which delay to have ourselves woken, if nobody else was asked
    /// to already.
    fn farewell(
        &self,
        end: LaneRelease,
        ended: Ended,
        wake_sent_for: Option<Timestamp>,
        now: Timestamp,
    ) -> (LaneRelease, Option<Duration>) {
        let Some(due) = ended.due() else {
            return (LaneRelease { due: None, wake_sent_for, ..end }, None);
        };
        let delay = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        let called = wake_sent_for.is_some_and(|called| {
            called > now && called <= due.saturating_add(SAME_WAKE).unwrap_or(due)
        });
        let wake = (!called && delay <= LONGEST_WAKE).then_some(delay);
        let wake_sent_for = if wake.is_some() { Some(due) } else { wake_sent_for };
        let swept = due.saturating_add(SWEEP_SLACK).unwrap_or(due);
        (LaneRelease { due: Some(swept), wake_sent_for, ..end }, wake)
    }
}

impl<S, M, C> Turn<'_, S, M, C> {
    /// The lane as this turn leaves it.
    pub(crate) fn end(&self) -> LaneRelease {
        let Lane { parked, seen_online, .. } = &self.lane;
        LaneRelease { due: None, parked: *parked, seen_online: *seen_online, wake_sent_for: None }
    }
}
