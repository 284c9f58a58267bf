//! How much a practice uses Halo. Halo's fee depends on the use of each practice, and Halo caps a practice's
//! queries and bytes by day (haloconnect.io/faq). The figures are not public.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};

/// What was used.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Queries that Halo bills or may bill, including queries whose answer was lost.
    pub queries: u64,
    /// Calls that are no queries: a site's status, a query's status, pages of results.
    pub other_calls: u64,
    /// Bytes of request bodies, for queries and other calls.
    pub bytes_sent: u64,
    /// Bytes of answers' bodies, for queries and other calls.
    pub bytes_received: u64,
    /// Queries by statement.
    pub by_purpose: BTreeMap<String, u64>,
    /// When Bp last answered or refused a query.
    pub answered_at: Option<Timestamp>,
}

impl Usage {
    /// How long a day's figures are kept.
    pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);

    /// The day on which a moment counts, in UTC. Halo does not publish when its days begin. The practice's
    /// own clock would cost an additional read.
    #[must_use]
    pub fn day(at: Timestamp) -> Date {
        at.to_zoned(TimeZone::UTC).date()
    }

    /// All bytes, both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes_sent.saturating_add(self.bytes_received)
    }

    /// Adds more usage.
    pub fn add(&mut self, more: &Self) {
        let sum = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        sum(&mut self.queries, more.queries);
        sum(&mut self.other_calls, more.other_calls);
        sum(&mut self.bytes_sent, more.bytes_sent);
        sum(&mut self.bytes_received, more.bytes_received);
        for (purpose, queries) in &more.by_purpose {
            sum(self.by_purpose.entry(purpose.clone()).or_default(), *queries);
        }
        self.answered_at = self.answered_at.max(more.answered_at);
    }
}

/// A practice's usage on a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UsageDay {
    /// The day, in UTC.
    pub date: Date,
    /// What was used so far.
    pub usage: Usage,
    /// Whether an event about the cap was published.
    pub near_cap_published: bool,
}

/// How much a practice may use in a day, as agreed with Halo.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Caps {
    /// Queries.
    pub queries: Option<u64>,
    /// Bytes, both ways.
    pub bytes: Option<u64>,
}

impl Caps {
    /// From this per cent of a cap on, an event is published.
    const NEAR_PERCENT: u64 = 80;

    /// How many per cent of its cap a practice has used, rounded down. The higher value of the two caps.
    /// `None` if no cap is known.
    #[must_use]
    pub fn percent(&self, usage: &Usage) -> Option<u64> {
        let percent = |used: u64, cap: Option<u64>| {
            let cap = cap.filter(|cap| *cap > 0)?;
            Some(u64::try_from(u128::from(used) * 100 / u128::from(cap)).unwrap_or(u64::MAX))
        };
        percent(usage.queries, self.queries).max(percent(usage.bytes(), self.bytes))
    }

    /// Whether the usage is so near a cap that an event must be published.
    #[must_use]
    pub fn is_near(&self, usage: &Usage) -> bool {
        self.percent(usage).is_some_and(|percent| percent >= Self::NEAR_PERCENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(queries: u64, sent: u64, received: u64) -> Usage {
        let by_purpose = BTreeMap::from([("patient_search".to_owned(), queries)]);
        let (bytes_sent, bytes_received) = (sent, received);
        Usage { queries, bytes_sent, bytes_received, by_purpose, ..Usage::default() }
    }

    #[test]
    fn a_practice_is_near_its_cap_from_eighty_per_cent_of_either_on() {
        let caps = Caps { queries: Some(100), bytes: Some(1000) };
        for (usage, percent, near) in [
            (of(0, 0, 0), 0, false),
            (of(79, 0, 0), 79, false),
            (of(80, 0, 0), 80, true),
            (of(1, 399, 400), 79, false),
            (of(1, 400, 400), 80, true),
            (of(250, 1, 1), 250, true),
        ] {
            assert_eq!(caps.percent(&usage), Some(percent), "{usage:?}");
            assert_eq!(caps.is_near(&usage), near, "{usage:?}");
        }
        let most = of(u64::MAX, u64::MAX, u64::MAX);
        assert!(caps.is_near(&most), "no sum is too large");
    }

    #[test]
    fn without_a_cap_nobody_is_near_it() {
        let much = of(1_000_000, 1, 1);
        assert_eq!(Caps::default().percent(&much), None);
        assert!(!Caps::default().is_near(&much));
        let bytes_only = Caps { queries: None, bytes: Some(10) };
        assert_eq!(bytes_only.percent(&much), Some(20));
        assert_eq!(Caps { queries: Some(0), bytes: None }.percent(&much), None);
    }

    #[test]
    fn what_is_added_is_added_by_purpose_and_the_latest_answer_stays() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let mut usage = Usage { answered_at: at(5), ..of(1, 2, 3) };
        let mut more = Usage { answered_at: at(4), other_calls: 7, ..of(10, 20, 30) };
        more.by_purpose.insert("login_probe".to_owned(), 1);
        usage.add(&more);
        assert_eq!((usage.queries, usage.bytes_sent, usage.bytes_received), (11, 22, 33));
        assert_eq!((usage.other_calls, usage.answered_at), (7, at(5)));
        assert_eq!(usage.by_purpose["patient_search"], 11);
        assert_eq!(usage.by_purpose["login_probe"], 1);
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let day = |text: &str| Usage::day(text.parse().unwrap()).to_string();
        assert_eq!(day("2026-11-27T23:59:59.999Z"), "2026-11-27");
        assert_eq!(day("2026-11-28T00:00:00Z"), "2026-11-28");
        assert_eq!(day("2026-11-28T09:00:00+11:00"), "2026-11-27");
    }
}
