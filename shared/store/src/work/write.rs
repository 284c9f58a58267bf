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
use crate::format::KnownFormatOnly;
use crate::item::{instant, key, number, text, work_key};
use crate::table::Store;

/// The attribute by which a writer recognises its own write.
const WRITTEN_BY: &str = "writtenBy";

/// The result of accepting an entry.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// It is stored, and due now.
    New,
    /// The same was accepted before. This is its entry.
    Known(Box<Entry>),
    /// Something else was accepted under the same id. This is its entry.
    Different(Box<Entry>),
}

impl Store {
    /// Stores a new entry ([`Entry::new`]) and makes its lane due, in one transaction. The caller then
    /// wakes the writer. If that fails, the sweep wakes it.
    ///
    /// # Errors
    /// When the table does not answer. It is then unknown whether the entry was stored. The same call
    /// again shows it.
    pub async fn accept_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        self.accept_work_with(practice, entry, None, now).await
    }

    /// Like [`Store::accept_work`]. Stores `follower` too, which begins when the entry has settled. Its due
    /// time is removed.
    ///
    /// # Errors
    /// See [`Store::accept_work`].
    pub async fn accept_work_with<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        follower: Option<Entry<T>>,
        now: Timestamp,
    ) -> Result<Accepted, StoreError> {
        let mut writes = vec![self.put_entry(practice, entry, None)?, self.call(practice, now)?];
        if let Some(follower) = follower {
            let follower = Entry { due: None, ..follower };
            writes.push(self.put_entry(practice, &follower, None)?);
        }
        match self.transact(writes).await {
            Ok(()) => return Ok(Accepted::New),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let known = self.work(practice, &entry.key).await?.ok_or(StoreError::Conflict)?;
        let same = known.hash == entry.hash;
        let known = Box::new(known);
        Ok(if same { Accepted::Known(known) } else { Accepted::Different(known) })
    }

    /// Replaces an entry with what a client now wants ([`Entry::reopened`]), and makes its lane due, in
    /// one transaction. `entry` still has the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since it was read. Then read it and decide again.
    pub async fn reopen_work<T: Serialize>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_and_call(practice, entry, Some(entry.version), now).await
    }

    /// Replaces an entry if it has not changed since it was read. `entry` still has the version that was
    /// read. Returns the new version. One write. If the condition does not hold, one read more, because
    /// an earlier try of this call may have been written although its answer was lost.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else has changed it since it was read.
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

    /// Stores new entries, replaces known ones and makes the lane due, in one transaction. The known
    /// entries still have the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a new entry exists already, or if a known one has changed since it
    /// was read.
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

    /// Replaces entries if none of them has changed since it was read, in one transaction. Only the
    /// holder of the lane calls this.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else has changed one of them since it was read.
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

    /// Puts a new entry, or replaces the one with this version.
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

    /// Makes the lane due, and counts an arrival.
    fn call(&self, practice: &PracticeId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let call = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(work_key(practice), LANE)))
            .update_expression("ADD arrivals :one SET dueAt = :now, dueShard = :shard")
            .known_format_only()
            .expression_attribute_values(":one", number(1_u64))
            .expression_attribute_values(":now", text(instant(now)))
            .expression_attribute_values(":shard", text(shard_of(practice)))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().update(call).build())
    }
}
