//! What was heard of an entry, in one vocabulary, and how Halo's words are read as it. Pure: whoever
//! asks is in `attempt` and `look`, and what follows is in [`crate::decide`].

use std::time::Duration;

use best_practice::BpError;
use connection::SessionError;
use halo::{AsyncState, Error, Forbidden, Ran, SqlFailure};
use jiff::Timestamp;
use store::StoreError;
use store::work::{ParkReason, WorkRefusal};
use uuid::Uuid;

use crate::kind::Verdict;

/// What was heard of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    /// The practice has moved to another Bp. Nobody can ask the one that the entry is for.
    Moved,
    /// The kind cannot make the command at the moment.
    NotReady,
    /// The kind's word on the entity, on Bp's answer to the write, or on what a look found.
    Verdict(Verdict),
    /// The attempt is marked, and its time to call ran out before the call.
    NotCalled,
    /// Halo took the query, and calls it by this id.
    Accepted(Uuid),
    /// The attempt never ran.
    NeverRan(Because),
    /// Our call ended without an answer.
    CutOff,
    /// Halo says that the query waits or runs.
    StillRunning,
    /// Halo or the site cannot be asked now.
    Silent(Trouble),
    /// Halo can be asked, and says too little to tell: it forgot the query, say.
    Unclear,
    /// The attempt ran to its end, and its result is lost.
    Ran,
    /// The attempt ran and failed at the database. Not `ended`, it may still run on.
    Refused {
        /// Why.
        why: WorkRefusal,
        /// Whether that is surely the end of it.
        ended: bool,
    },
    /// A look did not find the attempt.
    Absent {
        /// When the look began.
        looked: Timestamp,
    },
    /// A look brought no answer.
    Unseen {
        /// Whether the same look would not bring one another time either.
        hopeless: bool,
    },
}

/// Why an attempt never ran.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Because {
    /// Something stands in the way of the whole lane.
    Trouble(Trouble),
    /// Bp let nobody in, as the ended query shows.
    LoginRefused,
    /// Halo dropped it (it waited too long, say). The next attempt may have more luck.
    Dropped,
    /// Halo refuses the request itself, and would the next time.
    RequestRefused,
}

/// What stands in the way of the whole lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Trouble {
    /// What the lane is parked for.
    pub(crate) reason: ParkReason,
    /// How long Halo asks us to wait.
    pub(crate) after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn of(reason: ParkReason) -> Self {
        Self { reason, after: None }
    }

    /// `None` where the error says nothing of the next question.
    pub(crate) fn known(error: &Error) -> Option<Self> {
        let reason = match error {
            Error::SiteOffline => ParkReason::Offline,
            Error::NotReached => ParkReason::HaloUnavailable,
            Error::RateLimited { retry_after } => {
                return Some(Self { reason: ParkReason::RateLimited, after: *retry_after });
            }
            Error::KeyRefused => ParkReason::KeyRefused,
            Error::Forbidden(Forbidden::Address) => ParkReason::AddressRefused,
            Error::Forbidden(Forbidden::Quota) => ParkReason::QuotaUsed,
            Error::Forbidden(Forbidden::NotEnabled) | Error::Sql(SqlFailure::LoginRefused) => {
                ParkReason::Revoked
            }
            Error::Forbidden(Forbidden::Site) => ParkReason::PairingLost,
            Error::NotFound => ParkReason::SiteUnknown,
            _ => return None,
        };
        Some(Self::of(reason))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::known(&error).unwrap_or_else(|| Self::of(ParkReason::HaloUnavailable))
    }
}

impl From<BpError> for Trouble {
    fn from(error: BpError) -> Self {
        match error {
            BpError::LoginRefused => Self::of(ParkReason::Revoked),
            BpError::Halo(error) => error.into(),
            _ => Self::of(ParkReason::HaloUnavailable),
        }
    }
}

/// Why Halo did not say that it took the query.
///
/// # Errors
/// The table's: whether Halo took the query is lost with it.
pub(crate) fn from_call(error: SessionError<Error>) -> Result<Heard, StoreError> {
    // Without a GUID that Halo takes, nothing ran.
    let never = |trouble| Ok(Heard::NeverRan(Because::Trouble(trouble)));
    let error = match error {
        SessionError::Store(error) => return Err(error),
        SessionError::FollowFailed(error) => return never(Trouble::from(error)),
        SessionError::SiteUnknown => return never(Trouble::of(ParkReason::SiteUnknown)),
        SessionError::PracticeChanged => return never(Trouble::of(ParkReason::SiteChanged)),
        SessionError::NotConnected => return never(Trouble::of(ParkReason::NotConnected)),
        SessionError::Asked(error) => error,
    };
    Ok(match error.did_it_run() {
        Ran::No => Heard::NeverRan(
            Trouble::known(&error).map_or(Because::RequestRefused, Because::Trouble),
        ),
        Ran::Yes => Heard::Ran,
        Ran::Failed => match error {
            Error::Sql(failure) => refusal(&failure),
            _ => Heard::Refused { why: WorkRefusal::Other { number: None }, ended: false },
        },
        Ran::Unknown => Heard::CutOff,
    })
}

