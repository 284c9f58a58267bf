//! Pairing and linking (referral guide, section three).
//!
//! One pair call and one query, when nothing goes wrong. The code works once, so:
//! - one asker at a time for each practice, by a lease in the table; whoever comes second waits, and
//!   then needs no code;
//! - what Halo answered is kept before anything else is asked, so a name that is not found costs no
//!   second code;
//! - when nobody knows whether Halo said yes, we look whether the site lets us in. That proves
//!   something only where no other practice of ours was ever paired with that site, or may have
//!   been: otherwise a
//!   wrong code and a broken connection would open somebody else's records.

use std::time::Duration;

use best_practice::{BpError, PairingOutcome, PairingRefusal};
use domain::audit::AuditedAction;
use domain::clinician::{ClinicianName, ProviderNumberPrefix, choose};
use domain::connection::{Connection, Site, Standing};
use domain::ids::{PairingCode, PracticeId, SiteId};
use domain::release::Support;
use halo::{Deadline, Error, Forbidden};
use store::{Attempt, Begun, LinkKey};

use crate::App;
use crate::caller::Caller;
use crate::problem::{Kind, Problem};
use crate::trail::Deed;

/// How long somebody else's attempt is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often the table is asked meanwhile.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// Leaves time for the query that follows.
const LONGEST_PAIR_CALL: Duration = Duration::from_secs(14);

/// What a person enters in the platform's settings.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) site_id: SiteId,
    pub(crate) code: Option<PairingCode>,
    pub(crate) name: ClinicianName,
    pub(crate) prefix: Option<ProviderNumberPrefix>,
}

impl App {
    /// Connects the practice if it is not, and links the caller.
    pub(crate) async fn connect(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        wanted: &Wanted,
    ) -> Result<(), Problem> {
        let deadline = Self::deadline();
        let known = self.store.connection(practice).await?;
        if let Some(mut connection) =
            known.clone().filter(|known| known.is_open() && known.site_id == wanted.site_id)
        {
            // Paired already: a code brings nothing, and is spared, unless the pairing turns out lost.
            let linked =
                self.link_to_known(practice, caller, wanted, &mut connection, deadline).await;
            let lost = matches!(&linked, Err(problem) if is_pairing_lost(problem));
            if !(lost && wanted.code.is_some()) {
                return linked;
            }
        }
        let Some(code) = &wanted.code else { return Err(Problem::new(Kind::PairingCodeNeeded)) };
        let mut connection =
            self.pair(practice, caller, wanted, code, known.as_ref(), deadline).await?;
        self.link(practice, caller, wanted, &mut connection, deadline).await
    }

    /// Pairs, or finds that somebody else just did.
    async fn pair(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        Wanted { site_id, .. }: &Wanted,
        code: &PairingCode,
        known: Option<&Connection>,
        deadline: Deadline,
    ) -> Result<Connection, Problem> {
        let (attempt, after_doubt) = match self.begin(practice, site_id, known, deadline).await? {
            Turn::Mine { attempt, after_doubt } => (attempt, after_doubt),
            Turn::AlreadyPaired(connection) => return Ok(connection),
        };
        let moved = known.is_some_and(|known| known.site_id != *site_id);
        let site = match self.bp.pair(site_id, code, deadline.at_most(LONGEST_PAIR_CALL)).await {
            PairingOutcome::Paired(site) => site,
            PairingOutcome::Refused(PairingRefusal::Code) if after_doubt => {
                let refused = Problem::from(PairingRefusal::Code);
                self.look_whether_paired(practice, site_id, &attempt, refused, deadline).await?
            }
            PairingOutcome::Refused(refusal) => {
                self.store.abandon_pairing(practice, &attempt).await?;
                return Err(refusal.into());
            }
            PairingOutcome::Doubtful(_) => {
                let unconfirmed = Problem::new(Kind::PairingUnconfirmed).retry_after(10);
                self.look_whether_paired(practice, site_id, &attempt, unconfirmed, deadline).await?
            }
        };
        let connection = Connection {
            site_id: site_id.clone(),
            site,
            standing: Standing::Paired,
            paired_at: Self::now(),
        };
        let paired = Deed::of(AuditedAction::ConnectionChanged).with(site_id.as_str());
        if let Err(unrecorded) = self.note(practice, caller, paired).await {
            // The code is used up: with the same one again, it is noticed that we are let in.
            self.store.leave_pairing_in_doubt(practice, &attempt).await?;
            return Err(unrecorded);
        }
        self.store.complete_pairing(practice, &attempt, &connection, moved).await?;
        tracing::info!(practice = practice.as_str(), "paired");
        Ok(connection)
    }

