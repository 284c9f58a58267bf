//! Imports of documents: the request and the progress of each document, in one partition.
//!
//! Every change of a document names the version that was read. If two workers change a document, the
//! second one gets [`StoreError::Conflict`] and deletes what it has made.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::connection::Database;
use domain::ids::{PatientId, PracticeId};
use domain::imports::{Import, ImportId, ImportState, Item as ItemState, Selection, Selections};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{Item, body, item, key, number, sort_key};
use crate::table::Store;

const HEAD: &str = "HEAD";
const ITEM: &str = "ITEM#";

/// Whether an import was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Created {
    /// It was written.
    New,
    /// An import has this id already.
    Exists,
}

/// An import with all its documents.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRecord {
    /// The import as it was requested.
    pub import: Import,
    /// Its documents, in the order of the request.
    pub items: Vec<StoredItem>,
    /// When all of it is deleted.
    pub expires_at: Timestamp,
}

impl ImportRecord {
    /// The state of the whole import, if nobody cancelled it.
    #[must_use]
    pub fn state(&self) -> ImportState {
        ImportState::of(self.items.iter().map(|item| &item.state))
    }

    /// How often its documents have changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.items.iter().map(|item| item.version).sum()
    }
}

/// One document of an import, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredItem {
    /// Its number in the import, from 0.
    pub index: u32,
    /// The Bp that it comes from.
    pub site: Database,
    /// The patient.
    pub patient: PatientId,
    /// Which document it is.
    pub selection: Selection,
    /// Its progress.
    pub state: ItemState,
    /// When all of it is deleted.
    pub expires_at: Timestamp,
    version: u64,
}

#[derive(Deserialize, Eq, PartialEq, Serialize)]
struct ItemBody {
    site: Database,
    patient: PatientId,
    selection: Selection,
    state: ItemState,
}

impl Store {
    /// Writes an import with all its documents, unless its id is taken. One transaction: the import
    /// itself and at most [`Selections::MOST_DOCUMENTS`] documents.
    pub async fn create_import(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        import: &Import,
        selections: &Selections,
        expires_at: Timestamp,
    ) -> Result<Created, StoreError> {
        let now = import.asked_at;
        let pk = import_key(practice, id);
        let mut head = item(pk.clone(), HEAD, import)?;
        head.insert("expiresAt".to_owned(), number(expires_at.as_second()));
        let head = Put::builder()
            .table_name(&self.table)
            .set_item(Some(head))
            // DynamoDB does not delete expired items at once.
            .only_if("attribute_not_exists(pk) OR expiresAt < :now")
            .expression_attribute_values(":now", number(now.as_second()))
            .build();
        let mut writes = vec![write(head)?];
        for (index, selection) in (0..).zip(selections.as_slice()) {
            let stored = StoredItem {
                index,
                site: import.site.clone(),
                patient: import.patient,
                selection: selection.clone(),
                state: ItemState::new(now),
                expires_at,
                version: 0,
            };
            let put = Put::builder().table_name(&self.table).set_item(Some(stored.to_item(&pk)?));
            writes.push(write(put.known_format_only().build())?);
        }
        match self.transact(writes).await {
            Ok(()) => Ok(Created::New),
            Err(StoreError::Conflict) => Ok(Created::Exists),
            Err(error) => Err(error),
        }
    }

    /// Reads an import. `None` if there is none, or if it has expired. One consistent query.
    pub async fn import(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<Option<ImportRecord>, StoreError> {
        let found = self.partition(import_key(practice, id)).send().await?;
        let mut head = None;
        let mut items = Vec::new();
        for item in found.items() {
            match sort_key(item)? {
                HEAD => head = Some((body::<Import>(item)?, expiry(item)?)),
                _ => items.push(StoredItem::read(item)?),
            }
        }
        let Some((import, expires_at)) = head.filter(|(_, expires_at)| *expires_at > now) else {
            return Ok(None);
        };
        // An expired import with the same id may have had more documents.
        items.retain(|item| item.index < import.documents);
        if items.len() != usize::try_from(import.documents).unwrap_or(usize::MAX) {
            return Err(StoreError::Corrupt);
        }
        Ok(Some(ImportRecord { import, items, expires_at }))
    }

    /// Reads one document of an import. `None` if there is none, or if it has expired.
    pub async fn import_item(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        index: u32,
        now: Timestamp,
    ) -> Result<Option<StoredItem>, StoreError> {
        let found = self.found(key(import_key(practice, id), item_key(index))).await?;
        let read = found.as_ref().map(StoredItem::read).transpose()?;
        Ok(read.filter(|item| item.expires_at > now))
    }

    /// Stores the new state of a document, unless somebody else has changed it meanwhile. Returns the
    /// document as it was written.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else was first, or the table's error.
    pub async fn move_import_item(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        seen: &StoredItem,
        state: ItemState,
    ) -> Result<StoredItem, StoreError> {
        let moved = StoredItem { state, version: seen.version + 1, ..seen.clone() };
        let pk = import_key(practice, id);
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(moved.to_item(&pk)?))
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(seen.version))
            .send()
            .await;
        match written.map_err(StoreError::from) {
            Ok(_) => Ok(moved),
            // An earlier try of this call may have been written although its answer was lost.
            Err(StoreError::Conflict) => {
                match self.import_item(practice, id, moved.index, Timestamp::MIN).await? {
                    Some(now) if now == moved => Ok(moved),
                    _ => Err(StoreError::Conflict),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Marks an import as cancelled. Its documents are cancelled one by one afterwards. A second call
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if there is no such import, or the table's error.
    pub async fn cancel_import(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(import_key(practice, id), HEAD)))
            .update_expression("SET #body.cancelledAt = :now")
            .only_if("attribute_exists(pk)")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":now", serde_dynamo::to_attribute_value(now)?)
            .send()
            .await?;
        Ok(())
    }
}

impl StoredItem {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let index = sort_key(item)?
            .strip_prefix(ITEM)
            .and_then(|digits| digits.parse().ok())
            .ok_or(StoreError::Corrupt)?;
        let ItemBody { site, patient, selection, state } = body(item)?;
        let version = parsed(item, "version")?;
        Ok(Self { index, site, patient, selection, state, expires_at: expiry(item)?, version })
    }

    fn to_item(&self, pk: &str) -> Result<Item, StoreError> {
        let body = ItemBody {
            site: self.site.clone(),
            patient: self.patient,
            selection: self.selection.clone(),
            state: self.state.clone(),
        };
        let mut item = item(pk, item_key(self.index), &body)?;
        item.insert("version".to_owned(), number(self.version));
        item.insert("expiresAt".to_owned(), number(self.expires_at.as_second()));
        Ok(item)
    }
}

fn import_key(practice: &PracticeId, id: &ImportId) -> String {
    format!("IMPORT#{practice}#{id}")
}

fn item_key(index: u32) -> String {
    format!("{ITEM}{index:04}")
}

fn write(
    put: Result<Put, aws_sdk_dynamodb::error::BuildError>,
) -> Result<TransactWriteItem, StoreError> {
    let put = put.map_err(|_| StoreError::Corrupt)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn parsed<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
        .ok_or(StoreError::Corrupt)
}

fn expiry(item: &Item) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(parsed(item, "expiresAt")?).map_err(|_| StoreError::Corrupt)
}
