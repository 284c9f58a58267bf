//! Writing an object in parts, as its bytes arrive.

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use domain::content::Sniffer;
use tokio::task::JoinSet;

use crate::digest::Hasher;
use crate::{DocumentBucket, DocumentBucketError, Stored};

/// The size of a part: the smallest that S3 allows, except for the last part.
const PART: usize = 5 * 1024 * 1024;
/// How many parts are sent at the same time. With the one that is being filled, two are in memory.
const IN_FLIGHT: usize = 1;

/// An open upload. If it is dropped, its parts stay in the bucket until it is aborted by its id
/// ([`DocumentBucket::abort`]) or the bucket's lifecycle rule deletes them.
pub struct Upload {
    client: Client,
    bucket: String,
    key: String,
    id: String,
    filler: Filler,
    sending: JoinSet<Result<CompletedPart, DocumentBucketError>>,
    parts: Vec<CompletedPart>,
    hasher: Hasher,
    sniffer: Sniffer,
    bytes: u64,
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("key", &self.key)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl DocumentBucket {
    /// Opens an upload. Store its id before you write the first byte, so that it can be aborted if this
    /// process dies.
    ///
    /// # Errors
    /// When S3 does not open it.
    pub async fn create_upload(&self, key: &str) -> Result<Upload, DocumentBucketError> {
        // The SDK sends a CRC32 with each part. S3 takes them only if the upload names the algorithm.
        let opened = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .send()
            .await?;
        let id = opened
            .upload_id
            .ok_or(DocumentBucketError::Unavailable { code: "no upload id".to_owned() })?;
        Ok(Upload {
            client: self.client.clone(),
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            id,
            filler: Filler::new(PART),
            sending: JoinSet::new(),
            parts: Vec::new(),
            hasher: Hasher::default(),
            sniffer: Sniffer::default(),
            bytes: 0,
        })
    }

    /// Ends an upload and deletes its parts. Succeeds also if the upload is not open.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn abort(&self, key: &str, upload_id: &str) -> Result<(), DocumentBucketError> {
        let aborted = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload_id)
            .send()
            .await;
        match aborted.map_err(DocumentBucketError::from) {
            Ok(_) | Err(DocumentBucketError::NoSuchUpload | DocumentBucketError::NotFound) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Upload {
    /// S3's id of the upload.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes the next bytes. Waits while too many parts are being sent.
    ///
    /// # Errors
    /// When S3 did not accept a part. Then the upload cannot be finished.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), DocumentBucketError> {
        self.hasher.see(bytes);
        self.sniffer.see(bytes);
        self.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let full;
            (full, rest) = self.filler.fill(rest);
            if let Some(part) = full {
                self.send(part).await?;
            }
        }
        Ok(())
    }

    /// Writes the last part and completes the object. Only then can it be read.
    ///
    /// # Errors
    /// When S3 did not accept a part, or does not complete the object.
    pub async fn complete(mut self) -> Result<Stored, DocumentBucketError> {
        let last = self.filler.rest();
        // An object has at least one part, even if it is empty.
        if !last.is_empty() || self.bytes == 0 {
            self.send(last).await?;
        }
        while !self.sending.is_empty() {
            self.await_one().await?;
        }
        self.parts.sort_by_key(|part| part.part_number);
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(std::mem::take(&mut self.parts)))
            .build();
        self.client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(&self.key)
            .upload_id(&self.id)
            .multipart_upload(parts)
            .send()
            .await?;
        Ok(Stored { bytes: self.bytes, sha256: self.hasher.finish(), beginning: self.sniffer })
    }

    async fn send(&mut self, part: Bytes) -> Result<(), DocumentBucketError> {
        while self.sending.len() >= IN_FLIGHT {
            self.await_one().await?;
        }
        let number = self.parts.len() + self.sending.len() + 1;
        // S3 allows 10,000 parts.
        let number = i32::try_from(number)
            .map_err(|_| DocumentBucketError::Refused { code: "too many parts".to_owned() })?;
        let request = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(&self.key)
            .upload_id(&self.id)
            .part_number(number)
            .body(ByteStream::from(part))
            // TLS and the part's CRC32 protect its bytes, and the document's own hash is checked at each reading. A
            // signature of the bytes would hash each part a second time.
            .customize()
            .disable_payload_signing();
        self.sending.spawn(async move {
            let taken = request.send().await?;
            Ok(CompletedPart::builder()
                .part_number(number)
                .set_e_tag(taken.e_tag)
                .set_checksum_crc32(taken.checksum_crc32)
                .build())
        });
        Ok(())
    }

    async fn await_one(&mut self) -> Result<(), DocumentBucketError> {
        let broken =
            || DocumentBucketError::Unavailable { code: "the sending task ended".to_owned() };
        if let Some(sent) = self.sending.join_next().await {
            self.parts.push(sent.map_err(|_| broken())??);
        }
        Ok(())
    }
}

/// Cuts pieces of any size into parts of one size.
struct Filler {
    size: usize,
    part: BytesMut,
}

impl Filler {
    fn new(size: usize) -> Self {
        Self { size, part: BytesMut::new() }
    }

    /// Takes as much as fits. Returns the part if it is full, and the rest of the piece.
    fn fill<'p>(&mut self, piece: &'p [u8]) -> (Option<Bytes>, &'p [u8]) {
        if self.part.capacity() < self.size {
            self.part.reserve(self.size - self.part.len());
        }
        let (taken, rest) = piece.split_at(piece.len().min(self.size - self.part.len()));
        self.part.extend_from_slice(taken);
        let full = self.part.len() == self.size;
        (full.then(|| std::mem::take(&mut self.part).freeze()), rest)
    }

    fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.part).freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_of_one_size_and_together_what_was_written(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
            size in 1_usize..30,
        ) {
            let mut filler = Filler::new(size);
            let mut parts = Vec::new();
            for piece in &pieces {
                let mut rest = piece.as_slice();
                while !rest.is_empty() {
                    let full;
                    (full, rest) = filler.fill(rest);
                    parts.extend(full);
                }
            }
            prop_assert!(parts.iter().all(|part| part.len() == size));
            let last = filler.rest();
            prop_assert!(last.len() < size);
            parts.push(last);
            prop_assert_eq!(parts.concat(), pieces.concat());
        }
    }

    #[test]
    fn a_part_never_outgrows_its_size_in_memory() {
        let mut filler = Filler::new(1_000);
        let (full, rest) = filler.fill(&[7; 2_500]);
        assert_eq!(full.unwrap().len(), 1_000);
        assert_eq!(rest.len(), 1_500);
        assert!(filler.part.capacity() <= 1_000);
    }
}
