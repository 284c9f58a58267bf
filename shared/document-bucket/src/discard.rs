//! Clearing away what was begun.

use crate::{DocumentBucket, DocumentBucketError};

impl DocumentBucket {
    /// Leaves nothing under these keys: ends the upload that was to become the object under the first,
    /// if one was opened, and removes the objects, if they became any.
    ///
    /// # Errors
    /// When S3 does not answer; then something may be left.
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
