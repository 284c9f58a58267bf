//! What follows on what was heard: the whole life of an entry, decided in one place. Nothing here
//! asks, waits or stores; `attempt` and `look` ask, and `settle` stores what is decided.
//!
//! ```text
//!            mark, call             Accepted               it ended, its end is known
//!   Ready ---------------> Sent ---------------> Sent ------------------------> Settled, Failed
//!     ^                     |                    |                                 ^
//!     |  it never ran       |                    |                                 |
//!     +---------------------+--------------------+  nobody knows                   |
//!     |                     |                    |                                 |
//!     |                     +-----> Doubtful <---+   wait for the fence, then look |
//!     |  the look finds nothing        |                                           |
//!     +--------------------------------+-------------------------------------------+
//! ```
//!
//! | Heard                | Ready            | Sent                         | Doubtful                    |
//! |----------------------|------------------|------------------------------|-----------------------------|
//! | `Moved`              | Failed           | Failed, keeps the fence      | Failed, keeps the fence     |
//! | `Verdict` Done       | Settled          | Settled ¹                    | Settled ¹                   |
//! | `Verdict` Blocked    | Ready, then      | Ready, then ¹                | Ready, then ¹               |
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
//! | `Ran`                | -                | Doubtful, look now           | -                           |
//! | `Refused`, ended     | -                | Doubtful, look now           | -                           |
//! | `Refused`            | -                | Doubtful, same fence         | -                           |
//! | `StillRunning`       | -                | Sent, the fence moves on     | -                           |
//! | `Silent`             | -                | Sent, the lane parks; after  | same; the lane parks        |
//! |                      |                  | the fence Doubtful, look now |                             |
//! | `Absent`             | -                | -                            | Ready; refused for good:    |
//! |                      |                  |                              | Failed ¹                    |
//! | `Unseen`             | -                | -                            | look again; too often and   |
//! |                      |                  |                              | hopeless: Failed, keeps the |
//! |                      |                  |                              | fence                       |
//!
//! ¹ Ready at once where a client wants something newer by now: that is sent next, whatever became of
//! the older wish. A dash cannot happen, and changes nothing; nor does anything change Settled or
//! Failed here: those are reopened by whoever wants more.

use std::time::Duration;

use jiff::Timestamp;
use ledger::{Backoff, Doubtful, Failed, Ready, Sent};
use store::work::{ParkReason, WorkProgress, WorkRefusal};
use uuid::Uuid;

use crate::heard::{Because, Heard, Trouble};
use crate::kind::{Failure, Step, Verdict, Waiting};
use crate::limits::Limits;

/// SQL Server's numbers for a text that is longer than its column.
const TOO_LONG: [i64; 2] = [8152, 2628];

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    /// Where the entry stands now; `None` where there is nothing to write down.
    pub(crate) progress: Option<WorkProgress>,
    /// What the entity is told, beside what the kind said itself.
    pub(crate) tell: Option<Step>,
    /// What the turn does next.
    pub(crate) then: Then,
    /// By how much the attempt outlasts its first fence, as Halo says. That is worth an alarm.
    pub(crate) overtime: Duration,
}

/// What the turn does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Then {
    /// It goes on with the entry, if that is due.
    GoOn,
    /// It parks the lane.
    Park(ParkReason, Option<Duration>),
    /// It writes down that Bp lets us in no more, and parks the lane.
    Revoke,
    /// It ends; another one begins at once.
    EndTurn,
}

/// What a decision depends on beside the entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) now: Timestamp,
    /// For jitter.
    pub(crate) random: u64,
    pub(crate) limits: &'a Limits,
}

/// What follows for an entry that stands at `seen`. `newer`: a client wants something newer than
/// what the attempt carried.
pub(crate) fn decide(seen: WorkProgress, heard: Heard, newer: bool, at: &At<'_>) -> Decision {
    match seen {
        WorkProgress::Ready(ready) => of_ready(ready, heard, at),
        WorkProgress::Sent(sent) => of_sent(sent, heard, newer, at),
        WorkProgress::Doubtful(doubtful) => of_doubtful(doubtful, heard, newer, at),
        WorkProgress::Settled(_) | WorkProgress::Failed(_) => Decision::nothing(),
    }
}

