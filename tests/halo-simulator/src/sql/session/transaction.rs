//! Transactions, the locks of statements, and the clean state between commands.

use std::rc::Rc;
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use super::super::SqlError;
use super::super::catalog::{Table, quote};
use super::super::compile::Compiled;
use super::super::convert::Val;
use super::super::locks::{Ending, Keep, Refused, State};
use super::super::undo::Reversal;
use super::Session;
use super::access::Reading;
use super::record::Record;

/// The moment at which a wait of so many milliseconds ends.
pub(super) fn patience(milliseconds: i64) -> Option<Instant> {
    let wait = Duration::from_millis(u64::try_from(milliseconds).ok()?);
    Instant::now().checked_add(wait)
}

fn is_temporary(table: &Table) -> bool {
    table.qualified.starts_with("\"temp\"")
}

impl Session<'_> {
    fn plain(&self, sql: &str) -> Result<(), SqlError> {
        self.database.execute_batch(sql).map_err(|error| SqlError::from_sqlite(&error, "COMMIT"))
    }

    pub(in crate::sql) fn begin(&mut self) {
        self.work.transactions += 1;
    }

    pub(super) fn commit(&mut self) -> Result<(), SqlError> {
        match self.work.transactions {
            0 => Err(SqlError::new(
                3902,
                "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            )),
            _ if self.work.doomed => Err(uncommittable()),
            1 => {
                self.work.transactions = 0;
                self.work.reversals.clear();
                self.release(Ending::Committed);
                Ok(())
            }
            _ => {
                self.work.transactions -= 1;
                Ok(())
            }
        }
    }

    pub(super) fn rollback(&mut self, savepoint: Option<&str>) -> Result<(), SqlError> {
        if self.work.transactions == 0 {
            return Err(SqlError::new(
                3903,
                "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            ));
        }
        if let Some(name) = savepoint.map(str::to_lowercase)
            && let Some(at) = self.work.savepoints.iter().rposition(|(known, _)| *known == name)
        {
            self.work.savepoints.truncate(at + 1);
            // The locks stay until the end of the transaction.
            return self.undo_to(self.work.savepoints[at].1);
        }
        self.undo()
    }

    /// Rolls back the caller's transaction, as some procedures do.
    pub(in crate::sql) fn end_transaction(&mut self) -> Result<(), SqlError> {
        if self.work.transactions == 0 { Ok(()) } else { self.rollback(None) }
    }

    pub(super) fn save(&mut self, name: &str) -> Result<(), SqlError> {
        if self.work.transactions == 0 {
            return Err(SqlError::new(
                628,
                "Cannot issue SAVE TRANSACTION when there is no active transaction.",
            ));
        }
        self.work.savepoints.push((name.to_lowercase(), self.work.reversals.len()));
        Ok(())
    }

    /// Rolls everything back.
    pub(super) fn undo(&mut self) -> Result<(), SqlError> {
        self.work.transactions = 0;
        self.work.doomed = false;
        let undone = self.undo_to(0);
        self.release(Ending::RolledBack);
        undone
    }

    fn undo_to(&mut self, length: usize) -> Result<(), SqlError> {
        let reversals = self.work.reversals.split_off(length);
        if reversals.is_empty() {
            return Ok(());
        }
        let _alone = self.process.locks().hold();
        self.plain("BEGIN IMMEDIATE")?;
        for reversal in reversals.iter().rev() {
            if let Err(error) = reversal.run(self.database) {
                self.plain("ROLLBACK")?;
                return Err(SqlError::from_sqlite(&error, "ROLLBACK"));
            }
        }
        self.catalog.forget_temporary();
        self.plain("COMMIT")
    }

    fn release(&mut self, ending: Ending) {
        self.work.savepoints.clear();
        let locks = self.process.locks();
        locks.release(locks.hold(), self.process.id(), ending);
    }

    /// Rolls back the victim of a deadlock. A CATCH block still has to end the transaction.
    pub(super) fn give_way(&mut self) -> Result<(), SqlError> {
        if !self.work.victim.take() {
            return Ok(());
        }
        self.work.doomed = self.tries > 0 && self.work.transactions > 0;
        if !self.work.doomed {
            self.work.transactions = 0;
        }
        let undone = self.undo_to(0);
        self.release(Ending::DeadlockVictim);
        undone
    }

    pub(super) fn created(&mut self, temporary: &str) {
        if self.work.transactions > 0 && !temporary.starts_with('@') {
            self.work.reversals.push(Reversal::Create(temporary.to_owned()));
        }
    }

    fn refused(&self, refused: Refused) -> SqlError {
        match refused {
            Refused::TimedOut => SqlError::new(1222, "Lock request time out period exceeded."),
            Refused::Victim => {
                self.work.victim.set(true);
                SqlError::new(
                    1205,
                    format!(
                        "Transaction (Process ID {}) was deadlocked on lock resources with another \
                         process and has been chosen as the deadlock victim. Rerun the transaction.",
                        self.process.id()
                    ),
                )
            }
            Refused::Interrupted => SqlError::new(
                596,
                "Cannot continue the execution because the session is in the kill state.",
            ),
        }
    }

    /// Waits until nobody keeps the statement from reading, and takes the locks that it keeps.
    fn admit<'s>(
        &self,
        mut state: MutexGuard<'s, State>,
        reading: Reading<'_>,
        hinted: bool,
        until: Option<Instant>,
    ) -> Result<MutexGuard<'s, State>, SqlError>
    where
        Self: 's,
    {
        let id = self.process.id();
        if !hinted && !state.is_contended(id) {
            return Ok(state);
        }
        let needs = self.needs(reading)?;
        loop {
            let blockers = state.blockers(id, &needs.accesses);
            if blockers.is_empty() {
                break;
            }
            let waited = self.process.locks().wait(state, id, blockers, until);
            state = waited.map_err(|refused| self.refused(refused))?;
        }
        if self.work.transactions == 0 {
            return Ok(state);
        }
        for (access, keys) in needs.accesses.iter().zip(&needs.keys) {
            if access.keep != Keep::Nothing {
                let rows = match &access.seek {
                    Some(seek) => self.rows_found(keys, seek)?,
                    None => Vec::new(),
                };
                state.keep(id, access, rows);
            }
        }
        Ok(state)
    }

    /// Runs a statement that reads.
    pub(super) fn read(
        &self,
        compiled: &Compiled,
        reading: Reading<'_>,
    ) -> Result<Vec<Vec<Val>>, SqlError> {
        if !compiled.tables {
            return self.fetch(compiled, "SELECT");
        }
        let until = patience(self.work.lock_timeout);
        let state = self.process.locks().hold();
        let _state = self.admit(state, reading, compiled.hinted, until)?;
        self.fetch(compiled, "SELECT")
    }

    /// Runs an INSERT, UPDATE or DELETE. If it fails, none of its changes remain. If another transaction
    /// holds what it has changed, the changes are taken back and it waits.
    pub(super) fn atomically<T>(
        &mut self,
        table: &Rc<Table>,
        before: Option<&Compiled>,
        reading: (Reading<'_>, bool),
        mut body: impl FnMut(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        if self.work.doomed {
            return Err(uncommittable());
        }
        let process = self.process;
        let (locks, id) = (process.locks(), process.id());
        let until = patience(self.work.lock_timeout);
        let temporary = is_temporary(table);
        // A rollback does not take back what is in a table variable.
        let open = self.work.transactions > 0 && !(temporary && table.name.starts_with('@'));
        let (start, end, back) = if temporary {
            ("SAVEPOINT ts", "RELEASE ts", "ROLLBACK TO ts; RELEASE ts")
        } else {
            ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
        };
        let mut state = locks.hold();
        loop {
            state = self.admit(state, reading.0, reading.1, until)?;
            let contended = !temporary && state.is_contended(id);
            self.plain(start)?;
            let result = if open || contended {
                self.recorded(table, before, &mut body)
            } else {
                body(self).map(|value| (value, Record::default()))
            };
            let blockers = match &result {
                Ok((_, record)) if contended => state.change_blockers(id, &record.rows),
                // The row that is already there may be another transaction's.
                Err(error) if contended && error.number == 2627 => {
                    let keys = self.keys(table)?;
                    state.changers(id, &keys.object)
                }
                _ => Vec::new(),
            };
            if !blockers.is_empty() {
                self.plain(back)?;
                let waited = locks.wait(state, id, blockers, until);
                state = waited.map_err(|refused| self.refused(refused))?;
                continue;
            }
            let (value, record) = match result {
                Ok(done) => done,
                Err(error) => {
                    self.plain(back)?;
                    return Err(error);
                }
            };
            if let Err(error) = self.plain(end) {
                self.plain(back)?;
                return Err(error);
            }
            if open {
                self.work.reversals.extend(record.reversals);
                if !temporary {
                    state.changed(id, record.rows);
                }
            }
            return Ok(value);
        }
    }

    /// Does what the connection pool does between commands: ends transactions and drops temporary tables.
    pub(super) fn reset(&mut self) -> Result<(), SqlError> {
        self.undo()?;
        if self.temporaries == 0 {
            return Ok(());
        }
        let failed = |error: rusqlite::Error| SqlError::from_sqlite(&error, "DROP");
        let names: Vec<String> = {
            let mut statement = self
                .database
                .prepare("SELECT name FROM temp.sqlite_master WHERE type = 'table'")
                .map_err(failed)?;
            let rows = statement.query_map([], |row| row.get(0)).map_err(failed)?;
            rows.collect::<rusqlite::Result<_>>().map_err(failed)?
        };
        for name in names.iter().filter(|name| !name.starts_with("sqlite_")) {
            self.plain(&format!("DROP TABLE temp.{}", quote(name)))?;
        }
        Ok(())
    }
}

fn uncommittable() -> SqlError {
    SqlError::new(
        3930,
        "The current transaction cannot be committed and cannot support operations that write to the \
         log file. Roll back the transaction.",
    )
}
