//! Stores attempts to pair. [`domain::pairing`] explains what an attempt is.
//!
//! A practice has at most one attempt. It is written before Halo is called, and deleted when the attempt
//! ends. If a process dies, its attempt stays. The next request replaces the attempt when the lease has
//! ended.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use domain::connection::Connection;
use domain::ids::PracticeId;
use domain::pairing::Attempt;
use domain::schedule::Job;
use domain::settings::Settings;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{CONNECTION, PAIRING, SETTINGS, body, item, key, number, practice_key};
use crate::staff::{KeptStaff, staff_item};
use crate::table::Store;

const IS_OURS: &str = "#body.id = :id";

impl Store {
    /// Makes an attempt the practice's current one, unless another attempt is under way. Returns whether
    /// it is now the current one.
    pub async fn begin_pairing(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut new = item(practice_key(practice), PAIRING, attempt)?;
        let lease_until = attempt.lease_until().as_millisecond();
        new.insert("leaseUntil".to_owned(), number(lease_until));
        let begun = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(new))
            // The attempt may be ours already, if the answer to an earlier try of this call was lost.
            .only_if("attribute_not_exists(pk) OR leaseUntil <= :now OR #body.id = :id")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(attempt.id)?)
            .send()
            .await
            .map_err(StoreError::from);
        match begun {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends an attempt that did not connect the practice. Does nothing if it is no longer the current
    /// one.
    ///
    /// # Errors
    /// When the table does not answer. The attempt then ends with its lease.
    pub async fn end_pairing(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        let ended = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), PAIRING)))
            .condition_expression(IS_OURS)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(attempt.id)?)
            .send()
            .await
            .map_err(StoreError::from);
        match ended {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Connects the practice after Halo's confirmation, and ends the attempt, in one transaction. If the
    /// practice moves to another database, the choices of locations and appointment types and the
    /// matches of the staff list are deleted, because they belong to the earlier database. Links of
    /// clinicians stay stored, but their generation is no longer valid.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the attempt is no longer the practice's current one.
    pub async fn complete_pairing(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<(), StoreError> {
        self.transact(self.completion(practice, attempt, connection, moved).await?).await
    }

    /// The writes of [`Store::complete_pairing`].
    pub(crate) async fn completion(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let ended = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), PAIRING)))
            .condition_expression(IS_OURS)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(attempt.id)?)
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let mut writes = vec![
            self.put(item(practice_key(practice), CONNECTION, connection)?)?,
            TransactWriteItem::builder().delete(ended).build(),
            self.list_practice(practice)?,
        ];
        // The site check publishes that the practice is connected.
        let at = connection.paired_at;
        writes.extend(self.schedule_in_transaction(practice, Job::SiteHealth, at).await?);
        if moved {
            let known = self.found(key(practice_key(practice), SETTINGS)).await?;
            let settings: Settings = known.as_ref().map(body).transpose()?.unwrap_or_default();
            writes.push(self.put(item(practice_key(practice), SETTINGS, &settings.moved())?)?);
            let KeptStaff { list, version } = self.staff(practice).await?;
            if version > 0 {
                writes.push(self.put(staff_item(practice, &list.moved(), version + 1)?)?);
            }
        }
        Ok(writes)
    }
}
