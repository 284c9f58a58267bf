//! What follows from an [`Outcome`]: the whole life of an entry, decided in one place. Pure: it does not
//! ask, wait or store. `attempt` asks, and `settle` stores the decision.
//!
//! ```text
//!            mark, call             Accepted               it ended, its end is known
//!   Ready ---------------> Sent ---------------> Sent ------------------------> Settled, Failed
//!     ^                     |                    |                                 ^
//!     |  it never ran       |                    |                                 |
//!     +---------------------+--------------------+  its end is unknown             |
//!     |                     |                    |                                 |
//!     |                     +-----> Doubtful <---+   wait for the fence, look up   |
//!     |  the lookup finds nothing      |                                           |
//!     +--------------------------------+-------------------------------------------+
//! ```
//!
//! | Outcome              | Ready            | Sent                         | Doubtful                    |
//! |----------------------|------------------|------------------------------|-----------------------------|
//! | `PracticeMoved`      | Failed           | Failed, keeps the fence      | Failed, keeps the fence     |
//! | `Verdict` Done       | Settled          | Settled ¹                    | Settled ¹                   |
//! | `Verdict` Blocked    | Ready, later     | Ready, later ¹               | Ready, later ¹              |
//! | `Verdict` Refused    | Failed           | Failed ¹                     | Failed ¹                    |
//! | `NotReady`           | Ready, with delay| -                            | -                           |
//! | `NotCalled`          | -                | Ready, now; the turn ends    | -                           |
//! | `Accepted`           | -                | Sent, ask later              | -                           |
//! | `NeverRan` Trouble   | -                | Ready, now; the lane parks   | -                           |
//! | `NeverRan` Login     | -                | Ready, now; we are revoked   | -                           |
//! | `NeverRan` Dropped   | -                | Ready, with delay            | -                           |
//! | `NeverRan` Request   | -                | Failed ¹                     | -                           |
//! | `CutOff`             | -                | Doubtful, fence from now     | -                           |
//! | `Unclear`            | -                | Doubtful, same fence         | -                           |
//! | `Ran`                | -                | Doubtful, look up now        | -                           |
//! | `Refused`, ended     | -                | Doubtful, look up now        | -                           |
//! | `Refused`            | -                | Doubtful, same fence         | -                           |
//! | `StillRunning`       | -                | Sent, the fence moves on     | -                           |
//! | `Silent`             | -                | Sent, the lane parks; after  | same; the lane parks        |
//! |                      |                  | the fence Doubtful, look up  |                             |
//! | `Absent`             | -                | -                            | Ready; if refused each time,|
//! |                      |                  |                              | Failed ¹                    |
//! | `LookupFailed`       | -                | -                            | look up again; too often    |
//! |                      |                  |                              | and permanent: Failed,      |
//! |                      |                  |                              | keeps the fence             |
//!
//! ¹ Ready at once if a client has changed the entry since it was sent. The newer version is sent next,
//! whatever the result of the older one was. A dash cannot happen and changes nothing. Nothing changes
//! Settled or Failed here: a client reopens them.

use std::time::Duration;

use jiff::Timestamp;
use ledger::{Backoff, Doubtful, Failed, Ready, Sent};
use store::work::{WorkProgress, WorkRefusal};
use uuid::Uuid;

use crate::kind::{FailReason, Status, Verdict, WaitReason};
use crate::limits::Limits;
use crate::outcome::{NotRun, Outcome, Trouble};

/// SQL Server's error numbers for a text that is longer than its column.
const TOO_LONG: [i64; 2] = [8152, 2628];
/// SQL Server's error numbers for a deadlock and for a lock that was not released in time, and the number with which
/// our statements say the same of a name.
const LOCKED: [i64; 3] = [1205, 1222, 50002];

/// What follows from an outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    /// Where the entry stands now. `None` if there is nothing to store.
    pub(crate) progress: Option<WorkProgress>,
    /// What the entity shows now, in addition to what the kind wrote into it.
    pub(crate) status: Option<Status>,
    /// What the turn does next.
    pub(crate) next: Next,
    /// By how much the attempt has outlasted its first fence, as Halo says. It is reported to operators.
    pub(crate) overtime: Duration,
}

/// What the turn does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// Goes on: with the same entry if it is due, else with the next.
    GoOn,
    /// Parks the lane: nothing more is sent to this site for now.
    Park(Trouble),
    /// Stores that Bp no longer lets us in, and parks the lane.
    Revoked,
    /// Ends, because another practice's writer works at the same Bp.
    SiteTaken,
    /// Ends. Another turn begins at once.
    EndTurn,
    /// Sets the entry aside, because it cannot be worked on.
    SetAside,
}

/// What a decision depends on in addition to the entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) now: Timestamp,
    /// For jitter.
    pub(crate) random: u64,
    pub(crate) limits: &'a Limits,
}

