//! Halo's sites: pairs with a site, finds one, reads its status, and checks whether it still gives us access.

use domain::connection::{Availability, Site};
use domain::ids::{HaloGuid, PairingCode, SiteId};
use halo::{Deadline, Error, Forbidden, LifeCycle, PmsName, SiteStatus, SqlFailure};

use crate::client::BpClient;
use crate::error::BpError;
use crate::statements::Statement;

/// How a pairing ended.
#[derive(Clone, Debug)]
pub enum PairingOutcome {
    /// Halo paired us with this site.
    Paired(Site),
    /// Halo certainly did not pair us.
    Refused(PairingRefusal),
    /// Halo may have paired us. This does not connect the practice.
    Doubtful(Error),
}

/// Why a pairing was refused. Halo publishes only status codes; `refusal` in this file interprets them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PairingRefusal {
    /// The code is wrong, used or expired.
    Code,
    /// The integration is not ticked in Bp.
    NotEnabled,
    /// There is no such site, or Halo Link is not installed.
    UnknownSite,
    /// The practice's server does not answer.
    Offline,
    /// The practice's Bp or Halo Link fails, or the code is wrong. How Halo tells the two apart is not
    /// public.
    PracticeSoftware,
    /// A failure that any call can meet.
    Other(Error),
}

impl BpClient {
    /// Pairs us with a site. This uses the code up.
    pub async fn pair(
        &self,
        site_id: &SiteId,
        code: &PairingCode,
        deadline: Deadline,
    ) -> PairingOutcome {
        match self
            .halo
            .pair_site(PmsName::BestPractice, site_id.as_str(), Some(code.expose()), deadline)
            .await
        {
            Ok(site) => PairingOutcome::Paired(site_of(site)),
            Err(error) => match refusal(&error) {
                Some(refusal) => PairingOutcome::Refused(refusal),
                None => PairingOutcome::Doubtful(error),
            },
        }
    }

    /// The site with this Bp Site ID, if Halo knows one that is in use.
    ///
    /// # Errors
    /// Every error that a Halo call can have.
    pub async fn find(
        &self,
        site_id: &SiteId,
        deadline: Deadline,
    ) -> Result<Option<Site>, BpError> {
        let found = self
            .halo
            .find_sites(PmsName::BestPractice, site_id.as_str(), deadline)
            .await
            .map_err(BpError::Halo)?;
        // Backups and migration copies of a practice carry the same Site ID. Queries go to the
        // authoritative instance, and to an active one before an inactive one.
        Ok(found
            .into_iter()
            .filter(|site| !matches!(site.status, LifeCycle::Removed | LifeCycle::Uninstalled))
            .max_by_key(|site| {
                (
                    site.authoritative != Some(false),
                    site.status == LifeCycle::Active,
                    site.availability == halo::Availability::Online,
                )
            })
            .map(site_of))
    }

    /// A site's status. This costs no query.
    ///
    /// # Errors
    /// Every error that a Halo call can have.
    pub async fn site(&self, guid: HaloGuid, deadline: Deadline) -> Result<Site, BpError> {
        self.halo.site(guid.0, deadline).await.map(site_of).map_err(BpError::Halo)
    }

    /// Checks that the practice still gives us access.
    ///
    /// # Errors
    /// [`BpError::LoginRefused`] when it does not.
    pub async fn probe(&self, guid: HaloGuid, deadline: Deadline) -> Result<(), BpError> {
        self.read(guid, Statement::LoginProbe, [], deadline).await.map(|_| ())
    }
}

/// Why we were not paired, or nothing if we may have been. Only the status codes are public; what they
/// mean for a pairing is inferred.
fn refusal(error: &Error) -> Option<PairingRefusal> {
    match error {
        Error::Refused { .. } => Some(PairingRefusal::Code),
        Error::Forbidden(Forbidden::NotEnabled | Forbidden::Site)
        | Error::Sql(SqlFailure::LoginRefused) => Some(PairingRefusal::NotEnabled),
        Error::NotFound => Some(PairingRefusal::UnknownSite),
        Error::SiteOffline => Some(PairingRefusal::Offline),
        Error::PracticeSoftware => Some(PairingRefusal::PracticeSoftware),
        Error::NotReached | Error::KeyRefused | Error::Forbidden(_) | Error::RateLimited { .. } => {
            Some(PairingRefusal::Other(error.clone()))
        }
        _ => None,
    }
}

fn site_of(site: SiteStatus) -> Site {
    Site {
        halo_guid: HaloGuid(site.id),
        practice_name: site.practice_name,
        pms_version: site.pms_version,
        halo_link_version: site.halo_link_version,
        last_heartbeat: site.heartbeat,
        clock_ahead_seconds: site
            .client_clock
            .zip(site.heartbeat)
            .map(|(theirs, halos)| theirs.duration_since(halos).as_secs()),
        availability: match site.availability {
            halo::Availability::Online => Availability::Online,
            halo::Availability::Offline => Availability::Offline,
            halo::Availability::Unreachable => Availability::Unreachable,
            halo::Availability::Unknown => Availability::Unknown,
        },
    }
}
