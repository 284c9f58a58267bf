//! Every Halo call received, without a single value of it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::{clock::utc, effect::Effect, operation::Operation};

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    Successful,
    /// A 4xx of Halo's own making.
    Refused,
    /// The database did not do it.
    ExecutionFailed,
    /// A 5xx.
    Failed,
    /// The connection was closed without an answer.
    Dropped,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    #[serde(serialize_with = "as_utc")]
    pub(crate) at: Timestamp,
    pub(crate) operation: Option<Operation>,
    /// The Bp Site ID, where the call names a known site.
    pub(crate) site_id: Option<String>,
    /// The name a statement gives itself in its header, never its text.
    pub(crate) statement: Option<String>,
    pub(crate) duration_ms: u64,
    /// What was sent; nothing after `dropped`.
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
    /// The fault that had its way with this call.
    pub(crate) fault: Option<Effect>,
}

fn as_utc<S: serde::Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc(*instant))
}

/// From where on the journal is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Since {
    /// After this sequence number.
    Sequence(u64),
    /// At or after this instant.
    Instant(Timestamp),
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Entries>);

/// Numbers go on after a reset: `since` must not skip what follows one.
#[derive(Debug, Default)]
struct Entries {
    kept: Vec<Entry>,
    last: u64,
}

impl Journal {
    /// Appends, giving the entry its number.
    pub(crate) fn record(&self, mut entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.last += 1;
        entry.sequence = entries.last;
        entries.kept.push(entry);
    }

    pub(crate) fn since(&self, since: Since) -> Vec<Entry> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = entries.kept.iter().filter(|entry| match since {
            Since::Sequence(number) => entry.sequence > number,
            Since::Instant(instant) => entry.at >= instant,
        });
        wanted.cloned().collect()
    }

    /// The number of the latest call, 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
    }
}
