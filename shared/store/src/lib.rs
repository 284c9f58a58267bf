//! DynamoDB: one table, every access pattern in one place.
//!
//! | pk | sk | what | written by |
//! |---|---|---|---|
//! | `PRACTICE#<practice>` | `CONNECTION` | [`domain::connection::Connection`] | pairing, status |
//! | | `CLINICIAN#<account or user>` | a linked clinician, for one `generation` of the connection | pairing |
//! | | `ACCOUNTS#<generation>#<user>` | [`domain::clinician::UserAccounts`]: who is linked to the user, and whose link was ended | pairing |
//! | | `RELINKED#<uuid>` | the Bp user of a changed link, until platforms are told | pairing, site-writer |
//! | | `PAIRING` | [`domain::pairing::Attempt`]: the practice's current one, with a lease | pairing |
//! | | `SETTINGS` | [`domain::settings::Settings`] | settings |
//! | `STAFF#<practice>` | `LIST` | [`domain::staff::StaffList`], with a `version` | staff |
//! | `LIMIT#<scope>#<id>` | `PAIRING` | failed pairings in the present window, expires | pairing |
//! | `DOCUMENT#<practice>` | `<document>` | [`domain::delivery::StoredDocument`], announced for upload, expires | correspondence |
//! | `IMPORT#<practice>#<import>` | `HEAD` | [`domain::imports::Import`], expires | imports |
//! | | `ITEM#<nnnn>` | a document of it, with a `version`, expires | imports, attachment-importer |
//! | `SHOWN#<practice>` | `<account>#<patient>` | [`domain::shown::ShownPatient`], the last one, expires | patient-search |
//! | `USAGE#<practice>` | `<date>` (UTC) | [`domain::usage::Usage`] of the day, each figure an attribute that is added to, expires | whoever asks Halo |
//! | `AUDIT#<practice>` | `<instant>#<uuid>` | [`domain::audit::AuditRecord`], expires | every patient read |
//! | `WORK#<practice>` | `JOB#<job>` | when the job is due, in the index `due` | schedule |
//! | `WORK#<practice>` | `DELIVERY#<id>`, `BOOKING#<id>` | a piece of work for the practice's Bp, in the indexes `open` and `listed` ([`work`]) | api, site-writer |
//! | | `BOOKING#<id>.<number>` | the part of an attendant in a booking that has several | api, site-writer |
//! | | `LANE` | who writes to the site now, and when there is something to do, in the index `due` | api, site-writer |
//! | `WRITER#<Bp Site ID>` | `WRITER` | which turn writes to that Bp now ([`work`]) | site-writer |
//! | `QUERY#<query>` | `WAITER` | [`domain::waiting::Waiter`], expires | whoever submits a query |
//! | `WEBHOOK#<id>` | `NOTIFICATION` | a notification dealt with, expires | halo-webhook |
//!
//! The entity itself is the attribute `body`. A practice's own items are few and read together, by
//! one consistent query; each writer's condition names what it saw.

mod audit;
mod bookings;
pub mod deliveries;
mod documents;
mod imports;
mod item;
mod limits;
mod links;
mod pairing;
mod practice;
mod schedule;
mod shown;
mod staff;
mod transaction;
mod usage;
mod waiting;
pub mod work;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use crate::item::Item;

pub use audit::{AuditItem, AuditPage, AuditQuery};
pub use bookings::{
    BookingQuery, BookingsOf, FoundBookings, KeptBooking, booking_entry, booking_listing,
    booking_revised,
};
pub use imports::{Created, ImportRecord, StoredItem};
pub use limits::{Limited, Reserved};
pub use links::{AccountLink, Link, LinkKey, UnpublishedRelink};
pub use practice::PracticeRecord;
pub use schedule::{DueJob, JOB_SHARDS};
pub use staff::KeptStaff;

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

/// Why the table gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The condition did not hold: somebody else was first.
    #[error("somebody else changed this at the same moment")]
    Conflict,
    /// DynamoDB could not be asked, or refused.
    #[error("the table is not available ({code})")]
    Unavailable {
        /// DynamoDB's error code.
        code: String,
    },
    /// An item is not what we wrote.
    #[error("an item of the table cannot be read")]
    Corrupt,
}

impl Store {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// An item, as it is now.
    async fn found(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        Ok(get.set_key(Some(key)).send().await?.item)
    }

    /// Everything under one partition key, as it is now.
    fn partition(&self, pk: String) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", item::text(pk))
    }
}

impl<E: ProvideErrorMetadata, R> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("ConditionalCheckFailedException") => Self::Conflict,
            code => Self::Unavailable { code: code.unwrap_or("no answer").to_owned() },
        }
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(_: serde_dynamo::Error) -> Self {
        // The error's text may repeat a value.
        Self::Corrupt
    }
}
