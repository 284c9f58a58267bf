//! One delivery or booking, as it is kept.

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
    /// A document on its way into Bp.
    Delivery,
    /// An appointment in Bp's book.
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

/// Which entry of a practice: its kind and the client's own id.
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

/// A digest of what a client sent under an id, by which the same request is told from another one.
/// The caller computes it (hex of a SHA-256 over the canonical request will do).
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

/// Under what an entry is listed: the state that callers filter by, and what it is sorted by within
/// the state (an instant or a local time as text; the instant of acceptance where nothing else is
/// wanted).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// The entity's state.
    pub state: &'static str,
    /// What it is sorted by; `None` for the instant of acceptance.
    pub by: Option<String>,
}

impl Listing {
    /// Listed under a state, in the order of acceptance.
    #[must_use]
    pub fn state(state: &'static str) -> Self {
        Self { state, by: None }
    }

    /// Listed under a state, in the order of something else.
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

/// Why the practice's database refused an attempt. No text of it: that may hold patients' data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "camelCase")]
pub enum WorkRefusal {
    /// Our login may not touch an object.
    PermissionDenied,
    /// This Bp release lacks an object or a column.
    UnknownObject,
    /// Another error, by SQL Server's number where it is known.
    Other { number: Option<i64> },
}

/// Where an entry stands on its way to Bp.
pub type WorkProgress = Progress<Uuid, WorkRefusal>;

/// The wait that the entity's history already names, so that it is added once.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownWait {
    /// When the wait began.
    pub since: Timestamp,
}

/// The machinery's own part of an entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    /// Where it stands.
    pub progress: WorkProgress,
    /// Which revision of the body the last attempt carried.
    #[serde(default)]
    pub sent_revision: u64,
    /// The wait for the parked lane that the entity's history already names.
    #[serde(rename = "noted", default)]
    pub known_wait: Option<KnownWait>,
    /// An event that is still to be put on the bus before the entry closes.
    #[serde(default)]
    pub announce: Option<String>,
}

impl Work {
    /// Just accepted.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { progress: Progress::new(now), sent_revision: 0, known_wait: None, announce: None }
    }
}

/// No configuration of the writer allows a longer fence: the call (30 s), the longest times in the
/// queue and in execution that `template.yaml` takes, and the margin add up to less. Items of the
/// release before this one do not say how long a given-up attempt may still take effect; when such
/// an entry is reopened, it is looked up after this time. A test of `bp-writer` checks the sum.
pub const LONGEST_FENCE: Duration = Duration::from_secs(4 * 3600);

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry<T = serde_json::Value> {
    pub key: WorkKey,
    pub body: T,
    /// Grows with every write; each write names the one it saw.
    pub version: u64,
    /// Counts the different bodies that a client sent, from 1. [`domain::booking::Booking`] explains how
    /// it differs from a booking's own revision.
    pub revision: u64,
    /// Digest of what the client sent last.
    pub hash: BodyHash,
    /// When the id was first accepted.
    pub accepted_at: Timestamp,
    /// Where it stands.
    pub work: Work,
    /// When there is something to do; `None` for a closed entry.
    pub due: Option<Timestamp>,
    /// Its key in the index of lists, as stored.
    pub(crate) listed: String,
}

impl<T> Entry<T> {
    /// An entry that is not in any table: for tests of kinds, and doubles of the store.
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

    /// Attempts, refusals: what happened so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.work.progress.tally()
    }

    /// With another body of another type.
    pub fn with_body<U>(self, body: U) -> Entry<U> {
        let Self { key, body: _, version, revision, hash, accepted_at, work, due, listed } = self;
        Entry { key, body, version, revision, hash, accepted_at, work, due, listed }
    }

    /// The same entry with what `map` makes of its body.
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

    /// Puts it under another listing.
    pub fn list_under(&mut self, listing: &Listing) {
        self.listed = listing.key(&self.key, self.accepted_at);
    }

    /// The entry after a client sent a new body, or asked for the same again. It is due now. An attempt
    /// that is under way is awaited first. An attempt that was given up in doubt is looked up first, when
    /// it can no longer take effect.
    #[must_use]
    pub fn reopened(mut self, body: T, hash: BodyHash, listing: &Listing, now: Timestamp) -> Self {
        self.body = body;
        // The same again is nothing newer: what an attempt under way brings is what is wanted.
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
    /// The entry with its entity read.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the body is not such an entity.
    pub fn read<T: DeserializeOwned>(self) -> Result<Entry<T>, StoreError> {
        let body = T::deserialize(&self.body).map_err(|_| StoreError::Corrupt)?;
        Ok(self.with_body(body))
    }
}
