//! Transactions that people at the practice have open in Bp, for as long as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::sql::{Command, Environment, OpenConnection, Outcome, SqlError};

/// The open transactions of one practice.
#[derive(Default)]
pub(crate) struct HeldTransactions {
    open: Mutex<BTreeMap<u64, Arc<Mutex<HeldTransaction>>>>,
}

/// One connection of Bp, and its transaction.
pub(crate) struct HeldTransaction {
    pub(crate) connection: OpenConnection,
    pub(crate) database: Connection,
    pub(crate) environment: Environment,
}

impl HeldTransaction {
    pub(crate) fn run(&mut self, text: &str) -> Result<Outcome, SqlError> {
        let command = Command::batch(text);
        self.connection.execute(&mut self.database, &command, &self.environment)
    }
}

impl Drop for HeldTransaction {
    fn drop(&mut self) {
        if self.connection.is_open() {
            // The connection ends either way.
            let _ = self.run("ROLLBACK TRANSACTION");
        }
    }
}

impl HeldTransactions {
    pub(crate) fn add(&self, transaction: HeldTransaction) -> u64 {
        let id = transaction.connection.id();
        self.all().insert(id, Arc::new(Mutex::new(transaction)));
        id
    }

    pub(crate) fn find(&self, id: u64) -> Option<Arc<Mutex<HeldTransaction>>> {
        self.all().get(&id).cloned()
    }

    pub(crate) fn remove(&self, id: u64) {
        self.all().remove(&id);
    }

    /// The practice's people go home. A transaction that runs a statement ends after it.
    pub(crate) fn end_all(&self) {
        let all = std::mem::take(&mut *self.all());
        drop(all);
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Mutex<HeldTransaction>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
