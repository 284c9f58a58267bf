//! The states of one piece of work, and the steps between them.
//!
//! Each state is a type of its own, and each step is a method that consumes it. So a step that would break
//! the promise cannot be written. From [`Sent`] or [`Doubtful`] the only way back to [`Ready`] is an answer
//! which shows that the attempt did not take effect. Giving up keeps the fence ([`Doubt::Until`]), so
//! reopening does not skip the fence.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failed::{Doubt, Failed};
use crate::fence::Fence;
use crate::tally::Tally;

/// The state of one piece of work. `H` is the far side's handle of an attempt. `R` is the far side's reason
/// for a refusal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Progress<H, R> {
    /// It must be sent.
    Ready(Ready),
    /// It was sent, and there is no answer yet.
    Sent(Sent<H>),
    /// It was sent, and a lookup must find out whether it took effect.
    Doubtful(Doubtful<R>),
    /// It is done.
    Settled(Settled),
    /// It was given up. Nothing is sent until somebody reopens it.
    Failed(Failed),
}

/// Work that must be sent, not before an instant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Attempts so far.
    pub tally: Tally,
    /// When it is due.
    pub not_before: Timestamp,
}

/// An attempt that was sent or is about to be sent. It is stored before the call, because the writer may die
/// during the call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent<H> {
    /// Attempts so far, including this one.
    pub tally: Tally,
    /// When it was marked as sent.
    pub at: Timestamp,
    /// When it can no longer take effect.
    pub fence: Timestamp,
    /// The far side's handle of the attempt, if it gave one.
    pub handle: Option<H>,
    /// When to ask the far side.
    pub ask_at: Timestamp,
}

/// An attempt of which it is unknown whether it took effect.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Doubtful<R> {
    /// Attempts so far.
    pub tally: Tally,
    /// A lookup is final from this instant on.
    pub fence: Timestamp,
    /// When to look the attempt up.
    #[serde(rename = "lookAt")]
    pub lookup_at: Timestamp,
    /// Lookups without an answer.
    #[serde(rename = "looks")]
    pub lookups: u32,
    /// The far side's reason for refusing the attempt, if it gave one.
    pub refusal: Option<R>,
}

/// Work that is done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// The counts of all attempts.
    pub tally: Tally,
}

/// The work is not due yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not due before {until}")]
pub struct NotYet {
    /// When it is due.
    pub until: Timestamp,
}

/// The fence has not passed: an attempt that a lookup does not find may still arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an attempt may take effect until {until}")]
pub struct Fenced {
    /// When the attempt can no longer take effect.
    pub until: Timestamp,
}

impl<H, R> Progress<H, R> {
    /// New work.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::Ready(Ready { tally: Tally::default(), not_before: now })
    }

    /// When the work is due; `None` when there is nothing to do.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Ready(ready) => Some(ready.not_before),
            Self::Sent(sent) => Some(sent.due()),
            Self::Doubtful(doubtful) => Some(doubtful.due()),
            Self::Settled(_) | Self::Failed(_) => None,
        }
    }

    /// The counts of attempts so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        match self {
            Self::Ready(Ready { tally, .. })
            | Self::Sent(Sent { tally, .. })
            | Self::Doubtful(Doubtful { tally, .. })
            | Self::Settled(Settled { tally })
            | Self::Failed(Failed { tally, .. }) => *tally,
        }
    }

    /// Work that must be done again, because somebody asks for it or now wants something else. An attempt
    /// that is under way stays as it is. If an attempt was given up and may have taken effect, it is looked
    /// up first, after its old fence. If that fence was not recorded ([`Doubt::Unknown`]), the lookup waits
    /// for `longest` from now. `longest` must be at least as long as any fence that was ever in use.
    #[must_use]
    pub fn reopened(self, now: Timestamp, longest: Duration) -> Self {
        match self {
            Self::Ready(_) | Self::Settled(_) => Self::new(now),
            Self::Failed(failed) => Doubtful::of_failed(failed, now, longest)
                .map_or_else(|| Self::new(now), Self::Doubtful),
            under_way @ (Self::Sent(_) | Self::Doubtful(_)) => under_way,
        }
    }
}

