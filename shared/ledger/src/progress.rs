//! The states of one piece of work, and the steps between them.
//!
//! Each state is a type of its own and each step a method that consumes it, so that a step which
//! would break the promise cannot be written: the only way from [`Sent`] or [`Doubtful`] back to
//! [`Ready`] is an answer that shows that the attempt did not take effect. Giving up keeps the
//! fence ([`Doubt::Until`]), so reopening does not skip the fence.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failed::{Doubt, Failed};
use crate::fence::Fence;
use crate::tally::Tally;

/// Where one piece of work stands. `H` is the far side's handle of an attempt, `R` why the far side
/// refused it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum Progress<H, R> {
    /// To be sent.
    Ready(Ready),
    /// Sent; no answer yet.
    Sent(Sent<H>),
    /// Sent; whether it took effect has to be looked up.
    Doubtful(Doubtful<R>),
    /// Done.
    Settled(Settled),
    /// Given up. Nothing is sent until somebody reopens the work.
    Failed(Failed),
}

/// To be sent, not before an instant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// Attempts so far.
    pub tally: Tally,
    /// When it is due.
    pub not_before: Timestamp,
}

/// Sent, or about to be sent. It is stored before the call, because the writer may die during the
/// call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent<H> {
    /// Attempts so far, with this one.
    pub tally: Tally,
    /// When it was marked as sent.
    pub at: Timestamp,
    /// When it can no longer take effect.
    pub fence: Timestamp,
    /// The far side's name for the attempt, when it gave one.
    pub handle: Option<H>,
    /// When to ask the far side.
    pub ask_at: Timestamp,
}

/// Nobody knows whether the attempt took effect.
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

/// Done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// All attempts.
    pub tally: Tally,
}

/// It is not due yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is not due before {until}")]
pub struct NotYet {
    /// When it will be.
    pub until: Timestamp,
}

/// The fence has not passed: an attempt that is not found may still arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an attempt may take effect until {until}")]
pub struct Fenced {
    /// When it can no longer.
    pub until: Timestamp,
}

impl<H, R> Progress<H, R> {
    /// Just accepted.
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

    /// What happened so far.
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

    /// To be done again, because somebody asks for it or wants something else now. An attempt under
    /// way stays what it is. One that was given up and may have taken effect is looked for first,
    /// after the same fence as before; where the fence was not recorded ([`Doubt::Unknown`]), after
    /// `longest` from now, which must be no shorter than any fence that was ever in use.
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
    /// Marks an attempt. To be stored, under the condition that nobody else did, before the call.
    ///
    /// # Errors
    /// When it is not due.
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

    /// There is nothing to send.
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

    /// How long the call for this attempt may still last at `now`. The fence counts the call from
    /// the mark, so a call begun late has to be shorter: no part of the request may reach the far
    /// side after `at` plus [`Fence::call`]. Ask this directly before each call of the attempt and
    /// make it the call's time limit; when too little is left, do not call ([`Sent::never_ran`]).
    #[must_use]
    pub fn time_to_call(&self, now: Timestamp, fence: &Fence) -> Duration {
        let end = self.at.saturating_add(fence.call).unwrap_or(Timestamp::MAX);
        Duration::try_from(end.duration_since(now)).unwrap_or_default().min(fence.call)
    }

    /// The far side took it, and calls it by this handle.
    #[must_use]
    pub fn accepted(self, handle: H, ask_at: Timestamp) -> Self {
        Self { handle: Some(handle), ask_at, ..self }
    }

    /// The far side says at `now` that the attempt has not ended: it waits or runs there. That is
    /// better evidence than the fence, which only assumes how long an attempt can take. So the fence
    /// moves on, as if the attempt had reached the far side just now: it may wait for
    /// [`Fence::queue`] and run for [`Fence::execution`] from here. Store the result, or the next
    /// writer does not know of it. The fence never moves back.
    #[must_use]
    pub fn still_running(self, now: Timestamp, fence: &Fence) -> Self {
        Self { fence: self.fence.max(fence.after_call(now)), ..self }
    }

    /// No answer yet.
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

    /// Nobody knows, but our own call has ended without an answer: the far side has received it by
    /// `ended`, or never will. A call that ended early makes the fence shorter; one that outlasted
    /// its time, because the machine slept in the middle of it, makes it longer.
    #[must_use]
    pub fn cut_off<R>(self, ended: Timestamp, fence: &Fence) -> Doubtful<R> {
        Self { fence: fence.after_call(ended), ..self }.doubt()
    }

    /// The attempt has ended at the far side, and its result is lost. A lookup is final at once.
    #[must_use]
    pub fn ended<R>(self, now: Timestamp) -> Doubtful<R> {
        Doubtful { tally: self.reached(), fence: now, lookup_at: now, lookups: 0, refusal: None }
    }

    /// The far side carried it out and says that it failed there. A lookup shows
    /// whether it left anything behind: at once when the failure certainly ended it, else after the
    /// fence.
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

    /// It was carried out, and the answer is no.
    #[must_use]
    pub fn fail(self) -> Failed {
        Failed { tally: self.reached(), doubt: Doubt::None }
    }

    /// It was carried out, and the answer is: not now.
    #[must_use]
    pub fn blocked(self, until: Timestamp) -> Ready {
        Ready { tally: Tally { refusals: 0, ..self.reached() }, not_before: until }
    }

    fn reached(&self) -> Tally {
        Tally { never_reached: 0, ..self.tally }
    }
}

impl<R> Doubtful<R> {
    /// The last attempt of failed work, to be looked up before the work is sent again. `None` when
    /// nothing is in doubt. `longest` is the longest fence that any configuration allows. A fence that
    /// was not recorded ends by then.
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

    /// Whether a lookup would be final now.
    ///
    /// # Errors
    /// When the attempt may still take effect.
    pub fn may_look_up(&self, now: Timestamp) -> Result<(), Fenced> {
        if now < self.fence { Err(Fenced { until: self.fence }) } else { Ok(()) }
    }

    /// The lookup had no answer. Repeat it at `at`.
    #[must_use]
    pub fn look_up_again(self, at: Timestamp) -> Self {
        Self { lookup_at: at, lookups: self.lookups.saturating_add(1), ..self }
    }

    /// The lookup found it.
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
    /// When the fence had not passed by then: the lookup proves nothing.
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
