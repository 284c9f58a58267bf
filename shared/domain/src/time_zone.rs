//! The time zone of a practice.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A known IANA time zone, such as `Australia/Brisbane`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PracticeTimeZone(String);

impl PracticeTimeZone {
    /// Takes the name of a zone in the IANA database.
    ///
    /// # Errors
    /// If there is no such zone.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        let zone = TimeZone::get(name)
            .map_err(|_| Invalid("a time zone is an IANA name such as Australia/Brisbane"))?;
        // The database's own spelling. The caller's case may differ.
        Ok(Self(zone.iana_name().unwrap_or(name).to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(PracticeTimeZone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zones_that_exist_are_taken() {
        assert_eq!(
            PracticeTimeZone::parse("Australia/Adelaide").unwrap().as_str(),
            "Australia/Adelaide"
        );
        for wrong in ["", "Sydney", "AEST+10", "Australia/Bendigo", "UTC+10"] {
            assert!(PracticeTimeZone::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}