fn of_ready(ready: Ready, heard: Heard, at: &At<'_>) -> Decision {
    match heard {
        Heard::Moved => Decision::failed(ready.fail(), Failure::SiteChanged),
        Heard::Verdict(Verdict::Done) => WorkProgress::Settled(ready.settle()).into(),
        Heard::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(ready.put_off(again_at)).into()
        }
        Heard::Verdict(Verdict::Refused) => WorkProgress::Failed(ready.fail()).into(),
        Heard::NotReady => {
            // Never sent, but not for nothing: the delay grows.
            let mut ready = ready;
            ready.tally.never_reached = ready.tally.never_reached.saturating_add(1);
            let again_at = at.retry(ready.tally.never_reached);
            Decision::waiting(WorkProgress::Ready(ready.put_off(again_at)), Waiting::NextAttempt)
        }
        _ => Decision::nothing(),
    }
}

fn of_sent(sent: Sent<Uuid>, heard: Heard, newer: bool, at: &At<'_>) -> Decision {
    let now = at.now;
    let fence = at.limits.fence;
    match heard {
        Heard::Moved => {
            Decision::failed(sent.doubt::<WorkRefusal>().give_up(), Failure::SiteChanged)
        }
        Heard::Verdict(_) | Heard::NeverRan(Because::RequestRefused) if newer => {
            WorkProgress::Ready(sent.blocked(now)).into()
        }
        Heard::Verdict(Verdict::Done) => WorkProgress::Settled(sent.settle()).into(),
        Heard::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(sent.blocked(again_at)).into()
        }
        Heard::Verdict(Verdict::Refused) => WorkProgress::Failed(sent.fail()).into(),
        Heard::NeverRan(Because::RequestRefused) => {
            Decision::failed(sent.fail(), Failure::RequestRefused)
        }
        Heard::NeverRan(Because::Dropped) => {
            let again_at = at.retry(sent.tally.never_reached.saturating_add(1));
            Decision::waiting(WorkProgress::Ready(sent.never_ran(again_at)), Waiting::NextAttempt)
        }
        Heard::NeverRan(Because::Trouble(trouble)) => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(trouble.into())
        }
        Heard::NeverRan(Because::LoginRefused) => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(Then::Revoke)
        }
        Heard::NotCalled => {
            Decision::from(WorkProgress::Ready(sent.never_ran(now))).then(Then::EndTurn)
        }
        Heard::Accepted(query) => {
            WorkProgress::Sent(sent.accepted(query, now + at.limits.slow_poll)).into()
        }
        Heard::CutOff => doubted(sent.cut_off(now, &fence), now),
        Heard::Unclear => doubted(sent.doubt(), now),
        Heard::Ran => doubted(sent.ended(now), now),
        Heard::Refused { why, ended } => doubted(sent.refused(why, ended, now), now),
        Heard::StillRunning => still_running(sent, at),
        // It cannot begin any more, and should long have ended.
        Heard::Silent(_) if now >= sent.fence => doubted(sent.doubt(), now),
        // Asked early, it is asked again when its time comes.
        Heard::Silent(trouble) if now < sent.due() => Decision::nothing().then(trouble.into()),
        Heard::Silent(trouble) => {
            let ask_at = at.poll(Duration::ZERO);
            Decision::from(WorkProgress::Sent(sent.ask_again(ask_at))).then(trouble.into())
        }
        Heard::NotReady | Heard::Absent { .. } | Heard::Unseen { .. } => Decision::nothing(),
    }
}

/// Halo's word that a query waits or runs counts for more than the fence, which only assumes how
/// long that can take. Nobody looks and nothing is sent again while Halo says so, however long that
/// lasts. After the first fence Halo is asked ever more slowly, and operators are told each time.
/// What Halo says before the query was due to be asked for is not written down: the fence covers it.
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
    heard: Heard,
    newer: bool,
    at: &At<'_>,
) -> Decision {
    match heard {
        Heard::Moved => Decision::failed(doubtful.give_up(), Failure::SiteChanged),
        Heard::Verdict(_) if newer => WorkProgress::Ready(doubtful.blocked(at.now)).into(),
        Heard::Verdict(Verdict::Done) => WorkProgress::Settled(doubtful.found()).into(),
        Heard::Verdict(Verdict::Blocked { again_at }) => {
            WorkProgress::Ready(doubtful.blocked(again_at)).into()
        }
        Heard::Verdict(Verdict::Refused) => WorkProgress::Failed(doubtful.fail()).into(),
        Heard::Silent(trouble) => Decision::nothing().then(trouble.into()),
        Heard::Absent { looked } => absent(doubtful, looked, newer, at),
        Heard::Unseen { hopeless: true } if doubtful.lookups >= at.limits.most_looks => {
            Decision::failed(doubtful.give_up(), Failure::Unverifiable)
        }
        Heard::Unseen { .. } => {
            let again_at = at.retry(doubtful.lookups.saturating_add(1));
            Decision::waiting(
                WorkProgress::Doubtful(doubtful.look_up_again(again_at)),
                Waiting::Doubt,
            )
        }
        _ => Decision::nothing(),
    }
}

