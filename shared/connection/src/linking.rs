//! Linking who asks to a user of Bp: one query for the users of that name.

use best_practice::{BpError, BpPractice};
use domain::audit::AuditedAction;
use domain::clinician::{BpUser, Clinician, LinkChange, NotLinked, choose, judge_link};
use domain::connection::{Connection, Site};
use domain::ids::{BpUserId, Subject};
use domain::release::Support;
use halo::Deadline;
use jiff::Timestamp;
use practice_session::{SaysOfConnection as _, Session, SessionError, Verdict};
use store::{Limited, LinkKey, StoreError};

use crate::pairing::NotPaired;
use crate::ports::{AuditLine, Trail};
use crate::{Asker, Connecting, Entered};

/// Why somebody is not connected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotConnected {
    /// The practice has to be paired first, and no code was given.
    #[error("a pairing code is needed")]
    CodeNeeded,
    /// The practice was not paired.
    #[error(transparent)]
    NotPaired(#[from] NotPaired),
    /// The practice's Bp release does not work with integrations.
    #[error("the practice's Bp release is too old")]
    ReleaseTooOld,
    /// The practice is paired, and Bp could not be asked for the user.
    #[error(transparent)]
    Bp(#[from] SessionError<BpError>),
    /// The practice is paired, and nobody could be linked.
    #[error(transparent)]
    NotLinked(#[from] NotLinked),
    /// The table gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotConnected {
    /// Whether Halo or Bp no longer lets us in: only then is a new code of use to a practice that was
    /// paired before.
    #[must_use]
    pub fn is_pairing_lost(&self) -> bool {
        match self {
            Self::Bp(SessionError::PracticeChanged | SessionError::SiteUnknown) => true,
            // Halo may tell about a site only whom it is paired with.
            Self::Bp(SessionError::Asked(error) | SessionError::Lookup(error)) => {
                error.verdict() != Verdict::Nothing
            }
            _ => false,
        }
    }
}

/// Whether a site's Bp release works with integrations at all.
#[must_use]
pub fn is_too_old(bp: &BpPractice, site: &Site) -> bool {
    let too_old = |version: &String| bp.pack().releases().judge(version) == Support::TooOld;
    site.pms_version.as_ref().is_some_and(too_old)
}

impl<T: Trail> Connecting<'_, T> {
    /// Links to a practice that was paired before. Its Bp release may have changed since, so the
    /// site's status is asked for as well (no query).
    pub(crate) async fn link_to_known(
        &self,
        asker: &Asker,
        entered: &Entered,
        connection: &mut Connection,
        until: Timestamp,
    ) -> Result<(), NotConnected> {
        let session = Session::new(self.bp, self.store);
        let deadline = deadline(until);
        let status = |guid| self.bp.site(guid, deadline);
        let site = session.ask_halo(&asker.practice, connection, deadline, status).await?;
        session.remember(&asker.practice, connection, site).await?;
        self.link(asker, entered, connection, until).await
    }

    pub(crate) async fn link(
        &self,
        asker: &Asker,
        entered: &Entered,
        connection: &mut Connection,
        until: Timestamp,
    ) -> Result<(), NotConnected> {
        if is_too_old(self.bp, &connection.site) {
            return Err(NotConnected::ReleaseTooOld);
        }
        let practice = &asker.practice;
        let deadline = deadline(until);
        let users = Session::new(self.bp, self.store)
            .ask(practice, connection, deadline, |guid| {
                self.bp.users_named(guid, &entered.name, deadline)
            })
            .await?;
        let clinician = self.prove(asker, entered, connection, &users).await?;
        let user = clinician.user_id;
        let (mut displaced, mut is_proved, mut is_kept) = (Vec::new(), true, false);
        let (key, change) = if asker.is_person() {
            let record = self.store.practice(practice).await?;
            let linked = record.linked(&asker.subject);
            let linked_to = linked.map(|linked| linked.user_id);
            let others = record.others_linked_to(user, &asker.subject);
            let proved = entered.prefix.is_some() || asker.is_administrator;
            let change = judge_link(user, linked_to, !others.is_empty(), proved)?;
            is_proved = proved;
            is_kept = !proved && linked.is_some_and(|linked| linked.is_same_user(&clinician));
            // Whoever has the digits is the user. An administrator only may do without them.
            if entered.prefix.is_some() {
                displaced = others;
            }
            (LinkKey::Account(asker.subject.clone()), change)
        } else {
            // A platform's server names clinicians; nobody's account is concerned.
            (LinkKey::User(user), LinkChange::Plain)
        };
        let former_user = match change {
            LinkChange::Relinked { former } => former,
            LinkChange::Plain => None,
        };
        let line = AuditLine::new(AuditedAction::ClinicianLinked, &connection.site_id);
        let line = AuditLine { user: Some(user), former_user, ..line };
        self.trail.note(line).await?;
        for account in &displaced {
            self.note_unlinked(connection, user, account).await?;
        }
        if is_kept {
            // Written again, it would undo what a proof or an administrator did to it meanwhile.
            return Ok(());
        }
        let relinked = matches!(change, LinkChange::Relinked { .. }) || !displaced.is_empty();
        let generation = connection.generation;
        let (displaced, clinician) = (displaced.as_slice(), &clinician);
        self.store.link(practice, &key, clinician, generation, displaced, relinked).await?;
        if !asker.is_person() || (is_proved && entered.prefix.is_none()) {
            return Ok(());
        }
        self.settle_race(asker, connection, user, is_proved).await
    }

    /// Two accounts may link to one user at the same moment, each finding nobody else. So each looks
    /// again afterwards: whoever has the digits ends the other's link, whoever lacks them steps back.
    async fn settle_race(
        &self,
        asker: &Asker,
        connection: &Connection,
        user: BpUserId,
        is_proved: bool,
    ) -> Result<(), NotConnected> {
        let record = self.store.practice(&asker.practice).await?;
        let others = record.others_linked_to(user, &asker.subject);
        if others.is_empty() {
            return Ok(());
        }
        let ended = if is_proved { others } else { vec![asker.subject.clone()] };
        for account in ended {
            self.store.unlink_account(&asker.practice, &account, user).await?;
            self.note_unlinked(connection, user, &account).await?;
        }
        if is_proved { Ok(()) } else { Err(NotLinked::ProofNeeded.into()) }
    }

    async fn note_unlinked(
        &self,
        connection: &Connection,
        user: BpUserId,
        account: &Subject,
    ) -> Result<(), StoreError> {
        let line = AuditLine::new(AuditedAction::ClinicianUnlinked, &connection.site_id);
        let former_account = Some(account.clone());
        self.trail.note(AuditLine { user: Some(user), former_account, ..line }).await
    }

    /// Chooses whom the name means. Digits are tries: wrong ones are noted, and few are taken.
    async fn prove(
        &self,
        asker: &Asker,
        entered: &Entered,
        connection: &Connection,
        users: &[BpUser],
    ) -> Result<Clinician, NotConnected> {
        let chosen = choose(users, &entered.name, entered.prefix.as_ref());
        if entered.prefix.is_none() || !asker.is_person() {
            return Ok(chosen?);
        }
        let subject = asker.subject.0.as_str();
        let tried = self.store.reserve_try(asker.scope, subject, Timestamp::now()).await?;
        let tried = tried.map_err(|Limited { until }| {
            let (practice, scope) = (asker.practice.as_str(), asker.scope);
            tracing::warn!(practice, ?scope, "pairing is limited");
            NotPaired::TooMany { until }
        })?;
        if chosen == Err(NotLinked::ProviderNumberDiffers) {
            let line = AuditLine::new(AuditedAction::ClinicianLinkFailed, &connection.site_id);
            self.trail.note(line).await?;
        } else if let Err(error) = self.store.give_back_try(&tried).await {
            tracing::warn!(%error, "a try to link stays counted");
        }
        Ok(chosen?)
    }
}

fn deadline(until: Timestamp) -> Deadline {
    let left = until.duration_since(Timestamp::now());
    Deadline::after(std::time::Duration::try_from(left).unwrap_or_default())
}
