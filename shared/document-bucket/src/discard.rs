//! Deletes the objects of a document, and ends its open upload.

use crate::{DocumentBucket, DocumentBucketError};

impl DocumentBucket {
    /// Deletes the objects under these keys. If an upload to the first key is open, ends it first.
    ///
    /// # Errors
    /// When S3 does not answer. Then something may be left.
    pub async fn discard(
        &self,
        keys: &[String],
        upload_id: Option<&str>,
    ) -> Result<(), DocumentBucketError> {
        if let (Some(first), Some(upload_id)) = (keys.first(), upload_id) {
            self.abort(first, upload_id).await?;
        }
        for key in keys {
            self.delete(key).await?;
        }
        Ok(())
    }
}
