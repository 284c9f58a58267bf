//! What a kind of work has to say; all that differs between deliveries and bookings.

use aws::events::EventKind;
use best_practice::BpError;
use domain::connection::Database;
use domain::problem::ProblemType;
use domain::schedule::Job;
use halo::{Command, Row};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::work::{Entry, Listing, ParkReason, WorkKey, WorkKind};

/// A kind of work: turns an entry's entity into one command for Bp, and Bp's answers into a verdict.
///
/// # What the writer guarantees
/// - [`Kind::command`]'s batch is never sent again before it is certain that the earlier one will not
///   take effect any more, and a [`Kind::lookup`] after that did not find it.
/// - Each change of the entity is stored under the condition that nobody changed it meanwhile. When
///   somebody did (a client moved a booking, say), the same call is made again on the newer entity,
///   so these methods may depend on nothing but their arguments.
///
/// # What the kind guarantees
/// - The batch carries a token that is the same for each attempt at the same entry and no other's,
///   and does nothing when it finds what the token left, for defence in depth; it is one transaction
///   with `XACT_ABORT`, and ends in a SELECT of the outcome (the last result set is what
///   [`Kind::read`] is given).
/// - Values travel as parameters only.
/// - The entity holds the revision that is *wanted*. When a client sends a new body while an earlier
///   attempt is under way, that attempt's answer is read first ([`Kind::read`] is given the newer
///   entity), and then the newer one is sent. So a batch brings Bp from whatever the token left
///   there to what is wanted, and `read` takes from the rows what is in Bp, not what was wanted.
pub trait Kind: Send + Sync + 'static {
    /// Which kind of entries.
    const KIND: WorkKind;
    /// The entry's body.
    type Entity: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// Whose Bp the numbers in the entity are from; nothing of it goes to any other.
    fn site<'e>(&self, entity: &'e Self::Entity) -> &'e Database;

    /// The write. Called just before it is sent; bytes that it carries are fetched here. What it
    /// changes in the entity is kept with the mark of the attempt.
    fn command(
        &self,
        entity: &mut Self::Entity,
        now: Timestamp,
    ) -> impl Future<Output = Result<Command, Unready>> + Send;

    /// Whether the practice's other entries that are on their way bear on the next command.
    fn minds_others(&self, entity: &Self::Entity) -> bool {
        let _ = entity;
        false
    }

    /// Called before [`Kind::command`] where the kind minds others. What it changes in the entity is
    /// kept with the mark of the attempt.
    ///
    /// # Errors
    /// [`Unready`] where there is nothing to send now.
    fn mind_others(
        &self,
        entity: &mut Self::Entity,
        open: &[Self::Entity],
        now: Timestamp,
    ) -> Result<(), Unready> {
        let _ = (entity, open, now);
        Ok(())
    }

    /// Whether the change of an entity from `before` to `after` lets others go on at once.
    fn frees_others(&self, before: &Self::Entity, after: &Self::Entity) -> bool {
        let _ = (before, after);
        false
    }

    /// Whether it lets this one go on, which waits.
    fn frees(&self, before: &Self::Entity, after: &Self::Entity, other: &Self::Entity) -> bool {
        let _ = (before, after, other);
        false
    }

    /// The entry that says what this one and others come to, if there is one. This one is a part of it.
    fn whole(&self, entity: &Self::Entity) -> Option<WorkKey> {
        let _ = entity;
        None
    }

    /// Whether it only says what its parts come to. Nothing of it goes to Bp: there is no command for it
    /// and no answer. It may be among the others that [`Kind::mind_others`] and [`Kind::frees`] are given.
    fn is_whole(&self, entity: &Self::Entity) -> bool {
        let _ = entity;
        false
    }

    /// Whether the change of a part from `before` to `after` bears on its whole.
    fn bears_on_whole(&self, before: &Self::Entity, after: &Self::Entity) -> bool {
        let _ = (before, after);
        false
    }

    /// Says of a whole what its parts come to, and changes parts accordingly. What platforms are told.
    fn gather(
        &self,
        whole: &mut Entry<Self::Entity>,
        parts: &mut [Entry<Self::Entity>],
        now: Timestamp,
    ) -> Option<EventKind> {
        let _ = (whole, parts, now);
        None
    }

    /// The question whether the token left anything in Bp, and what: a single SELECT, no write.
    fn lookup(&self, entity: &Self::Entity) -> Command;

    /// The answer to the write.
    ///
    /// # Errors
    /// When it is not what the statement promises: then Bp is asked by [`Kind::lookup`].
    fn read(
        &self,
        entity: &mut Self::Entity,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError>;

    /// The answer to the look; `None` when what is wanted is not there, so that it is to be written.
    ///
    /// # Errors
    /// When it is not what the statement promises.
    fn read_lookup(
        &self,
        entity: &mut Self::Entity,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError>;

    /// Something happened that callers should see in the entity's state and history.
    fn note(&self, entity: &mut Self::Entity, step: &Step, now: Timestamp);

    /// Which job looks after an entry that is done, and by when it comes at the latest.
    fn looked_after(&self, entity: &Self::Entity, now: Timestamp) -> Option<(Job, Timestamp)> {
        let _ = (entity, now);
        None
    }

    /// Under what the entity is listed.
    fn listing(&self, entity: &Self::Entity) -> Listing;

    /// What platforms are told when the entity changes from `before` to `after`; it is on the bus
    /// before the entry closes, at least once.
    fn event(&self, before: &Self::Entity, after: &Self::Entity) -> Option<EventKind>;
}

/// Why there is no command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unready {
    /// There is nothing to write (a booking cancelled before it was ever sent, say). The entity
    /// says so itself; the entry closes as done.
    Nothing,
    /// Not at the moment (a document's bytes cannot be fetched); tried again with backoff, for ever.
    Later,
    /// Something is known to stand in the way. The entity says so itself; the entry stays open.
    Blocked {
        /// When it is tried again.
        again_at: Timestamp,
    },
    /// It cannot be written and never will be as it is. The entity says why; the entry closes as
    /// failed.
    Refused,
}

