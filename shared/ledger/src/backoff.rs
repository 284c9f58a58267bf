//! How long to wait before the next try.

use std::time::Duration;

/// Exponential backoff with full jitter: a random delay between zero and a ceiling that doubles with
/// each failure. Full jitter spreads many waiters over the whole span, so that a service that has just
/// come back does not receive all of them at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The ceiling after the first failure.
    pub first: Duration,
    /// The ceiling never grows beyond this.
    pub longest: Duration,
}

impl Backoff {
    /// The delay after this many failures in a row, for a random number from the caller's source.
    #[must_use]
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        let ceiling = self.ceiling(failures);
        let nanos = u128::from(random) * ceiling.as_nanos() / u128::from(u64::MAX);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(ceiling)
    }

    /// Like [`Backoff::delay`], but at least half the ceiling. Use it where an early try is useless.
    #[must_use]
    pub fn unhurried(&self, failures: u32, random: u64) -> Duration {
        let half = self.ceiling(failures) / 2;
        half + Self { first: half, longest: half }.delay(1, random)
    }

    fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) };

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_delay() {
        let longest = |failures| BACKOFF.delay(failures, u64::MAX).as_secs();
        assert_eq!([1, 2, 3, 7, 40, u32::MAX].map(longest), [1, 2, 4, 60, 60, 60]);
    }

    #[test]
    fn the_jitter_takes_the_whole_span() {
        assert_eq!(BACKOFF.delay(3, 0), Duration::ZERO);
        let middle = BACKOFF.delay(3, u64::MAX / 2);
        assert!((1_990..2_010).contains(&middle.as_millis()), "{middle:?}");
        assert_eq!(BACKOFF.unhurried(3, 0), Duration::from_secs(2));
        assert_eq!(BACKOFF.unhurried(3, u64::MAX), Duration::from_secs(4));
    }
}
