//! Which worker waits for which of Halo's queries, and which of Halo's notifications were handled.
//! Both are needed for minutes only, so DynamoDB expires them.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::waiting::Waiter;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::item::{body, item, key, number};
use crate::table::Store;

const WAITER: &str = "WAITER";
const NOTIFICATION: &str = "NOTIFICATION";

fn query_key(query: Uuid) -> String {
    format!("QUERY#{query}")
}

fn notification_key(id: Uuid) -> String {
    format!("WEBHOOK#{id}")
}

fn expiry(keep: SignedDuration) -> AttributeValue {
    number((Timestamp::now() + keep).as_second())
}

impl Store {
    /// Stores who is woken when Halo announces the end of a query. A later waiter for the same query
    /// replaces an earlier one.
    ///
    /// # Errors
    /// When the table gives no answer. The waiter's own slow look then finds the end.
    pub async fn await_query(
        &self,
        query: Uuid,
        waiter: &Waiter,
        keep: SignedDuration,
    ) -> Result<(), StoreError> {
        let mut waiting = item(query_key(query), WAITER, waiter)?;
        waiting.insert("expiresAt".to_owned(), expiry(keep));
        self.client.put_item().table_name(&self.table).set_item(Some(waiting)).send().await?;
        Ok(())
    }

    /// Who waits for a query, if anybody does.
    pub async fn waiter(&self, query: Uuid) -> Result<Option<Waiter>, StoreError> {
        let found = self.found(key(query_key(query), WAITER)).await?;
        found.as_ref().map(body).transpose()
    }

    /// Whether a notification has been dealt with already.
    pub async fn is_known_notification(&self, id: Uuid) -> Result<bool, StoreError> {
        let found = self.found(key(notification_key(id), NOTIFICATION)).await?;
        Ok(found.is_some())
    }

    /// Marks a notification as dealt with. Comes after what the notification asks for: a crash
    /// between the two repeats a wake, which harms nobody, where the other order would lose it.
    pub async fn remember_notification(
        &self,
        id: Uuid,
        keep: SignedDuration,
    ) -> Result<(), StoreError> {
        let mut mark = key(notification_key(id), NOTIFICATION);
        mark.insert("expiresAt".to_owned(), expiry(keep));
        self.client.put_item().table_name(&self.table).set_item(Some(mark)).send().await?;
        Ok(())
    }
}
