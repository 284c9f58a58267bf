//! Counts what SQLite reads for a command.

use rusqlite::{Connection, Statement, StatementStatus};

use super::locks::EndedTransaction;
use super::{Outcome, SqlError};

/// What SQLite did for one statement of a batch. Bp's own procedures are not counted.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The rows that SQLite read one after the other, because no key led to them. Rows of views and table
    /// variables count too, and so do the rows of an index that SQLite built only for this statement.
    pub scanned: u64,
    /// The instructions of SQLite's virtual machine. Each row that is read, by a key or not, needs several.
    pub steps: u64,
    /// How SQLite reads each table, in its own words (`SCAN …`, `SEARCH … USING INDEX …`).
    pub plan: Vec<String>,
}

/// A command that has run, with what was counted.
#[derive(Debug)]
pub struct Examined {
    /// Its answer.
    pub outcome: Result<Outcome, SqlError>,
    /// What SQLite read for each of its statements.
    pub counted: Vec<Counted>,
    /// Its transactions with locks.
    pub transactions: Vec<EndedTransaction>,
}

/// The counters of a statement that has run, which begin at 0 again.
pub(super) fn of(
    database: &Connection,
    statement: &Statement<'_>,
    sql: &str,
) -> rusqlite::Result<Counted> {
    let count = |status| u64::try_from(statement.reset_status(status)).unwrap_or(0);
    let mut explained = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = explained.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next()? {
        plan.push(row.get(3)?);
    }
    Ok(Counted {
        scanned: count(StatementStatus::FullscanStep) + count(StatementStatus::AutoIndex),
        steps: count(StatementStatus::VmStep),
        plan,
    })
}