/// The attempt left nothing in Bp, as a look shows that began at `looked`.
fn absent(
    doubtful: Doubtful<WorkRefusal>,
    looked: Timestamp,
    newer: bool,
    at: &At<'_>,
) -> Decision {
    let tally = doubtful.tally;
    let for_good = doubtful.refusal.and_then(|why| for_good(why, tally.refusals, at.limits));
    let again_at = match doubtful.refusal {
        _ if newer => at.now,
        Some(_) => at.retry(tally.refusals),
        // A single lost answer is no reason to wait longer than the fence did.
        None if tally.attempts <= 1 => looked,
        None => at.retry(tally.attempts - 1),
    };
    match (doubtful.clone().absent(looked, again_at), for_good) {
        // The look proves nothing: it began before the fence.
        (Err(_), _) => Decision::nothing(),
        (Ok(_), Some(_)) if newer => WorkProgress::Ready(doubtful.blocked(at.now)).into(),
        (Ok(_), Some(failure)) => Decision::failed(doubtful.fail(), failure),
        (Ok(ready), None) => Decision::waiting(WorkProgress::Ready(ready), Waiting::NextAttempt),
    }
}

/// What the database would refuse each time.
fn for_good(why: WorkRefusal, refusals: u32, limits: &Limits) -> Option<Failure> {
    match why {
        WorkRefusal::PermissionDenied => Some(Failure::NotPermitted),
        WorkRefusal::UnknownObject => Some(Failure::NotInThisRelease),
        WorkRefusal::Other { number: Some(number) } if TOO_LONG.contains(&number) => {
            Some(Failure::TooLong)
        }
        WorkRefusal::Other { .. } => {
            (refusals >= limits.most_refusals).then_some(Failure::DatabaseRefused)
        }
    }
}

/// Whether it took effect has to be looked up: at once where a look is final.
fn doubted(doubtful: Doubtful<WorkRefusal>, now: Timestamp) -> Decision {
    let is_final = doubtful.may_look_up(now).is_ok();
    let progress = WorkProgress::Doubtful(doubtful);
    if is_final { progress.into() } else { Decision::waiting(progress, Waiting::Doubt) }
}

impl At<'_> {
    /// When to try again after this many failures.
    fn retry(&self, failures: u32) -> Timestamp {
        self.now + self.limits.retry.unhurried(failures, self.random)
    }

    /// When to ask again for a query that outlasts its first fence by `overtime`: the longer that
    /// is, the later.
    fn poll(&self, overtime: Duration) -> Timestamp {
        let Limits { slow_poll, slowest_poll, .. } = *self.limits;
        let pause = (overtime / 2).min(slowest_poll).max(slow_poll);
        self.now + Backoff { first: pause, longest: pause }.unhurried(1, self.random)
    }
}

impl Decision {
    fn nothing() -> Self {
        Self { progress: None, tell: None, then: Then::GoOn, overtime: Duration::ZERO }
    }

    /// The entity is told that it waits, and until when.
    fn waiting(progress: WorkProgress, reason: Waiting) -> Self {
        let step = Step::Waiting { reason, next: progress.due() };
        Self { tell: Some(step), ..progress.into() }
    }

    /// The entity is told why it was given up.
    fn failed(failed: Failed, failure: Failure) -> Self {
        Self { tell: Some(Step::Failed(failure)), ..WorkProgress::Failed(failed).into() }
    }

    fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }
}

impl From<WorkProgress> for Decision {
    fn from(progress: WorkProgress) -> Self {
        Self { progress: Some(progress), ..Self::nothing() }
    }
}

impl From<Trouble> for Then {
    fn from(trouble: Trouble) -> Self {
        Self::Park(trouble.reason, trouble.after)
    }
}

#[cfg(test)]
mod tests;
