//! Local times of a practice.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Invalid;
use crate::time_zone::PracticeTimeZone;

/// Reads `YYYY-MM-DDTHH:MM` and nothing else.
///
/// # Errors
/// If the text is anything else, or no such day or time exists.
pub fn parse_start(text: &str) -> Result<DateTime, Invalid> {
    let wrong = Invalid("a start is the practice's local time as YYYY-MM-DDTHH:MM");
    let shape = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return Err(wrong);
    }
    format!("{text}:00").parse().map_err(|_| Invalid("there is no such day or time"))
}

/// Writes what [`parse_start`] reads.
#[must_use]
pub fn write_start(start: DateTime) -> String {
    start.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The instant of a local time. If the clocks show the time twice, the first one counts.
///
/// # Errors
/// If the clocks skip it.
pub fn instant(start: DateTime, zone: &PracticeTimeZone) -> Result<Timestamp, Invalid> {
    let ambiguous = time_zone(zone).to_ambiguous_zoned(start);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(Invalid(
            "there is no such time on that day: the clocks go forward and skip it",
        ));
    }
    ambiguous
        .earlier()
        .map(|zoned| zoned.timestamp())
        .map_err(|_| Invalid("there is no such day or time"))
}

/// The practice's local time.
#[must_use]
pub fn local(at: Timestamp, zone: &PracticeTimeZone) -> DateTime {
    time_zone(zone).to_datetime(at)
}

fn time_zone(zone: &PracticeTimeZone) -> TimeZone {
    // The name was checked when the settings were saved.
    TimeZone::get(zone.as_str()).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn zone(name: &str) -> PracticeTimeZone {
        PracticeTimeZone::parse(name).unwrap()
    }

    #[test]
    fn a_start_is_a_local_minute() {
        assert_eq!(parse_start("2026-12-01T09:05"), Ok(date(2026, 12, 1).at(9, 5, 0, 0)));
        assert_eq!(write_start(date(2026, 12, 1).at(9, 5, 0, 0)), "2026-12-01T09:05");
        for wrong in [
            "",
            "2026-12-01",
            "2026-12-01T9:05",
            "2026-12-01 09:05",
            "2026-12-01T09:05Z",
            "2026-12-01T09:05:00",
            "2026-02-30T09:05",
            "2026-12-01T24:00",
            "2026-12-01T09:60",
            "２026-12-01T09:05",
        ] {
            assert!(parse_start(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_time_that_the_clocks_skip_does_not_exist() {
        // Daylight saving begins in Sydney at 2:00 on 4 October 2026; Brisbane has none.
        let skipped = date(2026, 10, 4).at(2, 30, 0, 0);
        assert!(instant(skipped, &zone("Australia/Sydney")).is_err());
        assert!(instant(skipped, &zone("Australia/Brisbane")).is_ok());
        assert!(instant(date(2026, 10, 4).at(3, 0, 0, 0), &zone("Australia/Sydney")).is_ok());
    }

    #[test]
    fn of_a_time_that_the_clocks_show_twice_the_first_is_meant() {
        // It ends at 3:00 on 5 April 2026: 2:30 comes at 15:30 and at 16:30 UTC.
        let twice = date(2026, 4, 5).at(2, 30, 0, 0);
        let at = instant(twice, &zone("Australia/Sydney")).unwrap();
        assert_eq!(at.to_string(), "2026-04-04T15:30:00Z");
        assert_eq!(local(at, &zone("Australia/Sydney")), twice);
    }

    #[test]
    fn the_same_wall_time_is_another_instant_in_another_state() {
        let start = date(2026, 12, 1).at(9, 0, 0, 0);
        let at = |name| instant(start, &zone(name)).unwrap().to_string();
        assert_eq!(at("Australia/Sydney"), "2026-11-30T22:00:00Z");
        assert_eq!(at("Australia/Brisbane"), "2026-11-30T23:00:00Z");
        assert_eq!(at("Australia/Perth"), "2026-12-01T01:00:00Z");
        assert_eq!(at("Australia/Adelaide"), "2026-11-30T22:30:00Z");
    }
}
