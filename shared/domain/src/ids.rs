//! Identifiers: ours, Best Practice's and Halo's, which must never be mistaken for one another.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Invalid;
use crate::spelling::is_blank;

/// A practice on the platforms: `custom:practice_id` of its people's tokens.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PracticeId(String);

impl PracticeId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("a practice id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Best Practice's number for a licensed site, shown under Help > About ("Site ID");
/// Halo's `practiceManagementSiteId`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

impl SiteId {
    /// Takes 1 to 12 digits, blanks around them forgiven: people copy it from a window.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        ((1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
            .ok_or(Invalid(
                "a Bp Site ID is a number of up to 12 digits, shown in Bp under Help > About",
            ))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code from Bp's "Generate pairing code" button. It lets whoever holds it read a practice's
/// records, so it cannot be printed, and nothing of ours stores it.
#[derive(Clone)]
pub struct PairingCode(SecretString);

impl PairingCode {
    /// Takes 4 to 32 letters, digits and hyphens; blanks around and among them are dropped, because
    /// people copy it in groups. Halo publishes no pattern: its own example is six letters and digits.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text: String = text.chars().filter(|c| !is_blank(*c)).collect();
        ((4..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .then(|| Self(SecretString::from(text)))
        .ok_or(Invalid(
            "a pairing code is the letters and digits that Bp shows, without anything else",
        ))
    }

    /// The code itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PairingCode(…)")
    }
}

/// Halo's id of one practice database, used for routing (`siteId` in Halo's paths).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct HaloGuid(pub Uuid);

impl fmt::Display for HaloGuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Who a token speaks for: the `sub` of a person, or a platform's client id.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Subject(pub String);

macro_rules! bp_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Takes a positive 32-bit number, Bp's `int` keys; 0 is Bp's dummy row.
            ///
            /// # Errors
            /// Says so when the number is out of range.
            pub fn parse(number: i64) -> Result<Self, Invalid> {
                (1..=i64::from(i32::MAX))
                    .contains(&number)
                    .then_some(Self(number))
                    .ok_or(Invalid("this is not a number that Bp gives its records"))
            }
        }
    };
}

bp_number!(
    /// A patient in Bp: `INTERNALID`.
    PatientId
);
bp_number!(
    /// A document in Bp: its number in its folder, under a name of its own in each.
    DocumentId
);
bp_number!(
    /// A user in Bp: `USERID`. Real ones go up to 2,000,000,5xx.
    BpUserId
);
bp_number!(
    /// A practice location in Bp: `LOCATIONID`.
    LocationId
);

text_conversions!(PracticeId, SiteId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_id_may_be_pasted_with_blanks_but_holds_only_digits() {
        assert_eq!(SiteId::parse(" 71001 ").unwrap().as_str(), "71001");
        for wrong in ["", " ", "71-001", "71001;", "7100100000000", "seven"] {
            assert!(SiteId::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_pairing_code_is_never_printed() {
        let code = PairingCode::parse("QX7PLM").unwrap();
        assert!(!format!("{code:?}").contains("QX7PLM"));
        assert_eq!(code.expose(), "QX7PLM");
    }

    #[test]
    fn blanks_in_a_pairing_code_are_dropped() {
        for pasted in ["QX7PLM", " QX7 PLM ", "QX7\u{a0}PLM\u{200b}", "Q X 7 P L M\n"] {
            assert_eq!(PairingCode::parse(pasted).unwrap().expose(), "QX7PLM", "{pasted:?}");
        }
        for wrong in ["", "   ", "Q X", "QX7_PLM", "QX7PLÜ"] {
            assert!(PairingCode::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn bps_dummy_row_zero_is_nobody() {
        assert!(PatientId::parse(0).is_err());
        assert!(PatientId::parse(-4).is_err());
        assert!(PatientId::parse(3_000_000_000).is_err());
        assert_eq!(BpUserId::parse(2_000_000_553), Ok(BpUserId(2_000_000_553)));
    }
}
