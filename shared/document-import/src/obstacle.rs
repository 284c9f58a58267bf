//! What has prevented an import, and what to do now: wait, try again or give up. Pure: errors in, decisions
//! out.

use std::time::Duration;

use aws::events::EventError;
use aws::queues::QueueUnavailable;
use best_practice::{BpError, DocumentError};
use connection::SessionError;
use document_bucket::DocumentBucketError;
use domain::problem::ProblemType;
use halo::{Error as HaloError, Forbidden};
use renditions::CannotBind;
use store::StoreError;

/// The longest time for one question: longer than Halo gives an immediate query.
pub(crate) const LONGEST_QUESTION: Duration = Duration::from_secs(65);

/// Why a message must come again: the work could neither be done nor stored as undone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not accept a message.
    #[error(transparent)]
    Queue(#[from] QueueUnavailable),
    /// The end of an import could not be published.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Course {
    /// Wait until the obstacle has gone.
    Wait {
        /// When to try again. If absent: as for an offline practice.
        after: Option<Duration>,
    },
    /// Try again, a limited number of times.
    Again,
    /// Do not try again.
    Never,
}

/// A failure, as the caller of the API sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Obstacle {
    pub(crate) problem: ProblemType,
    pub(crate) course: Course,
}

/// Why an attempt ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something prevents the import.
    Obstacle(Obstacle),
    /// Halo no longer keeps the pages of the query.
    PagesGone,
    /// The document was cancelled, or another worker took it over.
    Overtaken,
    /// The outcome cannot be stored.
    Broken(ImportError),
}

impl Obstacle {
    pub(crate) fn never(problem: ProblemType) -> Self {
        Self { problem, course: Course::Never }
    }

    pub(crate) fn again(problem: ProblemType) -> Self {
        Self { problem, course: Course::Again }
    }

    /// Whether this practice's Bp refuses our statement, although it answers questions.
    pub(crate) fn is_of_statement(self) -> bool {
        matches!(self.problem, ProblemType::BpPermissionMissing | ProblemType::BpReleaseDiffers)
    }
}

impl From<Obstacle> for Stop {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

impl From<SessionError> for Stop {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotConnected => Obstacle::never(ProblemType::NotConnected).into(),
            SessionError::SiteUnknown => Obstacle::never(ProblemType::SiteUnknown).into(),
            SessionError::PracticeChanged => Obstacle::never(ProblemType::PracticeChanged).into(),
            SessionError::Store(error) => Self::Broken(error.into()),
            SessionError::Asked(error) | SessionError::FollowFailed(error) => of_bp(&error).into(),
        }
    }
}

impl From<DocumentError> for Stop {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Lost => Self::PagesGone,
            DocumentError::Changed => Obstacle::again(ProblemType::DocumentChanged).into(),
            DocumentError::Bp(
                BpError::Malformed { .. }
                | BpError::Halo(HaloError::Malformed { .. } | HaloError::OutcomeUnknown { .. }),
            ) => Obstacle::again(ProblemType::DocumentDamaged).into(),
            DocumentError::Bp(error) => of_bp(&error).into(),
        }
    }
}

impl From<CannotBind> for Stop {
    fn from(CannotBind(why): CannotBind) -> Self {
        tracing::info!(why, "the pages of a document do not become one file");
        Obstacle::never(ProblemType::DocumentInParts).into()
    }
}

impl From<DocumentBucketError> for Stop {
    fn from(error: DocumentBucketError) -> Self {
        tracing::warn!(%error, "S3 does not take a copy");
        let problem = ProblemType::StorageUnavailable;
        match error {
            DocumentBucketError::Unavailable { .. } => {
                Obstacle { problem, course: Course::Wait { after: Some(Duration::from_secs(10)) } }
                    .into()
            }
            _ => Obstacle::again(problem).into(),
        }
    }
}

/// What a failure of Bp or Halo means for a document.
pub(crate) fn of_bp(error: &BpError) -> Obstacle {
    let problem = error.problem();
    match error {
        BpError::LoginRefused | BpError::NotPermitted { .. } | BpError::NotInThisRelease { .. } => {
            Obstacle::never(problem)
        }
        BpError::Refused { .. } | BpError::Locked { .. } => Obstacle::again(problem),
        BpError::Malformed { statement, problem: what } => {
            tracing::error!(statement, problem = what, "Bp's answer is malformed");
            Obstacle::again(problem)
        }
        BpError::Halo(error) => Obstacle { problem, course: course_after(error) },
    }
}

