//! What a rollback does: the statements of a transaction are undone, the last one first.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::hooks::Action;

use super::super::SqlError;
use super::super::catalog::{Table, quote};
use super::super::compile::Compiled;
use super::super::convert::Val;
use super::super::locks::ChangedRow;
use super::Session;
use super::keys::Keys;

/// How to undo one change.
#[derive(Debug)]
pub(super) enum Reversal {
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
pub(super) fn watch(database: &mut Connection) -> rusqlite::Result<()> {
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

impl Reversal {
    pub(super) fn run(&self, database: &Connection) -> rusqlite::Result<()> {
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

/// The changed rows, as locks and as rollbacks need them.
#[derive(Default)]
pub(super) struct Record {
    pub(super) rows: Vec<ChangedRow>,
    pub(super) reversals: Vec<Reversal>,
}

impl Session<'_> {
    /// Runs a change and finds out which rows it changed. `before` reads the rows of an UPDATE or DELETE.
    pub(super) fn recorded<T>(
        &mut self,
        table: &Rc<Table>,
        before: Option<&Compiled>,
        body: &mut impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<(T, Record), SqlError> {
        let keys = self.keys(table)?;
        let mut old: HashMap<i64, Vec<Val>> = HashMap::new();
        if let Some(before) = before {
            for mut row in self.fetch(before, "SELECT")? {
                if let Some(Val::Integer(number)) = row.first() {
                    let number = *number;
                    row.remove(0);
                    old.insert(number, row);
                }
            }
        }
        INSERTED.set(Some(Vec::new()));
        let result = body(self);
        let inserted = INSERTED.take().unwrap_or_default();
        let value = result?;
        let mut record = Record::default();
        let changed = |row, images| ChangedRow { object: Arc::clone(&keys.object), row, images };
        if before.is_none() {
            for (row, image) in self.rows_numbered(&keys, &inserted)? {
                record.rows.push(changed(row, vec![image]));
                record.reversals.push(Reversal::Insert { keys: Arc::clone(&keys), row });
            }
            return Ok((value, record));
        }
        let numbers: Vec<i64> = old.keys().copied().collect();
        let now: HashMap<i64, _> = self.rows_numbered(&keys, &numbers)?.into_iter().collect();
        for (row, before) in old {
            let mut images = vec![keys.image(&before)];
            let keys = Arc::clone(&keys);
            match now.get(&row) {
                Some(image) => {
                    images.push(image.clone());
                    record.reversals.push(Reversal::Update { keys, row, before });
                }
                None => record.reversals.push(Reversal::Delete { keys, row, before }),
            }
            record.rows.push(changed(row, images));
        }
        Ok((value, record))
    }
}
