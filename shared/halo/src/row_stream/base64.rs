//! Decodes base64 in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        if piece.iter().any(blank) {
            let text: Vec<u8> = piece.iter().copied().filter(|byte| !blank(byte)).collect();
            return self.decode(&text);
        }
        if piece.is_empty() {
            return Some(Vec::new());
        }
        if self.padded {
            return None;
        }
        let mut text = std::mem::take(&mut self.rest);
        text.extend_from_slice(piece);
        let whole = text.len() / 4 * 4;
        self.rest = text.split_off(whole);
        self.padded = text.ends_with(b"=");
        if self.padded && !self.rest.is_empty() {
            return None;
        }
        STANDARD.decode(text).ok()
    }

    /// Whether no group is incomplete.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}
