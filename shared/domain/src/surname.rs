//! How a receptionist expects a surname to be found: whatever the case, the blanks, the apostrophe
//! or the hyphen, and from its first letters.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// What Bp's `PATIENTS.SURNAME` (char 40) can hold.
const LONGEST: usize = 40;

/// The beginning of a surname, without anything that people type differently.
///
/// `O'Brien`, `o brien` and `OBRIEN` are one key; so are `Smith-Jones` and `Smith Jones`.
///
/// Serialised as it is and read back as it was: a key is made from what was typed only once.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct SurnameKey(String);

/// Characters that the key leaves out. The statement that searches leaves out the same ones; a test
/// of the statement pack holds the two together.
pub const IGNORED: [char; 6] = [' ', '\'', '\u{2019}', '`', '-', '.'];

/// Characters that mean "anything" to a database or to people. No surname holds them, and somebody
/// who types one expects a wildcard: say that none is needed rather than find nobody.
const WILDCARDS: [char; 7] = ['%', '_', '*', '?', '[', ']', '^'];

impl SurnameKey {
    /// Takes a surname or its beginning.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(Invalid("this is longer than a last name in Bp can be (40 characters)"));
        }
        if text.chars().any(|c| WILDCARDS.contains(&c)) {
            return Err(Invalid(
                "wildcards are not needed: the first letters of the last name are enough",
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid("a last name holds no control characters"));
        }
        let key: String =
            text.chars().filter(|c| !IGNORED.contains(c)).flat_map(char::to_uppercase).collect();
        if !key.chars().any(char::is_alphanumeric) {
            return Err(Invalid("a last name, or its first letters, is needed"));
        }
        Ok(Self(key))
    }

    /// The key, for a statement's parameter.
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
            assert!(SurnameKey::parse(wild).unwrap_err().0.contains("wildcards"), "{wild}");
        }
    }

    #[test]
    fn nothing_but_punctuation_is_not_a_name() {
        for nothing in ["", "  ", "'", "-'-", "\u{0}", "..."] {
            assert!(SurnameKey::parse(nothing).is_err(), "{nothing:?} was taken");
        }
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
