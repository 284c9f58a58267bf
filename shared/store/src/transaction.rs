//! Writes that happen all together or not at all.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use uuid::Uuid;

use crate::error::StoreError;
use crate::format::{Item, KnownFormatOnly};
use crate::table::Store;

/// How often a transaction is repeated if other transactions change the same items.
pub(crate) const TRANSACTION_TRIES: u32 = 8;

/// Why a transaction did not happen.
#[derive(Clone, Debug, Eq, PartialEq)]
enum NotDone {
    /// Another transaction changed the same items, or the table was throttled. Nothing was written,
    /// and a repetition may succeed.
    Busy,
    /// The same transaction is under way. Its outcome is not known yet.
    UnderWay,
    /// A condition did not hold, DynamoDB could not be reached, or it refused the call.
    Failed(StoreError),
}

impl Store {
    /// Writes all of these, or none. Two transactions on one item at the same moment exclude each other.
    /// The one that loses is repeated after some milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] only if a condition did not hold. [`StoreError::NewerFormat`] if an item
    /// has a newer format.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        // DynamoDB recognises a repetition by this token, and writes it once.
        let mut token = Uuid::new_v4();
        for _ in 0..TRANSACTION_TRIES {
            let written = self
                .client
                .transact_write_items()
                .client_request_token(token.to_string())
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            match written.map(drop).map_err(not_done) {
                Ok(()) => return Ok(()),
                Err(NotDone::Failed(error)) => return Err(error),
                Err(NotDone::Busy) => token = Uuid::new_v4(),
                Err(NotDone::UnderWay) => {}
            }
            pause().await;
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }

    /// Replaces an item, unless it has a newer format.
    pub(crate) fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put.known_format_only().build().map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn not_done<R>(error: SdkError<TransactWriteItemsError, R>) -> NotDone {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons();
            let failed = |code: &str| code == "ConditionalCheckFailed";
            let busy = |code: &str| {
                matches!(code, "TransactionConflict" | "ThrottlingError")
                    || code.contains("ThroughputExceeded")
            };
            let refused = reasons.iter().filter(|it| it.code().is_some_and(failed));
            let mut refused = refused.map(|it| StoreError::refused(it.item())).peekable();
            if refused.peek().is_some() {
                let newer = refused.any(|error| error == StoreError::NewerFormat);
                NotDone::Failed(if newer { StoreError::NewerFormat } else { StoreError::Conflict })
            } else if reasons.iter().filter_map(|it| it.code()).any(busy) {
                NotDone::Busy
            } else {
                NotDone::Failed(error.into())
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => NotDone::UnderWay,
        _ => NotDone::Failed(error.into()),
    }
}

/// Waits 5 to 70 milliseconds, at random. This is not the ledger's backoff: another transaction on
/// the same item ends within milliseconds, so waiting longer after each try would only add delay.
pub(crate) async fn pause() {
    let random = Uuid::new_v4().as_bytes()[0];
    tokio::time::sleep(std::time::Duration::from_millis(5 + u64::from(random) / 4)).await;
}
