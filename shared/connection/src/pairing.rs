//! One attempt to pair a practice, from its beginning to its end.
//!
//! ```text
//! begin      the attempt becomes the practice's current one; a second asker waits
//! count      the try is counted for the caller, the practice and the site
//! ask Halo   one call
//!   yes      noted in the audit trail, then connected in one transaction that
//!            fails when the attempt is no longer the current one
//!   no       the attempt ends; the try stays counted if a guess would hear the same
//!   nothing  the attempt ends and the practice is not connected
//! ```
//!
//! A process that dies anywhere leaves an attempt whose lease ends, and nothing else.

use std::time::Duration;

use best_practice::{PairingOutcome, PairingRefusal};
use domain::audit::AuditedAction;
use domain::connection::{Connection, Site, Standing};
use domain::ids::{PairingCode, SiteId};
use domain::pairing::{
    Attempt, HaloAnswer, LimitScope, NAME_QUERY_TIME, PAIR_CALL_TIME, WAIT_FOR_OTHER_ATTEMPT,
};
use jiff::Timestamp;
use store::{Limited, StoreError};

use crate::Asker;
use crate::ports::{AuditLine, Clock, PairingHalo, PairingRecords, Trail};

/// How often a waiting request looks whether the other attempt has ended.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Why a practice was not paired.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotPaired {
    /// Halo refused.
    #[error("Halo refused the pairing")]
    Refused(PairingRefusal),
    /// No answer arrived, or the yes could not be kept. The code may be used up.
    #[error("it is not known whether Halo paired the site")]
    Unconfirmed,
    /// Another attempt of the practice is under way.
    #[error("another attempt of the practice is under way")]
    Busy,
    /// Too many tries have failed.
    #[error("too many tries to pair have failed")]
    TooMany {
        /// When the next try is allowed.
        until: Timestamp,
    },
    /// The table gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an attempt works with.
#[derive(Debug)]
pub struct Pairing<'a, R, H, T, C> {
    /// Where attempts and connections are kept.
    pub records: &'a R,
    /// Halo.
    pub halo: &'a H,
    /// The audit trail.
    pub trail: &'a T,
    /// Time.
    pub clock: &'a C,
}

enum Turn {
    Ours { attempt: Attempt, before: Option<Connection> },
    PairedMeanwhile(Connection),
}

