//! The journal: every call that Halo received, without any values.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::{clock::utc, effect::Effect, operation::Operation};

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    Successful,
    /// Halo answered with a 4xx.
    Refused,
    /// The database refused or failed.
    ExecutionFailed,
    /// Halo answered with a 5xx.
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
    /// The Bp Site ID, if the call names a known site.
    pub(crate) site_id: Option<String>,
    /// The statement's name from its first line, never its text.
    pub(crate) statement: Option<String>,
    pub(crate) duration_ms: u64,
    /// The status of the answer. `None` if the connection was dropped.
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
    /// The fault that this call met.
    pub(crate) fault: Option<Effect>,
}

fn as_utc<S: serde::Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&utc(*instant))
}

/// The start of the requested part of the journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Since {
    /// After this sequence number.
    Sequence(u64),
    /// At or after this instant.
    Instant(Timestamp),
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Entries>);

/// A reset does not restart the numbers, so `since` does not skip later calls.
#[derive(Debug, Default)]
struct Entries {
    kept: Vec<Entry>,
    last: u64,
}

impl Journal {
    /// Appends an entry and gives it its number.
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
