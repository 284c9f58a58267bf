//! What bytes are, by their beginning. Names and declarations from outside say what somebody
//! hoped; a download is labelled by what it is.

/// How much of the beginning is looked at.
const SEEN: usize = 1_024;

/// A type that documents have.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ContentType {
    /// PDF.
    Pdf,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF.
    Tiff,
    /// Rich text.
    Rtf,
    /// A page of HTML.
    Html,
    /// Text in UTF-8, or plain ASCII.
    Utf8Text,
    /// Text in Windows' Western encoding.
    AnsiText,
    /// An HL7 version 2 message.
    Hl7,
}

impl ContentType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pdf,
        Self::Jpeg,
        Self::Png,
        Self::Tiff,
        Self::Rtf,
        Self::Html,
        Self::Utf8Text,
        Self::AnsiText,
        Self::Hl7,
    ];

    /// The media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Rtf => "application/rtf",
            Self::Html => "text/html",
            Self::Utf8Text => "text/plain; charset=utf-8",
            Self::AnsiText => "text/plain; charset=windows-1252",
            Self::Hl7 => "x-application/hl7-v2+er7",
        }
    }

    /// The type of this media type.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The usual ending of a file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Tiff => "tif",
            Self::Rtf => "rtf",
            Self::Html => "html",
            Self::Utf8Text | Self::AnsiText => "txt",
            Self::Hl7 => "hl7",
        }
    }

    /// What to declare for bytes of a type that may not be known.
    #[must_use]
    pub fn header(known: Option<Self>) -> &'static str {
        known.map_or("application/octet-stream", Self::as_str)
    }

    /// The type of bytes that begin so; `all` tells whether there are no more.
    fn of(start: &[u8], all: bool) -> Option<Self> {
        let begins = |magic: &[u8]| start.starts_with(magic);
        if begins(b"\xFF\xD8\xFF") {
            return Some(Self::Jpeg);
        }
        if begins(b"\x89PNG\r\n\x1A\n") {
            return Some(Self::Png);
        }
        if begins(b"II\x2A\x00") || begins(b"MM\x00\x2A") {
            return Some(Self::Tiff);
        }
        // Readers of PDF take some bytes before the header, and so do the programs that write them.
        if start.windows(5).any(|window| window == b"%PDF-") {
            return Some(Self::Pdf);
        }
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        // Files of messages often keep the frame that they travelled in.
        let text = text.strip_prefix(b"\x0B").unwrap_or(text).trim_ascii_start();
        if text.starts_with(b"{\\rtf") {
            return Some(Self::Rtf);
        }
        if [b"MSH|", b"FHS|", b"BHS|"].into_iter().any(|head| text.starts_with(head)) {
            return Some(Self::Hl7);
        }
        let tag = |tag: &[u8]| text.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
        if tag(b"<!doctype html") || tag(b"<html") {
            return Some(Self::Html);
        }
        Self::of_text(start, all)
    }

    /// Text holds no control characters but those of lines and pages.
    fn of_text(start: &[u8], all: bool) -> Option<Self> {
        let plain = |byte: &u8| *byte >= b' ' && *byte != 0x7F || b"\t\n\x0C\r".contains(byte);
        if start.is_empty() || !start.iter().all(plain) {
            return None;
        }
        match std::str::from_utf8(start) {
            Ok(_) => Some(Self::Utf8Text),
            // Only the last character was cut off.
            Err(error) if error.error_len().is_none() && !all => Some(Self::Utf8Text),
            Err(_) => {
                let foreign = start.iter().filter(|byte| !byte.is_ascii()).count();
                // Five places of the encoding are empty, and Western text is mostly ASCII.
                let empty = start.iter().any(|byte| b"\x81\x8D\x8F\x90\x9D".contains(byte));
                (!empty && foreign * 4 <= start.len()).then_some(Self::AnsiText)
            }
        }
    }
}

/// Sees the beginning of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Sniffer {
    start: Vec<u8>,
    more: bool,
}

impl Sniffer {
    /// Sees the next piece.
    pub fn see(&mut self, piece: &[u8]) {
        let taken = piece.len().min(SEEN - self.start.len());
        self.start.extend_from_slice(&piece[..taken]);
        self.more |= taken < piece.len();
    }

    /// What the bytes are; `None` where nothing known begins so.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        ContentType::of(&self.start, !self.more)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sniffed(bytes: &[u8]) -> Option<ContentType> {
        let mut sniffer = Sniffer::default();
        sniffer.see(bytes);
        sniffer.content_type()
    }

    #[test]
    fn every_type_is_known_by_its_beginning() {
        use ContentType::{AnsiText, Hl7, Html, Jpeg, Pdf, Png, Rtf, Tiff, Utf8Text};
        let cases: [(&[u8], ContentType); 17] = [
            (b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n", Pdf),
            (b"\r\n\0junk%PDF-1.7\n", Pdf),
            (b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", Jpeg),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Png),
            (b"II\x2A\x00\x08\x00\x00\x00", Tiff),
            (b"MM\x00\x2A\x00\x00\x00\x08", Tiff),
            (b"{\\rtf1\\ansi\\ansicpg1252", Rtf),
            (b"\xEF\xBB\xBF\r\n <!DOCTYPE html>\n<html>", Html),
            (b"<HTML><body>", Html),
            (b"MSH|^~\\&|LAB|", Hl7),
            (b"\x0BMSH|^~\\&|LAB|", Hl7),
            (b"FHS|^~\\&|", Hl7),
            (b"HbA1c 6.1 %\r\n\r\nNormal.\x0C", Utf8Text),
            ("Café: 5 µmol/L\n".as_bytes(), Utf8Text),
            (b"Caf\xE9: 5 \xB5mol/L, seen by Dr Z\xF6e\r\n", AnsiText),
            // The word alone makes no message and no page.
            (b"MSH is a hospital", Utf8Text),
            (b"x < html", Utf8Text),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniffed(bytes), Some(expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_unknown_is_said_to_be_unknown() {
        for bytes in
            [&b""[..], b"\0\0\0\0", b"PK\x03\x04\x14\0", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"]
        {
            assert_eq!(sniffed(bytes), None, "{}", bytes.escape_ascii());
        }
        assert_eq!(ContentType::header(None), "application/octet-stream");
    }

    #[test]
    fn a_character_cut_by_the_end_of_what_is_seen_does_not_make_text_ansi() {
        let long = format!("{}é and more", "x".repeat(SEEN - 1));
        assert_eq!(sniffed(long.as_bytes()), Some(ContentType::Utf8Text));
        assert_eq!(sniffed(b"caf\xC3"), Some(ContentType::AnsiText));
    }

    #[test]
    fn a_media_type_reads_back() {
        for kind in ContentType::ALL {
            assert_eq!(ContentType::parse(kind.as_str()), Some(kind));
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_mean_the_same(
            bytes in prop::collection::vec(any::<u8>(), 0..3_000),
            at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(bytes.len() + 1);
            let mut sniffer = Sniffer::default();
            sniffer.see(&bytes[..at]);
            sniffer.see(&bytes[at..]);
            prop_assert_eq!(sniffer.content_type(), sniffed(&bytes));
        }
    }
}
