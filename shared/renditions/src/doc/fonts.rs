//! The fonts of an old Word letter.

use super::bytes::u16_at;
use crate::symbols::Symbols;

/// Which of the letter's fonts are symbol fonts.
#[derive(Debug)]
pub(super) struct Fonts(Vec<bool>);

impl Fonts {
    pub(super) fn read(table: &[u8]) -> Option<Self> {
        const NAME: usize = 40;
        const SIGNS: u8 = 2;
        let count = u16_at(table, 0)?;
        let mut rest = table.get(4..)?;
        let mut fonts = Vec::new();
        for _ in 0..count {
            let length = 1 + usize::from(*rest.first()?);
            let font = rest.get(..length)?;
            let units =
                font.get(NAME..)?.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]]));
            let name: String = char::decode_utf16(units.take_while(|unit| *unit != 0))
                .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            fonts.push(font[4] == SIGNS || Symbols::named(&name).is_some());
            rest = &rest[length..];
        }
        Some(Self(fonts))
    }

    /// `None` if the letter has no such font.
    pub(super) fn is_of_symbols(&self, font: u16) -> Option<bool> {
        self.0.get(usize::from(font)).copied()
    }
}
