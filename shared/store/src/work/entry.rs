//! One delivery or booking, as it is stored.

use std::fmt;
use std::time::Duration;

use domain::Sha256;
use jiff::Timestamp;
use ledger::{Progress, Tally};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::StoreError;
use crate::item::instant;

/// What kind of work an entry is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkKind {
    /// A document that is written to Bp.
    Delivery,
    /// An appointment in Bp's appointment book.
    Booking,
}

impl WorkKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Delivery, Self::Booking];

    /// Its name in keys.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "DELIVERY",
            Self::Booking => "BOOKING",
        }
    }
}

/// Identifies an entry of a practice: its kind and the client's own id.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct WorkKey {
    pub kind: WorkKind,
    /// The client's id.
    pub id: String,
}

impl WorkKey {
    /// A delivery's key.
    #[must_use]
    pub fn delivery(id: impl Into<String>) -> Self {
        Self { kind: WorkKind::Delivery, id: id.into() }
    }

    /// A booking's key.
    #[must_use]
    pub fn booking(id: impl Into<String>) -> Self {
        Self { kind: WorkKind::Booking, id: id.into() }
    }

    pub(super) fn sort_key(&self) -> String {
        format!("{}#{}", self.kind.as_str(), self.id)
    }

    pub(super) fn parse(sort_key: &str) -> Option<Self> {
        let (kind, id) = sort_key.split_once('#')?;
        let kind = WorkKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        Some(Self { kind, id: id.to_owned() })
    }
}

impl fmt::Display for WorkKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sort_key())
    }
}

/// A digest of what a client sent under an id. It shows whether a second request is the same.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BodyHash(pub String);

impl BodyHash {
    /// The digest of what a client sent: SHA-256 over its JSON, in hexadecimal digits.
    #[must_use]
    pub fn of(sent: &impl Serialize) -> Self {
        Self(Sha256::of(&serde_json::to_vec(sent).unwrap_or_default()).to_string())
    }
}

/// How an entry is listed: under which state, and in which order within the state. The order is by an
/// instant or a local time, as text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// The entity's state, by which callers filter.
    pub state: &'static str,
    /// The text that it is sorted by. `None` for the instant of acceptance.
    pub by: Option<String>,
}

impl Listing {
    /// Listed under a state, in the order of acceptance.
    #[must_use]
    pub fn state(state: &'static str) -> Self {
        Self { state, by: None }
    }

    /// Listed under a state, in the order of this text.
    #[must_use]
    pub fn by(state: &'static str, by: impl Into<String>) -> Self {
        Self { state, by: Some(by.into()) }
    }

    pub(super) fn key(&self, key: &WorkKey, accepted_at: Timestamp) -> String {
        let accepted = instant(accepted_at);
        let by = self.by.as_deref().unwrap_or(&accepted);
        format!("{}#{}#{by}#{}", key.kind.as_str(), self.state, key.id)
    }
}

/// Why the practice's database refused an attempt. It has no text, because SQL Server's text may contain
/// patients' data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "camelCase")]
pub enum WorkRefusal {
    /// Our login may not touch an object.
    PermissionDenied,
    /// This Bp release lacks an object or a column.
    UnknownObject,
    /// Another error, with SQL Server's number if it is known.
    Other { number: Option<i64> },
}

/// The progress of an entry on its way to Bp.
pub type WorkProgress = Progress<Uuid, WorkRefusal>;

/// The wait that the entity's history already names. It is added to the history once.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownWait {
    /// When the wait began.
    pub since: Timestamp,
}

/// The writer's own part of an entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    /// The entry's progress.
    pub progress: WorkProgress,
    /// The revision of the body that the last attempt sent.
    #[serde(default)]
    pub sent_revision: u64,
    /// The wait for the parked lane that the entity's history already names.
    #[serde(rename = "noted", default)]
    pub known_wait: Option<KnownWait>,
    /// An event that must be published before the entry closes.
    #[serde(rename = "announce", default)]
    pub unpublished: Option<String>,
    /// When that event happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpublished_at: Option<Timestamp>,
    /// How many events of this entry were published, or must be. Makes the ids of events unique.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub events: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Work {
    /// The work of an entry that was just accepted.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            progress: Progress::new(now),
            sent_revision: 0,
            known_wait: None,
            unpublished: None,
            unpublished_at: None,
            events: 0,
        }
    }
}

