//! Lines on pages of A4.

use krilla::Document;
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;

use super::type_face::TypeFace;
use super::{Block, Style};

/// A4, in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 56.0;
/// The lowest line of the text. Below it is the footer.
const LOWEST: f32 = HEIGHT - 72.0;
const FOOTER: f32 = HEIGHT - 40.0;
const FOOTER_SIZE: f32 = 8.0;
const INDENT: f32 = 14.0;
/// A heading is not the last line of a page: this much must follow it.
const AFTER_HEADING: f32 = 48.0;

#[derive(Debug)]
struct Line {
    x: f32,
    y: f32,
    size: f32,
    is_bold: bool,
    text: String,
}

/// Pages that are set and not written yet.
pub(super) struct Pages {
    regular: TypeFace,
    bold: TypeFace,
    pages: Vec<Vec<Line>>,
    y: f32,
}

struct Look {
    size: f32,
    is_bold: bool,
    space_before: f32,
}

impl Style {
    fn look(self) -> Look {
        let (size, is_bold, space_before) = match self {
            Self::Title => (18.0, true, 0.0),
            Self::Heading => (12.5, true, 12.0),
            Self::Name => (10.0, true, 4.0),
            Self::Text => (10.0, false, 4.0),
            Self::Item => (10.0, false, 1.0),
        };
        Look { size, is_bold, space_before }
    }
}

impl Pages {
    /// Sets the blocks. `None` if the fonts cannot be read.
    pub(super) fn set(blocks: &[Block]) -> Option<Self> {
        let (regular, bold) = (TypeFace::regular()?, TypeFace::bold()?);
        let mut pages = Self { regular, bold, pages: vec![Vec::new()], y: MARGIN };
        for block in blocks {
            pages.add(block);
        }
        Some(pages)
    }

    fn face(&self, is_bold: bool) -> &TypeFace {
        if is_bold { &self.bold } else { &self.regular }
    }

    fn add(&mut self, block: &Block) {
        let Look { size, is_bold, space_before } = block.style.look();
        let is_first = self.pages.last().is_none_or(Vec::is_empty);
        self.y += if is_first { 0.0 } else { space_before };
        let x = MARGIN + INDENT * f32::from(block.depth);
        let needed = if block.style == Style::Heading { AFTER_HEADING } else { 0.0 };
        let lines = wrapped(self.face(is_bold), &block.text, size, WIDTH - MARGIN - x);
        for (at, text) in lines.into_iter().enumerate() {
            let height = size * 1.35;
            if self.y + height + needed > LOWEST {
                self.pages.push(Vec::new());
                self.y = MARGIN;
            }
            self.y += height;
            let y = self.y;
            let Some(page) = self.pages.last_mut() else { return };
            if at == 0 && block.style == Style::Item {
                let bullet = "•".to_owned();
                page.push(Line { x: x - 9.0, y, size, is_bold, text: bullet });
            }
            page.push(Line { x, y, size, is_bold, text });
        }
    }

    /// Writes the PDF, with the footer and the page's number on each page.
    pub(super) fn write(&self, title: &str, footer: &str) -> Option<Vec<u8>> {
        let mut document = Document::new();
        let metadata = Metadata::new().title(title.to_owned()).language("en-AU".to_owned());
        document.set_metadata(metadata.creator("Practice Bridge".to_owned()));
        let count = self.pages.len();
        for (at, lines) in self.pages.iter().enumerate() {
            let mut page = document.start_page_with(PageSettings::from_wh(WIDTH, HEIGHT)?);
            let mut surface = page.surface();
            for line in lines {
                self.draw(&mut surface, line);
            }
            let number = format!("Page {} of {count}", at + 1);
            let x = WIDTH - MARGIN - self.regular.width(&number, FOOTER_SIZE);
            let small = |x, y, text| Line { x, y, size: FOOTER_SIZE, is_bold: false, text };
            self.draw(&mut surface, &small(x, FOOTER, number));
            let footer = wrapped(&self.regular, footer, FOOTER_SIZE, x - MARGIN - INDENT);
            let mut y = FOOTER;
            for text in footer.into_iter().take(2) {
                self.draw(&mut surface, &small(MARGIN, y, text));
                y += FOOTER_SIZE * 1.35;
            }
            surface.finish();
            page.finish();
        }
        document.finish().ok()
    }

    fn draw(&self, surface: &mut Surface<'_>, line: &Line) {
        let face = self.face(line.is_bold);
        let (start, glyphs) = (Point::from_xy(line.x, line.y), face.glyphs(&line.text));
        surface.draw_glyphs(start, &glyphs, face.font.clone(), &line.text, line.size, false);
    }
}

/// Breaks a text into lines: at spaces, and within a word that is longer than a line.
fn wrapped(face: &TypeFace, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if face.width(&longer, size) <= width {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if face.width(&line, size) > width && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, character.to_string()));
            }
        }
    }
    lines.push(line);
    lines
}