/// What a query's status says. `None` where it was successful: its result says the rest.
pub(crate) fn from_status(state: AsyncState, failure: Option<&Error>) -> Option<Heard> {
    Some(match state {
        AsyncState::Successful => return None,
        AsyncState::UploadFailed => Heard::Ran,
        AsyncState::InitialisationFailedSiteOffline
        | AsyncState::InitialisationFailedSiteUnreachable => {
            Heard::NeverRan(Because::Trouble(Trouble::of(ParkReason::Offline)))
        }
        AsyncState::ExpiredInQueue | AsyncState::InitialisationFailedCacheError => {
            Heard::NeverRan(Because::Dropped)
        }
        AsyncState::ExecutionFailed => match failure {
            Some(Error::Sql(SqlFailure::LoginRefused)) => Heard::NeverRan(Because::LoginRefused),
            Some(Error::Sql(failure)) => refusal(failure),
            // The result was computed, then was too large.
            Some(Error::ResultTooLarge) => Heard::Ran,
            _ => Heard::Unclear,
        },
        AsyncState::Initialising
        | AsyncState::Queued
        | AsyncState::Executing
        | AsyncState::Uploading => Heard::StillRunning,
    })
}

/// Why Halo did not say how a query stands.
///
/// # Errors
/// The table's.
pub(crate) fn from_question(error: SessionError<Error>) -> Result<Heard, StoreError> {
    Ok(match error {
        SessionError::Store(error) => return Err(error),
        // Halo forgot the query, or the site is another one now.
        SessionError::Asked(Error::NotFound)
        | SessionError::SiteUnknown
        | SessionError::PracticeChanged => Heard::Unclear,
        SessionError::NotConnected => Heard::Silent(Trouble::of(ParkReason::NotConnected)),
        SessionError::Asked(error) => Heard::Silent(error.into()),
        SessionError::FollowFailed(error) => Heard::Silent(error.into()),
    })
}

/// Why a look brought no answer.
///
/// # Errors
/// The table's.
pub(crate) fn from_look(error: SessionError<Error>) -> Result<Heard, StoreError> {
    let error = match error {
        SessionError::Store(error) => return Err(error),
        SessionError::FollowFailed(error) => return Ok(Heard::Silent(error.into())),
        SessionError::NotConnected => {
            return Ok(Heard::Silent(Trouble::of(ParkReason::NotConnected)));
        }
        SessionError::SiteUnknown => {
            return Ok(Heard::Silent(Trouble::of(ParkReason::SiteUnknown)));
        }
        SessionError::PracticeChanged => {
            return Ok(Heard::Silent(Trouble::of(ParkReason::SiteChanged)));
        }
        SessionError::Asked(error) => error,
    };
    if let Some(trouble) = Trouble::known(&error) {
        return Ok(Heard::Silent(trouble));
    }
    // What will not answer another time either is not asked for ever.
    let hopeless = matches!(
        error,
        Error::Refused { .. }
            | Error::ResultTooLarge
            | Error::Sql(SqlFailure::PermissionDenied | SqlFailure::UnknownObject)
    );
    Ok(Heard::Unseen { hopeless })
}

/// Why the database refused, and whether that is the end of it: after a timeout it may still run on.
fn refusal(failure: &SqlFailure) -> Heard {
    // Another attempt holds the lock and may still write.
    if matches!(failure, SqlFailure::Other { number: Some(best_practice::BEING_WRITTEN) }) {
        return Heard::Unclear;
    }
    let (why, ended) = match failure {
        SqlFailure::PermissionDenied => (WorkRefusal::PermissionDenied, true),
        SqlFailure::UnknownObject => (WorkRefusal::UnknownObject, true),
        SqlFailure::LoginRefused => (WorkRefusal::Other { number: None }, true),
        SqlFailure::Other { number } => {
            let ended = number.is_some_and(|number| number > 0);
            (WorkRefusal::Other { number: *number }, ended)
        }
    };
    Heard::Refused { why, ended }
}

#[cfg(test)]
mod tests;
