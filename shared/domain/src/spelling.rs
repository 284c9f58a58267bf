//! Bp, a telephone, a tablet and Word write the same name differently: with composed or separate accents, and
//! with different apostrophes, dashes and blanks.
//!
//! Names are compared in two ways. [`key`] leaves out everything that people type differently; patients are
//! found with it. [`plain`] writes each sign in its plainest form; clinicians are linked with it, because
//! their names must be exactly as in Bp.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::windows_1252::byte;

/// The characters that Bp can hold and that [`key`] leaves out. The statements leave out the same
/// characters. A test of the statement pack compares the two lists.
pub const IGNORED: [char; 12] = [
    ' ', '\'', '\u{2018}', '\u{2019}', '\u{b4}', '`', '-', '\u{2013}', '\u{2014}', '\u{a0}',
    '\u{ad}', '.',
];

/// The text with each accent on its letter: é is one character, even if it arrived as two.
#[must_use]
pub fn compose(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// A sign in a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sign {
    Apostrophe,
    Dash,
    Blank,
    Stop,
    /// It has no width: a soft hyphen, or a mark for a line break or the direction of writing.
    Invisible,
}

fn sign(character: char) -> Option<Sign> {
    Some(match character {
        '\'' | '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | 'ˈ' | 'ˊ' | 'ˋ' | '՚' | '‘'
        | '’' | '‛' | '′' | '‵' | 'ꞌ' | '＇' => Sign::Apostrophe,
        '-'
        | '\u{58a}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => Sign::Dash,
        '.' | '．' => Sign::Stop,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => Sign::Invisible,
        blank if blank.is_whitespace() => Sign::Blank,
        _ => return None,
    })
}

/// Whether a character is a blank of any width, or has no width.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(sign(character), Some(Sign::Blank | Sign::Invisible))
}

/// A name without case and without anything that people type differently, composed. Letters keep their
/// accents.
#[must_use]
pub fn key(name: &str) -> String {
    let letters: String = compose(name).chars().filter(|c| sign(*c).is_none()).collect();
    // A sign may have been between a letter and its accent, and a capital letter may consist of several
    // characters.
    let capitals: String = compose(&letters).chars().flat_map(upper).collect();
    compose(&capitals).into_owned()
}

/// The capital letter if Bp can hold it, else the letter itself: µ has no capital in Windows-1252.
fn upper(letter: char) -> impl Iterator<Item = char> {
    let is_held = letter.to_uppercase().all(|capital| byte(capital).is_some());
    let kept = (!is_held && byte(letter).is_some()).then_some(letter);
    let capitals = kept.is_none().then(|| letter.to_uppercase());
    kept.into_iter().chain(capitals.into_iter().flatten())
}

/// A name in its plainest spelling: composed, with `'` for every apostrophe, `-` for every dash, single
/// blanks, and without signs that have no width.
#[must_use]
pub fn plain(name: &str) -> String {
    let name: String = compose(name)
        .chars()
        .filter_map(|character| match sign(character) {
            Some(Sign::Apostrophe) => Some('\''),
            Some(Sign::Dash) => Some('-'),
            Some(Sign::Blank) => Some(' '),
            Some(Sign::Stop) => Some('.'),
            Some(Sign::Invisible) => None,
            None => Some(character),
        })
        .collect();
    let name = name.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    compose(&name).into_owned()
}

/// A name as it was written, but signs that Windows-1252 lacks become plain ones.
pub(crate) fn held(name: &str) -> String {
    compose(name)
        .chars()
        .filter_map(|character| match sign(character) {
            _ if byte(character).is_some() || character.is_control() => Some(character),
            Some(Sign::Apostrophe) => Some('\''),
            Some(Sign::Dash) => Some('-'),
            Some(Sign::Blank) => Some(' '),
            Some(Sign::Stop) => Some('.'),
            Some(Sign::Invisible) => None,
            None => Some(character),
        })
        .collect()
}

/// A name that Windows-1252 cannot hold, without its accents: Nguyễn becomes Nguyen, and Dvořák becomes
/// Dvorak, as people write them who lack these letters. A name that it can hold stays the same. So does a
/// letter without a plain form.
pub(crate) fn unmarked(name: &str) -> Cow<'_, str> {
    let composed = compose(name);
    if composed.chars().all(|character| byte(character).is_some()) {
        return composed;
    }
    let nfd = DecomposingNormalizerBorrowed::new_nfd();
    let mut plain = String::with_capacity(composed.len());
    for character in composed.chars() {
        if is_mark(character) && !plain.is_empty() {
            continue;
        }
        let mut text = [0; 4];
        let parts = nfd.normalize(character.encode_utf8(&mut text));
        let mut parts = parts.chars().map(without_stroke);
        match parts.next() {
            Some(letter) if byte(letter).is_some() && parts.all(is_mark) => plain.push(letter),
            _ => plain.push(character),
        }
    }
    plain.into()
}

fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Letters whose stroke is part of them.
fn without_stroke(letter: char) -> char {
    match letter {
        'Đ' => 'D',
        'đ' => 'd',
        'Ħ' => 'H',
        'ħ' => 'h',
        'ı' => 'i',
        'Ł' => 'L',
        'ł' => 'l',
        'Ŧ' => 'T',
        'ŧ' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_character_that_bp_can_hold_and_the_key_leaves_out_is_on_the_list() {
        let held = (' '..='\u{ffff}').filter(|character| byte(*character).is_some());
        for character in held {
            let is_left_out = key(&character.to_string()).is_empty();
            assert_eq!(is_left_out, IGNORED.contains(&character), "{character:?}");
        }
    }

    #[test]
    fn a_key_is_the_same_for_accents_on_their_letters_and_behind_them() {
        assert_eq!(key("Mu\u{308}ller"), key("Müller"));
        assert_eq!(key("Zoe\u{308} D’Arcy"), "ZOËDARCY");
        assert_eq!(key("Strauß"), "STRAUSS");
        assert_ne!(key("Zoë"), key("Zoe"));
    }

    #[test]
    fn a_plain_name_keeps_capitals_accents_and_the_kind_of_sign() {
        assert_eq!(plain("Mary\u{a0} Anne  O´Brien\u{2011}Lee"), "Mary Anne O'Brien-Lee");
        assert_eq!(plain(" St.\u{200b} John "), "St. John");
    }

    #[test]
    fn a_name_loses_its_marks_only_where_windows_1252_lacks_one_of_its_letters() {
        assert_eq!(unmarked("Nguyễn Đỗ"), "Nguyen Do");
        assert_eq!(unmarked("Łódź"), "Lodz");
        assert_eq!(unmarked("Dvořák"), "Dvorak");
        assert_eq!(unmarked("Müller Šimková"), "Müller Šimková");
        assert_eq!(unmarked("李 Петров"), "李 Петров");
    }

    proptest! {
        #[test]
        fn a_key_of_a_key_and_a_plain_name_of_one_are_the_same_again(name in "\\PC{0,40}") {
            prop_assert_eq!(key(&key(&name)), key(&name));
            prop_assert_eq!(plain(&plain(&name)), plain(&name));
            prop_assert_eq!(key(&plain(&name)), key(&name));
        }
    }
}
