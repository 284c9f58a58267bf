//! Puts pages that are separate files into one PDF.
//!
//! Nothing is drawn: the bytes of an image are copied in their encoding, and the pages of a PDF keep their
//! objects. A page that cannot be copied like this is refused, because a letter with a changed page could be
//! misunderstood.

mod fields;
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

/// Why the pages cannot become one PDF.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CannotBind(
    /// The obstacle. It contains nothing of the page's content.
    pub &'static str,
);

/// Puts pages together, one after the other. A page is in memory only while it is added.
#[derive(Debug, Default)]
pub struct Binder {
    writer: Writer,
}

impl Binder {
    /// The largest file that is accepted, in bytes.
    pub const LARGEST_PAGE: usize = 24 << 20;
    /// The most pages that the PDF may have.
    pub const MOST_PAGES: usize = 2_000;

    /// Adds a file: an image, each image of a TIFF, or each page of a PDF. Returns the next bytes of the
    /// PDF.
    ///
    /// # Errors
    /// If the file cannot be copied unchanged. Then discard the PDF.
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

    /// Ends the PDF and returns its last bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.writer.write_trailer();
        self.writer.take()
    }
}
