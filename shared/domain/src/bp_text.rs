//! Text that Bp can store. Its columns use Windows-1252 and have a fixed width. Text that does not fit is
//! refused when it enters. A letter with a cut subject, or with a question mark in a name, may reach the
//! wrong person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::spelling::compose;
use crate::windows_1252::byte;

/// A character that Bp cannot store. It may be part of a name, so it is shown to the sender and never logged.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct UnstorableCharacter {
    character: char,
    /// Counted from 1, in characters. A letter with its accent counts as one.
    place: usize,
}

impl UnstorableCharacter {
    /// The first such character of a text. Line breaks and other control characters do not count.
    pub(crate) fn first(text: &str) -> Option<Self> {
        compose(text)
            .chars()
            .enumerate()
            .find(|(_, c)| !c.is_control() && byte(*c).is_none())
            .map(|(at, character)| Self { character, place: at + 1 })
    }
}

impl fmt::Display for UnstorableCharacter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, place } = *self;
        let code = u32::from(character);
        formatter.write_str("this holds a character that Bp cannot store: ")?;
        if character.is_alphanumeric() {
            write!(formatter, "{character} (U+{code:04X})")?;
        } else {
            // A combining mark or an emoji may be invisible, or merge with the sentence.
            write!(formatter, "U+{code:04X}")?;
        }
        if character == char::REPLACEMENT_CHARACTER {
            formatter.write_str(", which stands for bytes that were not UTF-8")?;
        }
        write!(
            formatter,
            ", character {place}; Bp's text is Windows-1252 (Western European letters and typographic signs)"
        )
    }
}

impl fmt::Debug for UnstorableCharacter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnstorableCharacter(…)")
    }
}

/// Why text is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Another reason, in fixed words.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It has a character that Bp cannot store.
    #[error("{0}")]
    UnstorableCharacter(UnstorableCharacter),
}

/// The text in Windows-1252, composed, with Windows' line ends.
///
/// # Errors
/// If a character is not in Windows-1252.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, Unfit> {
    fit(text)?;
    let text = compose(text);
    let mut bytes = Vec::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' | '\n' => {
                if character == '\r' {
                    characters.next_if_eq(&'\n');
                }
                bytes.extend(b"\r\n");
            }
            '\t' => bytes.push(b'\t'),
            other => bytes.push(byte(other).ok_or(CONTROL)?),
        }
    }
    Ok(bytes)
}

/// Text in Bp has no control characters.
const CONTROL: Invalid = Invalid("control characters are not taken");

/// Whether Bp can hold every character of a text.
///
/// # Errors
/// Names the first character that it cannot hold.
pub(crate) fn fit(text: &str) -> Result<(), Unfit> {
    UnstorableCharacter::first(text)
        .map_or(Ok(()), |unheld| Err(Unfit::UnstorableCharacter(unheld)))
}

/// A line of text for a column of this width: composed, without outer blanks.
pub(crate) fn line(text: &str, width: usize, too_long: Invalid) -> Result<String, Unfit> {
    let composed = compose(text);
    let line = composed.trim();
    if line.is_empty() {
        return Err(Invalid("this must not be empty").into());
    }
    if line.chars().any(char::is_control) {
        return Err(Invalid("this is one line of text without control characters").into());
    }
    fit(text)?;
    if line.chars().count() > width {
        return Err(too_long.into());
    }
    Ok(line.to_owned())
}

/// A text of one line that Bp's ANSI columns can hold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BpText(String);

impl BpText {
    /// Takes up to `longest` characters; line breaks and runs of blanks become one blank.
    ///
    /// # Errors
    /// Says what Bp cannot hold.
    pub fn parse(text: &str, longest: usize) -> Result<Self, Unfit> {
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(Invalid("control characters are not taken").into());
        }
        // Every kind of blank becomes a plain one, because Bp may lack the others.
        let text: String =
            compose(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        fit(&text)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > longest {
            return Err(Invalid("this is longer than Bp's appointment text has room for").into());
        }
        if text.to_ascii_uppercase().contains("[PB") {
            return Err(Invalid("[PB is how our own marks in Bp begin").into());
        }
        Ok(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONG: Invalid = Invalid("too long");

    #[test]
    fn letters_of_western_europe_and_typographic_signs_are_held() {
        for text in ["Zoë O’Brien – “Überweisung” …", "Œuvre €5 ½", "naïve"] {
            assert_eq!(line(text, 60, LONG).as_deref(), Ok(text));
        }
        assert_eq!(encode("a’b").unwrap(), [b'a', 0x92, b'b']);
    }

    #[test]
    fn what_the_code_page_lacks_is_refused_and_never_replaced() {
        for text in ["Łódź", "Nguyễn", "日本", "😀", "q\u{301}", "a\u{81}b", "a\nb", "", "  "]
        {
            assert!(line(text, 60, LONG).is_err(), "{text:?} was taken");
        }
        assert!(encode("α").is_err());
    }

    #[test]
    fn a_refusal_names_the_character_and_its_place_and_is_never_logged() {
        for (text, named) in [
            ("  Nguye\u{302}\u{303}n", "ễ (U+1EC5), character 7"),
            ("Tr李n", "李 (U+674E), character 3"),
            ("q\u{301}", "U+0301, character 2"),
            ("M\u{fffd}ller", "U+FFFD, which stands for bytes that were not UTF-8, character 2"),
        ] {
            let refusal = line(text, 60, LONG).unwrap_err();
            assert!(refusal.to_string().contains(named), "{refusal}");
            assert!(!format!("{refusal:?}").contains(['ễ', '李']), "{refusal:?}");
        }
    }

    #[test]
    fn a_letter_with_its_accent_behind_it_is_one_letter() {
        assert_eq!(line("Mu\u{308}ller", 6, LONG).as_deref(), Ok("Müller"));
        assert_eq!(encode("e\u{301}").unwrap(), [0xe9]);
    }

    #[test]
    fn a_text_is_never_cut() {
        assert!(line(&"x".repeat(60), 60, LONG).is_ok());
        assert_eq!(line(&"x".repeat(61), 60, LONG), Err(LONG.into()));
        // Counted in characters. Each is one byte in Bp.
        assert!(line(&"é".repeat(60), 60, LONG).is_ok());
    }

    #[test]
    fn lines_end_as_on_windows() {
        assert_eq!(encode("a\nb\r\nc\rd").unwrap(), b"a\r\nb\r\nc\r\nd");
    }

    proptest! {
        #[test]
        fn a_line_that_is_taken_has_a_byte_for_each_character(text in "\\PC{0,80}") {
            if let Ok(line) = line(&text, 60, LONG) {
                prop_assert_eq!(encode(&line).unwrap().len(), line.chars().count());
            }
        }
    }
}