impl Ready {
    /// Marks an attempt. Store the result before the call, on the condition that nobody else did.
    ///
    /// # Errors
    /// If it is not due.
    pub fn send<H>(self, now: Timestamp, fence: &Fence) -> Result<Sent<H>, NotYet> {
        if now < self.not_before {
            return Err(NotYet { until: self.not_before });
        }
        let mut tally = self.tally;
        tally.attempts = tally.attempts.saturating_add(1);
        let fence = fence.after(now);
        Ok(Sent { tally, at: now, fence, handle: None, ask_at: fence })
    }

    /// Postpones the attempt.
    #[must_use]
    pub fn put_off(self, until: Timestamp) -> Self {
        Self { not_before: until, ..self }
    }

    /// Nothing must be sent.
    #[must_use]
    pub fn settle(self) -> Settled {
        Settled { tally: self.tally }
    }

    /// It cannot be sent.
    #[must_use]
    pub fn fail(self) -> Failed {
        Failed { tally: self.tally, doubt: Doubt::None }
    }
}

impl<H> Sent<H> {
    /// When to ask the far side, or to stop expecting an answer.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        if self.handle.is_some() { self.ask_at.min(self.fence) } else { self.fence }
    }

    /// How long the call for this attempt may still last at `now`. The fence counts the call from the mark,
    /// so a call that begins late must be shorter: no part of the request may reach the far side after `at`
    /// plus [`Fence::call`]. Check this directly before each call of the attempt, and use it as the call's
    /// time limit. If too little is left, do not call ([`Sent::never_ran`]).
    #[must_use]
    pub fn time_to_call(&self, now: Timestamp, fence: &Fence) -> Duration {
        let end = self.at.saturating_add(fence.call).unwrap_or(Timestamp::MAX);
        Duration::try_from(end.duration_since(now)).unwrap_or_default().min(fence.call)
    }

    /// The far side accepted the attempt, and gave it this handle.
    #[must_use]
    pub fn accepted(self, handle: H, ask_at: Timestamp) -> Self {
        Self { handle: Some(handle), ask_at, ..self }
    }

    /// The far side says at `now` that the attempt waits or runs there. That is better evidence than the
    /// fence, which only assumes how long an attempt can take. So the fence moves, as if the attempt had
    /// reached the far side just now: the attempt may wait for [`Fence::queue`] and run for
    /// [`Fence::execution`] from here. Store the result, or the next writer does not know of it. The fence
    /// never moves back.
    #[must_use]
    pub fn still_running(self, now: Timestamp, fence: &Fence) -> Self {
        Self { fence: self.fence.max(fence.after_call(now)), ..self }
    }

    /// There is no answer yet.
    #[must_use]
    pub fn ask_again(self, at: Timestamp) -> Self {
        Self { ask_at: at, ..self }
    }

    /// The attempt certainly did not take effect, so it does not count.
    #[must_use]
    pub fn never_ran(self, again_at: Timestamp) -> Ready {
        let mut tally = self.tally;
        tally.attempts = tally.attempts.saturating_sub(1);
        tally.never_reached = tally.never_reached.saturating_add(1);
        Ready { tally, not_before: again_at }
    }

    /// The outcome is unknown. A lookup is final only after the fence.
    #[must_use]
    pub fn doubt<R>(self) -> Doubtful<R> {
        let (fence, tally) = (self.fence, self.reached());
        Doubtful { tally, fence, lookup_at: fence, lookups: 0, refusal: None }
    }

    /// The outcome is unknown, but our own call has ended without an answer: the far side has received the
    /// request by `ended`, or never will. A call that ended early makes the fence shorter. A call that took
    /// longer than its time limit, because the machine slept in between, makes the fence longer.
    #[must_use]
    pub fn cut_off<R>(self, ended: Timestamp, fence: &Fence) -> Doubtful<R> {
        Self { fence: fence.after_call(ended), ..self }.doubt()
    }

    /// The attempt has ended at the far side, and its result is lost. A lookup is final at once.
    #[must_use]
    pub fn ended<R>(self, now: Timestamp) -> Doubtful<R> {
        Doubtful { tally: self.reached(), fence: now, lookup_at: now, lookups: 0, refusal: None }
    }

    /// The far side carried it out and says that it failed there. A lookup shows whether it left anything
    /// behind. The lookup is final at once if the failure certainly ended the attempt, else after the fence.
    #[must_use]
    pub fn refused<R>(self, why: R, certain: bool, now: Timestamp) -> Doubtful<R> {
        let fence = if certain { now } else { self.fence };
        let mut tally = self.reached();
        tally.refusals = tally.refusals.saturating_add(1);
        Doubtful { tally, fence, lookup_at: fence, lookups: 0, refusal: Some(why) }
    }

    /// It took effect.
    #[must_use]
    pub fn settle(self) -> Settled {
        Settled { tally: self.reached() }
    }

    /// It was carried out, and the far side refused.
    #[must_use]
    pub fn fail(self) -> Failed {
        Failed { tally: self.reached(), doubt: Doubt::None }
    }

    /// It was carried out, and it is not possible now.
    #[must_use]
    pub fn blocked(self, until: Timestamp) -> Ready {
        Ready { tally: Tally { refusals: 0, ..self.reached() }, not_before: until }
    }

    fn reached(&self) -> Tally {
        Tally { never_reached: 0, ..self.tally }
    }
}

