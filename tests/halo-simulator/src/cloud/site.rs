//! A practice's site: its identity, its availability, and access to its databases.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    cloud::{
        held::HeldTransactions,
        options::RowEncoding,
        pool::{Catalogue, Lease, Pool},
    },
    practice::{self, Demonstration, Highlights, PracticeFiles, Pristine, Resettable},
    sql::{self, BookingWeather, Command, Environment, Language, Outcome, SqlError},
};

/// Whether Halo has recently heard from a site.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Availability {
    /// Halo gets a heartbeat every minute.
    Online,
    /// The site closed its session.
    Offline,
    /// Halo has heard nothing for two minutes.
    Unreachable,
}

/// Whether sites can be looked up before they are paired. Halo does not specify it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LookupBeforePair {
    /// The site is shown.
    Allowed,
    /// The call is refused.
    Forbidden,
    /// The answer is empty, as if the site did not exist.
    Empty,
}

/// The properties of a site that the control API can change.
#[derive(Clone, Debug)]
pub(crate) struct SiteState {
    pub(crate) guid: Uuid,
    pub(crate) former_guids: Vec<Uuid>,
    pub(crate) paired: bool,
    pub(crate) name: String,
    pub(crate) integration_enabled: bool,
    pub(crate) availability: Availability,
    /// When the site was last heard from, if it is not online.
    pub(crate) silent_since: Option<Timestamp>,
    pub(crate) link_installed: bool,
    pub(crate) pms_version: String,
    pub(crate) halo_link_version: String,
    pub(crate) lookup_before_pair: LookupBeforePair,
    pub(crate) denied_objects: Vec<String>,
    pub(crate) missing_columns: Vec<(String, String)>,
    /// The language of the integrator's login on this server.
    pub(crate) login_language: Language,
    pub(crate) row_encoding: RowEncoding,
    pub(crate) caller_ip_allowed: bool,
    pub(crate) queue_paused: bool,
    /// Running asynchronous queries make no progress, as if their statement waited for a lock. Other
    /// queries are not affected.
    pub(crate) execution_paused: bool,
    pub(crate) rotation_keeps_pairing: bool,
    /// Whether FHIR includes documents.
    pub(crate) fhir_documents: bool,
    /// How far the practice server's clock is ahead.
    pub(crate) clock_ahead: SignedDuration,
}

/// The properties of a site that never change.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) which: Demonstration,
    pub(crate) site_id: String,
    pub(crate) name: String,
    pub(crate) zone: TimeZone,
    pub(crate) first_guid: Uuid,
    /// When Halo Link was installed.
    pub(crate) installed_at: Timestamp,
}

