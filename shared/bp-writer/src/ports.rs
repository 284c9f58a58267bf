//! What the writer needs from outside. Each port has the real implementation here and a double in the
//! tests, which can fail or stop at any call.

use std::time::Duration;

use aws::events::{Event, Events};
use aws::metrics::{self, Unit};
use aws::queues::{Queues, SiteWake};
use best_practice::BpClient;
use connection::{Clock, Connections, Sessions, SystemClock};
use domain::connection::Connection;
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use domain::waiting::Waiter;
use halo::HaloClient;
use jiff::Timestamp;
use ledger::{Holder, Lease};
use serde::Serialize;
use store::work::{Entry, Lane, LaneRelease, OpenWork, Released, WorkKey};
use store::{Store, StoreError};
use uuid::Uuid;

use crate::limits::Limits;

type Stored<T> = Result<T, StoreError>;

/// All that the writer needs from outside, and its limits.
#[derive(Debug)]
pub(crate) struct Services<S, M, C> {
    pub(crate) store: S,
    pub(crate) messages: M,
    pub(crate) clock: C,
    pub(crate) halo: HaloClient,
    pub(crate) bp: BpClient,
    pub(crate) sessions: Sessions<S>,
    pub(crate) limits: Limits,
}

/// Where entries and lanes are stored. Each method does what the method of [`Store`] with its name does.
#[trait_variant::make(Send)]
pub trait WorkStore: Connections + Clone + Send + Sync {
    async fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> Stored<Option<Lane>>;
    async fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> Stored<Released>;
    async fn connection_at(
        &self,
        practice: &PracticeId,
        site: Option<&SiteId>,
    ) -> Stored<(Option<Connection>, bool)>;
    async fn claim_site(
        &self,
        practice: &PracticeId,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> Stored<bool>;
    async fn open_work(&self, practice: &PracticeId, limit: u16) -> Stored<OpenWork>;
    async fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> Stored<Vec<Entry>>;
    async fn work(&self, practice: &PracticeId, key: &WorkKey) -> Stored<Option<Entry>>;
    async fn transition_work<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Stored<u64>;
    async fn parts(&self, practice: &PracticeId, whole: &WorkKey) -> Stored<Vec<Entry>>;
    async fn transition_together<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> Stored<()>;
    async fn await_query(&self, query: Uuid, waiter: &Waiter, expires: Timestamp) -> Stored<()>;
    async fn schedule_by(&self, practice: &PracticeId, job: Job, at: Timestamp) -> Stored<()>;
    async fn reschedule_job(
        &self,
        practice: &PracticeId,
        job: Job,
        next: Timestamp,
        now: Timestamp,
    ) -> Stored<()>;
}

impl WorkStore for Store {
    async fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> Stored<Option<Lane>> {
        Store::claim_lane(self, practice, lease, now).await
    }

    async fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> Stored<Released> {
        Store::release_lane(self, practice, holder, arrivals, end).await
    }

    async fn connection_at(
        &self,
        practice: &PracticeId,
        site: Option<&SiteId>,
    ) -> Stored<(Option<Connection>, bool)> {
        Store::connection_at(self, practice, site).await
    }

    async fn claim_site(
        &self,
        practice: &PracticeId,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> Stored<bool> {
        Store::claim_site(self, practice, site, lease, now).await
    }

    async fn open_work(&self, practice: &PracticeId, limit: u16) -> Stored<OpenWork> {
        Store::open_work(self, practice, limit).await
    }

    async fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> Stored<Vec<Entry>> {
        Store::newest_open_work(self, practice, until, limit).await
    }

    async fn work(&self, practice: &PracticeId, key: &WorkKey) -> Stored<Option<Entry>> {
        Store::work(self, practice, key).await
    }

    async fn transition_work<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Stored<u64> {
        Store::transition_work(self, practice, entry).await
    }

    async fn parts(&self, practice: &PracticeId, whole: &WorkKey) -> Stored<Vec<Entry>> {
        Store::parts(self, practice, whole).await
    }

    async fn transition_together<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> Stored<()> {
        Store::transition_together(self, practice, entries).await
    }

    async fn await_query(&self, query: Uuid, waiter: &Waiter, expires: Timestamp) -> Stored<()> {
        Store::await_query(self, query, waiter, expires).await
    }

    async fn schedule_by(&self, practice: &PracticeId, job: Job, at: Timestamp) -> Stored<()> {
        Store::schedule_by(self, practice, job, at).await
    }

    async fn reschedule_job(
        &self,
        practice: &PracticeId,
        job: Job,
        next: Timestamp,
        now: Timestamp,
    ) -> Stored<()> {
        Store::reschedule_job(self, practice, job, next, now).await
    }
}

/// The queue or the bus did not take the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the message was not taken")]
pub struct NotTaken;

/// Where the writer sends messages: to itself for later, to the platforms, and to the operators.
#[trait_variant::make(Send)]
pub trait Messages: Send + Sync {
    /// Wakes the practice's writer after a delay.
    async fn wake(&self, practice: &PracticeId, delay: Duration) -> Result<(), NotTaken>;
    /// Wakes the practice's writer for a job after a delay.
    async fn wake_for(
        &self,
        practice: &PracticeId,
        job: Job,
        delay: Duration,
    ) -> Result<(), NotTaken>;
    /// Puts an event on the bus.
    async fn publish(&self, event: Event) -> Result<(), NotTaken>;
    /// Reports to the operators by how much a write has outlasted its fence so far.
    fn report_overtime(&self, practice: &PracticeId, overtime: Duration);
}

/// The real queue and the real bus.
#[derive(Clone, Debug)]
pub struct QueueAndBus {
    /// The queue that wakes writers.
    pub queues: Queues,
    /// The bus that platforms listen to.
    pub events: Events,
}

impl Messages for QueueAndBus {
    async fn wake(&self, practice: &PracticeId, delay: Duration) -> Result<(), NotTaken> {
        self.queues.wake_writer(practice.as_str(), delay).await.map_err(|_| NotTaken)
    }

    async fn wake_for(
        &self,
        practice: &PracticeId,
        job: Job,
        delay: Duration,
    ) -> Result<(), NotTaken> {
        let wake =
            SiteWake { practice_id: practice.to_string(), job: Some(job.as_str().to_owned()) };
        match self.queues.wake_writers(&[(wake, delay)]).await {
            0 => Ok(()),
            _ => Err(NotTaken),
        }
    }

    async fn publish(&self, event: Event) -> Result<(), NotTaken> {
        self.events.publish(&[event]).await.map_err(|_| NotTaken)
    }

    fn report_overtime(&self, practice: &PracticeId, overtime: Duration) {
        let seconds = overtime.as_secs();
        metrics::report("WriteOvertime", Unit::Seconds, seconds, Some(practice.as_str()));
    }
}

/// The clock, and chance.
pub trait Timing: Clock + Send {
    /// A random number, for jitter.
    fn random(&self) -> u64;
}

impl Timing for SystemClock {
    fn random(&self) -> u64 {
        Uuid::new_v4().as_u64_pair().1 << 2
    }
}
