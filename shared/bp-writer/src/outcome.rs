//! What is known about an entry after a call to Halo or Bp. Every answer of Halo becomes one of these outcomes.
//! Pure: `attempt` asks, and [`crate::decide`] decides what follows.

use std::time::Duration;

use best_practice::BpError;
use connection::SessionError;
use halo::{AsyncState, Error, Forbidden, Ran, SqlFailure};
use jiff::Timestamp;
use store::StoreError;
use store::work::{ParkReason, WorkKey, WorkRefusal};
use uuid::Uuid;

use crate::kind::Verdict;

/// What is now known of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// The practice is now connected to another Bp. The Bp that the entry is for cannot be asked.
    PracticeMoved,
    /// The kind cannot make the command at the moment.
    NotReady,
    /// The kind's verdict on the entity, on Bp's answer to the write, or on Bp's answer to the lookup.
    Verdict(Verdict),
    /// The attempt is marked, but its time to call ran out before the call.
    NotCalled,
    /// Halo accepted the query and gave it this id.
    Accepted(Uuid),
    /// The attempt did not run.
    NeverRan(NotRun),
    /// Our call ended without an answer.
    CutOff,
    /// Halo says that the query is queued or running.
    StillRunning,
    /// Halo or the site cannot be asked now.
    Silent(Trouble),
    /// Halo answered, but the answer does not show how the query ended: Halo forgot it, for example.
    Unclear,
    /// The attempt ran to its end, but its result is lost.
    Ran,
    /// The database refused the attempt.
    Refused {
        why: WorkRefusal,
        /// Whether the attempt has surely ended. After a timeout it may still be running.
        ended: bool,
    },
    /// The lookup did not find what the attempt would have written.
    Absent {
        /// When the lookup began.
        asked_at: Timestamp,
    },
    /// The lookup brought no answer.
    LookupFailed {
        /// Whether the same lookup would fail each time.
        permanent: bool,
    },
}

/// Why an attempt did not run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotRun {
    /// Nothing can be sent to the site now.
    Trouble(Trouble),
    /// Bp refused our login, as the ended query shows.
    LoginRefused,
    /// Halo dropped the query: it was queued for too long, for example. The next attempt may succeed.
    Dropped,
    /// Halo refuses the request itself, and would refuse it each time.
    RequestRefused,
}

/// Why nothing can be sent to the site now. It concerns all entries of the lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) reason: ParkReason,
    /// How long Halo asks us to wait.
    pub(crate) after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn of(reason: ParkReason) -> Self {
        Self { reason, after: None }
    }

    /// What the failure of a session means.
    ///
    /// # Errors
    /// The table's error, which says nothing about the site.
    pub(crate) fn of_session<E: Into<Self>>(error: SessionError<E>) -> Result<Self, StoreError> {
        Ok(match error {
            SessionError::Store(error) => return Err(error),
            SessionError::NotConnected => Self::of(ParkReason::NotConnected),
            SessionError::SiteUnknown => Self::of(ParkReason::SiteUnknown),
            SessionError::PracticeChanged => Self::of(ParkReason::SiteChanged),
            SessionError::Asked(error) => error.into(),
            SessionError::FollowFailed(error) => error.into(),
        })
    }

    /// What an error means for the next question. `None` if it says nothing about it.
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

/// What is known after Halo did not say that it accepted the query.
///
/// # Errors
/// The table's error. Whether Halo accepted the query is then unknown.
pub(crate) fn from_call(error: SessionError<Error>) -> Result<Outcome, StoreError> {
    let error = match error {
        SessionError::Asked(error) => error,
        // Without a GUID that Halo accepts, nothing ran.
        error => return Ok(Outcome::NeverRan(NotRun::Trouble(Trouble::of_session(error)?))),
    };
    Ok(match error.did_it_run() {
        Ran::No => Outcome::NeverRan(
            Trouble::known(&error).map_or(NotRun::RequestRefused, NotRun::Trouble),
        ),
        Ran::Yes => Outcome::Ran,
        Ran::Failed => match error {
            Error::Sql(failure) => refusal(&failure),
            _ => Outcome::Refused { why: WorkRefusal::Other { number: None }, ended: false },
        },
        Ran::Unknown => Outcome::CutOff,
    })
}

