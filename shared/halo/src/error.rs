//! What can go wrong, in the terms of what a caller can do about it.

use std::time::Duration;

/// Whether the command took effect at the practice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ran {
    /// It did not run: a write may be sent again.
    No,
    /// It ran, although no result came back: a write must not be sent again.
    Yes,
    /// It ran and failed. What a batch without a transaction did before the failure stays done.
    Failed,
    /// Nobody knows: a write must be looked for before it is sent again.
    Unknown,
}

/// The reasons for a 403, told apart by Halo's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Forbidden {
    /// Our address is not on Halo's list.
    Address,
    /// Our quota is used up.
    Quota,
    /// The practice has not enabled the integration.
    NotEnabled,
    /// Stale or foreign GUID, or not paired.
    Site,
}

/// A command that reached the database and failed there, or on the way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SqlFailure {
    /// The database refused our login: the practice un-ticked the integration.
    LoginRefused,
    /// The login may not touch an object (SQL Server 229, 230, 262, 297, 300; 916: not even the
    /// database).
    PermissionDenied,
    /// The practice software lacks an object or a column (207, 208, 2812, 8144, 8145; 911: the
    /// database).
    UnknownObject,
    /// Anything else; the number where Halo gave one. The text may hold patient data: it is dropped.
    Other {
        /// SQL Server's message number.
        number: Option<i64>,
    },
}

impl SqlFailure {
    /// What SQL Server's message number means; a statement may also have caught it and told it in
    /// its answer.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        match number {
            229 | 230 | 262 | 297 | 300 | 916 => Self::PermissionDenied,
            207 | 208 | 911 | 2812 | 8144 | 8145 => Self::UnknownObject,
            _ => Self::Other { number: Some(number) },
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The connection could not be opened, or not before the deadline: nothing was sent.
    #[error("Halo could not be reached")]
    NotReached,
    /// Both keys were refused (401), or could not be read.
    #[error("Halo refused the subscription key")]
    KeyRefused,
    /// 403.
    #[error("Halo forbids this call: {0:?}")]
    Forbidden(Forbidden),
    /// 404: no such site, query or page.
    #[error("Halo knows no such thing")]
    NotFound,
    /// 410: the page is no longer kept.
    #[error("the result is no longer kept")]
    Gone,
    /// 429.
    #[error("Halo's rate limit is reached")]
    RateLimited {
        /// When Halo said to come back.
        retry_after: Option<Duration>,
    },
    /// 503: the site was offline before the attempt.
    #[error("the site is offline")]
    SiteOffline,
    /// 400 that is not an SQL failure: the request itself is wrong or too large, or a pairing was
    /// refused.
    #[error("Halo refused the request")]
    Refused {
        /// Why, as far as Halo's words tell.
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
        /// Whether our own deadline ended the wait.
        timed_out: bool,
    },
    /// An answer that is not what Halo's documents say.
    #[error("Halo's answer is malformed: {what}")]
    Malformed {
        /// Which part; never a value.
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
            // Nobody was logged in to run it.
            | Self::Sql(SqlFailure::LoginRefused) => Ran::No,
            Self::Sql(_) => Ran::Failed,
            Self::ResultTooLarge | Self::Gone => Ran::Yes,
            // A body that cannot be read says nothing of what happened before it was written.
            Self::PracticeSoftware | Self::OutcomeUnknown { .. } | Self::Malformed { .. } => {
                Ran::Unknown
            }
        }
    }

    /// Whether Halo turned the call away before it asked the practice. No such query is billed.
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

    /// Whether the same read may succeed a moment later.
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
