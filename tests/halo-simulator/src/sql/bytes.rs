//! Text as bytes: Windows-1252, UTF-16, hexadecimal, base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::Type;

/// The characters of Windows-1252 at 0x80 to 0x9F. The five unused bytes stay control characters.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The character of an ANSI byte.
pub(crate) fn from_ansi(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

/// The ANSI byte of a character, if it has one.
pub(crate) fn to_ansi(character: char) -> Option<u8> {
    if character.is_ascii() || ('\u{a0}'..='\u{ff}').contains(&character) {
        return u8::try_from(u32::from(character)).ok();
    }
    let index = HIGH.iter().position(|&high| high == character)?;
    u8::try_from(index + 0x80).ok()
}

/// Replaces each character that Windows-1252 lacks by question marks, one for each UTF-16 unit.
pub(crate) fn ansi(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match to_ansi(character) {
            Some(_) => result.push(character),
            None => result.extend(std::iter::repeat_n('?', character.len_utf16())),
        }
    }
    result
}

/// The bytes that SQL Server stores for a text: UTF-16 for Unicode types, otherwise one byte for each
/// character.
pub(crate) fn text_bytes(text: &str, source: Type) -> Vec<u8> {
    if source.is_unicode() {
        return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    ansi(text).chars().map(|character| to_ansi(character).unwrap_or(b'?')).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits.chunks(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

/// Decodes base64 text, which may contain blanks and line ends.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(compact).ok()
}

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