pub(crate) struct Site {
    pub(crate) identity: Identity,
    pub(crate) files: PracticeFiles,
    resettable: Arc<Mutex<Resettable>>,
    state: Mutex<SiteState>,
    /// Notified when the state changes, so that queued queries check it again.
    pub(crate) changed: Notify,
    pub(crate) pool: Arc<Pool>,
    /// The transactions that people at the practice have open.
    pub(crate) held: HeldTransactions,
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecutionError {
    /// SQL Server's own error.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The command was stopped.
    #[error("the execution limit has passed")]
    TimedOut,
    /// The engine failed on the command.
    #[error("the practice server failed")]
    Crashed,
}

impl Site {
    /// Creates the practice's databases in an existing folder: from `files`, or else from the seed.
    pub(crate) fn new(
        identity: Identity,
        folder: &Path,
        seed: u64,
        files: Option<&PracticeFiles>,
    ) -> rusqlite::Result<Self> {
        let files = match files {
            Some(files) => practice::large::copy_of(files, folder)?,
            None => practice::seed_copy(identity.which, folder, seed)?,
        };
        let pristine = Pristine::keep(&files)?;
        let pool = Arc::new(Pool::new(files.clone())?);
        let resettable = Resettable::new(&files, &pristine)?;
        Ok(Self {
            state: Mutex::new(initial(&identity)),
            identity,
            files,
            resettable: Arc::new(Mutex::new(resettable)),
            changed: Notify::new(),
            pool,
            held: HeldTransactions::default(),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, SiteState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the site a new Halo GUID, as after a change of the server.
    pub(crate) fn rotate_guid(&self) {
        let mut state = self.state();
        let former = state.guid;
        state.guid = uuid_from(&[former.as_bytes(), b"rotated"]);
        state.former_guids.push(former);
        state.paired &= state.rotation_keeps_pairing;
    }

    pub(crate) fn environment(&self, now: jiff::civil::DateTime) -> Environment {
        let state = self.state();
        Environment {
            now: now.checked_add(state.clock_ahead).unwrap_or(now),
            denied_objects: state.denied_objects.clone(),
            missing_columns: state.missing_columns.clone(),
            booking: BookingWeather::default(),
        }
    }

    /// Waits until the practice server has a connection free.
    pub(crate) async fn connect(&self) -> Lease {
        let mut lease = Pool::lease(&self.pool).await;
        lease.language = self.state().login_language;
        lease
    }

    /// The users and patients to try at this practice.
    pub(crate) async fn highlights(&self) -> rusqlite::Result<Highlights> {
        self.with_patients(|connection| practice::highlights(connection)).await
    }

    /// Works on the practice's database, as Bp's own screens do.
    pub(crate) async fn with_patients<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> rusqlite::Result<T> {
        let mut lease = self.connect().await;
        tokio::task::spawn_blocking(move || work(lease.catalogue(Catalogue::Patients)?))
            .await
            .unwrap_or(Err(rusqlite::Error::InvalidQuery))
    }

    /// Runs a command to its end, even if the caller has disconnected.
    pub(crate) async fn execute(
        &self,
        catalogue: Catalogue,
        command: Command,
        environment: Environment,
        limit: Option<Duration>,
    ) -> Result<(Outcome, Duration), ExecutionError> {
        let guard = self.connect().await;
        run(guard, catalogue, command, environment, limit).await
    }

    /// Restores the seeded state: content, identity and settings.
    pub(crate) async fn reset(&self) -> rusqlite::Result<()> {
        self.held.end_all();
        self.pool.locks.interrupt_all();
        let alone = self.pool.alone().await;
        let resettable = Arc::clone(&self.resettable);
        tokio::task::spawn_blocking(move || {
            resettable.lock().unwrap_or_else(PoisonError::into_inner).reset()
        })
        .await
        .unwrap_or(Err(rusqlite::Error::InvalidQuery))?;
        drop(alone);
        self.pool.locks.forget();
        *self.state() = initial(&self.identity);
        self.changed.notify_waiters();
        Ok(())
    }
}

/// Runs a command on a connection that the caller has taken.
pub(crate) async fn run(
    mut lease: Lease,
    catalogue: Catalogue,
    command: Command,
    environment: Environment,
    limit: Option<Duration>,
) -> Result<(Outcome, Duration), ExecutionError> {
    let connection = lease.catalogue(catalogue).map_err(|_| ExecutionError::Crashed)?;
    let statement = connection.get_interrupt_handle();
    let process = lease.process();
    let wait = process.interrupter();
    let mut work = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let language = lease.language;
        let connection = lease.catalogue(catalogue).map_err(|_| ExecutionError::Crashed)?;
        let outcome = sql::execute_on(&process, language, connection, &command, &environment)?;
        Ok((outcome, started.elapsed()))
    });
    let Some(limit) = limit else {
        return work.await.unwrap_or(Err(ExecutionError::Crashed));
    };
    match tokio::time::timeout(limit, &mut work).await {
        Ok(done) => done.unwrap_or(Err(ExecutionError::Crashed)),
        Err(_) => {
            statement.interrupt();
            wait.interrupt();
            // The caller sees the failure only after the statement is rolled back.
            let _ = work.await;
            Err(ExecutionError::TimedOut)
        }
    }
}

fn initial(identity: &Identity) -> SiteState {
    SiteState {
        guid: identity.first_guid,
        former_guids: Vec::new(),
        paired: false,
        name: identity.name.clone(),
        integration_enabled: true,
        availability: Availability::Online,
        silent_since: None,
        link_installed: true,
        pms_version: "Spectra SP1".to_owned(),
        halo_link_version: "26.713.10445.0".to_owned(),
        lookup_before_pair: LookupBeforePair::Allowed,
        denied_objects: Vec::new(),
        missing_columns: Vec::new(),
        login_language: identity.which.login_language(),
        row_encoding: RowEncoding::default(),
        caller_ip_allowed: true,
        queue_paused: false,
        execution_paused: false,
        rotation_keeps_pairing: true,
        fhir_documents: false,
        clock_ahead: SignedDuration::ZERO,
    }
}

/// A version 4 identifier derived from these parts.
pub(crate) fn uuid_from(parts: &[&[u8]]) -> Uuid {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
