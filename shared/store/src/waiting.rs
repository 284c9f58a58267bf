//! Which worker waits for which of Halo's queries, and which of Halo's notifications were handled. Both
//! are needed only for minutes, so DynamoDB expires them.

use domain::waiting::Waiter;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
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

impl Store {
    /// Stores who is woken when Halo notifies us of the end of a query. A later waiter for the same query
    /// replaces an earlier one. DynamoDB deletes the item after `expires`.
    ///
    /// # Errors
    /// When the table does not answer. The waiter's own later status call then finds the end.
    pub async fn await_query(
        &self,
        query: Uuid,
        waiter: &Waiter,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let mut waiting = item(query_key(query), WAITER, waiter)?;
        waiting.insert("expiresAt".to_owned(), number(expires.as_second()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(waiting));
        put.known_format_only().send().await?;
        Ok(())
    }

    /// The worker that waits for a query, if there is one.
    pub async fn waiter(&self, query: Uuid) -> Result<Option<Waiter>, StoreError> {
        let found = self.found(key(query_key(query), WAITER)).await?;
        found.as_ref().map(body).transpose()
    }

    /// Whether a notification was handled already.
    pub async fn is_known_notification(&self, id: Uuid) -> Result<bool, StoreError> {
        let found = self.found(key(notification_key(id), NOTIFICATION)).await?;
        Ok(found.is_some())
    }

    /// Marks a notification as handled. Call it after the wake: a crash between the two then repeats a
    /// wake, which is harmless. In the other order the wake would be lost.
    pub async fn remember_notification(
        &self,
        id: Uuid,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let mut mark = key(notification_key(id), NOTIFICATION);
        mark.insert("expiresAt".to_owned(), number(expires.as_second()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(mark));
        match put.known_format_only().send().await.map_err(StoreError::from) {
            // A newer release has marked it already.
            Ok(_) | Err(StoreError::NewerFormat) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
