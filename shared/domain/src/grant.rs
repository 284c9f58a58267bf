//! Grants: a practice that one platform has connected lets another platform in without a second pairing code.
//!
//! Both must act. An administrator of the practice grants, and the other platform connects a practice of its own
//! with the same site. A grant is for one platform and one database, and is used once. If it was not used, it ends as
//! soon as its practice is no longer connected as it was when it granted. The connection that a grant made stays until
//! the practice withdraws the grant. The practice can do so even if it was disconnected or has another site now.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::{Connection, Site, Standing};
use crate::ids::{HaloGuid, PlatformId, PracticeId, SiteId};

/// A platform's right to connect with one site, once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// A unique id.
    pub id: Uuid,
    /// Who is let in.
    pub platform: PlatformId,
    /// Who lets it in.
    pub granted_by: PracticeId,
    /// The site of the practice that grants.
    pub site_id: SiteId,
    /// Halo's id of its database.
    pub halo_guid: HaloGuid,
    /// When the practice that grants was paired. A later pairing ends the grant.
    pub paired_at: Timestamp,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// How it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UsedGrant>,
}

/// The connection that a grant made.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedGrant {
    /// The practice of the other platform.
    pub practice: PracticeId,
    /// When it was connected.
    pub paired_at: Timestamp,
}

impl Grant {
    /// How long a grant may be used.
    const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// A new grant of a practice with this connection, or none if Bp does not let the practice's platform in.
    #[must_use]
    pub fn new(
        platform: PlatformId,
        granted_by: PracticeId,
        connection: &Connection,
        now: Timestamp,
    ) -> Option<Self> {
        (connection.standing == Standing::Paired).then(|| Self {
            id: Uuid::now_v7(),
            platform,
            granted_by,
            site_id: connection.site_id.clone(),
            halo_guid: connection.site.halo_guid,
            paired_at: connection.paired_at,
            granted_at: now,
            used: None,
        })
    }

    /// When it can no longer be used.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.granted_at.saturating_add(Self::LASTS).unwrap_or(Timestamp::MAX)
    }

    /// Whether it can be used now. `granting` is the present connection of the practice that granted.
    #[must_use]
    pub fn is_open(&self, granting: Option<&Connection>, now: Timestamp) -> bool {
        let is_backed = granting.is_some_and(|granting| {
            granting.standing == Standing::Paired
                && granting.site_id == self.site_id
                && granting.site.halo_guid == self.halo_guid
                && granting.paired_at == self.paired_at
        });
        self.used.is_none() && now < self.expires_at() && is_backed
    }

    /// Whether Halo's answer is about the database that was granted.
    #[must_use]
    pub fn covers(&self, site: &Site) -> bool {
        site.halo_guid == self.halo_guid
    }

    /// The grant after it made this connection.
    #[must_use]
    pub fn used_by(self, practice: PracticeId, connection: &Connection) -> Self {
        Self { used: Some(UsedGrant { practice, paired_at: connection.paired_at }), ..self }
    }

    /// Whether this connection of the other platform's practice is the one that the grant made.
    #[must_use]
    pub fn made(&self, connection: &Connection) -> bool {
        self.used.as_ref().is_some_and(|used| used.paired_at == connection.paired_at)
            && connection.site_id == self.site_id
            && connection.is_open()
    }

    /// Whether this practice's connection was made by one of these grants of its site. Such a practice lets nobody
    /// else in: a platform that it let in would stay after the practice was shut out.
    #[must_use]
    pub fn any_made(grants: &[Self], practice: &PracticeId, connection: &Connection) -> bool {
        let is_its = |used: &UsedGrant| used.practice == *practice;
        grants.iter().any(|grant| grant.used.as_ref().is_some_and(is_its) && grant.made(connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Availability;

    fn connection() -> Connection {
        Connection {
            site_id: SiteId::parse("71001").unwrap(),
            site: Site {
                halo_guid: HaloGuid(Uuid::from_u128(7)),
                practice_name: None,
                pms_version: None,
                halo_link_version: None,
                last_heartbeat: None,
                clock_ahead_seconds: None,
                availability: Availability::Online,
            },
            standing: Standing::Paired,
            paired_at: Timestamp::UNIX_EPOCH,
            generation: 0,
            edition: 0,
        }
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * 24 * 60 * 60).unwrap()
    }

    fn granted() -> Grant {
        let acme = PlatformId::parse("acme").unwrap();
        let ours = PracticeId::parse("ours").unwrap();
        Grant::new(acme, ours, &connection(), day(1)).unwrap()
    }

    #[test]
    fn a_grant_lasts_seven_days() {
        assert!(granted().is_open(Some(&connection()), day(1)));
        assert!(granted().is_open(Some(&connection()), day(8) - SignedDuration::from_secs(1)));
        assert!(!granted().is_open(Some(&connection()), day(8)));
    }

    #[test]
    fn a_grant_ends_with_the_connection_of_the_practice_that_granted() {
        let is_open = |change: fn(&mut Connection)| {
            let mut now = connection();
            change(&mut now);
            granted().is_open(Some(&now), day(2))
        };
        assert!(is_open(|_| {}));
        assert!(!granted().is_open(None, day(2)));
        assert!(!is_open(|now| now.standing = Standing::Disconnected));
        assert!(!is_open(|now| now.standing = Standing::Revoked));
        assert!(!is_open(|now| now.site_id = SiteId::parse("71002").unwrap()));
        assert!(!is_open(|now| now.site.halo_guid = HaloGuid(Uuid::from_u128(8))));
        assert!(!is_open(|now| now.paired_at = day(1)), "it was disconnected and paired again");
    }

    #[test]
    fn only_a_practice_that_bp_lets_in_can_grant() {
        for standing in [Standing::Disconnected, Standing::Revoked] {
            let acme = PlatformId::parse("acme").unwrap();
            let ours = PracticeId::parse("ours").unwrap();
            let connection = Connection { standing, ..connection() };
            assert_eq!(Grant::new(acme, ours, &connection, day(1)), None);
        }
    }

    #[test]
    fn a_grant_is_used_once_and_knows_the_connection_that_it_made() {
        let theirs = PracticeId::stored("acme.theirs").unwrap();
        let made = Connection { paired_at: day(3), ..connection() };
        let used = granted().used_by(theirs, &made);
        assert!(!used.is_open(Some(&connection()), day(3)));
        assert!(used.made(&made));
        assert!(!used.made(&Connection { paired_at: day(4), ..made.clone() }), "paired by a code");
        assert!(!used.made(&Connection { standing: Standing::Disconnected, ..made.clone() }));
        assert!(!granted().made(&made));
        let elsewhere = SiteId::parse("71002").unwrap();
        assert!(!used.made(&Connection { site_id: elsewhere, ..made.clone() }));
        let (theirs, grants) = (PracticeId::stored("acme.theirs").unwrap(), [granted(), used]);
        assert!(Grant::any_made(&grants, &theirs, &made));
        let paired_again = Connection { paired_at: day(4), ..made.clone() };
        assert!(!Grant::any_made(&grants, &theirs, &paired_again));
        let another = PracticeId::stored("acme.another").unwrap();
        assert!(!Grant::any_made(&grants, &another, &made));
    }
}
