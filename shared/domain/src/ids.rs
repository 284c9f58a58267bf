//! Our identifiers, Best Practice's and Halo's. Each has its own type, so that they cannot be confused.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Invalid;
use crate::spelling::is_blank;

/// A practice on the platforms: `custom:practice_id` in the tokens of its people.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PracticeId(String);

impl PracticeId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("a practice id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The Bp Site ID: Best Practice's number for a licensed site, shown under Help > About ("Site ID"). Halo
/// calls it `practiceManagementSiteId`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

impl SiteId {
    /// Takes 1 to 12 digits. Blanks around them are ignored, because people copy the number from a window.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        ((1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
            .ok_or(Invalid(
                "a Bp Site ID is a number of up to 12 digits, shown in Bp under Help > About",
            ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A code from Bp's "Generate pairing code" button. Anyone who has it can read a practice's records. So it
/// cannot be printed, and we never store it.
#[derive(Clone)]
pub struct PairingCode(SecretString);

impl PairingCode {
    /// Takes 4 to 32 letters, digits and hyphens. Blanks around and between them are dropped, because people
    /// copy the code in groups. Halo publishes no pattern: its own example has six letters and digits.
    ///
    /// # Errors
    /// If the text is anything else.
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

/// The subject of a token: the `sub` of a person, or a platform's client id.
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
            /// Takes a positive 32-bit number, as Bp's `int` keys are. 0 is Bp's dummy row.
            ///
            /// # Errors
            /// If the number is out of range.
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
    /// A document in Bp: its number within its folder. Each folder names the column differently.
    DocumentId
);
bp_number!(
    /// A user in Bp: `USERID`. Real numbers go up to 2,000,000,5xx.
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
