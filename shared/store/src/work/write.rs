//! Writing entries. A write that makes an entry due also makes its lane due, in the same transaction.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::entry::Entry;
use super::lane::{LANE, again_when_busy, shard_of};
use super::list;
use crate::error::StoreError;
use crate::item::{instant, key, number, text, work_key};
use crate::table::Store;

/// The attribute by which a writer recognises its own write.
const WRITTEN_BY: &str = "writtenBy";

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
        match self.put_and_call(practice, entry, None, now).await {
            Ok(()) => return Ok(Accepted::New),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let known = self.work(practice, &entry.key).await?.ok_or(StoreError::Conflict)?;
        let same = known.hash == entry.hash;
        let known = Box::new(known);
        Ok(if same { Accepted::Known(known) } else { Accepted::Different(known) })
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
        self.put_and_call(practice, entry, Some(entry.version), now).await
    }

    /// Replaces an entry, under the condition that it is what was read: `entry` still has that
    /// version. The new version. One write; where the condition does not hold one read more, because
    /// our own earlier try may have been written and only its answer lost.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed it since it was read.
    pub async fn transition_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Result<u64, StoreError> {
        let version = entry.version + 1;
        let mark = text(Uuid::new_v4().to_string());
        let mut item = list::write(practice, entry)?;
        item.insert("version".to_owned(), number(version));
        item.insert(WRITTEN_BY.to_owned(), mark.clone());
        let written = again_when_busy(|| async {
            self.client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", number(entry.version))
                .send()
                .await?;
            Ok(version)
        })
        .await;
        if written != Err(StoreError::Conflict) {
            return written;
        }
        let found = self.found(key(work_key(practice), entry.key.sort_key())).await?;
        let ours = found.is_some_and(|found| found.get(WRITTEN_BY) == Some(&mark));
        ours.then_some(version).ok_or(StoreError::Conflict)
    }

    /// Keeps new entries and replaces known ones, which still have the version that was read, and makes
    /// the lane due: all in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a new one is known already, or a known one changed since it was read.
    pub async fn accept_together<T: Serialize>(
        &self,
        practice: &PracticeId,
        new: &[Entry<T>],
        changed: &[Entry<T>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writes = vec![self.call(practice, now)?];
        for entry in new {
            writes.push(self.put_entry(practice, entry, None)?);
        }
        for entry in changed {
            writes.push(self.put_entry(practice, entry, Some(entry.version))?);
        }
        self.transact(writes).await
    }

    /// Replaces entries, under the condition that each is what was read, in one transaction. Only the
    /// holder of the lane calls this.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed one since it was read.
    pub async fn transition_together<T: Serialize>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> Result<(), StoreError> {
        let puts = entries.iter().map(|entry| self.put_entry(practice, entry, Some(entry.version)));
        self.transact(puts.collect::<Result<_, _>>()?).await
    }

    async fn put_and_call<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        seen: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (put, call) = (self.put_entry(practice, entry, seen)?, self.call(practice, now)?);
        self.transact(vec![put, call]).await
    }

    /// Puts an entry: a new one, or one that has this version.
    fn put_entry<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        seen: Option<u64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = list::write(practice, entry)?;
        let mut put = Put::builder().table_name(&self.table);
        put = match seen {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(seen) => {
                item.insert("version".to_owned(), number(seen + 1));
                put.condition_expression("version = :seen")
                    .expression_attribute_values(":seen", number(seen))
            }
        };
        let put = put.set_item(Some(item)).build().map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Makes the lane due.
    fn call(&self, practice: &PracticeId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let call = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(work_key(practice), LANE)))
            .update_expression("ADD arrivals :one SET dueAt = :now, dueShard = :shard")
            .expression_attribute_values(":one", number(1_u64))
            .expression_attribute_values(":now", text(instant(now)))
            .expression_attribute_values(":shard", text(shard_of(practice)))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().update(call).build())
    }
}
