#![doc = include_str!("../README.md")]

mod digest;
mod discard;
mod error;
mod presign;
mod read;
mod upload;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use domain::Sha256;
use domain::content::{ContentType, Sniffer};

pub use error::DocumentBucketError;
pub use presign::{Disposition, PresignedPut, PutTerms};
pub use read::Head;
pub use upload::Upload;

/// A bucket. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DocumentBucket {
    client: Client,
    bucket: String,
}

/// An object that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Its size.
    pub bytes: u64,
    /// The hash of its bytes.
    pub sha256: Sha256,
    /// Its first bytes, which show its type.
    pub beginning: Sniffer,
}

impl DocumentBucket {
    /// The bucket of this name.
    #[must_use]
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }

    /// Writes a small object in one call, or replaces it. S3 checks the bytes against their hash.
    ///
    /// # Errors
    /// When S3 does not accept it.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Stored, DocumentBucketError> {
        let sha256 = Sha256::of(&bytes);
        let beginning = Sniffer::of(&bytes);
        let content_type = ContentType::header(beginning.content_type());
        let stored = Stored { bytes: bytes.len() as u64, sha256, beginning };
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .checksum_sha256(digest::to_base64(sha256))
            .body(ByteStream::from(bytes))
            .send()
            .await?;
        Ok(stored)
    }

    /// Deletes an object. Succeeds also if there is no such object.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), DocumentBucketError> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await?;
        Ok(())
    }
}
