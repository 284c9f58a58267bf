//! Items: a key and a body.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
pub(crate) use crate::format::Item;
use crate::format::check_format;

pub(crate) const CONNECTION: &str = "CONNECTION";
pub(crate) const ACCOUNTS: &str = "ACCOUNTS#";
pub(crate) const CLINICIAN: &str = "CLINICIAN#";
pub(crate) const PAIRING: &str = "PAIRING";
pub(crate) const RELINKED: &str = "RELINKED#";
pub(crate) const SETTINGS: &str = "SETTINGS";

pub(crate) fn practice_key(practice: &PracticeId) -> String {
    format!("PRACTICE#{practice}")
}

const WORK: &str = "WORK#";

pub(crate) fn work_key(practice: &PracticeId) -> String {
    format!("{WORK}{practice}")
}

/// The practice whose work an item belongs to.
pub(crate) fn practice_of_work(item: &Item) -> Result<PracticeId, StoreError> {
    item.get("pk")
        .and_then(|pk| pk.as_s().ok())
        .and_then(|pk| pk.strip_prefix(WORK))
        .and_then(|practice| PracticeId::stored(practice).ok())
        .ok_or(StoreError::Corrupt)
}

pub(crate) fn audit_key(practice: &PracticeId) -> String {
    format!("AUDIT#{practice}")
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// An instant as text for sort keys and indexes. The texts sort in the order of the instants.
/// Milliseconds are enough, because an id follows if two items must not share a key.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// An instant as text for the keys of the audit trail: [`instant`], to the nanosecond. Several lines of
/// the trail may belong to one millisecond, and the ids that follow are random. The trail would lose the
/// order of these lines if its keys had milliseconds.
pub(crate) fn exact_instant(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An item with its entity.
pub(crate) fn item(
    pk: impl Into<String>,
    sk: impl Into<String>,
    body: &impl Serialize,
) -> Result<Item, StoreError> {
    let mut item = key(pk, sk);
    item.insert("body".to_owned(), serde_dynamo::to_attribute_value(body)?);
    Ok(item)
}

/// An item's entity.
pub(crate) fn body<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    check_format(item)?;
    let body = item.get("body").ok_or(StoreError::Corrupt)?;
    Ok(serde_dynamo::from_attribute_value(body.clone())?)
}

pub(crate) fn sort_key(item: &Item) -> Result<&str, StoreError> {
    item.get("sk")
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or(StoreError::Corrupt)
}

/// The items that can be read. The others are left out, and their keys are logged: one bad item must not
/// hide the others.
pub(crate) fn readable<T>(items: &[Item], read: impl Fn(&Item) -> Result<T, StoreError>) -> Vec<T> {
    let read_or_log = |item| {
        let read = read(item);
        if let Err(error) = &read {
            let part =
                |name: &str| item.get(name).and_then(|it| it.as_s().ok()).map(String::as_str);
            let (pk, sk) = (part("pk"), part("sk"));
            match error {
                // A deployment is under way. The newer release reads it.
                StoreError::NewerFormat => tracing::warn!(pk, sk, %error, "an item is left out"),
                _ => tracing::error!(pk, sk, %error, "an item of the table cannot be read"),
            }
        }
        read.ok()
    };
    items.iter().filter_map(read_or_log).collect()
}
