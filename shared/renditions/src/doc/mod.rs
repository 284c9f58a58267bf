//! The words of a letter of Word 97 to 2003, as Word shows them. The format is Microsoft's [MS-DOC].
//!
//! Headers, footers, notes, comments, list numbers and pictures are left out. The result is `None` if the
//! words could be misunderstood without their formatting, or if any part of the file is unclear: these files
//! are old, and many were written in fast-save mode. `file` opens the container. `pieces` finds the words.
//! `pages` and `styles` find their formatting. This module puts them together.

mod bytes;
mod fields;
mod file;
mod fonts;
mod modifiers;
mod pages;
mod pieces;
mod styles;
#[cfg(test)]
mod tests;

use encoding_rs::WINDOWS_1252;

pub use self::file::LARGEST_DOC;

use self::fields::Fields;
use self::file::{File, Table};
use self::fonts::Fonts;
use self::modifiers::{Look, Paragraph};
use self::pages::Runs;
use self::pieces::Piece;
use self::styles::Styles;

/// The longest text. Letters are far shorter.
const LONGEST: usize = 1 << 20;

/// The words of a letter's body. `None` if they cannot be read, or could be misunderstood.
#[must_use]
pub fn doc_text(file: &[u8]) -> Option<String> {
    let file = File::open(file)?;
    let fonts = Fonts::read(file.table(Table::Fonts)?)?;
    let styles = Styles::read(file.table(Table::Styles)?, &fonts)?;
    let pieces = pieces::pieces(file.table(Table::Pieces)?, file.body, &file.words, &fonts)?;
    let characters =
        pages::characters(&file.words, file.table(Table::CharacterPages)?, &fonts, &styles)?;
    let paragraphs = pages::paragraphs(&file.words, file.table(Table::ParagraphPages)?)?;
    let mut letter = Letter::new(&styles);
    for piece in pieces {
        letter.piece(piece, &file.words, &characters, &paragraphs)?;
    }
    letter.finish()
}

/// The words so far.
#[derive(Debug)]
struct Letter<'a> {
    styles: &'a Styles,
    text: String,
    fields: Fields,
    /// The first half of a character outside the basic plane.
    half: Option<u16>,
    /// Whether the last character was superscript.
    was_raised: bool,
    /// Whether the current paragraph has words.
    has_words: bool,
    /// Whether the last character ended a paragraph.
    is_whole: bool,
}

impl<'a> Letter<'a> {
    fn new(styles: &'a Styles) -> Self {
        Self {
            styles,
            text: String::new(),
            fields: Fields::default(),
            half: None,
            was_raised: false,
            has_words: false,
            is_whole: false,
        }
    }

    fn piece(
        &mut self,
        piece: Piece,
        words: &[u8],
        characters: &Runs<Look>,
        paragraphs: &Runs<Paragraph>,
    ) -> Option<()> {
        let width = piece.width();
        let bytes = bytes::part(words, piece.start, piece.count * width)?;
        let (mut end, mut look) = (0, Look::default());
        for (number, unit) in bytes.chunks_exact(width).enumerate() {
            let place = u32::try_from(piece.start + number * width).ok()?;
            if place >= end {
                let (until, found) = characters.at(place)?;
                (end, look) = (until, piece.look.upon(found));
            }
            let Some(character) = self.decode(unit)? else { continue };
            if matches!(character, '\r' | '\x07' | '\x0C') {
                let (_, paragraph) = paragraphs.at(place)?;
                self.end_paragraph(character, paragraph)?;
            } else {
                self.is_whole = false;
                self.character(character, look)?;
            }
            if self.text.len() > LONGEST {
                return None;
            }
        }
        Some(())
    }

    /// Decodes a character. The inner `None` means that it was the first half of one; the outer one, that it
    /// is no character.
    fn decode(&mut self, unit: &[u8]) -> Option<Option<char>> {
        let half = self.half.take();
        let unit = match *unit {
            [byte] => {
                let decoded = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()?;
                return half.is_none().then_some(Some(decoded));
            }
            [low, high] => u16::from_le_bytes([low, high]),
            _ => return None,
        };
        match (half, unit) {
            (None, 0xD800..=0xDBFF) => {
                self.half = Some(unit);
                Some(None)
            }
            (None, _) => Some(Some(char::from_u32(u32::from(unit))?)),
            (Some(first), _) => char::decode_utf16([first, unit]).next()?.ok().map(Some),
        }
    }

    /// The end of a paragraph, a cell, a row or a page.
    fn end_paragraph(&mut self, mark: char, paragraph: Paragraph) -> Option<()> {
        self.is_whole = true;
        if self.has_words && !self.styles.get(paragraph.style)?.is_plain() {
            return None;
        }
        self.has_words = false;
        self.was_raised = false;
        if !self.fields.is_shown() {
            return Some(());
        }
        self.text.push(match mark {
            '\x07' if !paragraph.is_in_table => return None,
            '\x07' if paragraph.ends_row => '\n',
            '\x07' => '\t',
            '\r' if paragraph.ends_inner_row => '\n',
            '\r' if paragraph.ends_inner_cell => '\t',
            '\r' if paragraph.is_in_table => ' ',
            _ => '\n',
        });
        Some(())
    }

    fn character(&mut self, character: char, look: Look) -> Option<()> {
        match character {
            '\x13' => return self.fields.begin(),
            '\x14' => return self.fields.separate(),
            '\x15' => return self.fields.end(),
            _ if !self.fields.is_shown() => {
                self.fields.instruct(character);
                return Some(());
            }
            // Pictures, drawings, and the numbers of notes and comments.
            '\x01' | '\x02' | '\x05' | '\x08' => return Some(()),
            // A hyphen that Word shows only at the end of a line.
            '\x1F' => return Some(()),
            '\t' => self.text.push('\t'),
            '\x0B' | '\x0E' => self.text.push('\n'),
            _ => return self.word(if character == '\x1E' { '-' } else { character }, look),
        }
        self.was_raised = false;
        Some(())
    }

    /// Adds a character that Word shows as it is.
    fn word(&mut self, character: char, look: Look) -> Option<()> {
        // Characters of the private use area are signs of symbol fonts.
        if character.is_control() || look.is_special || matches!(character, '\u{E000}'..='\u{F8FF}')
        {
            return None;
        }
        let is_blank = character.is_whitespace();
        if look.is_doubtful && !is_blank {
            return None;
        }
        let is_raised = look.raised == Some(true) && !is_blank;
        if is_raised && !self.was_raised {
            // 10 to the power of 9 must not become 109.
            self.text.push('^');
        }
        self.was_raised = is_raised;
        self.has_words |= !is_blank;
        self.text.push(character);
        Some(())
    }

    fn finish(self) -> Option<String> {
        // If the text is cut off, it is incomplete.
        let is_whole = self.is_whole && self.half.is_none() && self.fields.are_closed();
        is_whole.then(|| crate::tidied(&self.text)).flatten()
    }
}
