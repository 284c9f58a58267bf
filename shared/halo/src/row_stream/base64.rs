//! Decodes base64 in pieces.

use base64_simd::STANDARD;

/// Decodes text that comes in pieces of any length.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Up to three characters of an incomplete group of four.
    rest: Vec<u8>,
    padded: bool,
}

impl Decoder {
    /// The bytes that are complete after this piece. `None` if the text is not base64.
    pub(super) fn decode(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        // Blanks are rare, so they are looked for only if there is something that is not base64.
        if let Some(bytes) = self.decode_bare(piece) {
            return Some(bytes);
        }
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        if !piece.iter().any(blank) {
            return None;
        }
        let text: Vec<u8> = piece.iter().copied().filter(|byte| !blank(byte)).collect();
        self.decode_bare(&text)
    }

    /// Decodes a piece without blanks. `None` changes nothing.
    fn decode_bare(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        if piece.is_empty() {
            return Some(Vec::new());
        }
        if self.padded {
            return None;
        }
        let missing = if self.rest.is_empty() { 0 } else { 4 - self.rest.len() };
        let (first, others) = piece.split_at(missing.min(piece.len()));
        let (middle, last) = others.split_at(others.len() / 4 * 4);
        // What is kept is not decoded yet, so it is checked here.
        if first.iter().chain(last).any(u8::is_ascii_whitespace) {
            return None;
        }
        let mut group = self.rest.clone();
        group.extend_from_slice(first);
        if !group.len().is_multiple_of(4) {
            self.rest = group;
            return Some(Vec::new());
        }
        let text = if middle.is_empty() { &group } else { middle };
        let padded = text.ends_with(b"=");
        if padded && !last.is_empty() || !middle.is_empty() && group.ends_with(b"=") {
            return None;
        }
        let mut bytes = Vec::with_capacity((group.len() + middle.len()) / 4 * 3);
        STANDARD.decode_append(group, &mut bytes).ok()?;
        STANDARD.decode_append(middle, &mut bytes).ok()?;
        (self.rest, self.padded) = (last.to_vec(), padded);
        Some(bytes)
    }

    /// Whether no group is incomplete.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}