fn course_after(error: &HaloError) -> Course {
    match error {
        // Operators replace keys and list addresses while we wait.
        HaloError::NotReached
        | HaloError::KeyRefused
        | HaloError::Forbidden(Forbidden::Address)
        | HaloError::SiteOffline => Course::Wait { after: None },
        HaloError::Forbidden(Forbidden::Quota) => {
            Course::Wait { after: Some(Duration::from_mins(15)) }
        }
        HaloError::RateLimited { retry_after } => {
            Course::Wait { after: Some(retry_after.unwrap_or(Duration::from_secs(10))) }
        }
        HaloError::Forbidden(Forbidden::NotEnabled) => Course::Never,
        HaloError::Forbidden(Forbidden::Site)
        | HaloError::NotFound
        | HaloError::OutcomeUnknown { .. }
        | HaloError::PracticeSoftware
        | HaloError::Malformed { .. }
        | HaloError::Gone
        | HaloError::Refused { .. }
        | HaloError::Sql(_)
        | HaloError::ResultTooLarge => Course::Again,
    }
}

/// What a failure of FHIR means for a document whose statement was refused. If waiting does not help,
/// the refusal stays the answer.
pub(crate) fn of_fhir(error: &BpError, refused: Obstacle) -> Obstacle {
    let obstacle = of_bp(error);
    match (obstacle.course, error) {
        (Course::Wait { .. }, _) => obstacle,
        (
            Course::Again,
            BpError::Malformed { .. }
            | BpError::Halo(
                HaloError::Malformed { .. } | HaloError::OutcomeUnknown { timed_out: true },
            ),
        ) => Obstacle::again(refused.problem),
        // The database has just answered, so "unknown" and "forbidden" concern FHIR alone. The client
        // has repeated the request already, so a failure that is left now is permanent.
        _ => refused,
    }
}

/// Checks that all bytes have arrived, if their number was announced.
pub(crate) fn is_whole(received: u64, announced: Option<u64>) -> Result<(), Obstacle> {
    match announced {
        Some(announced) if announced != received => {
            Err(Obstacle::again(ProblemType::DocumentDamaged))
        }
        _ if received == 0 => Err(Obstacle::never(ProblemType::DocumentWithoutFile)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(problem: ProblemType) -> Obstacle {
        Obstacle { problem, course: Course::Wait { after: None } }
    }

    #[test]
    fn a_refused_statement_stays_refused_where_fhir_is_no_way_and_nothing_else_is_asked_by_fhir() {
        let refused = of_bp(&BpError::NotPermitted { statement: "x" });
        assert!(refused.is_of_statement());
        assert!(of_bp(&BpError::NotInThisRelease { statement: "x" }).is_of_statement());
        for other in [BpError::LoginRefused, BpError::Refused { statement: "x" }] {
            assert!(!of_bp(&other).is_of_statement(), "{other:?}");
        }
        for closed in [
            BpError::LoginRefused,
            BpError::NotPermitted { statement: "y" },
            BpError::Halo(HaloError::NotFound),
            BpError::Halo(HaloError::Forbidden(Forbidden::Site)),
            BpError::Halo(HaloError::Forbidden(Forbidden::NotEnabled)),
        ] {
            assert_eq!(of_fhir(&closed, refused), refused, "{closed:?}");
        }
        let unclear = BpError::Halo(HaloError::OutcomeUnknown { timed_out: true });
        assert_eq!(of_fhir(&unclear, refused), Obstacle::again(refused.problem));
        let offline = BpError::Halo(HaloError::SiteOffline);
        assert_eq!(of_fhir(&offline, refused), of_bp(&offline));
    }

    #[test]
    fn fewer_or_more_bytes_than_announced_are_no_document() {
        assert_eq!(is_whole(7, Some(7)), Ok(()));
        assert_eq!(is_whole(7, None), Ok(()));
        let damaged = Err(Obstacle::again(ProblemType::DocumentDamaged));
        for received in [0, 6, 8] {
            assert_eq!(is_whole(received, Some(7)), damaged, "{received}");
        }
        let empty = Err(Obstacle::never(ProblemType::DocumentWithoutFile));
        assert_eq!(is_whole(0, None), empty);
    }

    #[test]
    fn an_offline_practice_and_a_busy_halo_are_waited_out() {
        let offline = of_bp(&BpError::Halo(HaloError::SiteOffline));
        assert_eq!(offline, wait(ProblemType::SiteOffline));
        let told = Some(Duration::from_secs(7));
        let busy = of_bp(&BpError::Halo(HaloError::RateLimited { retry_after: told }));
        assert_eq!(busy.course, Course::Wait { after: told });
    }

    #[test]
    fn what_cannot_change_by_itself_is_not_tried_again() {
        for error in [BpError::LoginRefused, BpError::NotPermitted { statement: "x" }] {
            assert_eq!(of_bp(&error).course, Course::Never);
        }
    }

    #[test]
    fn a_damaged_document_is_named_so() {
        let error = BpError::Malformed { statement: "x", problem: "y".to_owned() };
        match Stop::from(DocumentError::Bp(error)) {
            Stop::Obstacle(obstacle) => {
                assert_eq!(obstacle, Obstacle::again(ProblemType::DocumentDamaged));
            }
            other => panic!("{other:?}"),
        }
    }
}
