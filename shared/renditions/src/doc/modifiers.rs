//! Modifiers of characters and paragraphs ([MS-DOC] 2.6, the single property modifiers). Most change only the
//! formatting. A few change what the words say.

use super::bytes::{u16_at, u32_at};
use super::fonts::Fonts;

/// Calls `each` with the code and the value of every modifier. `None` if the list is damaged.
pub(super) fn each(list: &[u8], mut each: impl FnMut(u16, &[u8]) -> Option<()>) -> Option<()> {
    let mut rest = list;
    // A list is padded to an even length.
    while rest.len() > 1 {
        let code = u16_at(rest, 0)?;
        rest = &rest[2..];
        let length = value_length(code, rest)?;
        each(code, rest.get(..length)?)?;
        rest = &rest[length..];
    }
    Some(())
}

fn value_length(code: u16, rest: &[u8]) -> Option<usize> {
    const TABLE_DEFINITION: u16 = 0xD608;
    const TAB_STOPS: u16 = 0xC615;
    let byte = |at: usize| rest.get(at).copied().map(usize::from);
    Some(match code >> 13 {
        0 | 1 => 1,
        2 | 4 | 5 => 2,
        3 => 4,
        7 => 3,
        _ if code == TABLE_DEFINITION => usize::from(u16_at(rest, 0)?) + 1,
        // The tab stops do not fit into one byte, so the length follows from how many are deleted and added.
        _ if code == TAB_STOPS && byte(0)? == 255 => {
            let added = 2 + 4 * byte(1)?;
            added + 1 + 3 * byte(added)?
        }
        _ => 1 + byte(0)?,
    })
}

/// Whether the modifier changes something about paragraphs that is read here.
pub(super) fn is_of_paragraph(code: u16) -> bool {
    matches!(code, 0x2416 | 0x2417 | 0x244B | 0x244C | 0x4600 | 0x6645 | 0x6646 | 0x6649 | 0xC601)
}

/// The formatting of characters, as far as it changes what words say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Look {
    /// Whether they are superscript; `None` if the modifiers do not say.
    pub(super) raised: Option<bool>,
    /// They are deleted, hidden, struck out, subscript, or signs of a symbol font. Without the formatting the
    /// words could be misunderstood.
    pub(super) is_doubtful: bool,
    /// The character is a placeholder: for a picture, or for the number of a note.
    pub(super) is_special: bool,
    /// The style of the characters.
    pub(super) style: Option<u16>,
}

impl Look {
    /// The formatting from a list of modifiers. `None` if the list is damaged.
    pub(super) fn read(list: &[u8], fonts: &Fonts) -> Option<Self> {
        let mut look = Self::default();
        each(list, |code, value| look.modify(code, value, fonts))?;
        Some(look)
    }

    fn modify(&mut self, code: u16, value: &[u8], fonts: &Fonts) -> Option<()> {
        const DELETED: u16 = 0x0800;
        const ALWAYS_HIDDEN: u16 = 0x0818;
        const STRUCK_OUT: u16 = 0x0837;
        const HIDDEN: u16 = 0x083C;
        const STRUCK_OUT_TWICE: u16 = 0x2A53;
        const SPECIAL: u16 = 0x0855;
        const ABOVE_OR_BELOW: u16 = 0x2A48;
        const DISTANCE_FROM_LINE: u16 = 0x4845;
        const FONT_OF_ASCII: u16 = 0x4A4F;
        const FONT_OF_OTHERS: u16 = 0x4A51;
        const SYMBOL: u16 = 0x6A09;
        const STYLE: u16 = 0x4A30;
        // 0x80 means "as in the style", and a style with this value is itself doubtful.
        let is_on = |value: &[u8]| Some(!matches!(value.first()?, 0 | 0x80));
        match code {
            DELETED | ALWAYS_HIDDEN | STRUCK_OUT | HIDDEN | STRUCK_OUT_TWICE => {
                self.is_doubtful |= is_on(value)?;
            }
            SPECIAL => self.is_special = is_on(value)?,
            ABOVE_OR_BELOW => match value.first()? {
                0 => self.raised = Some(false),
                1 => self.raised = Some(true),
                _ => self.is_doubtful = true,
            },
            // Some programs write this for superscript and subscript.
            DISTANCE_FROM_LINE => match u16_at(value, 0)? {
                0 => {}
                1..0x8000 => self.raised = Some(true),
                _ => self.is_doubtful = true,
            },
            FONT_OF_ASCII..=FONT_OF_OTHERS => {
                self.is_doubtful |= fonts.is_of_symbols(u16_at(value, 0)?)?;
            }
            SYMBOL => self.is_doubtful = true,
            STYLE => self.style = Some(u16_at(value, 0)?),
            _ => {}
        }
        Some(())
    }

    /// This formatting on top of `below`.
    pub(super) fn upon(self, below: Self) -> Self {
        Self {
            raised: self.raised.or(below.raised),
            is_doubtful: self.is_doubtful || below.is_doubtful,
            is_special: self.is_special || below.is_special,
            style: self.style.or(below.style),
        }
    }

    /// Whether the words mean the same without the formatting.
    pub(super) fn is_plain(self) -> bool {
        !self.is_doubtful && self.raised != Some(true)
    }
}

/// The meaning of the mark at a paragraph's end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Paragraph {
    pub(super) style: u16,
    pub(super) is_in_table: bool,
    pub(super) ends_row: bool,
    pub(super) ends_inner_cell: bool,
    pub(super) ends_inner_row: bool,
}

impl Paragraph {
    /// A paragraph from its style and a list of modifiers. `None` if the list is damaged, or is in another
    /// stream.
    pub(super) fn read(style: u16, list: &[u8]) -> Option<Self> {
        let mut paragraph = Self { style, ..Self::default() };
        each(list, |code, value| {
            let is_on = value.first().is_some_and(|byte| *byte != 0);
            match code {
                0x2416 => paragraph.is_in_table |= is_on,
                0x2417 => paragraph.ends_row = is_on,
                0x244B => paragraph.ends_inner_cell = is_on,
                0x244C => paragraph.ends_inner_row = is_on,
                // The depth of a nested table.
                0x6649 => paragraph.is_in_table |= u32_at(value, 0)? > 0,
                0x4600 => paragraph.style = u16_at(value, 0)?,
                // The list is in another stream, or the style is one from a list of styles.
                0x6645 | 0x6646 | 0xC601 => return None,
                _ => {}
            }
            Some(())
        })?;
        Some(paragraph)
    }
}
