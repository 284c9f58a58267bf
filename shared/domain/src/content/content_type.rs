//! The types of documents, with their media types and file endings.

/// The type of a document.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ContentType {
    Pdf,
    Jpeg,
    Png,
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
    /// XML, such as CDA.
    Xml,
    Gif,
    /// A Windows bitmap.
    Bmp,
    /// A telephone's photograph.
    Heic,
    Webp,
    Dicom,
    /// Word, up to 2003.
    Word,
    /// Word, since 2007.
    WordXml,
}

impl ContentType {
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

    /// The type with this media type.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The usual extension of such a file, without the dot.
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

    /// The media type to declare, also if the type is not known.
    #[must_use]
    pub fn header(known: Option<Self>) -> &'static str {
        known.map_or("application/octet-stream", Self::as_str)
    }

    /// Whether a browser shows it without running a script in it. HTML pages and XML may carry scripts.
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
}
