//! What a failure of Halo or Bp means to callers: one mapping for everything that asks.

use domain::problem::ProblemType;
use halo::{Error, Forbidden, SqlFailure};

use crate::bp::BpError;

impl BpError {
    /// The problem that a caller is told of.
    #[must_use]
    pub fn problem(&self) -> ProblemType {
        match self {
            Self::LoginRefused => ProblemType::IntegrationNotEnabled,
            Self::NotPermitted { .. } => ProblemType::BpPermissionMissing,
            Self::NotInThisRelease { .. } => ProblemType::BpReleaseDiffers,
            Self::Refused { .. } => ProblemType::BpRefused,
            Self::Malformed { .. } => ProblemType::MalformedAnswer,
            Self::Halo(error) => problem_of(error),
        }
    }
}

/// The problem that a caller is told of when Halo fails.
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
        Error::ResultTooLarge | Error::Refused { .. } | Error::Sql(SqlFailure::Other { .. }) => {
            ProblemType::BpRefused
        }
    }
}
