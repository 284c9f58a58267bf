//! Transactions, and the clean state between commands.

use super::super::SqlError;
use super::super::catalog::quote;
use super::Session;

impl Session<'_> {
    fn plain(&self, sql: &str) -> Result<(), SqlError> {
        self.database.execute_batch(sql).map_err(|error| SqlError::from_sqlite(&error, "COMMIT"))
    }

    pub(super) fn begin(&mut self) -> Result<(), SqlError> {
        if self.transactions == 0 {
            // IMMEDIATE, so that a batch that first reads and then writes cannot fail in the middle.
            self.plain("BEGIN IMMEDIATE")?;
        }
        self.transactions += 1;
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), SqlError> {
        match self.transactions {
            0 => Err(SqlError::new(
                3902,
                "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            )),
            _ if self.doomed => Err(SqlError::new(
                3930,
                "The current transaction cannot be committed and cannot support operations that write \
                 to the log file. Roll back the transaction.",
            )),
            1 => {
                self.plain("COMMIT")?;
                self.transactions = 0;
                Ok(())
            }
            _ => {
                self.transactions -= 1;
                Ok(())
            }
        }
    }

    pub(super) fn rollback(&mut self, savepoint: Option<&str>) -> Result<(), SqlError> {
        if self.transactions == 0 {
            return Err(SqlError::new(
                3903,
                "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            ));
        }
        if let Some(name) = savepoint
            && self
                .database
                .execute_batch(&format!("ROLLBACK TO {}", quote(&name.to_lowercase())))
                .is_ok()
        {
            return Ok(());
        }
        self.undo()
    }

    /// Rolls back the caller's transaction, as some procedures do.
    pub(in crate::sql) fn end_transaction(&mut self) -> Result<(), SqlError> {
        if self.transactions == 0 { Ok(()) } else { self.rollback(None) }
    }

    pub(super) fn save(&mut self, name: &str) -> Result<(), SqlError> {
        if self.transactions == 0 {
            return Err(SqlError::new(
                628,
                "Cannot issue SAVE TRANSACTION when there is no active transaction.",
            ));
        }
        self.plain(&format!("SAVEPOINT {}", quote(&name.to_lowercase())))
    }

    /// Rolls everything back.
    pub(super) fn undo(&mut self) -> Result<(), SqlError> {
        self.transactions = 0;
        self.doomed = false;
        if self.database.is_autocommit() { Ok(()) } else { self.plain("ROLLBACK") }
    }

    /// Runs an INSERT, UPDATE or DELETE. If it fails, none of its changes remain.
    pub(super) fn atomically<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        if self.doomed {
            return Err(SqlError::new(
                3930,
                "The current transaction cannot be committed and cannot support operations that write \
                 to the log file. Roll back the transaction.",
            ));
        }
        self.plain(if self.database.is_autocommit() {
            "BEGIN IMMEDIATE; SAVEPOINT ts_statement"
        } else {
            "SAVEPOINT ts_statement"
        })?;
        let result = body(self);
        if result.is_err() && !self.database.is_autocommit() {
            self.plain("ROLLBACK TO ts_statement")?;
        }
        let end = if self.transactions == 0 {
            "RELEASE ts_statement; COMMIT"
        } else {
            "RELEASE ts_statement"
        };
        match (self.plain(end), result) {
            (Err(_), Err(error)) => {
                self.undo()?;
                Err(error)
            }
            (Err(error), Ok(_)) => {
                self.undo()?;
                Err(error)
            }
            (Ok(()), result) => result,
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
