//! Why a call failed. Each variant is something that a caller can react to.

use std::time::Duration;

/// Whether the command took effect at the practice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ran {
    /// It did not run. A write may be sent again.
    No,
    /// It ran, but no result came back. A write must not be sent again.
    Yes,
    /// It ran and failed. A batch without a transaction keeps the changes that it made before the failure.
    Failed,
    /// It is not known. Look for the effects of a write before you send it again.
    Unknown,
}

/// The reasons for a 403, distinguished by Halo's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forbidden {
    /// Our address is not on Halo's list.
    Address,
    /// Our quota is used up.
    Quota,
    /// The practice has not enabled the integration.
    NotEnabled,
    /// The GUID is outdated or another integrator's, or the site is not paired with us.
    Site,
}

/// How a command failed at the practice's database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SqlFailure {
    /// The database refused our login: the practice unticked the integration.
    LoginRefused,
    /// The login may not touch an object (SQL Server 229, 230, 262, 297, 300; 916: not even the
    /// database).
    PermissionDenied,
    /// The practice software lacks an object or a column (207, 208, 2812, 8144, 8145; 911: the
    /// database).
    UnknownObject,
    /// Anything else, with the number if Halo gave one. The text is dropped, because it may contain patient
    /// data.
    Other {
        /// SQL Server's message number.
        number: Option<i64>,
    },
}

impl SqlFailure {
    /// The meaning of an SQL Server message number. It is public because a statement may catch an error and
    /// return its number.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        match number {
            229 | 230 | 262 | 297 | 300 | 916 => Self::PermissionDenied,
            207 | 208 | 911 | 2812 | 8144 | 8145 => Self::UnknownObject,
            _ => Self::Other { number: Some(number) },
        }
    }

    /// Whether it is a deadlock (1205), or a lock that was not released in time (1222).
    #[must_use]
    pub fn is_lock(&self) -> bool {
        matches!(self, Self::Other { number: Some(1205 | 1222) })
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// No connection could be opened before the deadline. Nothing was sent.
    #[error("Halo could not be reached")]
    NotReached,
    /// Both keys were refused (401), or could not be read.
    #[error("Halo refused the subscription key")]
    KeyRefused,
    /// 403.
    #[error("Halo forbids this call: {0:?}")]
    Forbidden(Forbidden),
    /// 404: no such site, query or page.
    #[error("Halo does not know this site, query or page")]
    NotFound,
    /// 410: the page is no longer kept.
    #[error("Halo no longer keeps the result")]
    Gone,
    /// 429.
    #[error("Halo's rate limit is reached")]
    RateLimited {
        /// The wait that Halo asked for.
        retry_after: Option<Duration>,
    },
    /// 503: the site was offline before the attempt.
    #[error("the site is offline")]
    SiteOffline,
    /// 400 without an SQL failure: the request is wrong or too large, or a pairing was refused.
    #[error("Halo refused the request")]
    Refused {
        /// The reason, as far as Halo's words show it.
        reason: Refusal,
    },
    /// 502 of a pairing: the practice software answered with an unexpected result.
    #[error("the practice software answered unexpectedly")]
    PracticeSoftware,
    /// The command failed at the database.
    #[error("the database refused the command")]
    Sql(SqlFailure),
    /// The command ran; its result is too large for an immediate query.
    #[error("the result is too large for an immediate query")]
    ResultTooLarge,
    /// 500, 504, a failure of Halo Link itself, a lost connection, or no answer by the deadline.
    #[error("it is not known whether the command ran")]
    OutcomeUnknown {
        /// Whether our deadline ended the wait.
        timed_out: bool,
    },
    /// An answer that differs from Halo's documents.
    #[error("Halo's answer is malformed: {what}")]
    Malformed {
        /// The part that differs. It never contains a value.
        what: &'static str,
    },
}

/// Why a request was refused with 400.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// A pairing code that is wrong, used or expired.
    PairingCode,
    /// Something else.
    Request,
}

impl Error {
    /// Whether the command took effect (the retry table of Halo's error codes).
    #[must_use]
    pub fn did_it_run(&self) -> Ran {
        match self {
            Self::NotReached
            | Self::KeyRefused
            | Self::Forbidden(_)
            | Self::NotFound
            | Self::RateLimited { .. }
            | Self::SiteOffline
            | Self::Refused { .. }
            // Without a login nothing can run.
            | Self::Sql(SqlFailure::LoginRefused) => Ran::No,
            Self::Sql(_) => Ran::Failed,
            Self::ResultTooLarge | Self::Gone => Ran::Yes,
            // An unreadable body says nothing about whether the command ran.
            Self::PracticeSoftware | Self::OutcomeUnknown { .. } | Self::Malformed { .. } => {
                Ran::Unknown
            }
        }
    }

    /// Whether Halo refused the call before it asked the practice. Halo does not bill such queries.
    #[must_use]
    pub fn was_turned_away(&self) -> bool {
        matches!(
            self,
            Self::NotReached
                | Self::KeyRefused
                | Self::Forbidden(Forbidden::Address | Forbidden::Quota | Forbidden::Site)
                | Self::NotFound
                | Self::RateLimited { .. }
                | Self::SiteOffline
        )
    }

    /// Whether the same read may succeed if it is repeated soon.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::NotReached
                | Self::RateLimited { .. }
                | Self::OutcomeUnknown { timed_out: false }
                | Self::Malformed { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_that_surely_did_not_run_may_be_sent_again() {
        assert_eq!(Error::SiteOffline.did_it_run(), Ran::No);
        assert_eq!(Error::RateLimited { retry_after: None }.did_it_run(), Ran::No);
        assert_eq!(Error::OutcomeUnknown { timed_out: true }.did_it_run(), Ran::Unknown);
        assert_eq!(Error::Malformed { what: "body" }.did_it_run(), Ran::Unknown);
        assert_eq!(Error::ResultTooLarge.did_it_run(), Ran::Yes);
    }
}
