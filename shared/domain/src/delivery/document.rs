//! Documents that are uploaded before they are sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ClientId;
use crate::{Invalid, Sha256};

/// The kinds of documents that Bp opens.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DocumentType {
    /// `application/pdf`
    Pdf,
    /// `application/rtf` or `text/rtf`
    Rtf,
    /// `text/html`
    Html,
    /// `text/plain`
    Text,
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/tiff`
    Tiff,
    /// `application/hl7-v2+er7`
    Hl7,
}

impl DocumentType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Pdf,
        Self::Rtf,
        Self::Html,
        Self::Text,
        Self::Jpeg,
        Self::Png,
        Self::Tiff,
        Self::Hl7,
    ];

    /// Takes a media type; its parameters (`charset`) are left out.
    ///
    /// # Errors
    /// Names the types that are taken.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bare = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match bare.as_str() {
            "text/rtf" => Ok(Self::Rtf),
            "application/hl7-v2" | "x-application/hl7-v2+er7" => Ok(Self::Hl7),
            _ => Self::ALL.into_iter().find(|known| known.media_type() == bare).ok_or(Invalid(
                "this is one of application/pdf, application/rtf, text/html, text/plain, image/jpeg, image/png, image/tiff, application/hl7-v2+er7",
            )),
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Rtf => "application/rtf",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Hl7 => "application/hl7-v2+er7",
        }
    }

    /// The file's extension, by which Bp chooses the program that opens it.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Rtf => "rtf",
            Self::Html => "html",
            Self::Text => "txt",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Tiff => "tif",
            Self::Hl7 => "hl7",
        }
    }

    /// By how many bytes of their beginning [`DocumentType::fits`] knows most that do not fit.
    pub const TELLING: u32 = 4_096;

    /// Whether bytes, or their beginning, can be what the type says. Files that begin with a mark
    /// must have it; text must not have one of the others, and no zero bytes.
    #[must_use]
    pub fn fits(self, bytes: &[u8]) -> bool {
        let is_text =
            || Self::ALL.into_iter().all(|other| !other.is_marked(bytes)) && !bytes.contains(&0);
        match self {
            Self::Text => is_text(),
            Self::Html => is_text() && blank_stripped(bytes).starts_with(b"<"),
            Self::Hl7 => {
                is_text()
                    && [b"MSH|".as_slice(), b"FHS|", b"BHS|"]
                        .iter()
                        .any(|start| blank_stripped(bytes).starts_with(start))
            }
            marked => marked.is_marked(bytes),
        }
    }

    fn is_marked(self, bytes: &[u8]) -> bool {
        let begins = |marks: &[&[u8]]| marks.iter().any(|mark| bytes.starts_with(mark));
        match self {
            // Readers take a PDF whose mark stands somewhere in the first kilobyte.
            Self::Pdf => bytes
                .get(..bytes.len().min(1024))
                .is_some_and(|head| head.windows(5).any(|window| window == b"%PDF-")),
            Self::Rtf => begins(&[b"{\\rtf"]),
            Self::Jpeg => begins(&[b"\xff\xd8\xff"]),
            Self::Png => begins(&[b"\x89PNG\r\n\x1a\n"]),
            Self::Tiff => begins(&[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]),
            Self::Html | Self::Text | Self::Hl7 => false,
        }
    }
}

/// Without a byte order mark and leading blanks.
fn blank_stripped(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

/// An announced document: what its bytes must turn out to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedDocument {
    /// The platform's own id of it.
    pub document_id: ClientId,
    /// What it is.
    pub content_type: DocumentType,
    /// How long it is.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
}

/// An announced document with the place of its bytes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredDocument {
    /// What was announced.
    pub announced: AnnouncedDocument,
    /// The object's key in the bucket; names nobody.
    pub key: String,
    /// When it was announced.
    pub announced_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_may_carry_a_charset_and_any_case() {
        assert_eq!(DocumentType::parse("Text/Plain; charset=utf-8"), Ok(DocumentType::Text));
        assert_eq!(DocumentType::parse("text/rtf"), Ok(DocumentType::Rtf));
        for wrong in ["", "application/x-msdownload", "application/zip", "image/gif", "pdf"] {
            assert!(DocumentType::parse(wrong).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn a_document_is_what_its_first_bytes_say() {
        use DocumentType as T;
        let samples: [(T, &[u8]); 8] = [
            (T::Pdf, b"%PDF-1.7\n\0"),
            (T::Rtf, b"{\\rtf1\\ansi}"),
            (T::Html, b"\xef\xbb\xbf \n<!doctype html>"),
            (T::Text, b"Dear colleague"),
            (T::Jpeg, b"\xff\xd8\xff\xe0"),
            (T::Png, b"\x89PNG\r\n\x1a\n"),
            (T::Tiff, b"II*\0"),
            (T::Hl7, b"MSH|^~\\&|A"),
        ];
        for (kind, bytes) in samples {
            assert!(kind.fits(bytes), "{kind:?}");
            for other in T::ALL.into_iter().filter(|other| *other != kind) {
                // All of these three are text.
                if other == T::Text && matches!(kind, T::Html | T::Hl7) {
                    continue;
                }
                assert!(!other.fits(bytes), "{kind:?} was taken for {other:?}");
            }
        }
        assert!(!T::Text.fits(b"MZ\x90\0\x03"), "a program was taken for text");
    }

    #[test]
    fn a_hash_is_64_digits_of_either_case() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::parse(text).unwrap(), Sha256::of(b"abc"));
        assert_eq!(Sha256::parse(&text.to_uppercase()).unwrap().to_string(), text);
        for wrong in ["", &text[1..], &format!("g{}", &text[1..]), &format!("+{}", &text[1..])] {
            assert!(Sha256::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}
