//! Turns errors of other crates into problems.

use best_practice::{BpError, PairingRefusal, problem_of};
use domain::clinician::NotLinked;
use halo::{Error as HaloError, Forbidden};
use store::StoreError;

use super::{FieldError, Problem, ProblemType};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::new(ProblemType::Conflict),
            StoreError::Unavailable { ref code } => {
                tracing::error!(code, "the table is not available");
                Self::new(ProblemType::StorageUnavailable).retry_after(5)
            }
            StoreError::Corrupt => {
                tracing::error!("an item of the table cannot be read");
                Self::new(ProblemType::Internal)
            }
            StoreError::NewerFormat => {
                tracing::warn!("a newer release wrote an item of the table");
                Self::because(
                    ProblemType::StorageUnavailable,
                    "A new version of the service is being deployed, and it has already changed this record.",
                )
                .retry_after(60)
            }
        }
    }
}

impl From<NotLinked> for Problem {
    fn from(reason: NotLinked) -> Self {
        match reason {
            NotLinked::NameNotFound => Self::because(
                ProblemType::ClinicianNotFound,
                "The practice is paired, but no active Bp user has exactly this first and last name.",
            ),
            NotLinked::ProviderNumberDiffers => Self {
                errors: vec![FieldError {
                    pointer: "/clinician/providerNumberPrefix".to_owned(),
                    message: NotLinked::ProviderNumberDiffers.to_string(),
                }],
                ..Self::because(
                    ProblemType::ClinicianNotFound,
                    "The practice is paired and the name is known, but no user with this name has a provider number that starts with these digits.",
                )
            },
            NotLinked::Ambiguous => Self::because(
                ProblemType::ClinicianAmbiguous,
                "The practice is paired, but several Bp users match everything that was entered.",
            ),
            NotLinked::ProofNeeded => Self {
                errors: vec![FieldError {
                    pointer: "/clinician/providerNumberPrefix".to_owned(),
                    message: "the first 6 digits of the provider number are needed".to_owned(),
                }],
                ..Self::new(ProblemType::LinkProofNeeded)
            },
        }
    }
}

impl From<HaloError> for Problem {
    fn from(error: HaloError) -> Self {
        let problem = Self::new(problem_of(&error));
        match error {
            HaloError::Forbidden(Forbidden::Quota) => problem.retry_after(3600),
            HaloError::RateLimited { retry_after } => {
                problem.retry_after(retry_after.map_or(10, |wait| wait.as_secs().max(1)))
            }
            HaloError::SiteOffline => problem.retry_after(60),
            HaloError::OutcomeUnknown { timed_out: true }
            | HaloError::NotReached
            | HaloError::PracticeSoftware => problem.retry_after(15),
            HaloError::OutcomeUnknown { timed_out: false } => Self::because(
                problem.kind,
                "The connection to Halo or the practice's server broke before the answer arrived.",
            )
            .retry_after(15),
            HaloError::ResultTooLarge => {
                Self::because(problem.kind, "The answer is larger than Halo allows.")
            }
            _ => problem,
        }
    }
}

impl From<BpError> for Problem {
    fn from(error: BpError) -> Self {
        let kind = error.problem();
        match error {
            BpError::Halo(error) => error.into(),
            BpError::Malformed { statement, ref problem } => {
                tracing::error!(statement, problem, "Bp's answer is malformed");
                Self::new(kind)
            }
            _ => Self::new(kind),
        }
    }
}

impl From<PairingRefusal> for Problem {
    fn from(refusal: PairingRefusal) -> Self {
        match refusal {
            PairingRefusal::Code => Self::because(
                ProblemType::PairingCodeRefused,
                "The pairing code is wrong, has been used, or has expired.",
            ),
            PairingRefusal::NotEnabled => Self::new(ProblemType::IntegrationNotEnabled),
            PairingRefusal::UnknownSite => Self::new(ProblemType::SiteUnknown),
            PairingRefusal::Offline => Self::because(
                ProblemType::SiteOffline,
                "The practice's server must be on for pairing. The code was not used.",
            )
            .retry_after(60),
            PairingRefusal::PracticeSoftware => Self::because(
                ProblemType::SiteOffline,
                "Bp or Halo Link at the practice did not accept the pairing. Check the code, and that the practice's server is on. If the problem continues, generate a new code.",
            )
            .retry_after(60),
            PairingRefusal::Other(error) => error.into(),
        }
    }
}