/// What became of an entry. The entity already says it, in its own words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is in Bp as wanted.
    Done,
    /// Bp has something else there (a slot taken, a doctor away). The entry stays open and is tried
    /// again then.
    Blocked {
        /// When.
        again_at: Timestamp,
    },
    /// Bp will not have it. The entry closes as failed until somebody reopens it.
    Refused,
}

/// What the machinery tells an entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// It is being sent.
    Sending {
        /// For which time, from 1.
        attempt: u32,
    },
    /// It waits.
    Waiting {
        /// For what.
        reason: Waiting,
        /// When it is tried or looked for next, where that is known.
        next: Option<Timestamp>,
    },
    /// It was given up.
    Failed(Failure),
}

/// What an entry waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Waiting {
    /// The whole practice waits.
    Practice(ParkReason),
    /// Whether the last attempt took effect is not known; it is looked for.
    Doubt,
    /// The last attempt failed in a way that passes.
    NextAttempt,
}

impl Waiting {
    /// The same as callers know it.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::Practice(reason) => reason.problem(),
            Self::Doubt => ProblemType::OutcomeUnknown,
            Self::NextAttempt => ProblemType::AttemptFailed,
        }
    }
}

/// Why an entry was given up by the machinery. Kinds have reasons of their own, which they write
/// down themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// Our login may not run the statement.
    NotPermitted,
    /// This Bp release lacks what the statement needs.
    NotInThisRelease,
    /// A text is longer than Bp's column.
    TooLong,
    /// Halo refuses the request itself: too large, or not well formed.
    RequestRefused,
    /// The database refused it each time.
    DatabaseRefused,
    /// The practice has moved to another Bp, where the numbers in the entity mean somebody else.
    SiteChanged,
    /// It may be in Bp: whether it is could not be read there. Nothing is sent again by itself; when
    /// it is reopened, Bp is asked first.
    Unverifiable,
}

impl Failure {
    /// The same as callers know it.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::NotPermitted => ProblemType::BpWriteNotPermitted,
            Self::NotInThisRelease => ProblemType::BpReleaseDiffers,
            Self::TooLong | Self::RequestRefused | Self::DatabaseRefused => {
                ProblemType::BpWriteRefused
            }
            Self::SiteChanged => ProblemType::PracticeChanged,
            Self::Unverifiable => ProblemType::OutcomeUnknown,
        }
    }
}
