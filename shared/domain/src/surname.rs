//! Surnames as receptionists search for them: by their first letters. Case, blanks, apostrophes and hyphens
//! make no difference.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bp_text::fit;
use crate::spelling::{compose, held, key, unmarked};
use crate::{Invalid, Unfit};

/// The width of Bp's `PATIENTS.SURNAME` (char 40).
const LONGEST_KEY: usize = 40;

/// The beginning of a surname, without anything that people type differently.
///
/// `O'Brien`, `o brien` and `OBRIEN` have the same key, and so have `Smith-Jones` and `Smith Jones`.
///
/// Serialised as it is. A key that an earlier release stored may still contain signs that are left out now.
/// It becomes a key of today when it is read.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "String", into = "String")]
pub struct SurnameKey(String);

impl From<String> for SurnameKey {
    fn from(kept: String) -> Self {
        let key = key(&kept);
        // A key never becomes empty, because an empty key cannot be compared.
        Self(if key.is_empty() { kept } else { key })
    }
}

impl From<SurnameKey> for String {
    fn from(key: SurnameKey) -> Self {
        key.0
    }
}

/// Characters that mean "anything" to a database or to people. No surname contains them. A person who types
/// one expects a wildcard, so we say that none is needed, instead of finding nobody.
const WILDCARDS: [char; 7] = ['%', '_', '*', '?', '[', ']', '^'];

impl SurnameKey {
    /// Takes a surname or its beginning. If Bp cannot hold the name, its accents are removed: Nguyễn is
    /// Nguyen in Bp.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let composed = compose(text);
        let text = composed.trim();
        if text.chars().count() > LONGEST_KEY {
            return Err(
                Invalid("this is longer than a last name in Bp can be (40 characters)").into()
            );
        }
        if text.chars().any(|c| WILDCARDS.contains(&c)) {
            return Err(Invalid(
                "wildcards are not needed: the first letters of the last name are enough",
            )
            .into());
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid("a last name holds no control characters").into());
        }
        let name = held(text);
        let name = unmarked(&name);
        fit(&name)?;
        let key = key(&name);
        if !key.chars().any(char::is_alphanumeric) {
            return Err(Invalid("a last name, or its first letters, is needed").into());
        }
        Ok(Self(key))
    }

    /// The key, as a statement's parameter.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SurnameKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SurnameKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spelling::IGNORED;

    fn key(text: &str) -> String {
        SurnameKey::parse(text).unwrap().0
    }

    #[test]
    fn spellings_that_a_receptionist_takes_for_one_name_are_one_key() {
        for same in ["O'Brien", "o'brien", "OBRIEN", " O Brien ", "O\u{2019}Brien", "O-Brien"] {
            assert_eq!(key(same), "OBRIEN", "{same}");
        }
        assert_eq!(key("Smith-Jones"), key("smith jones"));
        assert_eq!(key("van der Berg"), key("Vanderberg"));
        assert_eq!(key("St. John"), key("st john"));
    }

    #[test]
    fn a_wildcard_is_answered_with_advice_not_with_everybody() {
        for wild in ["%", "Smi%", "_mith", "[a-z]", "Smi*"] {
            assert!(
                SurnameKey::parse(wild).unwrap_err().to_string().contains("wildcards"),
                "{wild}"
            );
        }
    }

    #[test]
    fn nothing_but_punctuation_is_not_a_name() {
        for nothing in ["", "  ", "'", "-'-", "\u{0}", "..."] {
            assert!(SurnameKey::parse(nothing).is_err(), "{nothing:?} was taken");
        }
    }

    #[test]
    fn a_letter_that_bp_cannot_hold_is_taken_without_its_marks_or_named() {
        assert_eq!(key("Nguyễn"), "NGUYEN");
        let refusal = SurnameKey::parse("Tr李n").unwrap_err().to_string();
        assert!(refusal.contains("李 (U+674E), character 3"), "{refusal}");
        assert!(SurnameKey::parse("M\u{fffd}ller").is_err());
    }

    #[test]
    fn a_key_of_an_earlier_release_is_read_as_todays() {
        for (kept, now) in [("O‘BRIEN", "OBRIEN"), ("LEE–WONG", "LEEWONG"), ("OBRIEN", "OBRIEN")]
        {
            let read: SurnameKey = serde_json::from_value(kept.into()).unwrap();
            assert_eq!(read.as_str(), now);
        }
        let read: SurnameKey = serde_json::from_value("–".into()).unwrap();
        assert_eq!(read.as_str(), "–", "an empty key would be compared with nothing");
    }

    proptest! {
        #[test]
        fn case_and_ignored_characters_never_change_the_key(name in "[A-Za-z]{1,20}", at in 0_usize..20, extra in prop::sample::select(&IGNORED[..])) {
            let mut spelt = name.to_lowercase();
            spelt.insert(at.min(spelt.len()), extra);
            prop_assert_eq!(key(&spelt), key(&name));
        }

        #[test]
        fn whatever_is_typed_a_key_never_holds_a_wildcard(text in "\\PC{0,60}") {
            if let Ok(key) = SurnameKey::parse(&text) {
                prop_assert!(!key.as_str().contains(WILDCARDS));
                prop_assert!(!key.as_str().contains(IGNORED));
            }
        }
    }
}
