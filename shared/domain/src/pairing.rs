//! Pairing a practice with a Bp site (referral guide, section three).
//!
//! The rule that keeps practices apart: **only Halo's confirmation connects a practice.** A practice is
//! connected to a site if Halo confirmed a code that this practice gave, and the confirmation reached us while
//! the attempt was still the practice's current one. Nothing else connects, except a grant by a person of a practice
//! that was connected in this way ([`crate::grant`]). Halo lets all our practices query a
//! site as soon as one of them is paired with it. So an answered query proves nothing about a practice's code.
//!
//! The consequences:
//! - If no answer to an attempt arrives, the attempt is over and the practice is not connected. If Halo never
//!   received the code, the same code works again. If Halo received it, the code is used up and the practice
//!   generates a new one. This costs a receptionist a minute.
//! - An attempt is one stored item for each practice. A newer attempt replaces it, and disconnecting deletes
//!   it. If an answer arrives after that, it connects nobody.
//! - An attempt is never in doubt. It leaves no state that a later attempt, a refusal or another practice
//!   could change.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::{Connection, Site, Standing};
use crate::ids::SiteId;
use crate::request::REQUEST_TIME;

/// How long a request waits for another attempt of the same practice.
pub const WAIT_FOR_OTHER_ATTEMPT: Duration = Duration::from_secs(8);
/// How long the pairing call to Halo may take.
pub const PAIR_CALL_TIME: Duration = Duration::from_secs(12);
/// The time that the query for the clinician's name needs at least, after the pairing call.
pub const NAME_QUERY_TIME: Duration = Duration::from_secs(4);
/// After this time another request may replace an attempt. The request that began it has ended by then.
const ATTEMPT_LEASE: Duration = Duration::from_secs(30);

const _: () = assert!(
    WAIT_FOR_OTHER_ATTEMPT.as_secs() + PAIR_CALL_TIME.as_secs() + NAME_QUERY_TIME.as_secs()
        <= REQUEST_TIME.as_secs(),
    "a request that waits for another attempt must still be able to pair and to check the name"
);
const _: () = assert!(
    REQUEST_TIME.as_secs() < ATTEMPT_LEASE.as_secs(),
    "an attempt must not be taken over while its request still runs"
);

/// One attempt to pair a practice with a site. It never holds the code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// A unique id.
    pub id: Uuid,
    /// The site that the practice wants to connect to.
    pub site_id: SiteId,
    /// When it began.
    pub began_at: Timestamp,
}

impl Attempt {
    /// A new attempt.
    #[must_use]
    pub fn new(site_id: SiteId, now: Timestamp) -> Self {
        Self { id: Uuid::now_v7(), site_id, began_at: now }
    }

    /// When another request may replace it.
    #[must_use]
    pub fn lease_until(&self) -> Timestamp {
        let holder = Holder(self.id.to_string());
        Lease::taken(holder, self.began_at, ATTEMPT_LEASE, Duration::ZERO).until
    }

    /// The connection after Halo has confirmed this attempt. `before` is the practice's former connection,
    /// also a revoked or disconnected one.
    #[must_use]
    pub fn connects(&self, site: Site, before: Option<&Connection>, now: Timestamp) -> Connection {
        let (generation, edition) =
            before.map_or((0, 0), |before| (before.generation, before.edition));
        let elsewhere = before.is_some_and(|before| before.site_id != self.site_id);
        // Under the same Site ID, a new GUID is the same database only if the practice's name is the same.
        let replaced = !elsewhere
            && before.is_some_and(|before| {
                before.site.halo_guid != site.halo_guid && !before.is_same_practice(&site)
            });
        Connection {
            site_id: self.site_id.clone(),
            site,
            standing: Standing::Paired,
            paired_at: now,
            // In another database Bp's user numbers mean other people: former links are no longer valid.
            generation: generation.saturating_add(u32::from(elsewhere || replaced)),
            // If a practice moves away and back, it is unknown whether it is still the same database.
            edition: edition.saturating_add(u32::from(elsewhere || replaced)),
        }
    }
}

/// Halo's answer to an attempt, as far as the rule needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HaloAnswer {
    /// Halo confirmed the code.
    Yes,
    /// Halo refused, maybe because of the code or the Site ID. A person who guesses gets this answer.
    WrongGuess,
    /// Halo refused for a reason that does not depend on the code or the Site ID.
    NotNow,
    /// No answer, or none that can be understood. Halo may have confirmed the code.
    Nothing,
}

impl HaloAnswer {
    /// Whether this answer connects the practice.
    #[must_use]
    pub fn connects(self) -> bool {
        self == Self::Yes
    }

