//! What transactions held, for people and tests. It has no values of rows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::held::Holder;

/// Locks of one kind on one object.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldLock {
    /// The table with its database, or `application` for `sp_getapplock`.
    pub object: String,
    /// `rows`, `range`, `table` or `application`.
    pub kind: &'static str,
    /// SQL Server's letters: `S`, `U`, `X`, `RangeS-S`, `RangeS-U`, ...
    pub mode: String,
    /// The columns by which the rows or the range were found. Empty for changed rows.
    pub by: Vec<String>,
    /// The number of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// COMMIT.
    Committed,
    /// ROLLBACK, an error, or the end of the session.
    RolledBack,
    /// The server chose it as the victim of a deadlock.
    DeadlockVictim,
}

/// A transaction that has ended, with all its locks. A transaction keeps its locks to its end, so these are
/// the most that it held.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedTransaction {
    /// Counts up from 1.
    pub sequence: u64,
    /// The statement's name, if its text begins with one.
    pub statement: Option<String>,
    /// How it ended.
    pub ending: Ending,
    /// Its locks.
    pub locks: Vec<HeldLock>,
}

/// A transaction that holds locks at this moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenTransaction {
    /// The session's number (`@@SPID`).
    pub session: u64,
    /// The statement's name, if its text begins with one.
    pub statement: Option<String>,
    /// The sessions that it waits for.
    pub waits_for: Vec<u64>,
    /// Its locks.
    pub locks: Vec<HeldLock>,
}

pub(super) fn locks(holder: &Holder) -> Vec<HeldLock> {
    let mut counted: BTreeMap<(String, String, Vec<String>), usize> = BTreeMap::new();
    for ((object, _), lock) in &holder.rows {
        let by = if lock.mode == super::Mode::Exclusive { Vec::new() } else { lock.by.clone() };
        *counted.entry((object.to_string(), lock.mode.letter().to_owned(), by)).or_default() += 1;
    }
    let rows = counted.into_iter().map(|((object, mode, by), count)| HeldLock {
        object,
        kind: "rows",
        mode,
        by,
        rows: Some(count),
    });
    let ranges = holder.ranges.iter().map(|range| HeldLock {
        object: range.object.to_string(),
        kind: "range",
        mode: match range.mode {
            super::Mode::Exclusive => "RangeX-X".to_owned(),
            mode => format!("RangeS-{}", mode.letter()),
        },
        by: range.seek.names(),
        rows: None,
    });
    let tables = holder.tables.iter().map(|(object, mode)| HeldLock {
        object: object.to_string(),
        kind: "table",
        mode: mode.letter().to_owned(),
        by: Vec::new(),
        rows: None,
    });
    let applications = holder.applications.iter().map(|lock| HeldLock {
        object: "application".to_owned(),
        kind: "application",
        mode: lock.mode.letters().to_owned(),
        by: Vec::new(),
        rows: None,
    });
    let mut all: Vec<HeldLock> = rows.chain(ranges).chain(tables).chain(applications).collect();
    all.sort();
    all
}
