//! Objects in S3: written in parts as they come, typed by content, read verified.
//!
//! Nothing here knows what the objects are. Keys and metadata are the caller's and must identify
//! nobody: they are in the clear wherever S3 shows them.

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

/// A bucket; cheap to clone.
#[derive(Clone, Debug)]
pub struct DocumentBucket {
    client: Client,
    bucket: String,
}

/// What was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// How many bytes.
    pub bytes: u64,
    /// Their hash.
    pub sha256: Sha256,
    /// What they begin with.
    pub beginning: Sniffer,
}

impl DocumentBucket {
    /// The bucket of this name.
    #[must_use]
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }

    /// Writes a small object at once. S3 compares it with its hash. What was there before is
    /// replaced.
    ///
    /// # Errors
    /// When S3 does not take it.
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

    /// Removes an object. One that is not there is as good as removed.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), DocumentBucketError> {
        self.client.delete_object().bucket(&self.bucket).key(key).send().await?;
        Ok(())
    }
}
