//! Where the words are in the file ([MS-DOC] 2.9.38, the piece table). A letter that Word saved in fast-save
//! mode has its words in several places.

use super::bytes::{part, u16_at, u32_at, usize_at};
use super::fonts::Fonts;
use super::modifiers::{Look, each, is_of_paragraph};

/// Words that are together in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Their offset in the stream.
    pub(super) start: usize,
    /// How many characters of the body they have.
    pub(super) count: usize,
    /// Whether a character is one byte of Windows' Western encoding, or two bytes of UTF-16.
    pub(super) is_western: bool,
    /// The formatting of the whole piece.
    pub(super) look: Look,
}

impl Piece {
    pub(super) fn width(self) -> usize {
        if self.is_western { 1 } else { 2 }
    }
}

/// The pieces of the body, in order. `None` if they are incomplete or share bytes.
pub(super) fn pieces(table: &[u8], body: u32, words: &[u8], fonts: &Fonts) -> Option<Vec<Piece>> {
    const LIST: u8 = 1;
    const PIECES: u8 = 2;
    let mut lists = Vec::new();
    let mut at = 0;
    let list = loop {
        match *table.get(at)? {
            LIST => {
                let length = usize::from(u16_at(table, at + 1)?);
                lists.push(part(table, at + 3, length)?);
                at += 3 + length;
            }
            PIECES => break part(table, at + 5, usize_at(table, at + 1)?)?,
            _ => return None,
        }
    };
    let bytes = list.len().checked_sub(4)?;
    let count = (bytes % 12 == 0).then_some(bytes / 12)?;
    let mut pieces = Vec::new();
    let mut begin = u32_at(list, 0)?;
    if begin != 0 {
        return None;
    }
    for number in 0..count {
        let end = u32_at(list, 4 * (number + 1))?;
        if end <= begin {
            return None;
        }
        if begin < body {
            let characters = usize::try_from(end.min(body) - begin).ok()?;
            pieces.push(piece(
                part(list, 4 * (count + 1) + 8 * number, 8)?,
                characters,
                &lists,
                fonts,
            )?);
        }
        begin = end;
    }
    (begin >= body && are_apart(&pieces, words)).then_some(pieces)
}

fn piece(entry: &[u8], count: usize, lists: &[&[u8]], fonts: &Fonts) -> Option<Piece> {
    const WESTERN: u32 = 1 << 30;
    let place = u32_at(entry, 2)?;
    let is_western = place & WESTERN != 0;
    let start = usize::try_from(place & (WESTERN - 1)).ok()?;
    let start = if is_western { start / 2 } else { start };
    let look = modified(u16_at(entry, 6)?, lists, fonts)?;
    Some(Piece { start, count, is_western, look })
}

/// The formatting from a piece's own modifier: one of the lists before the piece table, or a short form.
fn modified(modifier: u16, lists: &[&[u8]], fonts: &Fonts) -> Option<Look> {
    const BOLD: u16 = 0x55;
    const ITALIC: u16 = 0x56;
    const UNDERLINED: u16 = 0x5E;
    if modifier & 1 == 1 {
        let list = lists.get(usize::from(modifier >> 1))?;
        each(list, |code, _| (!is_of_paragraph(code)).then_some(()))?;
        let look = Look::read(list, fonts)?;
        return look.style.is_none().then_some(look);
    }
    let short = modifier >> 1 & 0x7F;
    (modifier == 0 || matches!(short, BOLD | ITALIC | UNDERLINED)).then(Look::default)
}

fn are_apart(pieces: &[Piece], words: &[u8]) -> bool {
    let mut places: Vec<(usize, usize)> =
        pieces.iter().map(|it| (it.start, it.start + it.count * it.width())).collect();
    places.sort_unstable();
    places.windows(2).all(|pair| pair[0].1 <= pair[1].0)
        && places.last().is_some_and(|(_, end)| *end <= words.len())
}
