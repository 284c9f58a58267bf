//! What all readers of rows share: why a row cannot be read, and which dates mean "no date".

use halo::rows::BadColumn;
use jiff::civil::{Date, date};

/// Why rows cannot be read. It never contains a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unmappable {
    #[error(transparent)]
    Column(#[from] BadColumn),
    #[error("column {0} is out of range")]
    OutOfRange(&'static str),
    #[error("NextOfKin is not the JSON that was asked for")]
    NextOfKin,
    #[error("{0} was not read")]
    NotRead(&'static str),
}

/// A day, or nothing for the two days that programs write when they know no date: the first day of
/// SQL Server's `datetime`, and the day before it, from which other databases count.
pub(crate) fn known_day(day: Date) -> Option<Date> {
    (![date(1900, 1, 1), date(1899, 12, 30)].contains(&day)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_stands_for_none_is_none() {
        assert_eq!([known_day(date(1900, 1, 1)), known_day(date(1899, 12, 30))], [None, None]);
        for day in [date(1900, 1, 2), date(1899, 12, 31), date(2000, 1, 1)] {
            assert_eq!(known_day(day), Some(day));
        }
    }
}
