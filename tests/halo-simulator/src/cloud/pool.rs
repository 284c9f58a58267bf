//! The connections to a practice's server.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{
    practice::{self, PracticeFiles},
    sql::{Language, Locks, Process},
};

/// How many connections Halo Link has at most. Halo publishes no number.
const CONNECTIONS: u32 = 16;

/// One of the two databases of Bp.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Catalogue {
    Patients,
    Documents,
}

impl Catalogue {
    pub(crate) const ALL: [Catalogue; 2] = [Self::Patients, Self::Documents];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Patients => "BPSPatients",
            Self::Documents => "BPSDocuments",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|catalogue| catalogue.name().eq_ignore_ascii_case(name))
    }
}

/// The connections of one practice, and the locks of its server.
pub(crate) struct Pool {
    files: PracticeFiles,
    pub(crate) locks: Arc<Locks>,
    /// The last one used comes first, because it remembers its statements.
    free: Mutex<Vec<Databases>>,
    permits: Arc<Semaphore>,
}

/// One connection to the server: each database as its own catalogue.
struct Databases {
    patients: Connection,
    documents: Option<Connection>,
}

/// A connection, until it is dropped.
pub(crate) struct Lease {
    databases: Option<Databases>,
    pub(crate) language: Language,
    pool: Arc<Pool>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub(crate) fn new(files: PracticeFiles) -> rusqlite::Result<Self> {
        let first = Databases { patients: practice::open(&files)?, documents: None };
        Ok(Self {
            files,
            locks: Arc::default(),
            free: Mutex::new(vec![first]),
            permits: Arc::new(Semaphore::new(CONNECTIONS as usize)),
        })
    }

    /// Waits for a connection.
    pub(crate) async fn lease(pool: &Arc<Self>) -> Lease {
        // The semaphore is never closed. Without it there is no limit.
        let permit = Arc::clone(&pool.permits).acquire_owned().await.ok();
        let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        let databases = free.pop();
        drop(free);
        let (language, pool) = (Language::default(), Arc::clone(pool));
        Lease { databases, language, pool, _permit: permit }
    }

    /// Waits until nobody has a connection, and keeps it so.
    pub(crate) async fn alone(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire_many(CONNECTIONS).await.ok()
    }

    /// A connection of its own, for somebody who keeps it.
    pub(crate) fn open(&self) -> rusqlite::Result<Connection> {
        practice::open(&self.files)
    }
}

impl Lease {
    pub(crate) fn catalogue(&mut self, catalogue: Catalogue) -> rusqlite::Result<&mut Connection> {
        let databases = match &mut self.databases {
            Some(databases) => databases,
            none => none.insert(Databases { patients: self.pool.open()?, documents: None }),
        };
        match (catalogue, &mut databases.documents) {
            (Catalogue::Patients, _) => Ok(&mut databases.patients),
            (Catalogue::Documents, Some(documents)) => Ok(documents),
            (Catalogue::Documents, none) => {
                Ok(none.insert(practice::open_documents(&self.pool.files)?))
            }
        }
    }

    /// A new session on this connection.
    pub(crate) fn process(&self) -> Process {
        self.pool.locks.process()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(databases) = self.databases.take() else { return };
        let idle = |connection: &Connection| connection.is_autocommit();
        // A command that broke off in the middle of a statement spoils its connection.
        if idle(&databases.patients) && databases.documents.as_ref().is_none_or(idle) {
            self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(databases);
        }
    }
}
