//! A connection as callers see it.

use best_practice::BpClient;
use connection::linking::is_too_old;
use domain::advisory::{Advisory, Concern};
use domain::clinician::Clinician;
use domain::connection::{Availability, Connection, ConnectionState, Site};
use domain::ids::{BpUserId, SiteId};
use jiff::Timestamp;
use serde::Serialize;
use store::{LinkKey, PracticeRecord};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::problem::{Problem, ProblemBody, ProblemType};

/// A practice's connection.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionView {
    state: ConnectionState,
    #[schema(value_type = Option<String>)]
    site_id: Option<SiteId>,
    practice_name: Option<String>,
    pms_version: Option<String>,
    halo_link_version: Option<String>,
    availability: Option<Availability>,
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    last_heartbeat: Option<Timestamp>,
    /// When Bp last answered or refused any query of this service. `state` shows what was learned then.
    /// Absent until the first query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(serialize_with = "domain::instant::serialize_option")]
    checked_at: Option<Timestamp>,
    clinicians: Vec<Clinician>,
    /// The caller, as this practice's Bp knows them.
    you: You,
    /// Known faults of the practice's Bp release, its Halo Link build or its server's clock, and what to
    /// do about them. They are warnings: requests still work.
    advisories: Vec<Advisory>,
    /// What prevents the connection from working.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<ProblemBody>,
}

/// The caller, as this practice's Bp knows them.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct You {
    /// Whether the caller's account is linked to a Bp user. Only a linked clinician may read patients'
    /// records and send referrals. Always false for a platform's server.
    linked: bool,
    /// The Bp user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false)]
    user_id: Option<BpUserId>,
    /// As in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_name: Option<String>,
    /// As in Bp.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_name: Option<String>,
}

impl From<&Clinician> for You {
    fn from(clinician: &Clinician) -> Self {
        Self {
            linked: true,
            user_id: Some(clinician.user_id),
            first_name: Some(clinician.first_name.clone()),
            last_name: Some(clinician.last_name.clone()),
        }
    }
}

impl ConnectionView {
    pub(super) fn new(
        bp: &BpClient,
        connection: Option<&Connection>,
        record: &PracticeRecord,
        caller: &Caller,
        problem: Option<Problem>,
    ) -> Self {
        let clinicians = record.clinicians(|key| match (key, caller) {
            (LinkKey::Account(of), Caller::Person { subject, .. }) => of == subject,
            (LinkKey::User(_), Caller::Platform { .. }) => true,
            _ => false,
        });
        let you = match caller {
            Caller::Person { subject, .. } => record.linked(subject).map(You::from),
            Caller::Platform { .. } => None,
        };
        let state = connection.map_or(ConnectionState::Disconnected, |connection| {
            connection.state(!clinicians.is_empty())
        });
        // A closed connection shows only its Site ID, so that nobody has to type it again.
        let site =
            connection.filter(|connection| connection.is_open()).map(|connection| &connection.site);
        Self {
            state,
            site_id: connection.map(|connection| connection.site_id.clone()),
            practice_name: site.and_then(|site| site.practice_name.clone()),
            pms_version: site.and_then(|site| site.pms_version.clone()),
            halo_link_version: site.and_then(|site| site.halo_link_version.clone()),
            availability: site.map(|site| site.availability),
            last_heartbeat: site.and_then(|site| site.last_heartbeat),
            checked_at: None,
            clinicians: if site.is_some() { clinicians } else { Vec::new() },
            you: you.filter(|_| site.is_some()).unwrap_or_default(),
            advisories: site.map(|site| advisories(bp, site)).unwrap_or_default(),
            problem: problem.map(Problem::body),
        }
    }

    pub(super) fn checked_at(self, checked_at: Option<Timestamp>) -> Self {
        Self { checked_at, ..self }
    }
}

pub(super) fn advisories(bp: &BpClient, site: &Site) -> Vec<Advisory> {
    bp.pack().advisories(Concern::Connection, site)
}

pub(super) fn check_release(bp: &BpClient, site: &Site) -> Result<(), Problem> {
    if is_too_old(bp, site) { Err(Problem::new(ProblemType::BpReleaseTooOld)) } else { Ok(()) }
}
