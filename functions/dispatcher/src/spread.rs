//! Spreads wake-up messages over some seconds, all before the next sweep begins.

use std::time::Duration;

/// How many practices a second we wake, so that neither Halo nor our own concurrency is overloaded.
const PER_SECOND: u32 = 10;
/// A sweep runs every minute. What it finds must begin before the next one.
const LONGEST: Duration = Duration::from_secs(45);

/// The delay of message `index` of `count`.
pub(crate) fn delay(index: usize, count: usize) -> Duration {
    let (Ok(index), Ok(count)) = (u32::try_from(index), u32::try_from(count)) else {
        return LONGEST;
    };
    let comfortable = Duration::from_secs(1) * index / PER_SECOND;
    let squeezed = LONGEST * index / count.max(1);
    comfortable.min(squeezed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_woken_at_once_and_many_one_after_another() {
        assert_eq!(delay(0, 1), Duration::ZERO);
        assert_eq!(delay(5, 10), Duration::from_millis(500));
        assert_eq!(delay(100, 101), Duration::from_secs(10));
    }

    #[test]
    fn however_many_there_are_all_are_woken_before_the_next_sweep() {
        for count in [1, 10, 449, 450, 451, 2_000, 100_000] {
            let last = delay(count - 1, count);
            assert!(last <= LONGEST, "{count}: {last:?}");
            assert!(delay(count / 2, count) <= last);
        }
        assert_eq!(delay(1_000, 2_000), LONGEST / 2);
    }
}
