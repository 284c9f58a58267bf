//! What differs between deliveries and bookings. The writer asks a kind for commands, gives it Bp's
//! answers, and does the rest itself.

use aws::events::EventKind;
use best_practice::BpError;
use connection::{Connections, Session, SessionError};
use domain::connection::Database;
use domain::ids::PracticeId;
use domain::problem::ProblemType;
use domain::schedule::Job;
use halo::{Command, Row};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::work::{Entry, Listing, ParkReason, WorkKey, WorkKind};

/// A kind of work: turns an entity into one command for Bp, and Bp's answers into a verdict.
///
/// # What the writer guarantees
/// - The batch of [`Kind::command`] is sent again only after two things: it is certain that the earlier
///   attempt can no longer take effect, and a [`Kind::lookup`] after that did not find it.
/// - A change of the entity is stored only if nobody has changed the entity meanwhile. If a client has
///   changed it, the same method is called again with the newer entity. These methods must therefore
///   depend on nothing but their arguments.
///
/// # What the kind guarantees
/// - The batch carries a token. All attempts at one entry carry the same token, and no other entry
///   does. As a second defence, the batch does nothing if it finds what the token left. It is one
///   transaction with `XACT_ABORT` and ends in a SELECT of the outcome. [`Kind::read`] is given the last
///   result set.
/// - Values are sent as parameters only.
/// - The entity holds the revision that is *wanted*. If a client sends a new body during an attempt, the
///   answer to that attempt is read first: [`Kind::read`] is given the newer entity. Then the newer
///   entity is sent. So a batch changes what the token left in Bp into what is wanted, and `read` takes
///   from the rows what is in Bp, not what was wanted.
pub trait Kind: Send + Sync + 'static {
    const KIND: WorkKind;
    /// The body of an entry.
    type Entity: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// The Bp database that the ids in the entity come from. The entity is sent to no other.
    fn site<'e>(&self, entity: &'e Self::Entity) -> &'e Database;

    /// The write. Called directly before it is sent. Fetches the bytes that it carries. Changes of the
    /// entity are stored together with the mark of the attempt.
    fn command(
        &self,
        entity: &mut Self::Entity,
        now: Timestamp,
    ) -> impl Future<Output = Result<Command, NoCommand>> + Send;

    /// Whether something must be read from the practice's Bp before the command can be made. Called only while
    /// no earlier attempt can have taken effect or still take effect. So what was read for an earlier attempt
    /// may be replaced.
    fn must_read(&self, entity: &Self::Entity, now: Timestamp) -> bool {
        let _ = (entity, now);
        false
    }

    /// Called before [`Kind::command`] if something must be read. Asks the practice's Bp, and keeps what the
    /// command needs. Changes of the entity are stored together with the mark of the attempt, so it is known
    /// what an attempt in doubt may have written.
    fn read_first<C: Connections>(
        &self,
        entity: &mut Self::Entity,
        practice: &PracticeId,
        session: &mut Session<'_, C>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), NotRead>> + Send {
        let _ = (entity, practice, session, now);
        async { Ok(()) }
    }

    /// The entry that begins when this one has settled, and fails when this one has failed. It was accepted
    /// without a due time.
    fn followed_by(&self, entity: &Self::Entity) -> Option<WorkKey> {
        let _ = entity;
        None
    }

    /// Sets the state of an entry that was to follow this one, because this one has failed.
    fn fail_after(&self, failed: &Self::Entity, follower: &mut Self::Entity, now: Timestamp) {
        let _ = (failed, follower, now);
    }

    /// Starts a follower again that had failed with the entry before it. Returns whether it had.
    fn start_again_after(&self, follower: &mut Self::Entity, now: Timestamp) -> bool {
        let _ = (follower, now);
        false
    }

    /// Whether the next command depends on the practice's other open entries.
    fn depends_on_others(&self, entity: &Self::Entity) -> bool {
        let _ = entity;
        false
    }

    /// Called before [`Kind::command`] if the command depends on others. Changes of the entity are stored
    /// together with the mark of the attempt.
    ///
    /// # Errors
    /// [`NoCommand`] if there is nothing to send now.
    fn consider_others(
        &self,
        entity: &mut Self::Entity,
        open: &[Self::Entity],
        now: Timestamp,
    ) -> Result<(), NoCommand> {
        let _ = (entity, open, now);
        Ok(())
    }

    /// Whether this change of an entity unblocks others, which wait.
    fn unblocks_others(&self, before: &Self::Entity, after: &Self::Entity) -> bool {
        let _ = (before, after);
        false
    }

    /// Whether this change of an entity unblocks this other one.
    fn unblocks(&self, before: &Self::Entity, after: &Self::Entity, other: &Self::Entity) -> bool {
        let _ = (before, after, other);
        false
    }

    /// The whole that this entity is a part of, if it is a part. A whole is an entry that shows the
    /// combined state of its parts.
    fn whole(&self, entity: &Self::Entity) -> Option<WorkKey> {
        let _ = entity;
        None
    }

    /// Whether the entity is a whole. A whole is not sent to Bp, so it has no command and no answer. It may
    /// be among the others that [`Kind::consider_others`] and [`Kind::unblocks`] are given.
    fn is_whole(&self, entity: &Self::Entity) -> bool {
        let _ = entity;
        false
    }

    /// Whether this change of a part changes its whole.
    fn concerns_whole(&self, before: &Self::Entity, after: &Self::Entity) -> bool {
        let _ = (before, after);
        false
    }

    /// Combines the state of the parts into the whole, and changes parts accordingly. Returns the event to
    /// publish.
    fn combine(
        &self,
        whole: &mut Entry<Self::Entity>,
        parts: &mut [Entry<Self::Entity>],
        now: Timestamp,
    ) -> Option<EventKind> {
        let _ = (whole, parts, now);
        None
    }

    /// The question what the token left in Bp: a single SELECT, no write.
    fn lookup(&self, entity: &Self::Entity) -> Command;

    /// Reads the answer to the write.
    ///
    /// # Errors
    /// When it is not what the statement promises. Bp is then asked by [`Kind::lookup`].
    fn read(
        &self,
        entity: &mut Self::Entity,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Verdict, BpError>;

    /// Reads the answer to the lookup. Returns `None` if Bp does not have what is wanted, so that it must
    /// be written.
    ///
    /// # Errors
    /// When it is not what the statement promises.
    fn read_lookup(
        &self,
        entity: &mut Self::Entity,
        rows: &[Row],
        now: Timestamp,
    ) -> Result<Option<Verdict>, BpError>;

    /// Shows callers the status, in the entity's state and history.
    fn set_status(&self, entity: &mut Self::Entity, status: &Status, now: Timestamp);

    /// The job that checks a settled entry later, and by when it must run.
    fn later_check(&self, entity: &Self::Entity, now: Timestamp) -> Option<(Job, Timestamp)> {
        let _ = (entity, now);
        None
    }

    fn listing(&self, entity: &Self::Entity) -> Listing;

    /// The event to publish for this change of the entity. It is published at least once, before the entry
    /// closes.
    fn event(&self, before: &Self::Entity, after: &Self::Entity) -> Option<EventKind>;
}

