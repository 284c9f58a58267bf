//! Why Bp gave no answer, and which problem callers see for it.

use domain::problem::ProblemType;
use halo::{Error, Forbidden, SqlFailure};

use crate::rows::Unmappable;
use crate::statements::Statement;

/// Why Bp gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BpError {
    /// The practice removed our access: it unticked the integration.
    #[error("the practice no longer gives us access")]
    LoginRefused,
    /// Our login may not read what the statement reads.
    #[error("our login may not run {statement}")]
    NotPermitted { statement: &'static str },
    /// This Bp release lacks something that the statement reads.
    #[error("this Bp release cannot run {statement}")]
    NotInThisRelease { statement: &'static str },
    /// The database refused the statement for another reason.
    #[error("the database refused {statement}")]
    Refused { statement: &'static str },
    /// People at the practice held a lock for too long, or the statement lost a deadlock. This passes.
    #[error("something that {statement} needs is locked")]
    Locked { statement: &'static str },
    /// The answer differs from what the statement's header promises.
    #[error("the answer to {statement} is malformed: {problem}")]
    Malformed {
        statement: &'static str,
        /// What is wrong. It never contains a value.
        problem: String,
    },
    /// Halo gave no answer.
    #[error(transparent)]
    Halo(Error),
}

impl BpError {
    /// The problem that callers see.
    #[must_use]
    pub fn problem(&self) -> ProblemType {
        match self {
            Self::LoginRefused => ProblemType::IntegrationNotEnabled,
            Self::NotPermitted { .. } => ProblemType::BpPermissionMissing,
            Self::NotInThisRelease { .. } => ProblemType::BpReleaseDiffers,
            Self::Refused { .. } | Self::Locked { .. } => ProblemType::BpRefused,
            Self::Malformed { .. } => ProblemType::MalformedAnswer,
            Self::Halo(error) => problem_of(error),
        }
    }
}

/// The problem that callers see when Halo fails.
#[must_use]
pub fn problem_of(error: &Error) -> ProblemType {
    match error {
        Error::KeyRefused => ProblemType::HaloKeyRefused,
        Error::Forbidden(Forbidden::Address) => ProblemType::HaloAddressRefused,
        Error::Forbidden(Forbidden::Quota) => ProblemType::HaloQuotaUsed,
        Error::Forbidden(Forbidden::NotEnabled) | Error::Sql(SqlFailure::LoginRefused) => {
            ProblemType::IntegrationNotEnabled
        }
        Error::Forbidden(Forbidden::Site) => ProblemType::PairingLost,
        Error::NotFound => ProblemType::SiteUnknown,
        Error::RateLimited { .. } => ProblemType::HaloBusy,
        Error::SiteOffline => ProblemType::SiteOffline,
        Error::OutcomeUnknown { .. } => ProblemType::SiteSlow,
        Error::NotReached | Error::PracticeSoftware | Error::Gone => ProblemType::HaloUnavailable,
        Error::Malformed { .. } => ProblemType::MalformedAnswer,
        Error::Sql(SqlFailure::PermissionDenied) => ProblemType::BpPermissionMissing,
        Error::Sql(SqlFailure::UnknownObject) => ProblemType::BpReleaseDiffers,
        Error::ResultTooLarge => ProblemType::RecordTooLarge,
        Error::Refused { .. } | Error::Sql(SqlFailure::Other { .. }) => ProblemType::BpRefused,
    }
}

/// The Halo error as an error of this statement.
pub(crate) fn error_of(statement: Statement, error: Error) -> BpError {
    error_of_named(statement.name(), error)
}

/// The Halo error as an error of a call that has a name but no statement.
pub(crate) fn error_of_named(statement: &'static str, error: Error) -> BpError {
    match error {
        Error::Sql(SqlFailure::LoginRefused) | Error::Forbidden(Forbidden::NotEnabled) => {
            BpError::LoginRefused
        }
        Error::Sql(SqlFailure::PermissionDenied) => BpError::NotPermitted { statement },
        Error::Sql(SqlFailure::UnknownObject) => BpError::NotInThisRelease { statement },
        Error::Sql(failure) if failure.is_lock() => BpError::Locked { statement },
        Error::Sql(SqlFailure::Other { .. }) | Error::Refused { .. } => {
            BpError::Refused { statement }
        }
        Error::Malformed { what } => BpError::Malformed { statement, problem: what.to_owned() },
        other => BpError::Halo(other),
    }
}

/// Names the statement whose rows could not be read.
pub(crate) fn malformed<T>(
    statement: Statement,
    mapped: Result<T, Unmappable>,
) -> Result<T, BpError> {
    mapped.map_err(|problem| BpError::Malformed {
        statement: statement.name(),
        problem: problem.to_string(),
    })
}
