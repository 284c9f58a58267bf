//! SHA-256: as S3 writes it, and computed piece by piece.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Sha256;
use sha2::Digest as _;

/// In the form of S3's header `x-amz-checksum-sha256`.
pub(crate) fn to_base64(hash: Sha256) -> String {
    STANDARD.encode(hash.bytes())
}

/// From the form of S3's header `x-amz-checksum-sha256`. `None` for a composite checksum (`…-3`), which
/// is a hash of the parts' hashes.
pub(crate) fn from_base64(text: &str) -> Option<Sha256> {
    <[u8; 32]>::try_from(STANDARD.decode(text).ok()?).ok().map(Sha256::from)
}

/// Computes a hash piece by piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hasher(sha2::Sha256);

impl Hasher {
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Sha256 {
        Sha256::from(<[u8; 32]>::from(self.0.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_as_s3_writes_it() {
        let hash = Sha256::of(b"");
        assert_eq!(to_base64(hash), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(from_base64(&to_base64(hash)), Some(hash));
    }

    #[test]
    fn what_is_not_a_hash_is_none() {
        assert_eq!(from_base64("AAAA-3"), None);
        assert_eq!(from_base64("AAAA"), None);
    }
}
