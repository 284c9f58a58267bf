//! Pages that are files of their own become one PDF.
//!
//! Nothing is drawn anew: the bytes of an image go into the PDF as they are, in the encoding that they
//! have, and the pages of a PDF keep their objects. What cannot be taken over so is refused: a letter
//! with a page that looks otherwise would say something else.

mod jpeg;
mod pdf;
mod picture;
mod png;
#[cfg(test)]
mod tests;
mod tiff;
mod writer;

use domain::content::{ContentType, Sniffer};

use self::writer::Writer;

/// Why pages do not become one PDF.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CannotBind(
    /// What about the page is in the way; nothing of its content.
    pub &'static str,
);

/// Puts pages together, one after the other. A page is in memory while it is added, and no longer.
#[derive(Debug, Default)]
pub struct Binder {
    writer: Writer,
}

impl Binder {
    /// The largest page that is taken, in bytes.
    pub const LARGEST_PAGE: usize = 24 << 20;
    /// How many pages the whole may have.
    pub const MOST_PAGES: usize = 2_000;

    /// Adds a file: an image, each image of a TIFF, or each page of a PDF. Gives the next bytes of the
    /// PDF.
    ///
    /// # Errors
    /// When it cannot be taken over as it is. The PDF is of no use then.
    pub fn add(&mut self, file: &[u8]) -> Result<Vec<u8>, CannotBind> {
        if file.len() > Self::LARGEST_PAGE {
            return Err(CannotBind("a page is too large"));
        }
        match Sniffer::of(file).content_type() {
            Some(ContentType::Jpeg) => picture::add(&mut self.writer, &jpeg::read(file)?),
            Some(ContentType::Png) => picture::add(&mut self.writer, &png::read(file)?),
            Some(ContentType::Tiff) => {
                for page in tiff::read(file)? {
                    picture::add(&mut self.writer, &page?);
                }
            }
            Some(ContentType::Pdf) => pdf::add(&mut self.writer, file)?,
            _ => return Err(CannotBind("a page is no image and no PDF")),
        }
        if self.writer.pages() > Self::MOST_PAGES {
            return Err(CannotBind("too many pages"));
        }
        Ok(self.writer.take())
    }

    /// The last bytes of the PDF.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.writer.finish();
        self.writer.take()
    }
}
