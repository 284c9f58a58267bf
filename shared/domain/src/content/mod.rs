//! Finds the type of bytes from their beginning. Names and declared types may be wrong, so a document is
//! labelled, sent and refused by its content.
//!
//! The crate `infer` 0.22 is not used: it knows no text and no HL7, calls a note that begins with "BMI" a bitmap, and a
//! DICOM file with a TIFF head a TIFF.

mod content_type;
mod judge;
#[cfg(test)]
mod tests;

pub use content_type::ContentType;

/// How many bytes of the beginning are read.
const SEEN: usize = 4_096;

/// Extensions of files whose content is not checked here. None of them is a program. Some may hold macros.
/// The program that opens such a file asks before it runs them.
const OPENABLE: [&str; 22] = [
    "avi", "avif", "csv", "eml", "jp2", "m4a", "mht", "mov", "mp3", "mp4", "msg", "odt", "pps",
    "ppt", "pptx", "tnef", "wav", "wmv", "wps", "xls", "xlsx", "xps",
];

/// Reads the beginning of bytes that arrive in pieces.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sniffer {
    start: Vec<u8>,
    more: bool,
}

impl Sniffer {
    /// A sniffer that has read these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut sniffer = Self::default();
        sniffer.see(bytes);
        sniffer
    }

    /// Reads the next piece.
    pub fn see(&mut self, piece: &[u8]) {
        let taken = piece.len().min(SEEN - self.start.len());
        self.start.extend_from_slice(&piece[..taken]);
        self.more |= taken < piece.len();
    }

    /// The type of the bytes; `None` if it is unknown.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        judge::content_type_of(&self.start, !self.more)
    }

    /// The type of the bytes of a file with this extension (`docx`, without the dot). The extension decides
    /// only between types that fit the bytes.
    #[must_use]
    pub fn content_type_of_file(&self, ending: Option<&str>) -> Option<ContentType> {
        use ContentType::{AnsiText, Heic, Hl7, Html, Utf8Text, Word, WordXml, Xml};
        let found = self.content_type();
        let ending = ending.map(str::to_ascii_lowercase);
        let text = self.text();
        let is_marked_up = text.starts_with(b"<");
        match (found, ending.as_deref().unwrap_or_default()) {
            // The name that identifies a Word container may be further on.
            (None, "docx" | "docm" | "dotx" | "dotm") if text.starts_with(b"PK\x03\x04") => {
                Some(WordXml)
            }
            (None, "doc" | "dot")
                if text.starts_with(b"\xD0\xCF\x11\xE0")
                    && judge::is_old_word(&self.start) != Some(false) =>
            {
                Some(Word)
            }
            (None, "heic" | "heif") if text.get(4..8) == Some(b"ftyp") => Some(Heic),
            (Some(Utf8Text | AnsiText), "htm" | "html" | "xhtml") if is_marked_up => Some(Html),
            (Some(Utf8Text | AnsiText), "xml" | "cda") if is_marked_up => Some(Xml),
            // Some laboratories write lines of their own before the message.
            (Some(Utf8Text | AnsiText), "hl7" | "oru")
                if text.split(|byte| b"\r\n".contains(byte)).any(|it| it.starts_with(b"MSH|")) =>
            {
                Some(Hl7)
            }
            _ => found,
        }
    }

    /// An extension with which the file opens: that of its content, else its own if it is harmless, else
    /// `bin`.
    #[must_use]
    pub fn extension(&self, ending: Option<&str>) -> String {
        let known = self.content_type_of_file(ending);
        let ending = ending.map(str::to_ascii_lowercase).unwrap_or_default();
        // Word opens these kinds of file only with their own extensions.
        if known == Some(ContentType::WordXml)
            && matches!(ending.as_str(), "docm" | "dotx" | "dotm")
        {
            return ending;
        }
        if let Some(known) = known {
            return known.extension().to_owned();
        }
        let harmless = |known: &str| OPENABLE.contains(&known);
        if harmless(&ending) { ending } else { "bin".to_owned() }
    }

    /// The bytes that were read, without a byte order mark and leading blanks.
    pub(crate) fn text(&self) -> &[u8] {
        self.start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.start).trim_ascii_start()
    }
}
