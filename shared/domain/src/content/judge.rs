//! Finds the type of bytes from their beginning.

use super::content_type::ContentType;

/// The type of a document that begins with `start`. `all` says whether `start` is the whole
/// document.
pub(super) fn content_type_of(start: &[u8], all: bool) -> Option<ContentType> {
    ContentType::of_mark(start).or_else(|| ContentType::of_text(start, all))
}

impl ContentType {
    /// The type by its magic bytes. The beginning of the file counts more than text further on: a letter may
    /// mention a PDF.
    fn of_mark(start: &[u8]) -> Option<Self> {
        let begins = |marks: &[&[u8]]| marks.iter().any(|mark| start.starts_with(mark));
        let at = |place: usize, mark: &[u8]| {
            start.get(place..).is_some_and(|rest| rest.starts_with(mark))
        };
        // DICOM may begin with a preamble of another format.
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
        // In a bitmap, four unused bytes follow the length.
        if begins(&[b"BM"]) && at(6, b"\0\0\0\0") {
            return Some(Self::Bmp);
        }
        if begins(&[b"RIFF"]) && at(8, b"WEBP") {
            return Some(Self::Webp);
        }
        let holds = |part: &[u8]| start.windows(part.len()).any(|window| window == part);
        let brand = |brands: &[&[u8]]| brands.iter().any(|brand| at(8, brand));
        // A still picture lists its encoding among its compatible brands.
        if at(4, b"ftyp")
            && (brand(&[b"heic", b"heix", b"hevc"])
                || brand(&[b"mif1", b"msf1"]) && holds(b"heic") && !holds(b"avif"))
        {
            return Some(Self::Heic);
        }
        // Other programs write the same containers. Only a container that names Word is Word's.
        if is_old_word(start) == Some(true) {
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

    /// The type by the first word of a text.
    fn of_head(start: &[u8]) -> Option<Self> {
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        // Files of messages often keep the framing byte of their transport, and a byte order mark after it.
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
            // The first element decides, because a page may be written as XML.
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
        let first = first?;
        if PAGE.iter().any(|it| first.eq_ignore_ascii_case(it)) {
            return Some(Self::Html);
        }
        // XML needs no declaration. Records contain these two kinds.
        let local = first.rsplit(|byte| *byte == b':').next()?;
        (local == b"svg" || local == b"ClinicalDocument").then_some(Self::Xml)
    }

    /// A text. Its only control characters are those of lines and pages, and the ones that result files and
    /// printers leave in it.
    fn of_text(start: &[u8], all: bool) -> Option<Self> {
        let plain = |byte: &u8| *byte >= b' ' && *byte != 0x7F || b"\t\n\x0C\r".contains(byte);
        // Files of DOS programs end with Ctrl-Z, a printer's commands begin with escape, and NUL is padding.
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
            // Only the last character is cut off.
            Err(error) if error.error_len().is_none() && !all => Some(Self::Utf8Text),
            Err(_) => {
                let foreign = start.iter().filter(|byte| !byte.is_ascii()).count();
                // The encoding does not use five bytes, and Western text is mostly ASCII.
                let empty = start.iter().any(|byte| b"\x81\x8D\x8F\x90\x9D".contains(byte));
                (!empty && foreign * 4 <= start.len()).then_some(Self::AnsiText)
            }
        }
    }
}

/// Whether a container of the older Office programs is Word's. `None` if it is no such container, or if the
/// beginning is not enough: the container's directory may be further on.
pub(super) fn is_old_word(start: &[u8]) -> Option<bool> {
    const CONTAINER: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    const ROOT: &[u8] = b"R\0o\0o\0t\0 \0E\0n\0t\0r\0y\0";
    const STREAM: &[u8] = b"W\0o\0r\0d\0D\0o\0c\0";
    // The class ids of Word, Excel and Outlook, without the two bytes in which they differ.
    const OFFICE: &[u8] = b"\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46";
    const POWERPOINT: &[u8] = b"\x10\x8D\x81\x64\x9B\x4F\xCF\x11\x86\xEA\0\xAA\0\xB9\x29\xE8";
    if !start.starts_with(CONTAINER) {
        return None;
    }
    // A program puts its main stream first: here Word's or Excel's.
    match start.get(512..516) {
        Some([0xEC, 0xA5, ..]) => return Some(true),
        Some([0x09, 0x08, _, 0x00]) => return Some(false),
        _ => {}
    }
    let find = |part: &[u8]| start.windows(part.len()).position(|window| window == part);
    // A spreadsheet may contain a letter. The root entry says whose container it is.
    let class = find(ROOT).and_then(|root| start.get(root + 80..root + 96));
    match class {
        Some([_, program, class @ ..]) if class == OFFICE => Some(*program == 0x09),
        Some(POWERPOINT) => Some(false),
        _ => find(STREAM).map(|_| true),
    }
}

/// The name of the first element of a text, after declarations and comments.
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

/// Whether it is a PDF. PDF readers accept some bytes before the header, because programs write them: a
/// printer's commands, or bytes that are no text. After text, the header counts only on a line of its own.
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