/// Longer than any fence that the writer's configuration allows: the call (30 s), the longest times in
/// the queue and in execution that `template.yaml` allows, and the margin add up to less. Items of the
/// previous release do not say how long a given-up attempt may still take effect. When such an entry is
/// reopened, it is looked up after this time. A test of `bp-writer` checks the sum.
pub const LONGEST_FENCE: Duration = Duration::from_secs(4 * 3600);

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry<T = serde_json::Value> {
    pub key: WorkKey,
    pub body: T,
    /// Rises with every write. Each write names the version that was read.
    pub version: u64,
    /// Counts the different bodies that a client sent, from 1. [`domain::booking::Booking`] explains how
    /// this number differs from a booking's own revision.
    pub revision: u64,
    /// The digest of what the client sent last.
    pub hash: BodyHash,
    /// When the id was first accepted.
    pub accepted_at: Timestamp,
    /// The writer's part.
    pub work: Work,
    /// When there is something to do; `None` for a closed entry.
    pub due: Option<Timestamp>,
    /// The key in the index `listed`, as stored.
    pub(crate) listed: String,
}

impl<T> Entry<T> {
    /// An entry that is not in a table, for tests and doubles of the store.
    #[must_use]
    pub fn new(key: WorkKey, body: T, hash: BodyHash, listing: &Listing, now: Timestamp) -> Self {
        let listed = listing.key(&key, now);
        Self {
            key,
            body,
            version: 1,
            revision: 1,
            hash,
            accepted_at: now,
            work: Work::new(now),
            due: Some(now),
            listed,
        }
    }

    /// Whether there is still something to do.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.due.is_some()
    }

    /// How many attempts and refusals there were so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.work.progress.tally()
    }

    /// The same entry with another body.
    pub fn with_body<U>(self, body: U) -> Entry<U> {
        let Self { key, body: _, version, revision, hash, accepted_at, work, due, listed } = self;
        Entry { key, body, version, revision, hash, accepted_at, work, due, listed }
    }

    /// The same entry with the body that `map` returns.
    pub fn map_body<U>(&self, map: impl FnOnce(&T) -> U) -> Entry<U> {
        Entry {
            key: self.key.clone(),
            body: map(&self.body),
            version: self.version,
            revision: self.revision,
            hash: self.hash.clone(),
            accepted_at: self.accepted_at,
            work: self.work.clone(),
            due: self.due,
            listed: self.listed.clone(),
        }
    }

    /// Changes the listing.
    pub fn list_under(&mut self, listing: &Listing) {
        self.listed = listing.key(&self.key, self.accepted_at);
    }

    /// The entry after a client sent a new body, or the same body again. It is due now. If an attempt is
    /// under way, its end comes first. If an attempt was given up in doubt, it is looked up first, once
    /// it can no longer take effect.
    #[must_use]
    pub fn reopened(mut self, body: T, hash: BodyHash, listing: &Listing, now: Timestamp) -> Self {
        self.body = body;
        // The same body again is no new revision: an attempt under way sends what is wanted.
        if self.hash != hash {
            self.revision += 1;
        }
        self.hash = hash;
        self.work.progress = self.work.progress.reopened(now, LONGEST_FENCE);
        self.work.known_wait = None;
        self.due = self.work.progress.due();
        self.list_under(listing);
        self
    }
}

impl Entry {
    /// The entry with its body read as an entity.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the body is not such an entity.
    pub fn read<T: DeserializeOwned>(self) -> Result<Entry<T>, StoreError> {
        let body = T::deserialize(&self.body).map_err(|_| StoreError::Corrupt)?;
        Ok(self.with_body(body))
    }

    /// The entry with its body read as an entity, for a list that leaves out what it cannot read. `None`
    /// is logged.
    #[must_use]
    pub fn readable<T: DeserializeOwned>(self) -> Option<Entry<T>> {
        let key = self.key.clone();
        let read = self.read();
        if let Err(error) = &read {
            tracing::error!(%key, %error, "an entry cannot be read");
        }
        read.ok()
    }
}