/// What follows for an entry with this progress. `newer`: a client has changed the entry since it was
/// sent.
pub(crate) fn decide(
    progress: WorkProgress,
    outcome: Outcome,
    newer: bool,
    at: &At<'_>,
) -> Decision {
    match progress {
        WorkProgress::Ready(ready) => of_ready(ready, outcome, at),
        WorkProgress::Sent(sent) => of_sent(sent, outcome, newer, at),
        WorkProgress::Doubtful(doubtful) => of_doubtful(doubtful, outcome, newer, at),
        WorkProgress::Settled(_) | WorkProgress::Failed(_) => Decision::nothing(),
    }
}

fn of_ready(ready: Ready, outcome: Outcome, at: &At<'_>) -> Decision {
    match outcome {
        Outcome::PracticeMoved => Decision::failed(ready.fail(), FailReason::SiteChanged),
        Outcome::Verdict(Verdict::Done) => WorkProgress::Settled(ready.settle()).into(),
        Outcome::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(ready.put_off(again_at)).into()
        }
        Outcome::Verdict(Verdict::Refused) => WorkProgress::Failed(ready.fail()).into(),
        Outcome::NotReady => {
            // It was not sent, but the delay must grow.
            let mut ready = ready;
            ready.tally.never_reached = ready.tally.never_reached.saturating_add(1);
            let again_at = at.retry(ready.tally.never_reached);
            Decision::waiting(WorkProgress::Ready(ready.put_off(again_at)), WaitReason::NextAttempt)
        }
        _ => Decision::nothing(),
    }
}

fn of_sent(sent: Sent<Uuid>, outcome: Outcome, newer: bool, at: &At<'_>) -> Decision {
    let now = at.now;
    let fence = at.limits.fence;
    match outcome {
        Outcome::PracticeMoved => {
            Decision::failed(sent.doubt::<WorkRefusal>().give_up(), FailReason::SiteChanged)
        }
        Outcome::Verdict(_) | Outcome::NeverRan(NotRun::RequestRefused) if newer => {
            WorkProgress::Ready(sent.blocked(now)).into()
        }
        Outcome::Verdict(Verdict::Done) => WorkProgress::Settled(sent.settle()).into(),
        Outcome::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(sent.blocked(again_at)).into()
        }
        Outcome::Verdict(Verdict::Refused) => WorkProgress::Failed(sent.fail()).into(),
        Outcome::NeverRan(NotRun::RequestRefused) => {
            Decision::failed(sent.fail(), FailReason::RequestRefused)
        }
        Outcome::NeverRan(NotRun::Dropped) => {
            let again_at = at.retry(sent.tally.never_reached.saturating_add(1));
            Decision::waiting(
                WorkProgress::Ready(sent.never_ran(again_at)),
                WaitReason::NextAttempt,
            )
        }
        Outcome::NeverRan(NotRun::Trouble(trouble)) => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(Next::Park(trouble))
        }
        Outcome::NeverRan(NotRun::LoginRefused) => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(Next::Revoked)
        }
        Outcome::NotCalled => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(Next::EndTurn)
        }
        Outcome::Accepted(query) => {
            WorkProgress::Sent(sent.accepted(query, now + at.limits.slow_poll)).into()
        }
        Outcome::CutOff => doubted(sent.cut_off(now, &fence), now),
        Outcome::Unclear => doubted(sent.doubt(), now),
        Outcome::Ran => doubted(sent.ended(now), now),
        Outcome::Refused { why, ended } => doubted(sent.refused(why, ended, now), now),
        Outcome::StillRunning => still_running(sent, at),
        // It can no longer begin, and must have ended long ago.
        Outcome::Silent(_) if now >= sent.fence => doubted(sent.doubt(), now),
        // It was asked for early. It is asked for again when it is due.
        Outcome::Silent(trouble) if now < sent.due() => {
            Decision::nothing().then(Next::Park(trouble))
        }
        Outcome::Silent(trouble) => {
            let ask_at = at.poll(Duration::ZERO);
            Decision::from(WorkProgress::Sent(sent.ask_again(ask_at))).then(Next::Park(trouble))
        }
        Outcome::NotReady | Outcome::Absent { .. } | Outcome::LookupFailed { .. } => {
            Decision::nothing()
        }
    }
}

/// Halo says that the query is queued or running. That counts for more than the fence, which only
/// assumes how long a query can take. While Halo says so, nothing is looked up or sent again, however
/// long that lasts. After the first fence Halo is asked more and more slowly, and the overtime is reported
/// each time. An answer from before the query was due to be asked for is not stored: the fence covers that
/// time.
fn still_running(sent: Sent<Uuid>, at: &At<'_>) -> Decision {
    let first = at.limits.fence.after(sent.at);
    let overtime = Duration::try_from(at.now.duration_since(first)).unwrap_or_default();
    if overtime.is_zero() && at.now < sent.due() {
        return Decision::nothing();
    }
    let running = sent.still_running(at.now, &at.limits.fence).ask_again(at.poll(overtime));
    Decision { overtime, ..WorkProgress::Sent(running).into() }
}

