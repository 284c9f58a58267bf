//! DynamoDB's errors as errors of the store.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use crate::error::StoreError;
use crate::format::{Item, check_format};

/// An error of a DynamoDB operation.
pub trait TableError: ProvideErrorMetadata {
    /// The item that a refused write would have changed, if the write asked for it.
    fn kept_item(&self) -> Option<&Item> {
        None
    }
}

macro_rules! table_errors {
    (reads: $($read:ident),*; writes: $($write:ident),*) => {
        $(impl TableError for $read {})*
        $(impl TableError for $write {
            fn kept_item(&self) -> Option<&Item> {
                match self {
                    Self::ConditionalCheckFailedException(refused) => refused.item(),
                    _ => None,
                }
            }
        })*
    };
}

table_errors! {
    reads: GetItemError, BatchGetItemError, QueryError, BatchWriteItemError, TransactWriteItemsError;
    writes: PutItemError, UpdateItemError, DeleteItemError
}

impl<E: TableError, R> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        let error = error.as_service_error();
        match error.and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException") => {
                Self::refused(error.and_then(TableError::kept_item))
            }
            code => Self::Unavailable { code: code.unwrap_or("no answer").to_owned() },
        }
    }
}

impl StoreError {
    /// Why a conditional write was refused, with the item that it would have changed.
    pub(crate) fn refused(kept: Option<&Item>) -> Self {
        match kept.map(check_format) {
            Some(Err(Self::NewerFormat)) => Self::NewerFormat,
            _ => Self::Conflict,
        }
    }
}
