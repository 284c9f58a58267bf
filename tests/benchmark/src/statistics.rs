//! Percentiles.

/// The value that `percent` of all values do not exceed. Nearest rank: the result is one of the values.
pub(crate) fn percentile<T: Copy + Ord>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The value in the middle.
pub(crate) fn median<T: Copy + Ord>(values: &[T]) -> Option<T> {
    percentile(values, 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_values_are_not_above_the_median_and_nine_tenths_not_above_the_ninetieth() {
        let values = [7, 1, 10, 4, 2, 9, 3, 8, 6, 5];
        assert_eq!(percentile(&values, 50), Some(5));
        assert_eq!(percentile(&values, 90), Some(9));
        assert_eq!(percentile(&values, 100), Some(10));
    }

    #[test]
    fn one_outlier_in_twenty_runs_moves_neither_percentile() {
        let quiet = [5; 20];
        let mut noisy = quiet;
        noisy[11] = 5_000;
        for percent in [50, 90] {
            assert_eq!(percentile(&noisy, percent), percentile(&quiet, percent));
        }
    }

    #[test]
    fn a_single_run_is_its_own_percentile_and_no_run_has_none() {
        assert_eq!(percentile(&[3], 50), Some(3));
        assert_eq!(percentile(&[3], 90), Some(3));
        assert_eq!(percentile::<u8>(&[], 50), None);
    }
}
