//! The formatting of characters and paragraphs, by their offsets in the file ([MS-DOC] 2.9.33 and 2.9.174,
//! the formatted disk pages).

use super::bytes::{part, u16_at, u32_at, usize_at};
use super::fonts::Fonts;
use super::modifiers::{Look, Paragraph};
use super::styles::Styles;

const PAGE: usize = 512;

/// A range of the file: its start, its end, and its value.
type Run<T> = (u32, u32, T);

/// Ranges of the file, in order.
#[derive(Debug)]
pub(super) struct Runs<T>(Vec<Run<T>>);

impl<T: Copy> Runs<T> {
    /// The value at an offset, and the end of its range.
    pub(super) fn at(&self, place: u32) -> Option<(u32, T)> {
        let after = self.0.partition_point(|(start, ..)| *start <= place);
        let (_, end, found) = *self.0.get(after.checked_sub(1)?)?;
        (place < end).then_some((end, found))
    }

    /// Reads all pages that a table lists. `read` gets a page, its number of runs, and a run's number. `None`
    /// if runs overlap. This also keeps a page from being listed twice.
    fn read(
        words: &[u8],
        table: &[u8],
        read: impl Fn(&[u8], usize, usize) -> Option<T>,
    ) -> Option<Self> {
        const NUMBER: usize = 0x003F_FFFF;
        let bytes = table.len().checked_sub(4)?;
        let count = (bytes % 8 == 0).then_some(bytes / 8)?;
        let mut runs: Vec<Run<T>> = Vec::new();
        let mut last = 0;
        for entry in 0..count {
            let number = usize_at(table, 4 * (count + 1) + 4 * entry)? & NUMBER;
            let page = part(words, number.checked_mul(PAGE)?, PAGE)?;
            let many = usize::from(page[PAGE - 1]);
            if many == 0 {
                return None;
            }
            for run in 0..many {
                let (start, end) = (u32_at(page, 4 * run)?, u32_at(page, 4 * run + 4)?);
                if start < last || end <= start {
                    return None;
                }
                runs.push((start, end, read(page, many, run)?));
                last = end;
            }
        }
        Some(Self(runs))
    }
}

/// The formatting of characters, with that of their own styles.
pub(super) fn characters(
    words: &[u8],
    table: &[u8],
    fonts: &Fonts,
    styles: &Styles,
) -> Option<Runs<Look>> {
    Runs::read(words, table, |page, many, run| {
        let at = 2 * usize::from(*page.get(4 * (many + 1) + run)?);
        if at == 0 {
            return Some(Look::default());
        }
        let list = part(page, at + 1, usize::from(*page.get(at)?))?;
        let look = Look::read(list, fonts)?;
        match look.style {
            Some(style) => Some(look.upon(styles.get(style)?)),
            None => Some(look),
        }
    })
}

/// The paragraphs of the file.
pub(super) fn paragraphs(words: &[u8], table: &[u8]) -> Option<Runs<Paragraph>> {
    const ENTRY: usize = 13;
    Runs::read(words, table, |page, many, run| {
        let at = 2 * usize::from(*page.get(4 * (many + 1) + ENTRY * run)?);
        if at == 0 {
            return Some(Paragraph::default());
        }
        // The first byte gives an odd length: twice its value, minus one. If it is 0, the second byte gives
        // an even length, in pairs of bytes.
        let list = match usize::from(*page.get(at)?) {
            0 => part(page, at + 2, 2 * usize::from(*page.get(at + 1)?))?,
            pairs => part(page, at + 1, 2 * pairs - 1)?,
        };
        Paragraph::read(u16_at(list, 0)?, &list[2..])
    })
}