/// What a query's status says. `None` if the query was successful: its result says the rest.
pub(crate) fn from_status(state: AsyncState, failure: Option<&Error>) -> Option<Outcome> {
    Some(match state {
        AsyncState::Successful => return None,
        AsyncState::UploadFailed => Outcome::Ran,
        AsyncState::InitialisationFailedSiteOffline
        | AsyncState::InitialisationFailedSiteUnreachable => {
            Outcome::NeverRan(NotRun::Trouble(Trouble::of(ParkReason::Offline)))
        }
        AsyncState::ExpiredInQueue | AsyncState::InitialisationFailedCacheError => {
            Outcome::NeverRan(NotRun::Dropped)
        }
        AsyncState::ExecutionFailed => match failure {
            Some(Error::Sql(SqlFailure::LoginRefused)) => Outcome::NeverRan(NotRun::LoginRefused),
            Some(Error::Sql(failure)) => refusal(failure),
            // The query ran, but its result was too large.
            Some(Error::ResultTooLarge) => Outcome::Ran,
            _ => Outcome::Unclear,
        },
        AsyncState::Initialising
        | AsyncState::Queued
        | AsyncState::Executing
        | AsyncState::Uploading => Outcome::StillRunning,
    })
}

/// What is known of a query after Halo did not tell its status.
///
/// # Errors
/// The table's error.
pub(crate) fn from_status_error(error: SessionError<Error>) -> Result<Outcome, StoreError> {
    Ok(match error {
        // Halo forgot the query, or the site is another one now.
        SessionError::Asked(Error::NotFound)
        | SessionError::SiteUnknown
        | SessionError::PracticeChanged => Outcome::Unclear,
        error => Outcome::Silent(Trouble::of_session(error)?),
    })
}

/// What is known after a lookup without an answer.
///
/// # Errors
/// The table's error.
pub(crate) fn from_lookup_error(error: SessionError<Error>) -> Result<Outcome, StoreError> {
    let error = match error {
        SessionError::Asked(error) => error,
        error => return Ok(Outcome::Silent(Trouble::of_session(error)?)),
    };
    if let Some(trouble) = Trouble::known(&error) {
        return Ok(Outcome::Silent(trouble));
    }
    // A lookup that fails each time must not be repeated for ever.
    let permanent = matches!(
        error,
        Error::Refused { .. }
            | Error::ResultTooLarge
            | Error::Sql(SqlFailure::PermissionDenied | SqlFailure::UnknownObject)
    );
    Ok(Outcome::LookupFailed { permanent })
}

/// What Bp's answer to the write says, as the kind reads it. If the answer is malformed, the body stays
/// as it was.
pub(crate) fn from_write<E: Clone>(
    body: &mut E,
    entry: &WorkKey,
    read: impl FnOnce(&mut E) -> Result<Verdict, BpError>,
) -> Outcome {
    let before = body.clone();
    match read(body) {
        Ok(verdict) => Outcome::Verdict(verdict),
        Err(_) => {
            tracing::error!(%entry, "Bp's answer to a write is malformed");
            *body = before;
            Outcome::Ran
        }
    }
}

/// What Bp's answer to a lookup says, as the kind reads it. If the answer is malformed, the body stays
/// as it was.
pub(crate) fn from_lookup<E: Clone>(
    body: &mut E,
    entry: &WorkKey,
    asked_at: Timestamp,
    read: impl FnOnce(&mut E) -> Result<Option<Verdict>, BpError>,
) -> Outcome {
    let before = body.clone();
    match read(body) {
        Ok(Some(verdict)) => Outcome::Verdict(verdict),
        Ok(None) => Outcome::Absent { asked_at },
        Err(_) => {
            tracing::error!(%entry, "Bp's answer to a lookup is malformed");
            *body = before;
            Outcome::LookupFailed { permanent: true }
        }
    }
}

/// Why the database refused, and whether the attempt has ended.
fn refusal(failure: &SqlFailure) -> Outcome {
    // Another attempt holds the lock and may still write.
    if matches!(failure, SqlFailure::Other { number: Some(best_practice::BEING_WRITTEN) }) {
        return Outcome::Unclear;
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
    Outcome::Refused { why, ended }
}

#[cfg(test)]
mod tests;
