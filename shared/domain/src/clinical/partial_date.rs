use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// A date with the parts that are known: `2011`, `2011-05` or `2011-05-23`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartialDate {
    /// The year alone.
    Year(i16),
    /// Year and month.
    Month(i16, i8),
    /// All of it.
    Day(Date),
}

impl PartialDate {
    /// From Bp's three numbers. 0 means "not known". An impossible part (month 13, 30 February) is left out,
    /// with all finer parts: people can type such a date in Bp, and the rest is still what they meant.
    #[must_use]
    pub fn from_parts(year: i64, month: i64, day: i64) -> Option<Self> {
        let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
        let Some(month) = i8::try_from(month).ok().filter(|month| (1..=12).contains(month)) else {
            return Some(Self::Year(year));
        };
        let date = i8::try_from(day).ok().and_then(|day| Date::new(year, month, day).ok());
        Some(date.map_or(Self::Month(year, month), Self::Day))
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(formatter, "{year:04}"),
            Self::Month(year, month) => write!(formatter, "{year:04}-{month:02}"),
            Self::Day(date) => date.fmt(formatter),
        }
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_date_says_no_more_than_is_known() {
        let text = |year, month, day| {
            PartialDate::from_parts(year, month, day).map(|date| date.to_string())
        };
        assert_eq!(text(0, 0, 0), None);
        assert_eq!(text(0, 5, 23), None);
        assert_eq!(text(2011, 0, 0).as_deref(), Some("2011"));
        assert_eq!(text(2011, 0, 23).as_deref(), Some("2011"));
        assert_eq!(text(2011, 5, 0).as_deref(), Some("2011-05"));
        assert_eq!(text(2011, 5, 23).as_deref(), Some("2011-05-23"));
        assert_eq!(text(2011, 2, 30).as_deref(), Some("2011-02"));
        assert_eq!(text(2011, 13, 1).as_deref(), Some("2011"));
        assert_eq!(text(70_000, 1, 1), None);
    }
}
