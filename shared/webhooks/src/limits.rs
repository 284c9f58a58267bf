//! When a failed event is sent again, and when it is given up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The waits after the first failures. After more failures, the last one.
const WAITS: [u64; 8] = [5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 12 * 3600];
/// After how long a failing event is given up, and a failing endpoint is disabled.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The sender's limits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The waits after the first failures. After more failures, the last one.
    pub waits: Vec<Duration>,
    /// After how long a failing event is given up, and a failing endpoint is disabled.
    pub give_up_after: SignedDuration,
    /// How long an endpoint may take to answer.
    pub answer_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waits: WAITS.map(Duration::from_secs).to_vec(),
            give_up_after: GIVE_UP_AFTER,
            answer_within: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// When to try again after this many failures in a row.
    #[must_use]
    pub fn again_at(&self, failures: u32, now: Timestamp) -> Timestamp {
        let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let wait = self.waits.get(index).or(self.waits.last()).copied().unwrap_or_default();
        now.saturating_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// When to try again if the endpoint itself said after how long. Never later than the longest wait.
    #[must_use]
    pub fn as_asked(&self, wait: Duration, now: Timestamp) -> Timestamp {
        let longest = self.waits.iter().max().copied().unwrap_or_default();
        let shortest = self.waits.iter().min().copied().unwrap_or_default();
        now.saturating_add(wait.clamp(shortest, longest)).unwrap_or(Timestamp::MAX)
    }

    /// Whether something that has failed since then is given up.
    #[must_use]
    pub fn is_over(&self, since: Timestamp, now: Timestamp) -> bool {
        now.duration_since(since) >= self.give_up_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_from_seconds_to_half_a_day() {
        let limits = Limits::default();
        let now = Timestamp::UNIX_EPOCH;
        let wait = |failures| limits.again_at(failures, now).as_second();
        let waits: Vec<i64> = (1..=10).map(wait).collect();
        assert_eq!(waits, [5, 60, 300, 1800, 7200, 18_000, 36_000, 43_200, 43_200, 43_200]);
        assert!(!limits.is_over(now, Timestamp::from_second(5 * 86_400 - 1).unwrap()));
        assert!(limits.is_over(now, Timestamp::from_second(5 * 86_400).unwrap()));
    }

    #[test]
    fn an_endpoints_own_wish_is_honoured_within_bounds() {
        let limits = Limits::default();
        let now = Timestamp::UNIX_EPOCH;
        let wait = |seconds| limits.as_asked(Duration::from_secs(seconds), now).as_second();
        assert_eq!((wait(0), wait(120), wait(86_400 * 30)), (5, 120, 43_200));
    }
}
