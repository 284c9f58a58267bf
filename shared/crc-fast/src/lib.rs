#![doc = include_str!("../README.md")]

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc};

static CRC_32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
static CRC_64: Crc<u64> = Crc::<u64>::new(&CRC_64_NVME);

/// The checksums that S3 knows, by their names in the catalogue of CRCs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CrcAlgorithm {
    Crc32IsoHdlc,
    Crc32Iscsi,
    Crc64Nvme,
}

/// A checksum of bytes that come in pieces.
pub struct Digest(State);

enum State {
    Crc32(crc32fast::Hasher),
    Crc32c(crc::Digest<'static, u32>),
    Crc64(crc::Digest<'static, u64>),
}

impl Digest {
    /// The checksum of nothing yet.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Crc32(crc32fast::Hasher::new()),
            CrcAlgorithm::Crc32Iscsi => State::Crc32c(CRC_32C.digest()),
            CrcAlgorithm::Crc64Nvme => State::Crc64(CRC_64.digest()),
        })
    }

    /// Adds these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(hasher) => hasher.update(bytes),
            State::Crc32c(digest) => digest.update(bytes),
            State::Crc64(digest) => digest.update(bytes),
        }
    }

    /// The checksum of all bytes. A checksum of 32 bits is in the lower half.
    #[must_use]
    pub fn finalize(self) -> u64 {
        match self.0 {
            State::Crc32(hasher) => u64::from(hasher.finalize()),
            State::Crc32c(digest) => u64::from(digest.finalize()),
            State::Crc64(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            State::Crc32(_) => "CRC-32",
            State::Crc32c(_) => "CRC-32C",
            State::Crc64(_) => "CRC-64/NVME",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: Greg Cook, "Catalogue of parametrised CRC algorithms". Each value is the checksum of "123456789".
    #[test]
    fn checksums_are_those_of_the_catalogue_also_of_bytes_in_pieces() {
        for (algorithm, check) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xCBF4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xE306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xAE8B_1486_0A79_9888),
        ] {
            for cut in 0..=9 {
                let (begin, end) = b"123456789".split_at(cut);
                let mut digest = Digest::new(algorithm);
                digest.update(begin);
                digest.update(end);
                assert_eq!(digest.finalize(), check, "{algorithm:?} cut at {cut}");
            }
        }
    }
}
