//! Text that Bp can hold: its columns are ANSI (Windows-1252) and of fixed width. What does not fit is
//! refused where it enters: a letter whose subject was cut or whose name has a question mark in it
//! may end in front of the wrong eyes.

use crate::Invalid;

/// What Windows-1252 has besides Latin-1, at 0x80 to 0x9F.
const TYPOGRAPHIC: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// Why a text is refused.
pub(crate) const NOT_ANSI: Invalid = Invalid(
    "this holds a character that Bp cannot store: its text is Windows-1252 (Western European letters and typographic signs)",
);

/// The byte of a character, where Windows-1252 has one. Control characters have none here.
pub(crate) fn byte(character: char) -> Option<u8> {
    match character {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(character)).ok(),
        _ => TYPOGRAPHIC.iter().find(|(known, _)| *known == character).map(|(_, byte)| *byte),
    }
}

/// A text as Windows-1252, its line ends as Windows has them.
///
/// # Errors
/// When a character has no place there.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, Invalid> {
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
            other => bytes.push(byte(other).ok_or(NOT_ANSI)?),
        }
    }
    Ok(bytes)
}

/// A line of text without outer blanks for a column of this width.
pub(crate) fn line(text: &str, width: usize, too_long: Invalid) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid("this must not be empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid("this is one line of text without control characters"));
    }
    if text.chars().any(|character| byte(character).is_none()) {
        return Err(NOT_ANSI);
    }
    if text.chars().count() > width {
        return Err(too_long);
    }
    Ok(text.to_owned())
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
        // The last is an e with a combining accent, which looks like é and is not.
        for text in ["Łódź", "Nguyễn", "日本", "😀", "e\u{301}", "a\u{81}b", "a\nb", "", "  "]
        {
            assert!(line(text, 60, LONG).is_err(), "{text:?} was taken");
        }
        assert!(encode("α").is_err());
    }

    #[test]
    fn a_text_is_never_cut() {
        assert!(line(&"x".repeat(60), 60, LONG).is_ok());
        assert_eq!(line(&"x".repeat(61), 60, LONG), Err(LONG));
        // Counted in characters, of which each is one byte in Bp.
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