    /// Whether the attempt counts against the limits. An attempt without an answer counts, because it may
    /// have been a wrong guess.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::WrongGuess | Self::Nothing)
    }
}

/// Failed attempts that are counted together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LimitScope {
    /// All attempts of a person's account.
    Person,
    /// All attempts of a platform's server, which pairs many practices.
    Platform,
    /// All attempts for a practice, by any of its people.
    Practice,
    /// All attempts for a Bp Site ID, by any practice of one platform.
    Site,
}

impl LimitScope {
    /// How long failed attempts are counted together.
    pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

    /// How many attempts may fail within a window before no other is sent to Halo. A code is valid for seven
    /// days. If it has six letters and digits, as in Halo's example, 40 guesses in 15 minutes find one with a
    /// chance of about 1 in 80,000 a week. It is not public how short a code can be. One practice alone
    /// cannot use up a site's limit.
    #[must_use]
    pub const fn most(self) -> u32 {
        match self {
            Self::Person | Self::Practice => 10,
            Self::Site => 40,
            Self::Platform => 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Availability;
    use crate::ids::HaloGuid;

    fn site() -> Site {
        Site {
            halo_guid: HaloGuid(Uuid::from_u128(7)),
            practice_name: None,
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        }
    }

    fn attempt(site_id: &str) -> Attempt {
        Attempt::new(SiteId::parse(site_id).unwrap(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn only_a_yes_connects() {
        assert!(HaloAnswer::Yes.connects());
        for other in [HaloAnswer::WrongGuess, HaloAnswer::NotNow, HaloAnswer::Nothing] {
            assert!(!other.connects(), "{other:?} connected");
        }
    }

    #[test]
    fn what_a_guesser_hears_counts_and_what_a_practice_cannot_help_does_not() {
        let counts =
            [HaloAnswer::Yes, HaloAnswer::WrongGuess, HaloAnswer::NotNow, HaloAnswer::Nothing]
                .map(HaloAnswer::counts);
        assert_eq!(counts, [false, true, false, true]);
    }

    #[test]
    fn links_outlast_pairing_again_and_end_with_a_move() {
        let now = Timestamp::UNIX_EPOCH;
        let first = attempt("71001").connects(site(), None, now);
        assert_eq!((first.generation, first.standing), (0, Standing::Paired));
        let again = attempt("71001").connects(site(), Some(&first), now);
        assert_eq!(again.generation, 0);
        let moved = attempt("71002").connects(site(), Some(&again), now);
        assert_eq!((moved.generation, moved.site_id.as_str()), (1, "71002"));
        let back = attempt("71001").connects(site(), Some(&moved), now);
        assert_eq!(back.generation, 2, "links of the first time hold again");
    }

    #[test]
    fn another_practices_database_under_the_same_site_id_is_a_move() {
        let now = Timestamp::UNIX_EPOCH;
        let named = |guid, name: Option<&str>| Site {
            halo_guid: HaloGuid(Uuid::from_u128(guid)),
            practice_name: name.map(str::to_owned),
            ..site()
        };
        let first = attempt("71001").connects(named(7, Some("Bluegum Hollow")), None, now);
        // A new GUID of the same practice is no move. A new name with the same GUID is no move either.
        for same in [named(8, Some("bluegum hollow ")), named(7, Some("Bluegum Valley"))] {
            let again = attempt("71001").connects(same, Some(&first), now);
            assert_eq!((again.generation, again.database()), (0, first.database()));
        }
        for other in [named(8, Some("Somebody Else's Clinic")), named(8, None)] {
            let replaced = attempt("71001").connects(other, Some(&first), now);
            assert_eq!(replaced.generation, 1, "links of the former database hold");
            assert_ne!(replaced.database(), first.database());
        }
        // Away and back: another database may have taken its place in the meantime.
        let elsewhere = attempt("71002").connects(site(), Some(&first), now);
        for guid in [7, 8] {
            let back =
                attempt("71001").connects(named(guid, Some("Other Clinic")), Some(&elsewhere), now);
            assert_ne!(back.database(), first.database());
        }
    }

    #[test]
    fn an_attempt_is_taken_over_only_after_its_lease() {
        assert_eq!(attempt("71001").lease_until().as_second(), 30);
    }

    #[test]
    fn one_practice_alone_cannot_use_up_what_a_site_allows() {
        assert!(LimitScope::Practice.most() < LimitScope::Site.most());
        assert!(LimitScope::Site.most() < LimitScope::Platform.most());
        assert_eq!(LimitScope::Person.most(), 10);
    }
}
