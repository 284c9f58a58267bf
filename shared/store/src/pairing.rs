//! What is kept of an attempt to pair: see [`domain::pairing`] for what it means.
//!
//! A practice has at most one attempt. It is written before Halo is asked and deleted when the
//! attempt ends. A process that dies leaves its attempt behind; the next asker replaces it when the
//! lease is over.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use domain::connection::Connection;
use domain::ids::PracticeId;
use domain::pairing::Attempt;
use domain::schedule::Job;
use domain::settings::Settings;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::item::{CONNECTION, PAIRING, SETTINGS, body, item, key, number, practice_key};
use crate::schedule::turn;
use crate::staff::{KeptStaff, staff_item};
use crate::table::Store;

const IS_OURS: &str = "#body.id = :id";

impl Store {
    /// Makes an attempt the practice's current one. Whether it is: not while another one runs.
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
            // Ours already: the answer to an earlier try of this call was lost.
            .condition_expression(
                "attribute_not_exists(pk) OR leaseUntil <= :now OR #body.id = :id",
            )
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

    /// Ends an attempt that connects nobody. Does nothing where it is no longer the current one.
    ///
    /// # Errors
    /// When the table gives no answer; the lease then ends it.
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

    /// Connects the practice by Halo's yes to its current attempt: the connection and the attempt's
    /// end in one transaction. When the practice moves to another database, what it knew of locations,
    /// appointment types and staff is of another database and is forgotten with it; links of
    /// clinicians are left out by their generation.
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
            // Whoever looks at the site tells platforms that it is connected.
            self.put(turn(practice, Job::SiteHealth, connection.paired_at))?,
        ];
        if moved {
            let known = self.found(key(practice_key(practice), SETTINGS)).await?;
            let settings: Settings = known.as_ref().map(body).transpose()?.unwrap_or_default();
            writes.push(self.put(item(practice_key(practice), SETTINGS, &settings.moved())?)?);
            let KeptStaff { list, version } = self.staff(practice).await?;
            if version > 0 {
                writes.push(self.put(staff_item(practice, &list.moved(), version + 1)?)?);
            }
        }
        self.transact(writes).await
    }
}
