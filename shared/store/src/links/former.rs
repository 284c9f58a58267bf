//! Links that were made for an earlier site of the practice. They are no longer valid, and are deleted
//! bit by bit.

use domain::ids::PracticeId;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{ACCOUNTS, CLINICIAN, key, number, practice_key, sort_key};
use crate::table::Store;

/// The condition that an item belongs to an earlier generation.
const FORMER: &str = "attribute_not_exists(generation) OR generation < :generation";

impl Store {
    /// Deletes at most `most` items about links that were made for an earlier site. They are no longer
    /// valid, even while they are stored. Returns whether there may be more of them.
    pub async fn forget_former_links(
        &self,
        practice: &PracticeId,
        most: usize,
    ) -> Result<bool, StoreError> {
        let Some(connection) = self.connection(practice).await? else { return Ok(false) };
        let generation = i64::from(connection.generation);
        if generation == 0 {
            return Ok(false);
        }
        let (mut deleted, mut may_be_more) = (0, false);
        for prefix in [CLINICIAN, ACCOUNTS] {
            let found = self
                .beginning_with(practice, prefix)
                .filter_expression(FORMER)
                .expression_attribute_values(":generation", number(generation))
                .projection_expression("sk")
                .send()
                .await?;
            let some = most.saturating_sub(deleted);
            for item in found.items().iter().take(some) {
                self.forget_former(practice, sort_key(item)?, generation).await?;
                deleted += 1;
            }
            may_be_more |= found.items().len() > some || found.last_evaluated_key().is_some();
        }
        Ok(may_be_more)
    }

    async fn forget_former(
        &self,
        practice: &PracticeId,
        sk: &str,
        generation: i64,
    ) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), sk)))
            // The account may have been linked again meanwhile.
            .only_if(FORMER)
            .expression_attribute_values(":generation", number(generation))
            .send()
            .await
            .map_err(StoreError::from);
        match deleted {
            Ok(_) | Err(StoreError::Conflict | StoreError::NewerFormat) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
