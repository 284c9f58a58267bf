//! What every step of one turn works with: the services, the practice, the lease and the end of the turn. Steps
//! read, write and publish through it. It makes no decisions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::events::{Event, EventKind};
use domain::ids::PracticeId;
use domain::schedule::Job;
use halo::Deadline;
use jiff::Timestamp;
use ledger::Lease;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::StoreError;
use store::work::{Entry, WorkKey};

use crate::ports::{Messages, Services, Timing, WorkStore};

/// How long an entry is left alone if it cannot be worked on.
const SET_ASIDE_FOR: Duration = Duration::from_secs(600);

/// Why a turn stops before its time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TurnError {
    /// The table did not answer.
    Store(StoreError),
    /// Another writer works on our entries, so we no longer hold the lane.
    LaneLost,
}

impl From<StoreError> for TurnError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a turn knows without reading it again, because only this turn changes it while it holds the lane. What
/// clients change meanwhile, the lane's arrivals tell.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// When the entries are due that this turn has read or stored.
    due: Mutex<HashMap<WorkKey, Option<Timestamp>>>,
    /// By when the turn has made a job due.
    jobs: Mutex<HashMap<Job, Timestamp>>,
}

impl Known {
    fn due(&self) -> MutexGuard<'_, HashMap<WorkKey, Option<Timestamp>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<Job, Timestamp>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are all open entries.
    pub(crate) fn are_open(&self, entries: &[Entry]) {
        *self.due() = entries.iter().map(|entry| (entry.key.clone(), entry.due)).collect();
    }

    /// An entry was stored.
    pub(crate) fn stored<E>(&self, entry: &Entry<E>) {
        self.due().insert(entry.key.clone(), entry.due);
    }

    /// When the first of the entries is due. `None` if none is open.
    pub(crate) fn first_due(&self) -> Option<Timestamp> {
        self.due().values().flatten().min().copied()
    }

    /// A job has run, and has a new time.
    pub(crate) fn job_has_run(&self, job: Job) {
        self.jobs().remove(&job);
    }
}

/// What every step of one turn works with. Copied freely: it holds references only.
pub(crate) struct Context<'a, S, M, C> {
    pub(crate) services: &'a Services<S, M, C>,
    pub(crate) practice: &'a PracticeId,
    pub(crate) lease: &'a Lease,
    /// When the turn must have ended.
    pub(crate) until: Timestamp,
    pub(crate) known: &'a Known,
}

impl<S, M, C> Clone for Context<'_, S, M, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, M, C> Copy for Context<'_, S, M, C> {}

impl<S: WorkStore, M: Messages, C: Timing> Context<'_, S, M, C> {
    pub(crate) fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// What is left of the turn.
    pub(crate) fn time_left(&self) -> Duration {
        Duration::try_from(self.until.duration_since(self.now())).unwrap_or_default()
    }

    /// A deadline for one call: at most `longest`, and within the turn.
    pub(crate) fn deadline(&self, longest: Duration) -> Deadline {
        Deadline::after(longest.min(self.time_left()))
    }

    /// When to try again after this many failures.
    pub(crate) fn retry_at(&self, failures: u32) -> Timestamp {
        let random = self.services.clock.random();
        self.now() + self.services.limits.retry.unhurried(failures, random)
    }

    /// The entry as it is stored now.
    pub(crate) async fn read<E: DeserializeOwned>(
        &self,
        key: &WorkKey,
    ) -> Result<Entry<E>, TurnError> {
        let entry = self.services.store.work(self.practice, key).await?;
        Ok(entry.ok_or(TurnError::LaneLost)?.read()?)
    }

    /// Stores an entry. Returns `None` if somebody has changed it since it was read.
    pub(crate) async fn store<E: Serialize + Sync>(
        &self,
        mut entry: Entry<E>,
    ) -> Result<Option<Entry<E>>, TurnError> {
        match self.services.store.transition_work(self.practice, &entry).await {
            Ok(version) => {
                entry.version = version;
                self.known.stored(&entry);
                Ok(Some(entry))
            }
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a job due at this time at the latest. One write, unless this turn has made it due as early already.
    pub(crate) async fn schedule_by(&self, job: Job, at: Timestamp) -> Result<(), StoreError> {
        if self.known.jobs().get(&job).is_some_and(|known| *known <= at) {
            return Ok(());
        }
        self.services.store.schedule_by(self.practice, job, at).await?;
        self.known.jobs().insert(job, at);
        Ok(())
    }

    /// The practice's other open entries of the same kind. One query of the table.
    pub(crate) async fn other_open_work<E: DeserializeOwned>(
        &self,
        but: &WorkKey,
    ) -> Result<Vec<Entry<E>>, TurnError> {
        let open = self.services.store.open_work(self.practice, u16::MAX).await?;
        let others = open
            .entries
            .into_iter()
            .filter(|other| other.key.kind == but.kind && other.key != *but);
        // An entry that cannot be read is set aside when it is due.
        Ok(others.filter_map(|other| other.read().ok()).collect())
    }

    /// Leaves an entry alone for a while. Its body need not be readable.
    pub(crate) async fn set_aside(&self, key: &WorkKey) -> Result<(), TurnError> {
        let Some(mut entry) = self.services.store.work(self.practice, key).await? else {
            return Ok(());
        };
        if entry.is_open() {
            entry.due = Some(self.now() + SET_ASIDE_FOR);
            self.store(entry).await?;
        }
        Ok(())
    }

    /// Publishes the event of a change of this entry, whose state is now this one. If the event is not
    /// accepted, the entry stays open for it. The entry must be stored afterwards: it counts its events, so
    /// that a repeated event has the same id and a later one another.
    pub(crate) async fn publish_change<E>(
        &self,
        entry: &mut Entry<E>,
        kind: EventKind,
        state: &str,
    ) {
        let now = self.now();
        entry.work.events += 1;
        if !self.publish(&*entry, kind, state, now).await {
            entry.work.unpublished = Some(kind.as_str().to_owned());
            entry.work.unpublished_at = Some(now);
            entry.due = Some(self.retry_at(1));
        }
    }

    /// Publishes an event that this entry has counted. Returns whether it was accepted.
    pub(crate) async fn publish<E>(
        &self,
        entry: &Entry<E>,
        kind: EventKind,
        state: &str,
        at: Timestamp,
    ) -> bool {
        let event = event_of(self.practice, entry, kind, state, at);
        let published = self.services.messages.publish(event).await.is_ok();
        if !published {
            tracing::warn!(practice = self.practice.as_str(), "the event bus took no event");
        }
        published
    }
}

/// The last event that this entry has counted.
pub(crate) fn event_of<E>(
    practice: &PracticeId,
    entry: &Entry<E>,
    kind: EventKind,
    state: &str,
    at: Timestamp,
) -> Event {
    // An attempt that was sent before a client's change may end after it. So the revision that was sent counts.
    // A whole is not sent, so there the revision counts that clients see.
    let revision = match entry.work.sent_revision {
        0 => entry.revision,
        sent => sent,
    };
    Event {
        kind,
        platform: practice.platform(),
        practice: Some(practice.clone()),
        subject: entry.key.id.clone(),
        state: Some(state.to_owned()),
        change: format!("{revision}.{}", entry.work.events),
        at,
    }
}
