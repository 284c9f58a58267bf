//! Regular jobs for a practice, and how their times are spread.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::ids::PracticeId;

/// A regular job for a practice. The practice's own writer runs it, under the lease of its lane. So a job
/// never writes at the same time as a delivery or a booking.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Whether the practice's site can be reached, and its versions. A status call, no query.
    SiteHealth,
    /// Which delivered messages doctors have checked in Bp: one query for all of a practice's.
    Checked,
    /// Compares the platform's staff list with Bp's users: one query.
    StaffSync,
    /// Compares the platform's bookings with Bp's appointment book: one query.
    Reconcile,
}

impl Job {
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
    /// If no job is called that.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|job| job.as_str() == text);
        found.ok_or(Invalid("no job has this name"))
    }

    /// The shortest interval between two runs. Halo bills each query, so some jobs wait longer: see
    /// [`until_checked_again`] and [`until_compared_again`].
    #[must_use]
    pub const fn interval(self) -> SignedDuration {
        match self {
            Self::SiteHealth | Self::Checked => SignedDuration::from_mins(15),
            Self::StaffSync => SignedDuration::from_hours(24),
            Self::Reconcile => SignedDuration::from_hours(1),
        }
    }

    /// When the job runs next: after the interval, up to a tenth earlier or later. The difference depends on
    /// the practice. So jobs that all began at one moment, such as a deployment or the end of an outage,
    /// spread out.
    #[must_use]
    pub fn next(self, practice: &PracticeId, now: Timestamp) -> Timestamp {
        Self::next_after(practice, self.interval(), now)
    }

    /// Like [`Job::next`], after another interval.
    #[must_use]
    pub fn next_after(
        practice: &PracticeId,
        interval: SignedDuration,
        now: Timestamp,
    ) -> Timestamp {
        let interval = interval.as_secs();
        let tenth = interval / 10;
        let spread = i64::from(scatter(practice)) % (2 * tenth + 1) - tenth;
        now + SignedDuration::from_secs(interval + spread)
    }
}

/// The longest wait between two regular queries of Bp.
const LONGEST_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// How long until Bp is queried again for messages that a doctor has checked, from the age of the latest
/// delivered message. Most are checked within hours, so the wait is a quarter of the age.
#[must_use]
pub fn until_checked_again(latest: Option<SignedDuration>) -> SignedDuration {
    latest
        .map_or(LONGEST_INTERVAL, |age| (age / 4).clamp(Job::Checked.interval(), LONGEST_INTERVAL))
}

/// How long until the appointment book is compared again, from the time until the next visit. People at a
/// practice mostly change visits of the next days. Changes by the platform are read back at once anyway.
#[must_use]
pub fn until_compared_again(next_visit: Option<SignedDuration>) -> SignedDuration {
    match next_visit {
        Some(begins) if begins <= SignedDuration::from_hours(24) => Job::Reconcile.interval(),
        Some(begins) if begins <= SignedDuration::from_hours(7 * 24) => {
            SignedDuration::from_hours(6)
        }
        _ => LONGEST_INTERVAL,
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A number for a practice, spread evenly (FNV-1a). It is the same on every machine and in every release,
/// because stored items are found by it.
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

    #[test]
    fn bp_is_asked_more_seldom_the_less_can_have_changed() {
        let hours = SignedDuration::from_hours;
        let minutes = SignedDuration::from_mins;
        for (age, wait) in [
            (hours(0), minutes(15)),
            (hours(1), minutes(15)),
            (hours(2), minutes(30)),
            (hours(24), hours(6)),
            (hours(96), hours(24)),
            (hours(9000), hours(24)),
        ] {
            assert_eq!(until_checked_again(Some(age)), wait, "{age}");
        }
        assert_eq!(until_checked_again(None), hours(24), "whatever is delivered sets it forward");
        for (begins, wait) in [
            (Some(hours(-1)), hours(1)),
            (Some(hours(24)), hours(1)),
            (Some(hours(25)), hours(6)),
            (Some(hours(168)), hours(6)),
            (Some(hours(169)), hours(24)),
            (None, hours(24)),
        ] {
            assert_eq!(until_compared_again(begins), wait, "{begins:?}");
        }
    }

    /// Simulates a week of a thousand practices where nobody does anything. Each has messages that nobody has
    /// checked for at least four days, and a staff list. Half of them have a visit within the week after.
    /// Prints the queries for each practice and day, next to those with fixed intervals.
    #[test]
    fn a_quiet_day_costs_a_practice_at_most_six_queries() {
        let begun: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
        let days = 7;
        let end = begun + SignedDuration::from_hours(24 * days);
        let (mut total, mut most, mut fixed) = (0_u32, 0_u32, 0_u32);
        for number in 0..1000_i64 {
            let practice = PracticeId::parse(&format!("practice-{number}")).unwrap();
            let delivered = begun - SignedDuration::from_hours(96 + number % 200);
            let visit =
                (number % 2 == 0).then(|| end + SignedDuration::from_hours(25 + number % 140));
            let wait = |job: Job, now: Timestamp| match job {
                Job::Checked => until_checked_again(Some(now.duration_since(delivered))),
                Job::Reconcile => {
                    until_compared_again(visit.map(|visit| visit.duration_since(now)))
                }
                Job::StaffSync | Job::SiteHealth => job.interval(),
            };
            let mut queries = 0;
            // The status call is no query.
            for job in [Job::Checked, Job::StaffSync, Job::Reconcile] {
                let mut now = begun;
                while now < end {
                    queries += 1;
                    now = Job::next_after(&practice, wait(job, now), now);
                }
                let mut now = begun;
                while now < end {
                    fixed += 1;
                    now = job.next(&practice, now);
                }
            }
            total += queries;
            most = most.max(queries);
        }
        let of_day = |queries: u32, practices: f64| f64::from(queries) / practices / 7.0;
        let (now, before) = (of_day(total, 1000.0), of_day(fixed, 1000.0));
        #[expect(clippy::print_stdout, reason = "the figures are the point")]
        {
            println!(
                "queries per practice and quiet day: {now:.2} (at most {:.2}), by a fixed clock {before:.2}: \
             {:.1} times fewer",
                of_day(most, 1.0),
                before / now
            );
        }
        assert!(of_day(most, 1.0) <= 6.0, "{most} in a week");
        assert!(before / now >= 15.0);
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
