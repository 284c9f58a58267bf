//! Pairing: a code works once, so one asker at a time, and a memory for the case that nobody knows
//! whether Halo said yes.
//!
//! Before Halo is asked, the attempt is written. A refusal removes it; success replaces it together
//! with the connection, in one transaction. What is left behind by a crash is an attempt whose
//! lease has run out: the next asker knows that the code may be used up already, and looks.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use domain::connection::Connection;
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::item::{
    CONNECTION, Item, PAIRING, SETTINGS, body, item, key, number, practice_key, site_key,
};
use crate::schedule::turn;
use crate::staff::{KeptStaff, staff_item};
use crate::{Store, StoreError};

/// How long an attempt may take before another asker assumes that it died: longer than any call lives.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// A pairing being asked for. It never holds the code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    id: Uuid,
    site_id: SiteId,
    began_at: Timestamp,
}

/// Whether the asking may begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Begun {
    /// It may, and an earlier attempt at the same site ended in doubt or not.
    Mine {
        /// To be ended with.
        attempt: Attempt,
        /// Whether Halo may already have said yes to an earlier attempt at this site.
        after_doubt: bool,
    },
    /// Somebody else is asking right now.
    Busy,
}

impl Store {
    /// Begins an attempt, unless one is under way.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn begin_pairing(
        &self,
        practice: &PracticeId,
        site_id: &SiteId,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let attempt = Attempt { id: Uuid::now_v7(), site_id: site_id.clone(), began_at: now };
        let mut new = item(practice_key(practice), PAIRING, &attempt)?;
        new.insert("leaseUntil".to_owned(), number((now + LEASE).as_millisecond()));
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(new))
            .condition_expression("attribute_not_exists(pk) OR leaseUntil < :now")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match outcome {
            Ok(output) => {
                let earlier: Option<Attempt> = output.attributes().map(body).transpose()?;
                let after_doubt = earlier.is_some_and(|earlier| earlier.site_id == attempt.site_id);
                self.claim_while_asking(practice, site_id).await?;
                Ok(Begun::Mine { attempt, after_doubt })
            }
            Err(error) if is_conflict(&error) => Ok(Begun::Busy),
            Err(error) => Err(error.into()),
        }
    }

    /// Marks the site as asked for by this practice, before Halo is: if nobody learns what Halo
    /// said, no other practice may take the pairing for its own.
    async fn claim_while_asking(
        &self,
        practice: &PracticeId,
        site_id: &SiteId,
    ) -> Result<(), StoreError> {
        let mut claim = key(site_key(site_id), practice_key(practice));
        claim.insert("asking".to_owned(), AttributeValue::Bool(true));
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(claim))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        unless_conflict(outcome.map(drop).map_err(StoreError::from))
    }

    /// Ends an attempt that Halo surely refused.
    ///
    /// # Errors
    /// When the table gives no answer; the lease then ends it, as if in doubt.
    pub async fn abandon_pairing(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        // The mark first: once the attempt is gone, the next asker sets its own.
        let unmarked = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(site_key(&attempt.site_id), practice_key(practice))))
            .condition_expression("attribute_exists(asking)")
            .send()
            .await;
        unless_conflict(unmarked.map(drop).map_err(StoreError::from))?;
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), PAIRING)))
            .condition_expression("#body.id = :id")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(attempt.id)?)
            .send()
            .await?;
        Ok(())
    }

    /// Ends an attempt in doubt: the next asker need not wait for the lease, and will look first.
    ///
    /// # Errors
    /// When the table gives no answer; the lease then ends it the same way.
    pub async fn leave_pairing_in_doubt(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), PAIRING)))
            .update_expression("SET leaseUntil = :past")
            .condition_expression("#body.id = :id")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":id", serde_dynamo::to_attribute_value(attempt.id)?)
            .expression_attribute_values(":past", number(0))
            .send()
            .await?;
        Ok(())
    }

    /// Ends an attempt that Halo said yes to: connection, claim of the site and the attempt's end
    /// in one transaction. When the practice moves to another site, what it knew of users, locations
    /// and appointment types is of another database and is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the attempt is no longer ours.
    pub async fn complete_pairing(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<(), StoreError> {
        let put = |item: Item| {
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(item))
                .build()
                .map(|put| TransactWriteItem::builder().put(put).build())
                .map_err(|_| StoreError::Corrupt)
        };
        let delete = |sk: String, condition: Option<&str>| {
            let mut delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key(practice_key(practice), sk)));
            if let Some(condition) = condition {
                delete = delete
                    .condition_expression(condition)
                    .expression_attribute_names("#body", "body")
                    .expression_attribute_values(
                        ":id",
                        serde_dynamo::to_attribute_value(attempt.id)?,
                    );
            }
            delete
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build())
                .map_err(|_| StoreError::Corrupt)
        };
        let mut writes = vec![
            put(item(practice_key(practice), CONNECTION, connection)?)?,
            put(item(
                site_key(&connection.site_id),
                practice_key(practice),
                &connection.paired_at,
            )?)?,
            delete(PAIRING.to_owned(), Some("#body.id = :id"))?,
            // Whoever looks at the site tells platforms that it is connected.
            put(turn(practice, Job::SiteHealth, connection.paired_at))?,
        ];
        if moved {
            for sk in self.clinician_keys(practice).await? {
                let sk = sk.as_s().map_err(|_| StoreError::Corrupt)?.clone();
                writes.push(delete(sk, None)?);
            }
            let settings = self.practice(practice).await?.settings.moved();
            writes.push(put(item(practice_key(practice), SETTINGS, &settings)?)?);
            let KeptStaff { list, version } = self.staff(practice).await?;
            if version > 0 {
                writes.push(put(staff_item(practice, &list.moved(), version + 1)?)?);
            }
        }
        self.transact(writes).await
    }

    /// Whether a practice other than this one was ever paired with a site, or may have been: its
    /// attempt ended in doubt. Then our being able to read the site proves nothing about this
    /// practice.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn is_claimed_by_others(
        &self,
        site_id: &SiteId,
        practice: &PracticeId,
    ) -> Result<bool, StoreError> {
        let found = self.partition(site_key(site_id)).limit(2).send().await?;
        let own = practice_key(practice);
        Ok(found
            .items()
            .iter()
            .any(|item| item.get("sk").and_then(|sk| sk.as_s().ok()) != Some(&own)))
    }
}

/// A condition that does not hold means that there was nothing to do.
fn unless_conflict(outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    match outcome {
        Err(StoreError::Conflict) => Ok(()),
        other => other,
    }
}

fn is_conflict<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}