fn of_doubtful(
    doubtful: Doubtful<WorkRefusal>,
    outcome: Outcome,
    newer: bool,
    at: &At<'_>,
) -> Decision {
    match outcome {
        Outcome::PracticeMoved => Decision::failed(doubtful.give_up(), FailReason::SiteChanged),
        Outcome::Verdict(_) if newer => WorkProgress::Ready(doubtful.blocked(at.now)).into(),
        Outcome::Verdict(Verdict::Done) => WorkProgress::Settled(doubtful.found()).into(),
        Outcome::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(doubtful.blocked(again_at)).into()
        }
        Outcome::Verdict(Verdict::Refused) => WorkProgress::Failed(doubtful.fail()).into(),
        Outcome::Silent(trouble) => Decision::nothing().then(Next::Park(trouble)),
        Outcome::Absent { asked_at } => absent(doubtful, asked_at, newer, at),
        Outcome::LookupFailed { permanent: true } if doubtful.lookups >= at.limits.most_lookups => {
            Decision::failed(doubtful.give_up(), FailReason::Unverifiable)
        }
        Outcome::LookupFailed { .. } => {
            let again_at = at.retry(doubtful.lookups.saturating_add(1));
            Decision::waiting(
                WorkProgress::Doubtful(doubtful.look_up_again(again_at)),
                WaitReason::Doubt,
            )
        }
        _ => Decision::nothing(),
    }
}

/// A lookup that began at `asked_at` shows that the attempt left nothing in Bp.
fn absent(
    doubtful: Doubtful<WorkRefusal>,
    asked_at: Timestamp,
    newer: bool,
    at: &At<'_>,
) -> Decision {
    let tally = doubtful.tally;
    let for_good = doubtful.refusal.and_then(|why| for_good(why, tally.refusals, at.limits));
    let again_at = match doubtful.refusal {
        _ if newer => at.now,
        Some(_) => at.retry(tally.refusals),
        // After a single lost answer, waiting for the fence was long enough.
        None if tally.attempts <= 1 => asked_at,
        None => at.retry(tally.attempts - 1),
    };
    match (doubtful.clone().absent(asked_at, again_at), for_good) {
        // The lookup proves nothing: it began before the fence.
        (Err(_), _) => Decision::nothing(),
        (Ok(_), Some(_)) if newer => WorkProgress::Ready(doubtful.blocked(at.now)).into(),
        (Ok(_), Some(failure)) => Decision::failed(doubtful.fail(), failure),
        (Ok(ready), None) => Decision::waiting(WorkProgress::Ready(ready), WaitReason::NextAttempt),
    }
}

/// Why an entry fails that the database would refuse each time.
fn for_good(why: WorkRefusal, refusals: u32, limits: &Limits) -> Option<FailReason> {
    match why {
        WorkRefusal::PermissionDenied => Some(FailReason::NotPermitted),
        WorkRefusal::UnknownObject => Some(FailReason::NotInThisRelease),
        WorkRefusal::Other { number: Some(number) } if TOO_LONG.contains(&number) => {
            Some(FailReason::TooLong)
        }
        // People at the practice, or another push, held a lock. They will release it.
        WorkRefusal::Other { number: Some(number) } if LOCKED.contains(&number) => None,
        WorkRefusal::Other { .. } => {
            (refusals >= limits.most_refusals).then_some(FailReason::DatabaseRefused)
        }
    }
}

/// Whether it took effect must be looked up: at once if the fence has passed.
fn doubted(doubtful: Doubtful<WorkRefusal>, now: Timestamp) -> Decision {
    let is_final = doubtful.may_look_up(now).is_ok();
    let progress = WorkProgress::Doubtful(doubtful);
    if is_final { progress.into() } else { Decision::waiting(progress, WaitReason::Doubt) }
}

impl At<'_> {
    /// When to try again after this many failures.
    fn retry(&self, failures: u32) -> Timestamp {
        self.now + self.limits.retry.unhurried(failures, self.random)
    }

    /// When to ask again for a query that has outlasted its first fence by `overtime`. The pause grows
    /// with the overtime.
    fn poll(&self, overtime: Duration) -> Timestamp {
        let Limits { slow_poll, slowest_poll, .. } = *self.limits;
        let pause = (overtime / 2).min(slowest_poll).max(slow_poll);
        self.now + Backoff { first: pause, longest: pause }.unhurried(1, self.random)
    }
}

impl Decision {
    fn nothing() -> Self {
        Self { progress: None, status: None, next: Next::GoOn, overtime: Duration::ZERO }
    }

    /// The entity shows that it waits, and until when.
    fn waiting(progress: WorkProgress, reason: WaitReason) -> Self {
        let status = Status::Waiting { reason, next: progress.due() };
        Self { status: Some(status), ..progress.into() }
    }

    /// The entity shows why it was given up.
    fn failed(failed: Failed, reason: FailReason) -> Self {
        Self { status: Some(Status::Failed(reason)), ..WorkProgress::Failed(failed).into() }
    }

    fn then(self, next: Next) -> Self {
        Self { next, ..self }
    }
}

impl From<WorkProgress> for Decision {
    fn from(progress: WorkProgress) -> Self {
        Self { progress: Some(progress), ..Self::nothing() }
    }
}

#[cfg(test)]
mod tests;