impl<R: PairingRecords, H: PairingHalo, T: Trail, C: Clock> Pairing<'_, R, H, T, C> {
    /// Pairs the practice, or finds that somebody of it just did. `known` is the connection that the
    /// caller has seen; `until` is when the request has to be answered.
    ///
    /// # Errors
    /// [`NotPaired`]. The practice is then connected as it was before.
    pub async fn pair(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        code: &PairingCode,
        known: Option<&Connection>,
        until: Timestamp,
    ) -> Result<Connection, NotPaired> {
        let (attempt, before) = match self.begin(asker, site_id, known).await? {
            Turn::Ours { attempt, before } => (attempt, before),
            Turn::PairedMeanwhile(connection) => return Ok(connection),
        };
        let tries = match self.count(asker, site_id).await {
            Ok(tries) => tries,
            Err(not_allowed) => {
                self.records.end(&asker.practice, &attempt).await?;
                return Err(not_allowed);
            }
        };
        let left = Duration::try_from(until.duration_since(self.clock.now())).unwrap_or_default();
        let within = left.saturating_sub(NAME_QUERY_TIME).min(PAIR_CALL_TIME);
        let outcome = self.halo.pair(site_id, code, within).await;
        let heard = heard(&outcome);
        if !heard.counts() {
            self.give_back(&tries).await;
        }
        match outcome {
            PairingOutcome::Paired(site) => {
                self.connect(asker, &attempt, site, before.as_ref()).await
            }
            PairingOutcome::Refused(refusal) => {
                self.failed(asker, &attempt).await?;
                Err(NotPaired::Refused(refusal))
            }
            PairingOutcome::Doubtful(_) => {
                self.failed(asker, &attempt).await?;
                Err(NotPaired::Unconfirmed)
            }
        }
    }

    /// Waits for a turn to ask Halo.
    async fn begin(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        known: Option<&Connection>,
    ) -> Result<Turn, NotPaired> {
        let practice = &asker.practice;
        let patience =
            self.clock.now().saturating_add(WAIT_FOR_OTHER_ATTEMPT).unwrap_or(Timestamp::MAX);
        loop {
            let now = self.clock.now();
            let attempt = Attempt::new(site_id.clone(), now);
            if self.records.begin(practice, &attempt, now).await? {
                // Another request of the practice may have been let in since the caller looked, and
                // have used up the code that both were given.
                let before = self.records.connection(practice).await?;
                let paired_meanwhile = before.as_ref().is_some_and(|before| {
                    before.standing == Standing::Paired
                        && before.site_id == *site_id
                        && known.is_none_or(|known| known.paired_at != before.paired_at)
                });
                return match before {
                    Some(connection) if paired_meanwhile => {
                        self.records.end(practice, &attempt).await?;
                        Ok(Turn::PairedMeanwhile(connection))
                    }
                    before => Ok(Turn::Ours { attempt, before }),
                };
            }
            if self.clock.now() >= patience {
                return Err(NotPaired::Busy);
            }
            self.clock.sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Counts the try everywhere, or nowhere.
    async fn count(&self, asker: &Asker, site_id: &SiteId) -> Result<Vec<R::Try>, NotPaired> {
        let scopes = [
            (asker.scope, asker.subject.0.as_str()),
            (LimitScope::Practice, asker.practice.as_str()),
            (LimitScope::Site, site_id.as_str()),
        ];
        let mut tries = Vec::new();
        for (scope, id) in scopes {
            match self.records.reserve(scope, id, self.clock.now()).await? {
                Ok(tried) => tries.push(tried),
                Err(Limited { until }) => {
                    self.give_back(&tries).await;
                    tracing::warn!(
                        practice = asker.practice.as_str(),
                        ?scope,
                        "pairing is limited"
                    );
                    return Err(NotPaired::TooMany { until });
                }
            }
        }
        Ok(tries)
    }

    /// A try that is not given back counts until its window ends; that is no reason to lose an answer.
    async fn give_back(&self, tries: &[R::Try]) {
        for tried in tries {
            if let Err(error) = self.records.give_back(tried).await {
                tracing::warn!(%error, "a try to pair stays counted");
            }
        }
    }

    /// Keeps Halo's yes.
    async fn connect(
        &self,
        asker: &Asker,
        attempt: &Attempt,
        site: Site,
        before: Option<&Connection>,
    ) -> Result<Connection, NotPaired> {
        let practice = &asker.practice;
        let connection = attempt.connects(site, before, self.clock.now());
        let moved = before.is_some_and(|before| before.generation != connection.generation);
        let line = AuditLine::new(AuditedAction::ConnectionChanged, &attempt.site_id);
        if let Err(error) = self.trail.note(line).await {
            // What cannot be recorded does not happen, although the code is used up.
            tracing::error!(practice = practice.as_str(), %error, "a pairing could not be recorded");
            self.records.end(practice, attempt).await?;
            return Err(NotPaired::Unconfirmed);
        }
        match self.records.complete(practice, attempt, &connection, moved).await {
            Ok(()) => {
                tracing::info!(practice = practice.as_str(), "paired");
                Ok(connection)
            }
            Err(error) => {
                // Disconnected or taken over meanwhile, or nobody knows.
                tracing::warn!(practice = practice.as_str(), %error, "a pairing could not be kept");
                Err(NotPaired::Unconfirmed)
            }
        }
    }

    /// Ends an attempt that connected nobody, and notes it.
    async fn failed(&self, asker: &Asker, attempt: &Attempt) -> Result<(), StoreError> {
        let noted =
            self.trail.note(AuditLine::new(AuditedAction::PairingFailed, &attempt.site_id)).await;
        self.records.end(&asker.practice, attempt).await?;
        noted
    }
}

/// What the rule makes of Halo's answer.
#[must_use]
pub fn heard(outcome: &PairingOutcome) -> HaloAnswer {
    match outcome {
        PairingOutcome::Paired(_) => HaloAnswer::Yes,
        // How Halo answers a wrong code is not public: 400, 403 and 502 may all be it.
        PairingOutcome::Refused(
            PairingRefusal::Code
            | PairingRefusal::UnknownSite
            | PairingRefusal::NotEnabled
            | PairingRefusal::PracticeSoftware,
        ) => HaloAnswer::WrongGuess,
        PairingOutcome::Refused(PairingRefusal::Offline | PairingRefusal::Other(_)) => {
            HaloAnswer::NotNow
        }
        PairingOutcome::Doubtful(_) => HaloAnswer::Nothing,
    }
}
