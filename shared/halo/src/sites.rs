//! Pairing and sites.

use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use crate::client::{Body, Call, Deadline, HaloClient, Request};
use crate::error::Error;
use crate::meter::Cost;

/// A practice software, spelt as in Halo's parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PmsName {
    /// Best Practice (Bp Premier).
    BestPractice,
    /// Zedmed.
    Zedmed,
    /// D4w.
    D4w,
}

impl PmsName {
    fn as_str(self) -> &'static str {
        match self {
            Self::BestPractice => "Best Practice",
            Self::Zedmed => "Zedmed",
            Self::D4w => "D4w",
        }
    }
}

/// `availability`: how recently Halo heard from the site.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    /// Halo hears from it.
    Online,
    /// It closed its session.
    Offline,
    /// Halo has not heard from it for two minutes.
    Unreachable,
    /// Another word. Older documents spell the third value differently.
    #[serde(other)]
    Unknown,
}

/// `status`: the site's life cycle.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum LifeCycle {
    /// Being set up.
    Initialising,
    /// In use.
    Active,
    /// Removed.
    Removed,
    /// Halo Link uninstalled.
    Uninstalled,
    /// Another word.
    #[serde(other)]
    Unknown,
}

/// `SiteForIntegrator`. Deprecated members are read only if no other member has the fact.
#[derive(Clone, Debug)]
pub struct SiteStatus {
    /// The Halo GUID.
    pub id: Uuid,
    /// How recently Halo heard from the site.
    pub availability: Availability,
    /// Its life cycle.
    pub status: LifeCycle,
    /// The version of Halo Link, by date.
    pub halo_link_version: Option<String>,
    /// `practiceMetadata.practiceName`, else the deprecated `name`.
    pub practice_name: Option<String>,
    /// `practiceMetadata.practiceManagementVersion`. The deprecated root property is frozen at
    /// installation and never read.
    pub pms_version: Option<String>,
    /// The practice software's number of the site.
    pub pms_site_id: Option<String>,
    /// Whether integrators may query this instance, if Halo still says so.
    pub authoritative: Option<bool>,
    /// When Halo last heard from the site, on Halo's clock.
    pub heartbeat: Option<Timestamp>,
    /// The same moment on the clock of the practice's server, if Halo still says so.
    pub client_clock: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSite {
    id: Uuid,
    #[serde(default = "unknown_availability")]
    availability: Availability,
    #[serde(default = "unknown_status")]
    status: LifeCycle,
    halo_link_version: Option<String>,
    practice_metadata: Option<WireMetadata>,
    name: Option<String>,
    practice_management_site_id: Option<String>,
    authoritative: Option<bool>,
    #[serde(rename = "heartbeatTimestampUTC")]
    heartbeat: Option<String>,
    #[serde(rename = "clientTimestampUTC")]
    client_clock: Option<String>,
}

fn unknown_availability() -> Availability {
    Availability::Unknown
}

fn unknown_status() -> LifeCycle {
    LifeCycle::Unknown
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireMetadata {
    practice_name: Option<String>,
    practice_management_site_id: Option<String>,
    practice_management_version: Option<String>,
}

#[derive(Deserialize)]
struct WireSites {
    sites: Vec<WireSite>,
}

impl From<WireSite> for SiteStatus {
    fn from(wire: WireSite) -> Self {
        let metadata = wire.practice_metadata.unwrap_or_default();
        Self {
            id: wire.id,
            availability: wire.availability,
            status: wire.status,
            halo_link_version: wire.halo_link_version,
            practice_name: metadata.practice_name.or(wire.name),
            pms_version: metadata.practice_management_version,
            pms_site_id: metadata.practice_management_site_id.or(wire.practice_management_site_id),
            authoritative: wire.authoritative,
            heartbeat: wire.heartbeat.as_deref().and_then(read_instant),
            client_clock: wire.client_clock.as_deref().and_then(read_instant),
        }
    }
}

/// Reads Halo's instants. They are UTC, with or without the letter `Z`.
fn read_instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

impl HaloClient {
    /// Pairs our subscription with a site (`POST /integrator/pair-site`). This uses the code up.
    ///
    /// # Errors
    /// [`Error::Refused`] for a code that is wrong, used or expired, [`Error::NotFound`] for a site that Halo
    /// does not know, and every error that a call can have. If the outcome is not known, check whether the
    /// site is paired before you pair again.
    pub async fn pair_site(
        &self,
        pms: PmsName,
        pms_site_id: &str,
        pairing_code: Option<&str>,
        deadline: Deadline,
    ) -> Result<SiteStatus, Error> {
        let mut query = site_query(pms, pms_site_id);
        if let Some(code) = pairing_code {
            query.push(("pairingCode", SecretString::from(code)));
        }
        let request = Request {
            method: Method::POST,
            path: vec!["pair-site".to_owned()],
            query,
            body: Body::None,
            call: Call::Write,
            cost: Cost::Nothing,
        };
        self.send(&request, deadline, |answer| answer.json::<WireSite>("paired site"))
            .await
            .map(SiteStatus::from)
    }

    /// Finds the sites with a practice software's id (`GET /integrator/sites`). Old practices may have
    /// several.
    ///
    /// # Errors
    /// Every error that a call can have. An unknown id gives an empty list.
    pub async fn find_sites(
        &self,
        pms: PmsName,
        pms_site_id: &str,
        deadline: Deadline,
    ) -> Result<Vec<SiteStatus>, Error> {
        let request = Request {
            method: Method::GET,
            path: vec!["sites".to_owned()],
            query: site_query(pms, pms_site_id),
            body: Body::None,
            call: Call::Read,
            cost: Cost::Nothing,
        };
        let found = self
            .send(&request, deadline, |answer| answer.json::<WireSites>("list of sites"))
            .await?;
        Ok(found.sites.into_iter().map(SiteStatus::from).collect())
    }

    /// A site's status (`GET /integrator/sites/{siteId}`).
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn site(&self, id: Uuid, deadline: Deadline) -> Result<SiteStatus, Error> {
        let request = Request {
            method: Method::GET,
            path: vec!["sites".to_owned(), id.to_string()],
            query: Vec::new(),
            body: Body::None,
            call: Call::Read,
            cost: Cost::Nothing,
        };
        self.send(&request, deadline, |answer| answer.json::<WireSite>("site"))
            .await
            .map(SiteStatus::from)
    }
}

fn site_query(pms: PmsName, pms_site_id: &str) -> Vec<(&'static str, SecretString)> {
    vec![
        ("practiceManagementSiteId", SecretString::from(pms_site_id)),
        ("practiceManagementName", SecretString::from(pms.as_str())),
    ]
}
