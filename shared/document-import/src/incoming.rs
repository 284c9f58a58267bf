//! Handles the bytes of a document between Bp and the bucket. Most documents are copied unchanged. The pages of
//! a scan become one PDF. The text of a letter is stored next to its copy.

use best_practice::DocumentPart;
use bytes::{Bytes, BytesMut};
use renditions::{Binder, CannotBind, LARGEST_DOC, LARGEST_DOCX, RtfText, doc_text, docx_text};

/// A document that arrives part by part.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    words: RtfText,
    letter: WordLetter,
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
    /// Adds the next part and returns the next bytes of the copy.
    ///
    /// # Errors
    /// When the pages cannot become one file.
    pub(crate) fn add(&mut self, part: DocumentPart) -> Result<Bytes, CannotBind> {
        if part.pages == 1 {
            self.words.see(&part.bytes);
            self.letter.add(&part.bytes);
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

    /// The last bytes of the copy, and the document's words if they could be read.
    ///
    /// # Errors
    /// When the pages cannot become one file.
    pub(crate) fn finish(self) -> Result<(Bytes, Option<String>), CannotBind> {
        let Some(mut scan) = self.scan else {
            let words = self.letter.words().or_else(|| self.words.finish());
            return Ok((Bytes::new(), words));
        };
        let mut bound = scan.binder.add(&scan.page)?;
        bound.extend(scan.binder.finish());
        Ok((bound.into(), None))
    }
}

/// What may be a letter of Word. It is read from its end, so all of it is kept.
#[derive(Debug)]
enum WordLetter {
    /// The first bytes, which do not say yet what it is.
    Unknown(BytesMut),
    Doc(BytesMut),
    Docx(BytesMut),
    /// Something else, or too large.
    None,
}

impl Default for WordLetter {
    fn default() -> Self {
        Self::Unknown(BytesMut::new())
    }
}

impl WordLetter {
    fn add(&mut self, bytes: &[u8]) {
        let (Self::Unknown(kept) | Self::Doc(kept) | Self::Docx(kept)) = self else { return };
        kept.extend_from_slice(bytes);
        *self = match std::mem::replace(self, Self::None) {
            Self::Unknown(kept) => Self::of(kept),
            kept => kept,
        };
        if match self {
            Self::Doc(kept) => kept.len() > LARGEST_DOC,
            Self::Docx(kept) => kept.len() > LARGEST_DOCX,
            Self::Unknown(_) | Self::None => false,
        } {
            *self = Self::None;
        }
    }

    fn of(kept: BytesMut) -> Self {
        const DOC: &[u8] = b"\xD0\xCF\x11\xE0";
        const DOCX: &[u8] = b"PK";
        if kept.starts_with(DOC) {
            Self::Doc(kept)
        } else if kept.starts_with(DOCX) {
            Self::Docx(kept)
        } else if [DOC, DOCX].iter().any(|mark| mark.starts_with(&kept)) {
            Self::Unknown(kept)
        } else {
            Self::None
        }
    }

    fn words(&self) -> Option<String> {
        match self {
            Self::Doc(kept) => doc_text(kept),
            Self::Docx(kept) => docx_text(kept),
            Self::Unknown(_) | Self::None => None,
        }
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
                bytes.extend(copy.add(DocumentPart { page: number, pages, bytes: part })?);
            }
        }
        let (last, words) = copy.finish()?;
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
    fn a_letter_of_old_word_leaves_its_words_in_whatever_parts_it_comes() {
        let letter = include_bytes!("../../renditions/src/doc/tests/letter.doc");
        for size in [1, 7, 1_000, 1 << 20] {
            let (copy, words) = copied(&[letter], size).unwrap();
            assert_eq!(copy, letter);
            assert!(words.unwrap().starts_with("Dear Dr Ng,\nRe: Jo Exemplar"), "{size}");
            assert_eq!(copied(&[&letter[..letter.len() - 512]], size).unwrap().1, None);
        }
    }

    #[test]
    fn what_is_too_large_for_a_letter_is_not_kept() {
        for (mark, largest) in [(b"\xD0\xCF\x11\xE0" as &[u8], LARGEST_DOC), (b"PK", LARGEST_DOCX)]
        {
            let mut letter = WordLetter::default();
            letter.add(mark);
            letter.add(&vec![0; largest - mark.len()]);
            assert!(!matches!(letter, WordLetter::None));
            letter.add(b"0");
            assert!(matches!(letter, WordLetter::None));
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
        let taken = (0..40).take_while(|_| copy.add(part.clone()).is_ok()).count();
        assert_eq!(taken, Binder::LARGEST_PAGE >> 20);
    }
}