impl<R> Doubtful<R> {
    /// The last attempt of failed work. It must be looked up before the work is sent again. `None` if nothing
    /// is in doubt. `longest` is the longest fence that any configuration allows. A fence that was not
    /// recorded ends by then.
    fn of_failed(failed: Failed, now: Timestamp, longest: Duration) -> Option<Self> {
        let fence = match failed.doubt {
            Doubt::None => return None,
            Doubt::Until(fence) => fence,
            Doubt::Unknown => now.saturating_add(longest).unwrap_or(Timestamp::MAX),
        };
        let lookup_at = now.max(fence);
        Some(Self { tally: failed.tally, fence, lookup_at, lookups: 0, refusal: None })
    }

    /// When to look the attempt up.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.lookup_at.max(self.fence)
    }

    /// Checks whether a lookup would be final now.
    ///
    /// # Errors
    /// If the attempt may still take effect.
    pub fn may_look_up(&self, now: Timestamp) -> Result<(), Fenced> {
        if now < self.fence { Err(Fenced { until: self.fence }) } else { Ok(()) }
    }

    /// The lookup had no answer. Repeat it at `at`.
    #[must_use]
    pub fn look_up_again(self, at: Timestamp) -> Self {
        Self { lookup_at: at, lookups: self.lookups.saturating_add(1), ..self }
    }

    /// The lookup found the attempt.
    #[must_use]
    pub fn found(self) -> Settled {
        Settled { tally: self.tally }
    }

    /// The lookup found a refusal.
    #[must_use]
    pub fn fail(self) -> Failed {
        Failed { tally: self.tally, doubt: Doubt::None }
    }

    /// The lookup found that it is not possible now.
    #[must_use]
    pub fn blocked(self, until: Timestamp) -> Ready {
        Ready { tally: Tally { refusals: 0, ..self.tally }, not_before: until }
    }

    /// A lookup that began at `looked` did not find the attempt.
    ///
    /// # Errors
    /// If the fence had not passed by then: the lookup proves nothing.
    pub fn absent(self, looked: Timestamp, again_at: Timestamp) -> Result<Ready, Fenced> {
        self.may_look_up(looked)?;
        Ok(Ready { tally: self.tally, not_before: again_at })
    }

    /// No lookup is possible. The work is not sent again automatically. When somebody reopens it, the
    /// attempt is looked up first, after its fence: giving up does not end an attempt at the far side.
    #[must_use]
    pub fn give_up(self) -> Failed {
        Failed { tally: self.tally, doubt: Doubt::Until(self.fence) }
    }
}
