//! One attempt to pair a practice, from its beginning to its end.
//!
//! ```text
//! begin      the attempt becomes the practice's current one; a second asker waits
//! count      the try is counted for the caller, the practice and the site
//! ask Halo   one call
//!   yes      recorded in the audit trail, then connected in one transaction that
//!            fails if the attempt is no longer the current one
//!   no       the attempt ends; the try stays counted if a guessed code would get
//!            the same answer
//!   nothing  the attempt ends and the practice is not connected
//! ```
//!
//! If the process dies, the attempt ends with its lease, and nothing else is left.

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

use crate::ports::{AuditLine, Clock, PairingHalo, PairingRecords, Trail};
use crate::request::Asker;

/// How long a waiting request pauses before it checks again whether the other attempt has ended.
const PAUSE: Duration = Duration::from_millis(250);

/// Why a practice was not paired.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotPaired {
    /// Halo refused.
    #[error("Halo refused the pairing")]
    Refused(PairingRefusal),
    /// No answer arrived, or Halo's confirmation could not be stored. The code may be used up.
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
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an attempt needs.
#[derive(Debug)]
pub struct Pairing<'a, R, H, T, C> {
    /// Where attempts and connections are stored.
    pub records: &'a R,
    /// Halo's pairing call.
    pub halo: &'a H,
    /// The audit trail.
    pub trail: &'a T,
    /// The clock.
    pub clock: &'a C,
}

pub(crate) enum Begun {
    Ours { attempt: Attempt, before: Option<Connection> },
    PairedMeanwhile(Connection),
}

impl<R: PairingRecords, H: PairingHalo, T: Trail, C: Clock> Pairing<'_, R, H, T, C> {
    /// Pairs the practice, or finds that another request has just paired it. `known` is the connection
    /// that the caller has read; `until` is when the caller must have an answer.
    ///
    /// # Errors
    /// [`NotPaired`]. The connection is then as it was before.
    pub async fn pair(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        code: &PairingCode,
        known: Option<&Connection>,
        until: Timestamp,
    ) -> Result<Connection, NotPaired> {
        let (attempt, before) = match self.begin(asker, site_id, known).await? {
            Begun::Ours { attempt, before } => (attempt, before),
            Begun::PairedMeanwhile(connection) => return Ok(connection),
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

    /// Makes this attempt the practice's current one. Waits while another attempt is under way.
    pub(crate) async fn begin(
        &self,
        asker: &Asker,
        site_id: &SiteId,
        known: Option<&Connection>,
    ) -> Result<Begun, NotPaired> {
        let practice = &asker.practice;
        let patience =
            self.clock.now().saturating_add(WAIT_FOR_OTHER_ATTEMPT).unwrap_or(Timestamp::MAX);
        loop {
            let now = self.clock.now();
            let attempt = Attempt::new(site_id.clone(), now);
            if self.records.begin(practice, &attempt, now).await? {
                // Another request may have paired the practice since the caller read the connection,
                // with the same code.
                let before = self.records.connection(practice).await?;
                let paired_meanwhile = before.as_ref().is_some_and(|before| {
                    before.standing == Standing::Paired
                        && before.site_id == *site_id
                        && known.is_none_or(|known| known.paired_at != before.paired_at)
                });
                return match before {
                    Some(connection) if paired_meanwhile => {
                        self.records.end(practice, &attempt).await?;
                        Ok(Begun::PairedMeanwhile(connection))
                    }
                    before => Ok(Begun::Ours { attempt, before }),
                };
            }
            if self.clock.now() >= patience {
                return Err(NotPaired::Busy);
            }
            self.clock.sleep(PAUSE).await;
        }
    }

    /// Counts the try for the caller, the practice and the site, or for none of them.
    async fn count(&self, asker: &Asker, site_id: &SiteId) -> Result<Vec<R::Try>, NotPaired> {
        // Each platform has its own count of a site. So no platform can lock another one out of a site, or learn
        // that another one tried.
        let site = asker.practice.platform().scoped(site_id.as_str());
        let scopes = [
            (asker.scope, asker.subject.0.as_str()),
            (LimitScope::Practice, asker.practice.as_str()),
            (LimitScope::Site, site.as_str()),
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

    /// Takes back counted tries. A failure is only logged: the try then counts until its window ends.
    async fn give_back(&self, tries: &[R::Try]) {
        for tried in tries {
            if let Err(error) = self.records.give_back(tried).await {
                tracing::warn!(%error, "a try to pair stays counted");
            }
        }
    }

    /// Records and stores Halo's confirmation.
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
        if let Err(error) = self.trail.record(line).await {
            // A pairing that cannot be recorded is not stored, although the code is used up.
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
                // The practice was disconnected or paired by another attempt meanwhile, or the table
                // did not answer.
                tracing::warn!(practice = practice.as_str(), %error, "a pairing could not be kept");
                Err(NotPaired::Unconfirmed)
            }
        }
    }

    /// Records that the attempt failed, and ends it.
    async fn failed(&self, asker: &Asker, attempt: &Attempt) -> Result<(), StoreError> {
        let line = AuditLine::new(AuditedAction::PairingFailed, &attempt.site_id);
        let recorded = self.trail.record(line).await;
        self.records.end(&asker.practice, attempt).await?;
        recorded
    }
}

/// What Halo's answer means for the count of tries.
#[must_use]
pub fn heard(outcome: &PairingOutcome) -> HaloAnswer {
    match outcome {
        PairingOutcome::Paired(_) => HaloAnswer::Yes,
        // Halo's documents do not say how it answers a wrong code: it may be 400, 403 or 502.
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
