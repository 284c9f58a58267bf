//! DynamoDB: one table. This crate holds all access patterns.
//!
//! `<practice>` is [`domain::ids::PracticeId`] in its form for storage, which contains the platform. So nothing of one
//! platform is under a key of another.
//!
//! | pk | sk | what | written by |
//! |---|---|---|---|
//! | `PRACTICE#<practice>` | `CONNECTION` | [`domain::connection::Connection`] | pairing, status |
//! | | `CLINICIAN#<account or user>` | a linked clinician, for one `generation` of the connection | pairing |
//! | | `ACCOUNTS#<generation>#<user>` | [`domain::account_links::UserAccounts`]: who is linked to the user, and whose link was ended | pairing |
//! | | `RELINKED#<uuid>` | the Bp user of a changed link, until the change is published | pairing, site-writer |
//! | | `PAIRING` | [`domain::pairing::Attempt`]: the practice's current attempt, with a lease | pairing |
//! | | `SETTINGS` | [`domain::settings::Settings`] | settings |
//! | `PLATFORM#<platform>` | `<practice>` | that the platform has connected this practice; the id is the public one ([`PracticesPage`]) | pairing |
//! | `STAFF#<practice>` | `LIST` | [`domain::staff::StaffList`], with a `version` | staff |
//! | `GRANT#<Bp Site ID>` | `<platform>#<practice>` | [`domain::grant::Grant`] of the practice to the platform; expires unless it was used | pairing |
//! | `LIMIT#<scope>#<id>` | `PAIRING` | failed pairings in the present window, expires | pairing |
//! | `LIMIT#<whose>` | `<kind of request>#<window>` | how many requests of the window the processes have taken ([`domain::limits`]), expires | api |
//! | `DOCUMENT#<practice>` | `<document>` | [`domain::delivery::StoredDocument`], announced for upload, expires | correspondence |
//! | `IMPORT#<practice>#<import>` | `HEAD` | [`domain::imports::Import`], expires | imports |
//! | | `ITEM#<nnnn>` | a document of it, with a `version`, expires | imports, attachment-importer |
//! | `SHOWN#<practice>` | `<account>#<patient>` | [`domain::shown::ShownPatient`], the last one, expires | patient-search |
//! | `USAGE#<practice>` | `<date>` (UTC) | [`domain::usage::Usage`] of the day, each figure an attribute, expires | every function that calls Halo |
//! | `AUDIT#<practice>` | `<instant>#<uuid>` | [`domain::audit::AuditRecord`], expires | every patient read |
//! | `WORK#<practice>` | `JOB#<job>` | when the job is due, in the index `due` | schedule |
//! | `WORK#<practice>` | `DELIVERY#<id>`, `BOOKING#<id>` | a piece of work for the practice's Bp, in the indexes `open` and `listed` ([`work`]) | api, site-writer |
//! | | `DELIVERY#summary-<id>` | the summary that goes with the referral of this id; open once that is in Bp | api, site-writer |
//! | | `BOOKING#<id>.<number>` | the part of an attendant in a booking that has several | api, site-writer |
//! | | `LANE` | who works on the lane, and when there is something to do, in the index `due` | api, site-writer |
//! | `WRITER#<Bp Site ID>` | `WRITER` | which practice's writer may write to that Bp ([`work`]) | site-writer |
//! | `QUERY#<query>` | `WAITER` | [`domain::waiting::Waiter`], expires | bp-writer, document-import |
//! | `ENDPOINTS#<platform>` | `ENDPOINT#<id>` | [`domain::webhooks::Endpoint`], with a `version` ([`webhooks`]) | webhook-endpoints, webhook-sender |
//! | | `COUNT` | how many endpoints the platform has | webhook-endpoints |
//! | `HOOK#<platform>#<endpoint>#<uuid>` | `LANE` | who sends to the endpoint, how it fares, and when something is due, in the index `due` | webhook-endpoints, webhook-sender |
//! | | `EVENT#<id>` | [`webhooks::KeptEvent`], in the index `open` while it waits and in `listed` once it was sent, expires | webhook-sender |
//! | `PLATFORMAUDIT#<platform>` | `<instant>#<uuid>` | [`domain::webhooks::EndpointAudit`], expires | webhook-endpoints |
//! | `WEBHOOK#<id>` | `NOTIFICATION` | a notification that was handled, expires | halo-webhook |
//!
//! Every item has a format: the attribute `format`, or 1 if the attribute is absent. If a release changes a
//! kind of item so that earlier releases would misread it, it writes the next number. A reader of an item with
//! a higher format than it knows returns [`StoreError::NewerFormat`]. Fields that a reader may ignore, and
//! fields that may be absent, need no new format. The test `tests/items/stored.rs` reads items of every kind as the
//! previous release wrote them.
//!
//! During a deployment two releases work at the same time, so a write must not change an item of a newer format
//! either. A write names the version that was read, or it is refused with [`StoreError::NewerFormat`]
//! (`format.rs`). Only the items of `SHOWN#` are written without a condition, because DynamoDB's batches have
//! none. If such an item changes its form, it gets a new sort key. A list of work leaves items of a newer format out and
//! logs them. The audit trail and a practice's links are refused as a whole, because a part of them would mislead.
//!
//! The attribute `body` holds the entity. A practice has few items of its own, and one consistent query
//! reads them together. A write that depends on what was read is conditional on it.

mod audit;
mod bookings;
pub mod deliveries;
mod documents;
mod error;
mod format;
mod grants;
mod imports;
mod item;
mod limits;
mod links;
mod pairing;
mod platform;
mod practice;
mod refusal;
mod schedule;
mod shares;
mod shown;
mod staff;
mod table;
mod transaction;
mod usage;
mod waiting;
pub mod webhooks;
pub mod work;

pub use audit::{AuditItem, AuditPage, AuditPlace, AuditQuery};
pub use bookings::{
    BookingPlace, BookingQuery, BookingsOf, FoundBookings, KeptBooking, booking_entry,
    booking_listing, booking_revised,
};
pub use error::StoreError;
pub use imports::{Created, ImportRecord, StoredItem};
pub use limits::{Limited, Reserved};
pub use links::{AccountLink, Link, LinkKey, UnpublishedRelink};
pub use platform::PracticesPage;
pub use practice::{KeptSettings, PracticeRecord, UnpublishedStanding};
pub use schedule::{DueJob, JOB_SHARDS};
pub use shares::Taken;
pub use staff::KeptStaff;
pub use table::Store;
