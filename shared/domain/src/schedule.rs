//! What is done for a practice from time to time, and how its times are spread.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::ids::PracticeId;

/// Work that comes round again for a practice. The practice's own writer does it, under the lease of
/// its lane, so that a job never writes beside a delivery or a booking.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Whether the practice's site can be reached, and its versions. Asks Halo's status, no query.
    SiteHealth,
    /// Which delivered documents have been checked in Bp: one query for all of a practice's.
    Checked,
    /// The platform's staff list against Bp's users: one query.
    StaffSync,
    /// The platform's bookings against Bp's appointment book: one query.
    Reconcile,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SiteHealth, Self::Checked, Self::StaffSync, Self::Reconcile];

    /// Its name in keys, messages and schedules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SiteHealth => "site-health",
            Self::Checked => "checked",
            Self::StaffSync => "staff-sync",
            Self::Reconcile => "reconcile",
        }
    }

    /// Reads the name.
    ///
    /// # Errors
    /// Says so when no job is called that.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|job| job.as_str() == text);
        found.ok_or(Invalid("no job has this name"))
    }

    /// How long after one turn the next one comes.
    #[must_use]
    pub const fn interval(self) -> SignedDuration {
        match self {
            Self::SiteHealth | Self::Checked => SignedDuration::from_mins(15),
            Self::StaffSync => SignedDuration::from_hours(24),
            Self::Reconcile => SignedDuration::from_hours(1),
        }
    }

    /// When the next turn of a practice comes: an interval on, more or less by a tenth of it, a
    /// different tenth for every practice. Jobs that were all begun at one moment (a deployment, the
    /// end of an outage) drift apart instead of meeting for ever.
    #[must_use]
    pub fn next(self, practice: &PracticeId, now: Timestamp) -> Timestamp {
        let interval = self.interval().as_secs();
        let tenth = interval / 10;
        let spread = i64::from(scatter(practice)) % (2 * tenth + 1) - tenth;
        now + SignedDuration::from_secs(interval + spread)
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A number that scatters practices evenly and is the same for a practice on every machine and in
/// every release (FNV-1a): what is stored under it must be found again.
#[must_use]
pub fn scatter(practice: &PracticeId) -> u32 {
    practice
        .as_str()
        .bytes()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_job_has_one_name_in_keys_and_in_messages() {
        for job in Job::ALL {
            assert_eq!(Job::parse(job.as_str()), Ok(job));
            assert_eq!(serde_json::to_value(job).unwrap(), job.as_str());
        }
        assert!(Job::parse("sweep").is_err());
    }

    #[test]
    fn jobs_begun_together_come_round_apart() {
        let begun = Timestamp::UNIX_EPOCH;
        let next = |number: u32| {
            let practice = PracticeId::parse(&format!("practice-{number}")).unwrap();
            Job::Reconcile.next(&practice, begun)
        };
        let moments: std::collections::HashSet<_> = (0..100).map(next).collect();
        assert!(moments.len() > 60, "100 practices share {} moments", moments.len());
    }

    proptest! {
        #[test]
        fn the_next_turn_is_an_interval_on_give_or_take_a_tenth(id in "[a-z0-9-]{1,64}") {
            let practice = PracticeId::parse(&id).unwrap();
            for job in Job::ALL {
                let wait = Timestamp::UNIX_EPOCH.duration_until(job.next(&practice, Timestamp::UNIX_EPOCH));
                let (wait, interval) = (wait.as_secs(), job.interval().as_secs());
                prop_assert!((wait - interval).abs() <= interval / 10, "{wait}");
            }
        }
    }
}
