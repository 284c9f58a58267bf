//! Clearing away what was begun.

use crate::{Vault, VaultError};

impl Vault {
    /// Leaves nothing under a key: ends the upload that was to become the object, if one was
    /// opened, and removes the object, if it became one.
    ///
    /// # Errors
    /// When S3 does not answer; then something may be left.
    pub async fn discard(&self, key: &str, upload_id: Option<&str>) -> Result<(), VaultError> {
        if let Some(upload_id) = upload_id {
            self.abort(key, upload_id).await?;
        }
        self.delete(key).await
    }
}
