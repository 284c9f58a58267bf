//! Reading objects.

use aws_sdk_s3::types::ChecksumMode;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, stream};

use domain::Sha256;

use crate::digest::{Hasher, from_base64};
use crate::{DocumentBucket, DocumentBucketError};

/// What S3 knows of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Its size.
    pub bytes: u64,
    /// Its type, as declared by the writer.
    pub content_type: Option<String>,
    /// The hash that S3 checked when the object was written. An object in parts has none.
    pub sha256: Option<Sha256>,
}

impl DocumentBucket {
    /// What S3 knows of an object. `None` if there is no object.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn head(&self, key: &str) -> Result<Option<Head>, DocumentBucketError> {
        let known = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(DocumentBucketError::from);
        let known = match known {
            Ok(known) => known,
            Err(DocumentBucketError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Head {
            bytes: known.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
            content_type: known.content_type,
            sha256: known.checksum_sha256.as_deref().and_then(from_base64),
        }))
    }

    /// At most `count` first bytes of an object that is not empty. `None` if there is no object.
    ///
    /// # Errors
    /// When S3 does not answer, or its answer breaks off.
    pub async fn beginning(
        &self,
        key: &str,
        count: u32,
    ) -> Result<Option<Bytes>, DocumentBucketError> {
        let range = format!("bytes=0-{}", count.saturating_sub(1));
        let request = self.client.get_object().bucket(&self.bucket).key(key).range(range);
        let object = match request.send().await.map_err(DocumentBucketError::from) {
            Ok(object) => object,
            Err(DocumentBucketError::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let cut = |_| DocumentBucketError::Unavailable { code: "the answer broke off".to_owned() };
        Ok(Some(object.body.collect().await.map_err(cut)?.into_bytes()))
    }

    /// An object's bytes as they arrive, until the end or the first error.
    ///
    /// # Errors
    /// [`DocumentBucketError::NotFound`], or when S3 does not answer.
    async fn get_stream(
        &self,
        key: &str,
    ) -> Result<
        impl Stream<Item = Result<Bytes, DocumentBucketError>> + Send + use<>,
        DocumentBucketError,
    > {
        let object = self.client.get_object().bucket(&self.bucket).key(key).send().await?;
        Ok(stream::unfold(Some(object.body), |body| async move {
            let mut body = body?;
            let part = body.next().await?;
            let rest = part.is_ok().then_some(body);
            let cut =
                |_| DocumentBucketError::Unavailable { code: "the answer broke off".to_owned() };
            Some((part.map_err(cut), rest))
        }))
    }

    /// A whole object of at most `limit` bytes, if it has this hash.
    ///
    /// # Errors
    /// [`DocumentBucketError::Corrupt`] if it has another hash, [`DocumentBucketError::TooLarge`], or an
    /// error of reading.
    pub async fn read(
        &self,
        key: &str,
        expected: Sha256,
        limit: u64,
    ) -> Result<Bytes, DocumentBucketError> {
        let mut stream = Box::pin(self.get_stream(key).await?);
        let (mut hasher, mut read) = (Hasher::default(), BytesMut::new());
        while let Some(part) = stream.next().await {
            let part = part?;
            if read.len() as u64 + part.len() as u64 > limit {
                return Err(DocumentBucketError::TooLarge { limit });
            }
            hasher.see(&part);
            read.extend_from_slice(&part);
        }
        if hasher.finish() == expected {
            Ok(read.freeze())
        } else {
            Err(DocumentBucketError::Corrupt)
        }
    }
}
