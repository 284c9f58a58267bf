//! Writing entries. Whatever makes an entry due tells the lane in the same transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::Serialize;

use super::entry::{Entry, instant};
use super::lane::{LANE, pause, shard_of, work_key};
use super::list;
use crate::item::{key, number, text};
use crate::{Store, StoreError};

const TRIES: u32 = 8;

/// What became of something new.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// It is kept, and due now.
    New,
    /// The same was accepted before: this is where it stands.
    Known(Box<Entry>),
    /// Something else was accepted under the same id: this is where that stands.
    Different(Box<Entry>),
}

/// How a transaction ended.
enum Ended {
    Done,
    /// The entry is not what was seen.
    Changed,
    /// Another transaction was at the same lane.
    Busy,
}

impl Store {
    /// Keeps a new entry ([`Entry::new`]) and makes its lane due, in one transaction. The caller then
    /// wakes the writer; if that fails, the sweep will.
    ///
    /// # Errors
    /// When the table gives no answer: nobody knows whether it was kept, and the same call again
    /// tells.
    pub async fn accept_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        for _ in 0..TRIES {
            match self.put_and_call(practice, entry, None, now).await? {
                Ended::Done => return Ok(Accepted::New),
                Ended::Changed => {
                    if let Some(known) = self.work(practice, &entry.key).await? {
                        let same = known.hash == entry.hash;
                        let known = Box::new(known);
                        return Ok(match same {
                            true => Accepted::Known(known),
                            false => Accepted::Different(known),
                        });
                    }
                }
                Ended::Busy => {}
            }
            pause().await;
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }

    /// Replaces an entry with what a client now wants of it ([`Entry::reopened`]), and makes its lane
    /// due, in one transaction. `entry` still has the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it changed since it was read: read it and decide again.
    pub async fn reopen_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            match self.put_and_call(practice, entry, Some(entry.version), now).await? {
                Ended::Done => return Ok(()),
                Ended::Changed => return Err(StoreError::Conflict),
                Ended::Busy => pause().await,
            }
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }

    /// Replaces an entry's body and listing without making anything due (a delivered document that
    /// was checked in Bp, say). `entry` still has the version that was read. One write.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it changed since it was read.
    pub async fn amend_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Result<u64, StoreError> {
        self.transition_work(practice, entry).await
    }

    /// Replaces an entry, under the condition that it is what was read: `entry` still has that
    /// version. The new version. One write.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it changed since it was read.
    pub async fn transition_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Result<u64, StoreError> {
        let version = entry.version + 1;
        let mut item = list::write(practice, entry)?;
        item.insert("version".to_owned(), text_number(version));
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", text_number(entry.version))
            .send()
            .await?;
        Ok(version)
    }

    async fn put_and_call<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        seen: Option<u64>,
        now: Timestamp,
    ) -> Result<Ended, StoreError> {
        let mut item = list::write(practice, entry)?;
        let mut put = Put::builder().table_name(&self.table);
        put = match seen {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(seen) => {
                item.insert("version".to_owned(), text_number(seen + 1));
                put.condition_expression("version = :seen")
                    .expression_attribute_values(":seen", text_number(seen))
            }
        };
        let put = put.set_item(Some(item)).build().map_err(|_| StoreError::Corrupt)?;
        let call = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(work_key(practice), LANE)))
            .update_expression("ADD arrivals :one SET dueAt = :now, dueShard = :shard")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", text(instant(now)))
            .expression_attribute_values(":shard", text(shard_of(practice).to_string()))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let outcome = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().update(call).build())
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Ended::Done),
            Err(error) => match reason(&error) {
                Some(ended) => Ok(ended),
                None => Err(error.into()),
            },
        }
    }
}

fn text_number(value: u64) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::N(value.to_string())
}

/// Why a transaction was cancelled; `None` when it failed for another reason.
fn reason<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Ended> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let codes = || cancelled.cancellation_reasons().iter().filter_map(|it| it.code());
            if codes().any(|code| code == "ConditionalCheckFailed") {
                return Some(Ended::Changed);
            }
            let busy = |code: &str| {
                matches!(code, "TransactionConflict" | "ThrottlingError")
                    || code.contains("ThroughputExceeded")
            };
            codes().any(busy).then_some(Ended::Busy)
        }
        TransactWriteItemsError::TransactionInProgressException(_) => Some(Ended::Busy),
        _ => None,
    }
}
