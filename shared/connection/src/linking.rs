//! Links the caller's account to a user of Bp. This costs one query, for the users with the entered name.

use best_practice::{BpClient, BpError};
use domain::account_links::{LinkChange, LinksSeen, judge_link};
use domain::audit::AuditedAction;
use domain::clinician::{BpUser, Clinician, NotLinked, choose};
use domain::connection::{Connection, Site};
use domain::ids::BpUserId;
use domain::release::Support;
use store::{AccountLink, Limited, Store, StoreError};

use crate::pairing::NotPaired;
use crate::ports::{AuditLine, Clock as _, SystemClock, Trail};
use crate::request::{Asker, NamedClinician};
use crate::session::{Implication, QuestionError as _, Session, SessionError};

/// How often a link is tried if other requests change the user's links meanwhile.
const MOST_TRIES: u32 = 5;

/// Why a request to connect failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotConnected {
    /// The practice must be paired first, and the request has no code.
    #[error("a pairing code is needed")]
    CodeNeeded,
    /// The practice was not paired.
    #[error(transparent)]
    NotPaired(#[from] NotPaired),
    /// The practice's Bp release does not work with integrations.
    #[error("the practice's Bp release is too old")]
    ReleaseTooOld,
    /// The practice is paired, but Bp could not be asked for the user.
    #[error(transparent)]
    Bp(#[from] SessionError<BpError>),
    /// The practice is paired, but nobody was linked.
    #[error(transparent)]
    NotLinked(#[from] NotLinked),
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NotConnected {
    /// Whether Halo or Bp no longer lets us in. Only then does a practice that was paired before need a
    /// new code.
    #[must_use]
    pub fn is_pairing_lost(&self) -> bool {
        match self {
            Self::Bp(SessionError::PracticeChanged | SessionError::SiteUnknown) => true,
            // Halo may describe a site only to integrators that are paired with it.
            Self::Bp(SessionError::Asked(error) | SessionError::FollowFailed(error)) => {
                error.implies() != Implication::Nothing
            }
            _ => false,
        }
    }
}

/// Whether a site's Bp release is too old to work with integrations.
#[must_use]
pub fn is_too_old(bp: &BpClient, site: &Site) -> bool {
    let too_old = |version: &String| bp.pack().releases().judge(version) == Support::TooOld;
    site.pms_version.as_ref().is_some_and(too_old)
}

/// Links people to users of Bp.
pub(crate) struct Linking<'a, T> {
    pub(crate) store: &'a Store,
    pub(crate) bp: &'a BpClient,
    pub(crate) trail: &'a T,
}

impl<T: Trail> Linking<'_, T> {
    /// Links to a practice that was paired before. Its Bp release may have changed since then, so the
    /// site's status is asked for as well, which costs no query. If the request names nobody, one query shows
    /// whether Bp still lets us in.
    pub(crate) async fn link_to_known(
        &self,
        asker: &Asker,
        clinician: Option<&NamedClinician>,
        session: &mut Session<'_, &Store>,
    ) -> Result<(), NotConnected> {
        let deadline = session.deadline();
        let site = session.ask_halo(|guid| self.bp.site(guid, deadline)).await?;
        session.refresh(site).await?;
        if clinician.is_none() {
            session.ask(|guid| self.bp.probe(guid, deadline)).await?;
        }
        self.link(asker, clinician, session).await
    }

    /// Links the asker to the Bp user, if one is named.
    pub(crate) async fn link(
        &self,
        asker: &Asker,
        clinician: Option<&NamedClinician>,
        session: &mut Session<'_, &Store>,
    ) -> Result<(), NotConnected> {
        if is_too_old(self.bp, &session.connection().site) {
            return Err(NotConnected::ReleaseTooOld);
        }
        let Some(entered) = clinician else { return Ok(()) };
        let (practice, deadline) = (&asker.practice, session.deadline());
        let users = session.ask(|guid| self.bp.users_named(guid, &entered.name, deadline)).await?;
        let connection = session.connection();
        let clinician = self.prove(asker, entered, connection, &users).await?;
        if asker.is_person() {
            return self.link_account(asker, entered, connection, &clinician).await;
        }
        // A platform's server registers a clinician; no account is linked.
        let line = self.trail.line(linked_line(connection, clinician.user_id, None));
        Ok(self.store.link_user(practice, &clinician, connection.generation, &line).await?)
    }

    /// Links the account. Two requests may link accounts to one user at the same moment; the one that
    /// comes second reads the links again.
    async fn link_account(
        &self,
        asker: &Asker,
        entered: &NamedClinician,
        connection: &Connection,
        clinician: &Clinician,
    ) -> Result<(), NotConnected> {
        for _ in 0..MOST_TRIES {
            match self.try_to_link(asker, entered, connection, clinician).await {
                Err(NotConnected::Store(StoreError::Conflict)) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn try_to_link(
        &self,
        asker: &Asker,
        entered: &NamedClinician,
        connection: &Connection,
        clinician: &Clinician,
    ) -> Result<(), NotConnected> {
        let (practice, account, user) = (&asker.practice, &asker.subject, clinician.user_id);
        let generation = connection.generation;
        let seen = self.store.user_accounts(practice, generation, user).await?;
        let record = self.store.practice(practice).await?;
        if record.connection.as_ref().is_none_or(|now| now.generation != generation) {
            // The practice has moved to another database meanwhile.
            return Err(StoreError::Conflict.into());
        }
        let linked = record.linked(account);
        let mut others = record.others_linked_to(user, account);
        for other in seen.linked.iter().filter(|other| *other != account) {
            if !others.contains(other) {
                others.push(other.clone());
            }
        }
        let links = LinksSeen {
            account_linked_to: linked.map(|linked| linked.user_id),
            user_has_another: !others.is_empty(),
            ended: seen.ended.contains(account),
        };
        let proved = entered.prefix.is_some() || asker.is_administrator;
        let change = judge_link(user, links, proved)?;
        if entered.prefix.is_none() && linked.is_some_and(|linked| linked.is_same_user(clinician)) {
            // Another request may be ending the link at this moment.
            return if links.ended { Err(StoreError::Conflict.into()) } else { Ok(()) };
        }
        let mut clinician = clinician.clone();
        if let Some(linked) = linked.filter(|linked| linked.user_id == user) {
            // Keep the digits of the earlier link if the name has changed since.
            let given = clinician.provider_number_prefix.take();
            clinician.provider_number_prefix =
                given.or_else(|| linked.provider_number_prefix.clone());
        }
        let former_user = match change {
            LinkChange::Relinked { former } => former,
            LinkChange::Plain => None,
        };
        // The digits prove that the asker is the user, so other accounts lose their link. An
        // administrator who links without digits proves nothing and displaces nobody.
        others.truncate(AccountLink::MOST_DISPLACED);
        let displaced = if entered.prefix.is_some() { others.as_slice() } else { &[] };
        let mut lines = vec![self.trail.line(linked_line(connection, user, former_user))];
        for account in displaced {
            let line = AuditLine::new(AuditedAction::ClinicianUnlinked, &connection.site_id);
            let former_account = Some(account.clone());
            lines.push(self.trail.line(AuditLine { user: Some(user), former_account, ..line }));
        }
        let former = match links.account_linked_to {
            Some(former) if former != user => {
                Some((former, self.store.user_accounts(practice, generation, former).await?))
            }
            same => same.map(|same| (same, seen.clone())),
        };
        let link = AccountLink {
            account,
            clinician: &clinician,
            generation,
            former: former.as_ref().map(|(former, accounts)| (*former, accounts)),
            displaced,
            seen: &seen,
            relinked: matches!(change, LinkChange::Relinked { .. }) || !displaced.is_empty(),
            lines: &lines,
        };
        Ok(self.store.link_account(practice, &link, SystemClock.now()).await?)
    }

    /// Chooses the user that the name and the digits mean. Each try with digits is counted, and wrong
    /// digits are recorded in the audit trail, so that nobody can guess them.
    async fn prove(
        &self,
        asker: &Asker,
        entered: &NamedClinician,
        connection: &Connection,
        users: &[BpUser],
    ) -> Result<Clinician, NotConnected> {
        let chosen = choose(users, &entered.name, entered.prefix.as_ref());
        if entered.prefix.is_none() || !asker.is_person() {
            return Ok(chosen?);
        }
        let subject = asker.subject.0.as_str();
        let tried = self.store.reserve_try(asker.scope, subject, SystemClock.now()).await?;
        let tried = tried.map_err(|Limited { until }| {
            let (practice, scope) = (asker.practice.as_str(), asker.scope);
            tracing::warn!(practice, ?scope, "pairing is limited");
            NotPaired::TooMany { until }
        })?;
        if chosen == Err(NotLinked::ProviderNumberDiffers) {
            let line = AuditLine::new(AuditedAction::ClinicianLinkFailed, &connection.site_id);
            self.trail.record(line).await?;
        } else if let Err(error) = self.store.give_back_try(&tried).await {
            tracing::warn!(%error, "a try to link stays counted");
        }
        Ok(chosen?)
    }
}

fn linked_line(
    connection: &Connection,
    user: BpUserId,
    former_user: Option<BpUserId>,
) -> AuditLine {
    let line = AuditLine::new(AuditedAction::ClinicianLinked, &connection.site_id);
    AuditLine { user: Some(user), former_user, ..line }
}
