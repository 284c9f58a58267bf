//! Our identifiers, Best Practice's and Halo's. Each has its own type, so that they cannot be confused.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Invalid;
use crate::spelling::is_blank;

/// A platform: a tenant. Its practices are out of every other platform's reach.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlatformId(String);

impl PlatformId {
    const HOME: &str = "home";

    /// The platform of the deployment's own app clients.
    #[must_use]
    pub fn home() -> Self {
        Self(Self::HOME.to_owned())
    }

    /// Takes 1 to 32 lower-case letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        ((1..=32).contains(&text.len()) && text.bytes().all(fits))
            .then(|| Self(text.to_owned()))
            .ok_or(Invalid(
                "a platform id is 1 to 32 lower-case letters, digits, hyphens and underscores",
            ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id in this platform's own namespace. The home platform's ids stay as they are, so that its stored
    /// items keep their keys. A full stop is in none of the two parts, so no two ids are the same.
    #[must_use]
    pub fn scoped(&self, id: &str) -> String {
        if self.0 == Self::HOME { id.to_owned() } else { format!("{}.{id}", self.0) }
    }
}

/// A practice of a platform. Each platform has its own namespace of practices: two platforms may use the
/// same public id, and their practices have nothing in common.
///
/// [`PracticeId::as_str`], `Display` and JSON give the form for storage: `platform.id`, or only `id` for the home
/// platform. Callers see [`PracticeId::public`].
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PracticeId(String);

impl PracticeId {
    /// Takes the public id of a practice of the home platform: 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::of(&PlatformId::home(), text)
    }

    /// The platform's practice with this public id, as it comes from a caller.
    ///
    /// # Errors
    /// If the text is not 1 to 64 letters, digits, hyphens and underscores.
    pub fn of(platform: &PlatformId, public: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&public.len())
            && public
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(platform.scoped(public)))
            .ok_or(Invalid("a practice id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    /// Takes the form for storage, from the table, a queue or an operator. Never use it for what a caller sent.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn stored(text: &str) -> Result<Self, Invalid> {
        match text.split_once('.') {
            None => Self::parse(text),
            Some((platform, _)) if platform == PlatformId::HOME => {
                Err(Invalid("the home platform's practices are stored without its name"))
            }
            Some((platform, public)) => Self::of(&PlatformId::parse(platform)?, public),
        }
    }

    /// The form for storage.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as the platform knows it.
    #[must_use]
    pub fn public(&self) -> &str {
        self.0.split_once('.').map_or(self.0.as_str(), |(_, public)| public)
    }

    /// Whose practice it is.
    #[must_use]
    pub fn platform(&self) -> PlatformId {
        self.0
            .split_once('.')
            .map_or_else(PlatformId::home, |(platform, _)| PlatformId(platform.to_owned()))
    }
}

impl TryFrom<String> for PracticeId {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::stored(&text)
    }
}

impl From<PracticeId> for String {
    fn from(practice: PracticeId) -> Self {
        practice.0
    }
}

impl fmt::Display for PracticeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
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

text_conversions!(PlatformId, SiteId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practices_of_two_platforms_never_have_the_same_form_for_storage() {
        let platforms =
            ["home", "a", "a-b", "a_b", "b"].map(|platform| PlatformId::parse(platform).unwrap());
        let mut seen = std::collections::HashSet::new();
        for platform in &platforms {
            for public in ["a", "b", "a-b", "home", "A"] {
                let practice = PracticeId::of(platform, public).unwrap();
                assert!(seen.insert(practice.as_str().to_owned()), "{practice} is two practices");
                assert_eq!(practice.public(), public);
                assert_eq!(&practice.platform(), platform);
                assert_eq!(PracticeId::stored(practice.as_str()), Ok(practice));
            }
        }
    }

    #[test]
    fn what_a_caller_sends_never_reaches_out_of_the_callers_platform() {
        let acme = PlatformId::parse("acme").unwrap();
        for sent in ["home.ours", "acme.ours", ".ours", "ours.", "a.b.c", "ours#", "ours/x", ""] {
            assert!(PracticeId::of(&acme, sent).is_err(), "{sent:?} was taken");
            assert!(PracticeId::of(&PlatformId::home(), sent).is_err(), "{sent:?} was taken");
        }
        for stored in ["home.ours", "a.b.c", ".ours", "acme.", "Acme.ours", "ac me.ours"] {
            assert!(PracticeId::stored(stored).is_err(), "{stored:?} was taken");
        }
        for wrong in ["", "Acme", "ac.me", "ac#me", "ac|me", "acme ", &"a".repeat(33)] {
            assert!(PlatformId::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn the_home_platforms_practices_keep_their_keys() {
        let practice = PracticeId::of(&PlatformId::home(), "bluegum-hollow").unwrap();
        assert_eq!(practice.as_str(), "bluegum-hollow");
        assert_eq!(serde_json::to_string(&practice).unwrap(), r#""bluegum-hollow""#);
        let other = PracticeId::of(&PlatformId::parse("acme").unwrap(), "bluegum-hollow").unwrap();
        assert_eq!(serde_json::to_string(&other).unwrap(), r#""acme.bluegum-hollow""#);
        assert_eq!(serde_json::from_str::<PracticeId>(r#""acme.bluegum-hollow""#).unwrap(), other);
    }

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
