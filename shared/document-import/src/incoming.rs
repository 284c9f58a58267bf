//! A document's bytes on their way into the bucket. Most documents are copied unchanged. The pages of
//! a scan become one PDF. The words of a letter are kept beside its copy.

use best_practice::DocumentPart;
use bytes::{Bytes, BytesMut};
use renditions::{Binder, CannotBind, LARGEST_DOCX, RtfText, docx_text};

/// A document that arrives part by part.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    words: RtfText,
    /// The whole document so far, while it may be a Word file: those are read from their end.
    archive: Option<BytesMut>,
    has_begun: bool,
    scan: Option<Scan>,
}

#[derive(Debug, Default)]
struct Scan {
    binder: Binder,
    /// The number of the page that is arriving, and its bytes so far.
    number: u32,
    page: BytesMut,
}

impl Incoming {
    /// Takes the next part and returns the next bytes of the copy.
    ///
    /// # Errors
    /// When the pages cannot become one file.
    pub(crate) fn take(&mut self, part: DocumentPart) -> Result<Bytes, CannotBind> {
        if part.pages == 1 {
            self.words.see(&part.bytes);
            self.keep(&part.bytes);
            return Ok(part.bytes);
        }
        let scan = self.scan.get_or_insert_default();
        let mut bound = Vec::new();
        if scan.number != part.page && !scan.page.is_empty() {
            bound = scan.binder.add(&std::mem::take(&mut scan.page))?;
        }
        scan.number = part.page;
        // Checked before the page takes more memory than a page may.
        if scan.page.len() + part.bytes.len() > Binder::LARGEST_PAGE {
            return Err(CannotBind("a page is too large"));
        }
        scan.page.extend_from_slice(&part.bytes);
        Ok(bound.into())
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !self.has_begun && !bytes.is_empty() {
            self.has_begun = true;
            self.archive = bytes.starts_with(b"PK").then(BytesMut::new);
        }
        if let Some(archive) = &mut self.archive {
            archive.extend_from_slice(bytes);
        }
        self.archive = self.archive.take().filter(|archive| archive.len() <= LARGEST_DOCX);
    }

    /// The last bytes of the copy, and the document's words if they could be read.
    ///
    /// # Errors
    /// When the pages cannot become one file.
    pub(crate) fn end(self) -> Result<(Bytes, Option<String>), CannotBind> {
        let Some(mut scan) = self.scan else {
            let archived = self.archive.and_then(|archive| docx_text(&archive));
            return Ok((Bytes::new(), archived.or_else(|| self.words.finish())));
        };
        let mut bound = scan.binder.add(&scan.page)?;
        bound.extend(scan.binder.finish());
        Ok((bound.into(), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fax of 8 by 2 points that begins with this byte.
    fn fax(byte: u8) -> Vec<u8> {
        let mut file = b"II\x2A\0\x08\0\0\0\x06\0".to_vec();
        for (number, value) in [(256_u16, 8_u32), (257, 2), (259, 4), (262, 0), (273, 86), (279, 1)]
        {
            file.extend(number.to_le_bytes());
            file.extend([4, 0, 1, 0, 0, 0]);
            file.extend(value.to_le_bytes());
        }
        file.extend([0; 4]);
        file.push(byte);
        file
    }

    fn copied(pages: &[&[u8]], size: usize) -> Result<(Vec<u8>, Option<String>), CannotBind> {
        let mut copy = Incoming::default();
        let mut bytes = Vec::new();
        for (number, page) in (1..).zip(pages) {
            for part in page.chunks(size) {
                let part = Bytes::copy_from_slice(part);
                let pages = u32::try_from(pages.len()).unwrap();
                bytes.extend(copy.take(DocumentPart { page: number, pages, bytes: part })?);
            }
        }
        let (last, words) = copy.end()?;
        bytes.extend(last);
        Ok((bytes, words))
    }

    #[test]
    fn a_document_of_one_file_goes_through_as_it_is_and_a_letter_leaves_its_words() {
        for size in [1, 7, 1_000] {
            assert_eq!(copied(&[b"%PDF-1.4"], size), Ok((b"%PDF-1.4".to_vec(), None)));
            let letter = b"{\\rtf1 Dear Dr,\\par thank you}";
            let words = Some("Dear Dr,\nthank you\n".to_owned());
            assert_eq!(copied(&[letter], size), Ok((letter.to_vec(), words)));
        }
    }

    #[test]
    fn the_pages_of_a_scan_become_one_file_in_whatever_parts_they_come() {
        let (one, two) = (fax(1), fax(2));
        let whole = copied(&[&one, &two, &one], 1_000).unwrap();
        assert!(whole.0.starts_with(b"%PDF-") && whole.0.ends_with(b"%%EOF\n"));
        assert_eq!(whole.1, None);
        assert_eq!(copied(&[&one, &two, &one], 5).unwrap(), whole);
        assert!(copied(&[&one, b"{\\rtf1 x}"], 5).is_err(), "a letter is no page of a scan");
    }

    #[test]
    fn a_page_that_is_too_large_is_refused_before_all_of_it_has_come() {
        let mut copy = Incoming::default();
        let bytes = Bytes::from(vec![0; 1 << 20]);
        let part = DocumentPart { page: 1, pages: 2, bytes };
        let taken = (0..40).take_while(|_| copy.take(part.clone()).is_ok()).count();
        assert_eq!(taken, Binder::LARGEST_PAGE >> 20);
    }
}
