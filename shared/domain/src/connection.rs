//! A practice's connection to its Bp database: what is stored, and the state that a caller sees.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::ids::{HaloGuid, SiteId};

/// What Halo says about a site (`SiteForIntegrator`).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// The GUID to which queries are sent.
    pub halo_guid: HaloGuid,
    /// `practiceMetadata.practiceName`.
    pub practice_name: Option<String>,
    /// `practiceMetadata.practiceManagementVersion`.
    pub pms_version: Option<String>,
    /// `haloLinkVersion`.
    pub halo_link_version: Option<String>,
    /// When Halo last heard from the practice (`heartbeatTimestampUTC`).
    pub last_heartbeat: Option<Timestamp>,
    /// By how many seconds the clock of the practice's server was ahead of Halo's at that time
    /// (`clientTimestampUTC` compared with `heartbeatTimestampUTC`). Negative if it was behind.
    #[serde(default)]
    pub clock_ahead_seconds: Option<i64>,
    /// Whether the practice's server answers.
    pub availability: Availability,
}

/// Halo's judgement, by when it last heard from the site. Many practices switch their server off at night.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Availability {
    /// Halo heard from it within the last minutes.
    Online,
    /// The site closed its session.
    Offline,
    /// Silent for about two minutes.
    Unreachable,
    /// A word that is not in Halo's documents.
    Unknown,
}

/// The stored relation between a practice and us.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Halo lets us query the site.
    Paired,
    /// The practice unticked us in Bp.
    Revoked,
    /// Somebody disconnected the practice in our API.
    Disconnected,
}

/// A practice's connection as stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The Bp Site ID.
    pub site_id: SiteId,
    /// As Halo last described it.
    pub site: Site,
    /// The relation between the practice and us.
    pub standing: Standing,
    /// When the site was last paired.
    pub paired_at: Timestamp,
    /// How often the practice has moved to another database. A clinician's link is valid only in the
    /// generation in which it was made, because Bp's user numbers mean other people in another database.
    #[serde(default)]
    pub generation: u32,
    /// How often the practice has moved to another Site ID, or another practice's database was found under
    /// its own.
    #[serde(default)]
    pub edition: u32,
}

/// A Bp database. Numbers of patients, users, documents and appointments are unique only within it. Usually
/// the Site ID is enough to name it. If another database has taken its place, or may have, the edition
/// differs. Stored as `71001`, or `71001#1`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Database {
    site_id: SiteId,
    edition: u32,
}

impl From<SiteId> for Database {
    fn from(site_id: SiteId) -> Self {
        Self { site_id, edition: 0 }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.edition {
            0 => write!(f, "{}", self.site_id),
            edition => write!(f, "{}#{edition}", self.site_id),
        }
    }
}

impl From<Database> for String {
    fn from(database: Database) -> Self {
        database.to_string()
    }
}

impl TryFrom<String> for Database {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let (site_id, edition) = text.split_once('#').unwrap_or((&text, "0"));
        let edition = edition.parse().map_err(|_| Invalid("an edition is a number"))?;
        Ok(Self { site_id: SiteId::parse(site_id)?, edition })
    }
}

/// What a caller sees of the connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    /// The practice is connected.
    Connected,
    /// Paired, but no clinician is linked yet. Only the name is still needed.
    ClinicianPending,
    /// The practice's server cannot be reached now.
    Offline,
    /// The practice unticked us in Bp.
    Revoked,
    /// Never paired, or disconnected in our API.
    Disconnected,
}

impl Connection {
    /// The state that a caller sees. `any_clinician` says whether anybody is linked.
    #[must_use]
    pub fn state(&self, any_clinician: bool) -> ConnectionState {
        match (self.standing, any_clinician, self.site.availability) {
            (Standing::Disconnected, _, _) => ConnectionState::Disconnected,
            (Standing::Revoked, _, _) => ConnectionState::Revoked,
            (Standing::Paired, _, Availability::Offline | Availability::Unreachable) => {
                ConnectionState::Offline
            }
            (Standing::Paired, false, _) => ConnectionState::ClinicianPending,
            (Standing::Paired, true, _) => ConnectionState::Connected,
        }
    }

