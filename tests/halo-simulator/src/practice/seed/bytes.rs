//! Files that open. Each has its type's own structure and filler, and exactly the requested size.
//!
//! A file is a list of pieces, so that a file of 60 MB is written without holding it in memory.

use std::io::{Result, Write};

/// The types of files found in a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FileType {
    Pdf,
    Jpeg,
    Png,
    Tiff,
    Rtf,
    Html,
    Text,
    Hl7,
}

impl FileType {
    /// The extension in the documents database.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Tiff => "tif",
            Self::Rtf => "rtf",
            Self::Html => "html",
            Self::Text => "txt",
            Self::Hl7 => "hl7",
        }
    }
}

enum Piece {
    Bytes(Vec<u8>),
    /// This many pseudo-random bytes.
    Noise(usize),
    /// This many bytes of text lines.
    Lines {
        length: usize,
        start: &'static str,
        end: &'static str,
    },
}

/// A file that can be written.
pub(super) struct File {
    pieces: Vec<Piece>,
    seed: u64,
}

impl File {
    /// A file of `size` bytes, or of the smallest size that the type allows. `seed` varies the filler.
    pub(super) fn new(kind: FileType, size: usize, title: &str, seed: u64) -> Self {
        let pieces = match kind {
            FileType::Pdf => pdf(size, title),
            FileType::Jpeg => jpeg(size),
            FileType::Png => png(size, seed),
            FileType::Tiff => tiff(size),
            FileType::Rtf => framed(
                format!(
                    "{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0 Arial;}}}}\\f0\\fs22 {title}\\par\r\n"
                ),
                ("", "\\par\r\n"),
                "}",
                size,
            ),
            FileType::Html => framed(
                format!(
                    "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{title}</title></head>\
                     <body><h1>{title}</h1>\n<pre>\n"
                ),
                ("", "\n"),
                "\n</pre></body></html>\n",
                size,
            ),
            FileType::Text => framed(format!("{title}\r\n\r\n"), ("", "\r\n"), "\r\n", size),
            FileType::Hl7 => framed(
                format!(
                    "MSH|^~\\&|LAB|WIRRABEEN PATHOLOGY|BP|PRACTICE|20261030093000||ORU^R01|{seed}|P|2.3.1\r\
                     PID|1||||PATIENT^TEST\rOBR|1||{seed}|T^{title}|||20261029080000\r\
                     OBX|1|FT|T^{title}||See notes||||||F\r"
                ),
                ("NTE|1||", "\r"),
                "\r",
                size,
            ),
        };
        // The seed must not be 0, or xorshift yields only zeros.
        Self { pieces, seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Bytes(bytes) => bytes.len(),
                Piece::Noise(length) | Piece::Lines { length, .. } => *length,
            })
            .sum()
    }

    pub(super) fn write(&self, out: &mut impl Write) -> Result<()> {
        let mut state = self.seed;
        for piece in &self.pieces {
            match piece {
                Piece::Bytes(bytes) => out.write_all(bytes)?,
                Piece::Noise(length) => noise(out, *length, &mut state)?,
                Piece::Lines { length, start, end } => lines(out, *length, start, end)?,
            }
        }
        Ok(())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        // Writing to a Vec cannot fail.
        let _ = self.write(&mut bytes);
        bytes
    }
}

fn noise(out: &mut impl Write, mut length: usize, state: &mut u64) -> Result<()> {
    let mut block = [0_u8; 32_768];
    while length > 0 {
        let part = &mut block[..length.min(32_768)];
        for eight in part.chunks_mut(8) {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            eight.copy_from_slice(&state.to_le_bytes()[..eight.len()]);
        }
        out.write_all(part)?;
        length -= part.len();
    }
    Ok(())
}

fn lines(out: &mut impl Write, mut length: usize, start: &str, end: &str) -> Result<()> {
    const SENTENCES: [&str; 4] = [
        "Thank you for referring this pleasant patient, who was seen in our rooms today.",
        "There was no chest pain, no breathlessness and no swelling of the ankles.",
        "I have suggested that the present treatment be continued without change.",
        "A further review has been arranged in six months, or earlier if needed.",
    ];
    let mut number = 0;
    while length > 0 {
        let line = format!("{start}{number}. {}{end}", SENTENCES[number % SENTENCES.len()]);
        let part = &line.as_bytes()[..line.len().min(length)];
        out.write_all(part)?;
        length -= part.len();
        number += 1;
    }
    Ok(())
}

fn framed(
    head: String,
    (start, end): (&'static str, &'static str),
    tail: &str,
    size: usize,
) -> Vec<Piece> {
    let length = size.saturating_sub(head.len() + tail.len());
    vec![
        Piece::Bytes(head.into_bytes()),
        Piece::Lines { length, start, end },
        Piece::Bytes(tail.as_bytes().to_vec()),
    ]
}

