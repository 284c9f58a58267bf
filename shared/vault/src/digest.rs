//! SHA-256, in the spellings that the API (hex) and S3 (base64) have for it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

/// A SHA-256.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(digit(2 * at)? * 16 + digit(2 * at + 1)?).ok()?;
        }
        Some(Self(bytes))
    }

    /// As S3's `x-amz-checksum-sha256` has it.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// As S3's `x-amz-checksum-sha256` has it; a composite one (`…-3`, the hash of parts' hashes)
    /// is none.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sha256({self})")
    }
}

/// A hash in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hasher(sha2::Sha256);

impl Hasher {
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_hash_reads_back_from_both_of_its_spellings() {
        let hash = Sha256::of(b"");
        assert_eq!(hash.to_string(), EMPTY);
        assert_eq!(Sha256::from_hex(&EMPTY.to_uppercase()), Some(hash));
        assert_eq!(Sha256::from_base64(&hash.to_base64()), Some(hash));
    }

    #[test]
    fn what_is_not_a_hash_is_none() {
        let letter = format!("{}g", &EMPTY[..63]);
        for wrong in ["", "e3b0", &letter, &format!("{EMPTY}0"), &"é".repeat(32)] {
            assert_eq!(Sha256::from_hex(wrong), None, "{wrong}");
        }
        assert_eq!(Sha256::from_base64("AAAA-3"), None);
        assert_eq!(Sha256::from_base64("AAAA"), None);
    }
}
