//! What bytes are, by their beginning. Names and declarations from outside say what somebody
//! hoped; a download is labelled by what it is.

/// How much of the beginning is looked at.
const SEEN: usize = 4_096;

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
    /// Text in UTF-16, with its byte order mark.
    Utf16Text,
    /// An HL7 version 2 message, or a batch of them.
    Hl7,
    /// XML, CDA among it.
    Xml,
    /// GIF.
    Gif,
    /// A Windows bitmap.
    Bmp,
    /// A photograph of a telephone.
    Heic,
    /// DICOM.
    Dicom,
    /// Word, up to 2003.
    Word,
    /// Word, since 2007.
    WordXml,
}

impl ContentType {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Pdf,
        Self::Jpeg,
        Self::Png,
        Self::Tiff,
        Self::Rtf,
        Self::Html,
        Self::Utf8Text,
        Self::AnsiText,
        Self::Utf16Text,
        Self::Hl7,
        Self::Xml,
        Self::Gif,
        Self::Bmp,
        Self::Heic,
        Self::Dicom,
        Self::Word,
        Self::WordXml,
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
            Self::Utf16Text => "text/plain; charset=utf-16",
            Self::Hl7 => "x-application/hl7-v2+er7",
            Self::Xml => "application/xml",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Heic => "image/heic",
            Self::Dicom => "application/dicom",
            Self::Word => "application/msword",
            Self::WordXml => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
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
            Self::Utf8Text | Self::AnsiText | Self::Utf16Text => "txt",
            Self::Hl7 => "hl7",
            Self::Xml => "xml",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
            Self::Dicom => "dcm",
            Self::Word => "doc",
            Self::WordXml => "docx",
        }
    }

    /// What to declare for bytes of a type that may not be known.
    #[must_use]
    pub fn header(known: Option<Self>) -> &'static str {
        known.map_or("application/octet-stream", Self::as_str)
    }

    /// The type of bytes that begin so; `all` tells whether there are no more.
    fn of(start: &[u8], all: bool) -> Option<Self> {
        Self::of_mark(start).or_else(|| Self::of_text(start, all))
    }

    /// By a mark. What a file begins with comes before what is only mentioned further on: a letter may
    /// speak of a PDF.
    fn of_mark(start: &[u8]) -> Option<Self> {
        let begins = |marks: &[&[u8]]| marks.iter().any(|mark| start.starts_with(mark));
        let at = |place: usize, mark: &[u8]| {
            start.get(place..).is_some_and(|rest| rest.starts_with(mark))
        };
        // DICOM may have a preamble that makes another format of it.
        if at(128, b"DICM") {
            return Some(Self::Dicom);
        }
        if begins(&[b"\xFF\xD8\xFF"]) {
            return Some(Self::Jpeg);
        }
        if begins(&[b"\x89PNG\r\n\x1A\n"]) {
            return Some(Self::Png);
        }
        if begins(&[b"II\x2A\x00", b"MM\x00\x2A", b"II\x2B\x00", b"MM\x00\x2B"]) {
            return Some(Self::Tiff);
        }
        if begins(&[b"GIF87a", b"GIF89a"]) {
            return Some(Self::Gif);
        }
        // Four bytes that nothing uses stand behind a bitmap's length.
        if begins(&[b"BM"]) && at(6, b"\0\0\0\0") {
            return Some(Self::Bmp);
        }
        let holds = |part: &[u8]| start.windows(part.len()).any(|window| window == part);
        let brand = |brands: &[&[u8]]| brands.iter().any(|brand| at(8, brand));
        // A still picture names what it is made of among its compatible brands.
        if at(4, b"ftyp")
            && (brand(&[b"heic", b"heix", b"hevc"])
                || brand(&[b"mif1", b"msf1"]) && holds(b"heic") && !holds(b"avif"))
        {
            return Some(Self::Heic);
        }
        // Other programs write the same containers: only what names Word is Word's.
        if begins(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"]) && holds(b"W\0o\0r\0d\0D\0o\0c\0") {
            return Some(Self::Word);
        }
        if begins(&[b"PK\x03\x04"]) && holds(b"word/") {
            return Some(Self::WordXml);
        }
        if begins(&[b"\xFF\xFE", b"\xFE\xFF"]) && start.len() > 2 {
            return Some(Self::Utf16Text);
        }
        Self::of_head(start).or_else(|| is_pdf(start).then_some(Self::Pdf))
    }

    /// By the first word of a text.
    fn of_head(start: &[u8]) -> Option<Self> {
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        // Files of messages often keep the frame that they travelled in, and a mark inside it.
        let text = text.strip_prefix(b"\x0B").unwrap_or(text);
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
        let tag = |tag: &[u8]| text.get(..tag.len()).is_some_and(|it| it.eq_ignore_ascii_case(tag));
        if text.starts_with(b"{\\rtf") {
            return Some(Self::Rtf);
        }
        if [b"MSH|", b"FHS|", b"BHS|"].into_iter().any(|head| text.starts_with(head)) {
            return Some(Self::Hl7);
        }
        if tag(b"<?xml") || tag(b"<!--") {
            // What comes first says what it is; a page may be written as XML.
            let first = first_element(text);
            let page = first.is_some_and(|name| name.eq_ignore_ascii_case(b"html"));
            return match page {
                true => Some(Self::Html),
                false => tag(b"<?xml").then_some(Self::Xml),
            };
        }
        if tag(b"<!doctype html") {
            return Some(Self::Html);
        }
        const PAGE: [&[u8]; 14] = [
            b"html", b"head", b"body", b"p", b"div", b"table", b"span", b"font", b"br", b"meta",
            b"title", b"h1", b"h2", b"h3",
        ];
        let first = text.starts_with(b"<").then(|| first_element(text)).flatten();
        let page = |name: &[u8]| PAGE.iter().any(|it| name.eq_ignore_ascii_case(it));
        first.is_some_and(page).then_some(Self::Html)
    }

    /// Text holds no control characters but those of lines and pages, and what result files and
    /// printers leave in it.
    fn of_text(start: &[u8], all: bool) -> Option<Self> {
        let plain = |byte: &u8| *byte >= b' ' && *byte != 0x7F || b"\t\n\x0C\r".contains(byte);
        // Ctrl-Z ends files of DOS programs, escape begins a printer's command, and NUL fills.
        let left = |byte: &u8| b"\0\x1A\x1B".contains(byte);
        let ending = start.iter().rev().take_while(|byte| left(byte)).count();
        let start = if all { &start[..start.len() - ending] } else { start };
        let odd = start.iter().filter(|byte| left(byte)).count();
        if start.is_empty() || !start.iter().all(|byte| plain(byte) || left(byte)) {
            return None;
        }
        if odd * 8 > start.len() {
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

/// The name of the first element of a text, behind declarations and comments.
fn first_element(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        rest = &rest[rest.iter().position(|byte| *byte == b'<')? + 1..];
        let end: &[u8] = match rest {
            [b'!', b'-', b'-', ..] => b"-->",
            [b'?' | b'!', ..] => b">",
            [first, ..] if first.is_ascii_alphabetic() => break,
            _ => return None,
        };
        let over = rest.windows(end.len()).position(|window| window == end)?;
        rest = &rest[over + end.len()..];
    }
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b':');
    Some(&rest[..length.count()])
}