/// One page that shows the title, and an unused object of filler.
fn pdf(size: usize, title: &str) -> Vec<Piece> {
    let build = |filler: usize| {
        let text = format!("BT /F1 16 Tf 60 760 Td ({title}) Tj ET");
        let mut head = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources \
             << /Font << /F1 5 0 R >> >> >>"
                .to_owned(),
            format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        ];
        let mut offsets = Vec::new();
        for (number, object) in (1..).zip(&objects) {
            offsets.push(head.len());
            head.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
        }
        offsets.push(head.len());
        // Numbers have a fixed width, because the size of the frame must not depend on the size of the
        // filler.
        head.extend(format!("6 0 obj\n<< /Length {filler:010} >>\nstream\n").bytes());
        let end = "\nendstream\nendobj\n";
        let table = head.len() + filler + end.len();
        let mut tail = format!("{end}xref\n0 7\n0000000000 65535 f \n");
        tail.extend(offsets.iter().map(|offset| format!("{offset:010} 00000 n \n")));
        tail.push_str(&format!(
            "trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n{table:010}\n%%EOF\n"
        ));
        (head, tail.into_bytes())
    };
    let (head, tail) = build(0);
    let filler = size.saturating_sub(head.len() + tail.len());
    let (head, tail) = build(filler);
    vec![Piece::Bytes(head), Piece::Noise(filler), Piece::Bytes(tail)]
}

/// A grey square of 8 by 8 points, after comments with filler.
fn jpeg(size: usize) -> Vec<Piece> {
    let head = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".to_vec();
    let mut tail = b"\xFF\xDB\x00\x43\x00".to_vec();
    tail.extend([1; 64]);
    // The frame, one Huffman code each for DC and AC (both "0"), the scan, two bits of data, and the end.
    tail.extend(b"\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00");
    for table in [0x00, 0x10] {
        tail.extend([0xFF, 0xC4, 0x00, 0x14, table, 1]);
        tail.extend([0; 16]);
    }
    tail.extend(b"\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x3F\xFF\xD9");
    let mut left = size.saturating_sub(head.len() + tail.len());
    let mut pieces = vec![Piece::Bytes(head)];
    while left >= 4 {
        let mut segment = left.min(65_537);
        if (1..4).contains(&(left - segment)) {
            segment -= 4;
        }
        let declared = (segment - 2) as u16;
        let [high, low] = declared.to_be_bytes();
        pieces.push(Piece::Bytes(vec![0xFF, 0xFE, high, low]));
        pieces.push(Piece::Noise(segment - 4));
        left -= segment;
    }
    pieces.push(Piece::Bytes(tail));
    pieces
}

/// A black square of 8 by 8 points, and a private chunk of filler.
fn png(size: usize, seed: u64) -> Vec<Piece> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    chunk(&mut bytes, b"IHDR", b"\x00\x00\x00\x08\x00\x00\x00\x08\x08\x00\x00\x00\x00");
    // 8 rows of a filter byte and 8 points, all 0, stored without compression. The checksum is the Adler-32
    // of 72 zeros.
    let mut image = b"\x78\x01\x01\x48\x00\xB7\xFF".to_vec();
    image.extend([0; 72]);
    image.extend(b"\x00\x48\x00\x01");
    let mut rest = Vec::new();
    chunk(&mut rest, b"IDAT", &image);
    chunk(&mut rest, b"IEND", b"");
    let mut filler = Vec::new();
    let mut state = seed | 1;
    // Writing to a Vec cannot fail.
    let _ = noise(&mut filler, size.saturating_sub(bytes.len() + rest.len() + 12), &mut state);
    chunk(&mut bytes, b"noIs", &filler);
    bytes.extend(rest);
    vec![Piece::Bytes(bytes)]
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend(data);
    let mut crc = u32::MAX;
    for byte in &out[start..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    out.extend((!crc).to_be_bytes());
}

/// An uncompressed grey image. The filler is its points.
fn tiff(size: usize) -> Vec<Piece> {
    const DATA: u32 = 8 + 2 + 9 * 12 + 4;
    let filler = size.saturating_sub(DATA as usize);
    let width: u32 = if filler < 65_536 { 64 } else { 1_024 };
    let height = filler as u32 / width;
    let mut head = b"II\x2A\x00\x08\x00\x00\x00\x09\x00".to_vec();
    let entries: [(u16, u32); 9] = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, DATA),
        (277, 1),
        (278, height),
        (279, width * height),
    ];
    for (tag, value) in entries {
        // Type 4 is LONG. There is one of them.
        head.extend(tag.to_le_bytes());
        head.extend(4_u16.to_le_bytes());
        head.extend(1_u32.to_le_bytes());
        head.extend(value.to_le_bytes());
    }
    head.extend([0; 4]);
    vec![Piece::Bytes(head), Piece::Noise(filler)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_exactly_the_size_asked_for() {
        use FileType::{Hl7, Html, Jpeg, Pdf, Png, Rtf, Text, Tiff};
        for kind in [Pdf, Jpeg, Png, Tiff, Rtf, Html, Text, Hl7] {
            for size in [1_024, 10_240, 65_700, 131_075, 131_310, 131_311, 131_312] {
                let file = File::new(kind, size, "Letter", 3);
                assert_eq!(file.len(), size, "{kind:?}");
                assert_eq!(file.to_bytes().len(), size, "{kind:?}");
            }
        }
    }
}
