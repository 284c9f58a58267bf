//! Documents, which platforms upload before they send them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::client_id::ClientId;
use crate::content::{ContentType, Sniffer};
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

    /// Takes a media type. Its parameters (`charset`) are ignored.
    ///
    /// # Errors
    /// Lists the accepted types.
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

    /// The file's extension. Bp chooses by it which program opens the file.
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

    /// How many bytes of the beginning [`DocumentType::fits`] needs.
    pub const BYTES_JUDGED: u32 = 4_096;

    /// Whether bytes, or their beginning, fit the declared type. HTML pages, messages and XML are also
    /// accepted as plain text.
    ///
    /// # Errors
    /// Says which type was found instead; `None` if it is unknown.
    pub fn fits(self, bytes: &[u8]) -> Result<(), Option<ContentType>> {
        use ContentType as C;
        let seen = Sniffer::of(bytes);
        let found = seen.content_type();
        let fits = match self {
            Self::Pdf => found == Some(C::Pdf),
            Self::Rtf => found == Some(C::Rtf),
            Self::Jpeg => found == Some(C::Jpeg),
            Self::Png => found == Some(C::Png),
            Self::Tiff => found == Some(C::Tiff),
            Self::Hl7 => found == Some(C::Hl7),
            // An HTML fragment may begin with any tag.
            Self::Html => match found {
                Some(C::Html) => true,
                Some(C::Utf8Text | C::AnsiText | C::Xml) => seen.text().starts_with(b"<"),
                _ => false,
            },
            // It is unknown whether Bp's viewer reads UTF-16.
            Self::Text => {
                matches!(found, Some(C::Utf8Text | C::AnsiText | C::Html | C::Hl7 | C::Xml))
            }
        };
        if fits { Ok(()) } else { Err(found) }
    }
}

/// An announced document, and what the uploaded bytes must match.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedDocument {
    /// The platform's own id of it.
    pub document_id: ClientId,
    /// The document's type.
    pub content_type: DocumentType,
    /// The number of bytes.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
}

/// An announced document, and where its bytes are stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredDocument {
    /// What was announced.
    pub announced: AnnouncedDocument,
    /// The object's key in the bucket. It contains no names.
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
            assert_eq!(kind.fits(bytes), Ok(()), "{kind:?}");
            for other in T::ALL.into_iter().filter(|other| *other != kind) {
                // All three types are text.
                if other == T::Text && matches!(kind, T::Html | T::Hl7) {
                    continue;
                }
                assert!(other.fits(bytes).is_err(), "{kind:?} was taken for {other:?}");
            }
        }
        assert_eq!(T::Text.fits(b"MZ\x90\0\x03"), Err(None), "a program was taken for text");
        let page = Err(Some(ContentType::Html));
        assert_eq!(T::Pdf.fits(b"<!doctype html>"), page, "what was found is said");
    }

    #[test]
    fn a_document_that_is_staged_as_a_type_can_be_sent_as_that_type() {
        use DocumentType as T;
        let samples: [(T, &[u8]); 10] = [
            (T::Hl7, b"\x0BMSH|^~\\&|LAB|\r\x1C\r"),
            (T::Hl7, b"\x0B\xEF\xBB\xBFMSH|^~\\&|LAB|"),
            (T::Hl7, b"FHS|^~\\&|LAB\rBHS|^~\\&\rMSH|^~\\&|"),
            (T::Rtf, b"\r\n{\\rtf1\\ansi}"),
            (T::Rtf, b"\xEF\xBB\xBF{\\rtf1\\ansi see the %PDF-1.7 attached}"),
            (T::Text, b"Please see the %PDF-1.7 attached."),
            (T::Text, b"Haemoglobin 140 g/L\r\n\x1A"),
            (T::Html, b"<!-- saved from url -->\r\n<html>"),
            (T::Html, b"<center>Dear Dr</center>"),
            (T::Tiff, b"II+\0\x08\0"),
        ];
        for (kind, bytes) in samples {
            assert_eq!(kind.fits(bytes), Ok(()), "{kind:?} {}", bytes.escape_ascii());
        }
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
