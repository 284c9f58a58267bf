//! The format of items, and writes that leave items of a newer format alone.
//!
//! During a deployment two releases work at the same time. An item that the newer one has written in a
//! format that this one does not know must not be misread, and must not be changed either.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::error::StoreError;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The newest format of items that this release reads and writes.
///
/// An item without the attribute `format` has format 1. When a kind of item changes in a way that
/// this release would misread, the next release writes `format` 2 on it, and this release refuses it.
const NEWEST_FORMAT: i64 = 1;

/// Refuses an item that a newer release wrote in another format. The readers of an item's content call
/// this first.
pub(crate) fn check_format(item: &Item) -> Result<(), StoreError> {
    let Some(format) = item.get("format") else { return Ok(()) };
    let format: i64 =
        format.as_n().ok().and_then(|number| number.parse().ok()).ok_or(StoreError::Corrupt)?;
    if format > NEWEST_FORMAT { Err(StoreError::NewerFormat) } else { Ok(()) }
}

const IS_KNOWN: &str = "attribute_not_exists(#format) OR #format <= :format";

/// A write that is refused with [`StoreError::NewerFormat`] if the item has a newer format. Every write
/// that changes an item which it has not read, or whose version it does not check, is one.
pub(crate) trait KnownFormatOnly: Sized {
    /// Adds the condition. Call this before any other condition is added.
    fn known_format_only(self) -> Self {
        self.only_if("")
    }

    /// Adds the condition, together with this one.
    fn only_if(self, condition: &str) -> Self;
}

macro_rules! known_format_only {
    ($($write:ty),*) => {
        $(impl KnownFormatOnly for $write {
            fn only_if(self, condition: &str) -> Self {
                let condition = match condition {
                    "" => IS_KNOWN.to_owned(),
                    other => format!("({other}) AND ({IS_KNOWN})"),
                };
                self.condition_expression(condition)
                    .expression_attribute_names("#format", "format")
                    .expression_attribute_values(":format", AttributeValue::N(NEWEST_FORMAT.to_string()))
                    .return_values_on_condition_check_failure(
                        ReturnValuesOnConditionCheckFailure::AllOld,
                    )
            }
        })*
    };
}

known_format_only!(
    PutItemFluentBuilder,
    UpdateItemFluentBuilder,
    DeleteItemFluentBuilder,
    PutBuilder,
    UpdateBuilder,
    DeleteBuilder
);
