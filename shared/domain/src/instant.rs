//! Instants as callers see them: RFC 3339 in UTC, always with milliseconds. Some parsers take no other number of
//! fractional digits.

use jiff::Timestamp;
use serde::Serializer;

/// For `serialize_with` of an instant.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

/// For `serialize_with` of an instant that may be absent.
///
/// # Errors
/// The serializer's own.
pub fn serialize_option<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_always_has_milliseconds() {
        for (at, written) in [
            ("2026-11-03T01:02:03Z", "2026-11-03T01:02:03.000Z"),
            ("2026-11-03T01:02:03.4Z", "2026-11-03T01:02:03.400Z"),
            ("2026-11-03T01:02:03.999999999Z", "2026-11-03T01:02:03.999Z"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(serialize(&at, serde_json::value::Serializer).unwrap(), written);
            let some = serialize_option(&Some(at), serde_json::value::Serializer).unwrap();
            assert_eq!(some, written);
        }
        let none = serialize_option(&None, serde_json::value::Serializer).unwrap();
        assert!(none.is_null());
    }
}
