//! The two fonts, and the width of text in them.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

const REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

/// Shown where the font lacks a character. The text behind it, which people copy and search, stays the same.
const REPLACEMENT: char = '\u{fffd}';

/// A font, as the layout and the PDF need it.
pub(super) struct TypeFace {
    pub(super) font: Font,
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl TypeFace {
    pub(super) fn regular() -> Option<Self> {
        Self::new(REGULAR)
    }

    pub(super) fn bold() -> Option<Self> {
        Self::new(BOLD)
    }

    fn new(bytes: &'static [u8]) -> Option<Self> {
        let font = Font::new(bytes.into(), 0)?;
        let read = FontRef::new(bytes).ok()?;
        let units_per_em = font.units_per_em();
        let metrics = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        Some(Self { font, characters: read.charmap(), metrics, units_per_em })
    }

    fn glyph(&self, character: char) -> skrifa::GlyphId {
        let known = self.characters.map(character).or_else(|| self.characters.map(REPLACEMENT));
        known.unwrap_or_default()
    }

    /// The width of a character, in parts of the font's size.
    fn advance(&self, glyph: skrifa::GlyphId) -> f32 {
        self.metrics.advance_width(glyph).unwrap_or_default() / self.units_per_em
    }

    /// The width of a text.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|character| self.advance(self.glyph(character))).sum::<f32>() * size
    }

    /// The glyphs of a line, one for each character.
    pub(super) fn glyphs(&self, line: &str) -> Vec<KrillaGlyph> {
        line.char_indices()
            .map(|(at, character)| {
                let glyph = self.glyph(character);
                KrillaGlyph {
                    glyph_id: GlyphId::new(glyph.to_u32()),
                    text_range: at..at + character.len_utf8(),
                    x_advance: self.advance(glyph),
                    x_offset: 0.0,
                    y_offset: 0.0,
                    y_advance: 0.0,
                    location: None,
                }
            })
            .collect()
    }
}
