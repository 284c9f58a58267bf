//! What bytes are, by their beginning. Names and declarations from outside say what somebody
//! hoped; a document is labelled, sent and refused by what it is.

mod judge;
#[cfg(test)]
mod tests;

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
    /// WebP.
    Webp,
    /// DICOM.
    Dicom,
    /// Word, up to 2003.
    Word,
    /// Word, since 2007.
    WordXml,
}

impl ContentType {
    /// All of them.
    pub const ALL: [Self; 18] = [
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
        Self::Webp,
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
            Self::Webp => "image/webp",
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
            Self::Webp => "webp",
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

    /// Whether a browser shows it without running anything that came with it. A page of HTML and XML
    /// may carry scripts.
    #[must_use]
    pub fn shows_safely(self) -> bool {
        match self {
            Self::Pdf
            | Self::Jpeg
            | Self::Png
            | Self::Tiff
            | Self::Gif
            | Self::Bmp
            | Self::Heic
            | Self::Webp
            | Self::Utf8Text
            | Self::AnsiText
            | Self::Utf16Text => true,
            Self::Rtf
            | Self::Html
            | Self::Hl7
            | Self::Xml
            | Self::Dicom
            | Self::Word
            | Self::WordXml => false,
        }
    }

    /// Whether it is text without marks of its own.
    #[must_use]
    pub fn is_plain_text(self) -> bool {
        matches!(self, Self::Utf8Text | Self::AnsiText | Self::Utf16Text)
    }
}

/// Endings of files that programs open though their content is not judged here. No program is among
/// them. Some may hold macros, which the programs that open them ask about.
const OPENABLE: [&str; 22] = [
    "avi", "avif", "csv", "eml", "jp2", "m4a", "mht", "mov", "mp3", "mp4", "msg", "odt", "pps",
    "ppt", "pptx", "tnef", "wav", "wmv", "wps", "xls", "xlsx", "xps",
];

/// Sees the beginning of bytes that come in pieces.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sniffer {
    start: Vec<u8>,
    more: bool,
}

impl Sniffer {
    /// One that has seen these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut sniffer = Self::default();
        sniffer.see(bytes);
        sniffer
    }

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

    /// What the bytes are, where a file's ending is known besides (`docx`, without the dot). The ending
    /// decides only between what the bytes can be.
    #[must_use]
    pub fn content_type_of_file(&self, ending: Option<&str>) -> Option<ContentType> {
        use ContentType::{AnsiText, Heic, Hl7, Html, Utf8Text, Word, WordXml, Xml};
        let found = self.content_type();
        let ending = ending.map(str::to_ascii_lowercase);
        let text = self.text();
        let is_marked_up = text.starts_with(b"<");
        match (found, ending.as_deref().unwrap_or_default()) {
            // The name that tells Word's container from others may stand further on.
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
            // Some laboratories put lines of their own before the message.
            (Some(Utf8Text | AnsiText), "hl7" | "oru")
                if text.split(|byte| b"\r\n".contains(byte)).any(|it| it.starts_with(b"MSH|")) =>
            {
                Some(Hl7)
            }
            _ => found,
        }
    }

    /// The ending of a name under which the file opens: that of its content, else the one it has where
    /// that is harmless, else `bin`.
    #[must_use]
    pub fn extension(&self, ending: Option<&str>) -> String {
        let known = self.content_type_of_file(ending);
        let ending = ending.map(str::to_ascii_lowercase).unwrap_or_default();
        // Word opens its kinds of file under their own names only.
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

    /// What was seen, without a byte order mark and leading blanks.
    pub(crate) fn text(&self) -> &[u8] {
        self.start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.start).trim_ascii_start()
    }
}