    /// The database whose numbers are valid.
    #[must_use]
    pub fn database(&self) -> Database {
        Database { site_id: self.site_id.clone(), edition: self.edition }
    }

    /// Whether queries may be sent at all.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.standing != Standing::Disconnected
    }

    /// Whether a site that Halo now offers under our Bp Site ID is still the same practice, so that we may
    /// follow its new GUID. The names must agree. If a name is missing on either side this is unknown, and
    /// records of another practice must not be read by mistake.
    #[must_use]
    pub fn is_same_practice(&self, offered: &Site) -> bool {
        match (&self.site.practice_name, &offered.practice_name) {
            (Some(ours), Some(theirs)) => ours.trim().eq_ignore_ascii_case(theirs.trim()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(standing: Standing, availability: Availability) -> Connection {
        Connection {
            site_id: SiteId::parse("71001").unwrap(),
            site: Site {
                halo_guid: HaloGuid(uuid::Uuid::nil()),
                practice_name: Some("Bluegum Hollow Family Practice".to_owned()),
                pms_version: None,
                halo_link_version: None,
                last_heartbeat: None,
                clock_ahead_seconds: None,
                availability,
            },
            standing,
            paired_at: Timestamp::UNIX_EPOCH,
            generation: 0,
            edition: 0,
        }
    }

    #[test]
    fn a_database_is_stored_as_earlier_releases_stored_the_site() {
        let first = connection(Standing::Paired, Availability::Online).database();
        let second = Database { edition: 2, ..first.clone() };
        for (database, text) in [(first, "71001"), (second, "71001#2")] {
            assert_eq!(serde_json::to_value(&database).unwrap(), text);
            assert_eq!(serde_json::from_value::<Database>(text.into()).unwrap(), database);
        }
        for wrong in ["", "71001#", "71001#x", "#1"] {
            assert!(serde_json::from_value::<Database>(wrong.into()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_connection_that_an_earlier_release_stored_is_still_read() {
        let old = serde_json::json!({
            "siteId": "71001", "standing": "paired", "pairedAt": "2026-03-02T01:00:00Z",
            "site": { "haloGuid": uuid::Uuid::nil(), "practiceName": null, "pmsVersion": null,
                "haloLinkVersion": null, "lastHeartbeat": null, "availability": "online" },
        });
        let read = serde_json::from_value::<Connection>(old).unwrap();
        assert_eq!((read.generation, read.site.clock_ahead_seconds), (0, None));
    }

    #[test]
    fn the_state_names_what_the_user_can_do_next() {
        use ConnectionState as S;
        let state =
            |standing, linked, availability| connection(standing, availability).state(linked);
        assert_eq!(state(Standing::Paired, true, Availability::Online), S::Connected);
        assert_eq!(state(Standing::Paired, false, Availability::Online), S::ClinicianPending);
        assert_eq!(state(Standing::Paired, true, Availability::Unreachable), S::Offline);
        assert_eq!(state(Standing::Revoked, true, Availability::Online), S::Revoked);
        assert_eq!(state(Standing::Disconnected, true, Availability::Online), S::Disconnected);
    }

    #[test]
    fn a_new_guid_is_followed_only_for_the_same_practice_name() {
        let ours = connection(Standing::Paired, Availability::Online);
        let mut offered = ours.site.clone();
        assert!(ours.is_same_practice(&offered));
        offered.practice_name = Some("Somebody Else's Clinic".to_owned());
        assert!(!ours.is_same_practice(&offered));
        offered.practice_name = None;
        assert!(!ours.is_same_practice(&offered), "an unnamed site was followed");
    }
}