/// Why there is no command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoCommand {
    /// The command cannot be made now: the bytes of a document cannot be fetched, for example. It is
    /// tried again with backoff, without end.
    Later,
    /// Nothing needs to be sent, or nothing may be sent. The entity already shows it. `Done` if there is
    /// nothing to write: a booking was cancelled before it was first sent, for example.
    Verdict(Verdict),
}

/// Why [`Kind::read_first`] has not read what it needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotRead {
    /// The practice's Bp cannot be asked now. The lane is parked.
    Site(SessionError),
    /// There is no command for another reason.
    NoCommand(NoCommand),
}

/// The result for an entry. The entity already shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is in Bp as wanted.
    Done,
    /// Something is in the way: the slot is taken, for example. The entry stays open.
    Blocked {
        /// When it is tried again.
        again_at: Timestamp,
    },
    /// It will not be written as it is. The entry closes as failed until a client reopens it.
    Refused,
}

/// What the writer shows callers of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    Sending {
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    Waiting {
        reason: WaitReason,
        /// When it is sent or looked up next, if that is known.
        next: Option<Timestamp>,
    },
    Failed(FailReason),
}

/// What an entry waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WaitReason {
    /// The whole practice waits.
    Practice(ParkReason),
    /// It is not known whether the last attempt took effect. That will be looked up.
    Doubt,
    /// The last attempt failed for a reason that will pass.
    NextAttempt,
}

impl WaitReason {
    /// The problem that callers see.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::Practice(reason) => reason.problem(),
            Self::Doubt => ProblemType::OutcomeUnknown,
            Self::NextAttempt => ProblemType::AttemptFailed,
        }
    }
}

/// Why the writer gave an entry up. Kinds have reasons of their own, which they write into the entity
/// themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailReason {
    /// Our login may not run the statement.
    NotPermitted,
    /// This release of Bp lacks what the statement needs.
    NotInThisRelease,
    /// A text is longer than Bp's column.
    TooLong,
    /// Halo refuses the request itself: it is too large or malformed.
    RequestRefused,
    /// The database refused each attempt.
    DatabaseRefused,
    /// The practice is now connected to another Bp, where the ids in the entity mean something else.
    SiteChanged,
    /// It may be in Bp, but that could not be looked up. Nothing is sent again until a client reopens
    /// the entry, and then Bp is asked first.
    Unverifiable,
}

impl FailReason {
    /// The problem that callers see.
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