    /// Waits for a turn to ask Halo.
    async fn begin(
        &self,
        practice: &PracticeId,
        site_id: &SiteId,
        known: Option<&Connection>,
        deadline: Deadline,
    ) -> Result<Turn, Problem> {
        let patience = deadline.at_most(LONGEST_WAIT);
        loop {
            if let Begun::Mine { attempt, after_doubt } =
                self.store.begin_pairing(practice, site_id, Self::now()).await?
            {
                // Whoever asked before us may have been let in since we looked, and used up the code.
                let paired = self.store.connection(practice).await?.filter(|now| {
                    now.standing == Standing::Paired
                        && now.site_id == *site_id
                        && known.is_none_or(|known| known.paired_at != now.paired_at)
                });
                let Some(connection) = paired else {
                    return Ok(Turn::Mine { attempt, after_doubt });
                };
                self.store.abandon_pairing(practice, &attempt).await?;
                return Ok(Turn::AlreadyPaired(connection));
            }
            if patience.remaining().is_zero() {
                return Err(Problem::new(Kind::PairingInProgress).retry_after(5));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Whether Halo lets us into the site although no yes reached us. Two calls more than an ordinary
    /// pairing, in doubt only.
    async fn look_whether_paired(
        &self,
        practice: &PracticeId,
        site_id: &SiteId,
        attempt: &Attempt,
        otherwise: Problem,
        deadline: Deadline,
    ) -> Result<Site, Problem> {
        if self.store.is_claimed_by_others(site_id, practice).await? {
            self.store.abandon_pairing(practice, attempt).await?;
            return Err(Problem::because(
                Kind::PairingCodeRefused,
                "It is not known whether the pairing code was used up. Generate a new one to be sure.",
            ));
        }
        let site = match self.bp.find(site_id, deadline).await {
            Ok(Some(site)) => site,
            Ok(None) => {
                self.store.abandon_pairing(practice, attempt).await?;
                return Err(Problem::new(Kind::SiteUnknown));
            }
            Err(_) => {
                self.store.leave_pairing_in_doubt(practice, attempt).await?;
                return Err(otherwise);
            }
        };
        match self.bp.probe(site.halo_guid, deadline).await {
            Ok(()) => Ok(site),
            Err(BpError::Halo(Error::Forbidden(Forbidden::Site) | Error::NotFound)) => {
                // Not paired: the attempt did not reach Halo, or Halo refused it.
                self.store.abandon_pairing(practice, attempt).await?;
                Err(otherwise)
            }
            Err(_) => {
                self.store.leave_pairing_in_doubt(practice, attempt).await?;
                Err(otherwise)
            }
        }
    }

    /// Links to a practice that was paired before: its Bp release may have changed since, so the
    /// site's status is asked for as well (no query).
    async fn link_to_known(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        wanted: &Wanted,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), Problem> {
        self.look_at_site(practice, connection, deadline).await?;
        self.link(practice, caller, wanted, connection, deadline).await
    }

    /// One query: the users of that name.
    async fn link(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        wanted: &Wanted,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), Problem> {
        self.check_release(&connection.site)?;
        let users = self
            .ask(practice, connection, deadline, |guid| {
                self.bp.users_named(guid, &wanted.name, deadline)
            })
            .await?;
        let clinician = choose(&users, &wanted.name, wanted.prefix.as_ref())?;
        let key = match caller {
            Caller::Person { subject, .. } => LinkKey::Account(subject.clone()),
            Caller::Platform { .. } => LinkKey::User(clinician.user_id),
        };
        let linked = Deed::of(AuditedAction::ClinicianLinked).with(connection.site_id.as_str());
        self.note(practice, caller, linked).await?;
        Ok(self.store.link(practice, &key, &clinician).await?)
    }

    /// Whether this Bp release works with integrations at all.
    pub(crate) fn check_release(&self, site: &Site) -> Result<(), Problem> {
        let too_old =
            |version: &String| self.bp.pack().releases().judge(version) == Support::TooOld;
        if site.pms_version.as_ref().is_some_and(too_old) {
            return Err(Problem::new(Kind::BpReleaseTooOld));
        }
        Ok(())
    }
}

enum Turn {
    Mine { attempt: Attempt, after_doubt: bool },
    AlreadyPaired(Connection),
}

fn is_pairing_lost(problem: &Problem) -> bool {
    matches!(problem.kind, Kind::PairingLost | Kind::IntegrationNotEnabled | Kind::PracticeChanged)
}
