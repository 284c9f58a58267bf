//! What a session keeps of its transaction: how to undo each change, the last one first.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::hooks::Action;

use super::convert::Val;
use super::locks::{Image, Object, comparable};
use super::types::Type;

/// A table as locks and rollbacks need it: with every column, whatever the login may see.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) object: Object,
    /// The name, quoted for SQLite.
    pub(crate) qualified: String,
    pub(crate) columns: Vec<(String, Type)>,
    /// The columns of the primary key and of each index, by position.
    pub(crate) indexes: Vec<Vec<usize>>,
    /// Whether a column is the row's number in SQLite.
    pub(crate) numbered: bool,
    /// All columns of all indexes.
    pub(crate) indexed: Vec<usize>,
}

impl Keys {
    /// The indexed columns of a whole row.
    pub(crate) fn image(&self, row: &[Val]) -> Image {
        let cell = |at: &usize| (*at, comparable(row.get(*at).cloned().unwrap_or(Val::Null)));
        Image(self.indexed.iter().map(cell).collect())
    }

    pub(crate) fn indexed_list(&self) -> String {
        self.indexed.iter().map(|at| format!(", {}", quote(&self.columns[*at].0))).collect()
    }
}

/// How to undo one change.
#[derive(Debug)]
pub(crate) enum Reversal {
    Insert {
        keys: Arc<Keys>,
        row: i64,
    },
    Update {
        keys: Arc<Keys>,
        row: i64,
        before: Vec<Val>,
    },
    Delete {
        keys: Arc<Keys>,
        row: i64,
        before: Vec<Val>,
    },
    /// A temporary table was created.
    Create(String),
}

thread_local! {
    /// The rows that the running INSERT has stored.
    static INSERTED: RefCell<Option<Vec<i64>>> = const { RefCell::new(None) };
}

/// Learns of every inserted row from SQLite.
pub(crate) fn watch(database: &mut Connection) -> rusqlite::Result<()> {
    database.update_hook(Some(|action, _: &str, _: &str, row| {
        if action == Action::SQLITE_INSERT {
            INSERTED.with_borrow_mut(|rows| {
                if let Some(rows) = rows {
                    rows.push(row);
                }
            });
        }
    }))
}

/// Runs an INSERT and returns the rows that it stored.
pub(crate) fn inserted<T>(body: impl FnOnce() -> T) -> (T, Vec<i64>) {
    INSERTED.set(Some(Vec::new()));
    let value = body();
    (value, INSERTED.take().unwrap_or_default())
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Reversal {
    pub(crate) fn run(&self, database: &Connection) -> rusqlite::Result<()> {
        let marks = |count: usize, from: usize| -> Vec<String> {
            (from..from + count).map(|at| format!("?{at}")).collect()
        };
        match self {
            Self::Insert { keys, row } => {
                let sql = format!("DELETE FROM {} WHERE rowid = ?1", keys.qualified);
                database.prepare_cached(&sql)?.execute([row])?;
            }
            Self::Update { keys, row, before } => {
                let sets: Vec<String> = keys
                    .columns
                    .iter()
                    .zip(marks(before.len(), 2))
                    .map(|((name, _), mark)| format!("{} = {mark}", quote(name)))
                    .collect();
                let sql =
                    format!("UPDATE {} SET {} WHERE rowid = ?1", keys.qualified, sets.join(", "));
                let number = Val::Integer(*row);
                let values = std::iter::once(&number).chain(before);
                database.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
            }
            Self::Delete { keys, row, before } => {
                let mut names: Vec<String> =
                    keys.columns.iter().map(|(name, _)| quote(name)).collect();
                let mut values: Vec<Val> = before.clone();
                if !keys.numbered {
                    names.push("rowid".to_owned());
                    values.push(Val::Integer(*row));
                }
                let sql = format!(
                    "INSERT INTO {} ({}) VALUES ({})",
                    keys.qualified,
                    names.join(", "),
                    marks(values.len(), 1).join(", ")
                );
                database.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values))?;
            }
            Self::Create(name) => {
                database.execute_batch(&format!("DROP TABLE IF EXISTS temp.{}", quote(name)))?;
            }
        }
        Ok(())
    }
}

/// The part of a session that outlives a command if its transaction does.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) transactions: i64,
    pub(crate) doomed: bool,
    pub(crate) reversals: Vec<Reversal>,
    /// The names of SAVE TRANSACTION, and how many reversals there were.
    pub(crate) savepoints: Vec<(String, usize)>,
    /// `SET LOCK_TIMEOUT` in milliseconds; -1 waits for ever.
    pub(crate) lock_timeout: i64,
    /// The keys of the tables that were changed or locked, by their name for SQLite.
    pub(crate) keys: RefCell<HashMap<String, Arc<Keys>>>,
    /// Whether the server has just chosen this session as the victim of a deadlock.
    pub(crate) victim: Cell<bool>,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            transactions: 0,
            doomed: false,
            reversals: Vec::new(),
            savepoints: Vec::new(),
            lock_timeout: -1,
            keys: RefCell::default(),
            victim: Cell::new(false),
        }
    }
}

impl Work {
    pub(crate) fn is_open(&self) -> bool {
        self.transactions > 0
    }
}