/// Readers of PDF take some bytes before the header, and so do the programs that write them: a
/// printer's commands, or bytes that are no text. Within text the header counts where it is a line of
/// its own.
fn is_pdf(start: &[u8]) -> bool {
    const MARK: &[u8] = b"%PDF-";
    let is_text = |bytes: &[u8]| {
        bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7F || b"\t\n\x0C\r".contains(byte))
    };
    start.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).any(|(at, _)| {
        let (before, after) = (&start[..at], &start[at + MARK.len()..]);
        if at == 0 {
            return true;
        }
        let version =
            after.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let behind = after.get(version);
        let ends = behind.is_none_or(|byte| b"\r\n%".contains(byte) || !byte.is_ascii());
        let begins_a_line = before.last().is_some_and(|byte| b"\n\r".contains(byte));
        version > 0 && (begins_a_line && ends || !is_text(before))
    })
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
        use ContentType::{
            AnsiText, Bmp, Dicom, Gif, Heic, Hl7, Html, Jpeg, Pdf, Png, Rtf, Tiff, Utf8Text,
            Utf16Text, Word, WordXml, Xml,
        };
        let dicom = [&b"II\x2A\x00"[..], &[0; 124], b"DICM"].concat();
        let cases: [(&[u8], ContentType); 54] = [
            // What is only mentioned is not what the file is.
            (b"{\\rtf1 please see the %PDF-1.7 attached}", Rtf),
            (b"MSH|^~\\&|LAB|see %PDF-1.4", Hl7),
            (b"Please see the %PDF-1.7 attached.", Utf8Text),
            (b"The file begins with\n%PDF- and a number.", Utf8Text),
            (b"\x1B%-12345X@PJL JOB\r\n%PDF-1.4", Pdf),
            (b"12 3\n%PDF-1.4\n", Pdf),
            // What result files leave behind.
            (b"Glucose 5.1\r\n\x1A", Utf8Text),
            (b"\x1BEGlucose 5.1 mmol/L\0 end", Utf8Text),
            (b"\xFF\xFEG\0l\0u\0", Utf16Text),
            (b"\xFE\xFF\0G\0l", Utf16Text),
            // Pages of any beginning.
            (b"<!-- made by a laboratory -->\n<html><body>", Html),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>", Html),
            (b"<head><title>x</title>", Html),
            (b"<body>", Html),
            (b"<p>Dear colleague", Html),
            (b"<TABLE border=1>", Html),
            // Others that people keep.
            (b"<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\">", Xml),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>", Xml),
            (b"GIF89a\x01\0", Gif),
            (b"GIF87a\x01\0", Gif),
            (b"BM\x46\0\0\0\0\0\0\0\x36", Bmp),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Heic),
            (b"<p class=\"x\">Dear colleague", Html),
            (b"<meta charset=\"utf-8\"><h1>x", Html),
            (b"<?xml version=\"1.0\"?><!-- <html> --><ClinicalDocument>", Xml),
            (b"Note:\n%PDF-1.4 could not be opened", Utf8Text),
            (b"ok\x1A", Utf8Text),
            (b"II\x2B\x00\x08\x00", Tiff),
            (b"MM\x00\x2B\x00\x08", Tiff),
            (&dicom, Dicom),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0W\0o\0r\0d\0D\0o\0c\0u\0", Word),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\0word/document.xml", WordXml),
            (b"PK\x03\x04\x14\0\x06\0word/document.xml", WordXml),
            (b"\x0B\xEF\xBB\xBFMSH|^~\\&|LAB|", Hl7),
            (b"BHS|^~\\&|", Hl7),
            (b"BM is an abbreviation", Utf8Text),
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
        for bytes in [
            &b""[..],
            b"\0\0\0\0",
            b"\x1A",
            b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\0xl/workbook.xml",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0W\0o\0r\0k\0b\0o\0o\0k\0",
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
            b"a\0b\0c\0d\0",
        ] {
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
