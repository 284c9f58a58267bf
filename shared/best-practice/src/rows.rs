//! What all readers of rows share: why a row cannot be read, and which dates mean "no date".

use halo::rows::BadColumn;
use jiff::civil::{Date, date};

use crate::statements::Statement;

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

/// The members of one item that could not be read. The item is shown without them.
#[derive(Debug, Default)]
pub(crate) struct Unread(Vec<&'static str>);

impl Unread {
    /// The value of a member. If it cannot be read, its default, and the member's name is kept.
    pub(crate) fn member<T: Default, E>(&mut self, name: &'static str, read: Result<T, E>) -> T {
        read.unwrap_or_else(|_| {
            self.0.push(name);
            T::default()
        })
    }

    pub(crate) fn names(self) -> Vec<&'static str> {
        self.0
    }
}

/// What could be read, without the rows that could not. These are reported to operators, without any value.
pub(crate) fn readable<T>(
    statement: Statement,
    read: impl Iterator<Item = Result<T, Unmappable>>,
) -> (Vec<T>, usize) {
    let (mut found, mut unreadable) = (Vec::new(), 0);
    for row in read {
        match row {
            Ok(row) => found.push(row),
            Err(problem) => {
                let statement = statement.name();
                tracing::warn!(statement, %problem, "a row cannot be read and is left out");
                unreadable += 1;
            }
        }
    }
    (found, unreadable)
}

/// A day, or nothing for the two days that programs write when they know no date: the first day of
/// SQL Server's `datetime`, and the day before it, from which other databases count.
pub(crate) fn known_day(day: Date) -> Option<Date> {
    (![date(1900, 1, 1), date(1899, 12, 30)].contains(&day)).then_some(day)
}

/// A date of death. A day up to 1900-01-01 means "none", as in `correspondence_out_write`.
pub(crate) fn day_of_death(day: Date) -> Option<Date> {
    (day > date(1900, 1, 1)).then_some(day)
}

/// Rows as Halo returns them.
#[cfg(test)]
pub(crate) fn rows_of(json: serde_json::Value) -> Vec<halo::Row> {
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD.encode(json.to_string());
    halo::rows::decode(&data).unwrap().into_iter().flatten().collect()
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
