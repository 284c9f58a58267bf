//! The letter's styles and fonts ([MS-DOC] 2.9.271 and 2.9.286), and which of them change what words say.

use super::bytes::{part, u16_at};
use super::fonts::Fonts;
use super::modifiers::Look;

/// The formatting of each of the letter's styles.
#[derive(Debug)]
pub(super) struct Styles(Vec<Option<Look>>);

/// A style, and the style on which it is based.
struct Style {
    base: u16,
    kind: u16,
    look: Look,
}

impl Styles {
    const NONE: u16 = 0x0FFF;

    /// `None` if the table is damaged, or if none of its styles can be trusted.
    pub(super) fn read(table: &[u8], fonts: &Fonts) -> Option<Self> {
        const OF_TABLES: u16 = 3;
        let length = usize::from(u16_at(table, 0)?);
        let head = part(table, 2, length)?;
        let (count, base_length) = (u16_at(head, 0)?, usize::from(u16_at(head, 2)?));
        // The fonts of all words without a font of their own.
        for at in [12, 14, 16] {
            if fonts.is_of_symbols(u16_at(head, at)?)? {
                return None;
            }
        }
        let mut rest = &table[2 + length..];
        let mut styles = Vec::new();
        for _ in 0..count {
            let length = usize::from(u16_at(rest, 0)?);
            let style = part(rest, 2, length)?;
            styles.push(if length == 0 {
                None
            } else {
                Some(Style::read(style, base_length, fonts)?)
            });
            rest = rest.get(2 + length + length % 2..).unwrap_or_default();
        }
        let is_doubtful = |style: &Style| style.kind == OF_TABLES && !style.look.is_plain();
        if styles.iter().flatten().any(is_doubtful) {
            // Table styles format cells in too many different ways.
            return None;
        }
        Some(Self((0..styles.len()).map(|at| with_bases(&styles, at)).collect()))
    }

    /// `None` if the letter has no such style.
    pub(super) fn get(&self, style: u16) -> Option<Look> {
        *self.0.get(usize::from(style))?
    }
}

impl Style {
    fn read(style: &[u8], base_length: usize, fonts: &Fonts) -> Option<Self> {
        let (kind_and_base, count) = (u16_at(style, 2)?, u16_at(style, 4)? & 0x000F);
        let kind = kind_and_base & 0x000F;
        // Which of its lists has the modifiers of characters.
        let wanted = match kind {
            1 => 1,
            2 => 0,
            3 => 2,
            _ => u16::MAX,
        };
        let name_length = usize::from(u16_at(style, base_length)?);
        let mut at = base_length + 2 + 2 * name_length + 2;
        let mut look = Look::default();
        for number in 0..count {
            let length = usize::from(u16_at(style, at)?);
            let list = part(style, at + 2, length)?;
            if number == wanted {
                look = Look::read(list, fonts)?;
            }
            at += 2 + length + length % 2;
        }
        Some(Self { base: kind_and_base >> 4, kind, look })
    }
}

/// A style's formatting on top of that of its base styles. `None` if they form a circle.
fn with_bases(styles: &[Option<Style>], at: usize) -> Option<Look> {
    const DEEPEST: usize = 16;
    let mut style = styles.get(at)?.as_ref()?;
    let mut look = style.look;
    for _ in 0..DEEPEST {
        if style.base == Styles::NONE {
            return Some(look);
        }
        style = styles.get(usize::from(style.base))?.as_ref()?;
        look = look.upon(style.look);
    }
    None
}
