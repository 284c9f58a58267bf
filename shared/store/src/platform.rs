//! The practices of a platform that are connected. The list holds ids only; what it shows is read from the
//! connections themselves, so it is never older than they are.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, TransactWriteItem};
use domain::connection::Connection;
use domain::ids::{PlatformId, PracticeId};

use crate::error::StoreError;
use crate::item::{CONNECTION, Item, body, key, practice_key, readable, sort_key};
use crate::table::Store;
use crate::transaction::pause;

/// The most items that DynamoDB reads in one batch.
const AT_ONCE: usize = 100;
/// How often the rest of a batch is read again.
const BATCH_TRIES: u32 = 4;

/// A page of a platform's practices, in the order of their ids.
#[derive(Clone, Debug)]
pub struct PracticesPage {
    /// The practices that are connected, or that Bp no longer lets in.
    pub practices: Vec<(PracticeId, Connection)>,
    /// The public id after which the next page begins, if there is one.
    pub next: Option<String>,
}

fn platform_key(platform: &PlatformId) -> String {
    format!("PLATFORM#{platform}")
}

fn listing(practice: &PracticeId) -> Item {
    key(platform_key(&practice.platform()), practice.public())
}

impl Store {
    /// The write that puts a practice on its platform's list, for the transaction that connects it.
    pub(crate) fn list_practice(
        &self,
        practice: &PracticeId,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put(listing(practice))
    }

    /// The write that takes a practice off its platform's list, for the transaction that disconnects it.
    pub(crate) fn delist_practice(
        &self,
        practice: &PracticeId,
    ) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(listing(practice)))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// A page of the practices that a platform has connected. One query, and one batch for each hundred.
    pub async fn practices_of(
        &self,
        platform: &PlatformId,
        after: Option<&str>,
        limit: u16,
    ) -> Result<PracticesPage, StoreError> {
        let mut query = self.partition(platform_key(platform)).limit(i32::from(limit.max(1)));
        if let Some(after) = after {
            query = query.set_exclusive_start_key(Some(key(platform_key(platform), after)));
        }
        let found = query.send().await?;
        let listed = readable(found.items(), |item| {
            PracticeId::of(platform, sort_key(item)?).map_err(|_| StoreError::Corrupt)
        });
        let mut connections = HashMap::new();
        for some in listed.chunks(AT_ONCE) {
            connections.extend(self.connections(some).await?);
        }
        let practices = listed.into_iter().filter_map(|practice| {
            let connection = connections.remove(&practice_key(&practice))?;
            connection.is_open().then_some((practice, connection))
        });
        let next = found.last_evaluated_key().map(sort_key).transpose()?.map(str::to_owned);
        Ok(PracticesPage { practices: practices.collect(), next })
    }

    /// Connections by their partition keys. A connection that cannot be read is left out and logged.
    async fn connections(
        &self,
        practices: &[PracticeId],
    ) -> Result<HashMap<String, Connection>, StoreError> {
        let keys = practices.iter().map(|practice| key(practice_key(practice), CONNECTION));
        let mut keys: Vec<Item> = keys.collect();
        let mut connections = HashMap::new();
        for _ in 0..BATCH_TRIES {
            let wanted = KeysAndAttributes::builder().consistent_read(true).set_keys(Some(keys));
            let wanted = wanted.build().map_err(|_| StoreError::Corrupt)?;
            let found =
                self.client.batch_get_item().request_items(&self.table, wanted).send().await?;
            let items = found.responses.into_iter().flatten().flat_map(|(_, items)| items);
            let read = |item: &Item| {
                let practice = item.get("pk").and_then(|pk| pk.as_s().ok());
                Ok((practice.ok_or(StoreError::Corrupt)?.clone(), body::<Connection>(item)?))
            };
            connections.extend(readable(&items.collect::<Vec<_>>(), read));
            let left = found.unprocessed_keys.into_iter().flatten();
            keys = left.flat_map(|(_, left)| left.keys).collect();
            if keys.is_empty() {
                return Ok(connections);
            }
            pause().await;
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }
}
