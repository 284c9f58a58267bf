//! What the writer needs of the world; each has the real thing and a double for tests.

use std::time::Duration;

use aws::events::{Event, Events};
use aws::metrics::{self, Unit};
use aws::queues::{Queues, SiteWake};
use connection::Connections;
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use domain::waiting::Waiter;
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde::Serialize;
use store::work::{Entry, Lane, LaneRelease, Released, WorkKey};
use store::{Store, StoreError};
use uuid::Uuid;

/// Where entries and lanes are kept.
pub trait Shelf: Connections + Send + Sync {
    /// [`Store::claim_lane`].
    fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Lane>, StoreError>> + Send;
    /// [`Store::release_lane`].
    fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> impl Future<Output = Result<Released, StoreError>> + Send;
    /// [`Store::claim_site`].
    fn claim_site(
        &self,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// [`Store::release_site`].
    fn release_site(
        &self,
        site: &SiteId,
        holder: &Holder,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// [`Store::open_work`].
    fn open_work(
        &self,
        practice: &PracticeId,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;
    /// [`Store::newest_open_work`].
    fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;
    /// [`Store::work`].
    fn work(
        &self,
        practice: &PracticeId,
        key: &WorkKey,
    ) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send;
    /// [`Store::transition_work`].
    fn transition_work<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
    /// [`Store::parts`].
    fn parts(
        &self,
        practice: &PracticeId,
        whole: &WorkKey,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;
    /// [`Store::transition_together`].
    fn transition_together<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// [`Store::await_query`].
    fn await_query(
        &self,
        query: Uuid,
        waiter: &Waiter,
        keep: SignedDuration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// [`Store::schedule_by`].
    fn schedule_by(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// [`Store::finish_job`].
    fn finish_job(
        &self,
        practice: &PracticeId,
        job: Job,
        next: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Shelf for Store {
    fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Lane>, StoreError>> + Send {
        Store::claim_lane(self, practice, lease, now)
    }

    fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> impl Future<Output = Result<Released, StoreError>> + Send {
        Store::release_lane(self, practice, holder, arrivals, end)
    }

    fn claim_site(
        &self,
        site: &SiteId,
        lease: &Lease,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        Store::claim_site(self, site, lease, now)
    }

    fn release_site(
        &self,
        site: &SiteId,
        holder: &Holder,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        Store::release_site(self, site, holder)
    }

    fn open_work(
        &self,
        practice: &PracticeId,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        Store::open_work(self, practice, limit)
    }

    fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        Store::newest_open_work(self, practice, until, limit)
    }

    fn work(
        &self,
        practice: &PracticeId,
        key: &WorkKey,
    ) -> impl Future<Output = Result<Option<Entry>, StoreError>> + Send {
        Store::work(self, practice, key)
    }

    fn transition_work<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        Store::transition_work(self, practice, entry)
    }

    fn parts(
        &self,
        practice: &PracticeId,
        whole: &WorkKey,
    ) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send {
        Store::parts(self, practice, whole)
    }

    fn transition_together<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        Store::transition_together(self, practice, entries)
    }

    fn await_query(
        &self,
        query: Uuid,
        waiter: &Waiter,
        keep: SignedDuration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        Store::await_query(self, query, waiter, keep)
    }

    fn schedule_by(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        Store::schedule_by(self, practice, job, at)
    }

    fn finish_job(
        &self,
        practice: &PracticeId,
        job: Job,
        next: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        Store::finish_job(self, practice, job, next)
    }
}

/// It was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the message was not taken")]
pub struct NotTaken;

/// Whom the writer tells: itself later, and the platforms.
pub trait Messages: Send + Sync {
    /// Wakes the practice's writer after a delay.
    fn wake(
        &self,
        practice: &PracticeId,
        delay: Duration,
    ) -> impl Future<Output = Result<(), NotTaken>> + Send;
    /// Wakes the practice's writer for a job after a delay.
    fn wake_for(
        &self,
        practice: &PracticeId,
        job: Job,
        delay: Duration,
    ) -> impl Future<Output = Result<(), NotTaken>> + Send;
    /// Puts an event on the bus.
    fn tell(&self, event: Event) -> impl Future<Output = Result<(), NotTaken>> + Send;
    /// Tells the operators that a write of the practice runs longer than its fence allows for, and
    /// by how much so far.
    fn still_running(&self, practice: &PracticeId, overtime: Duration);
}

/// The queue and the bus.
#[derive(Clone, Debug)]
pub struct QueueAndBus {
    /// The queue that wakes writers.
    pub queues: Queues,
    /// The bus that platforms listen to.
    pub events: Events,
}

impl Messages for QueueAndBus {
    async fn wake(&self, practice: &PracticeId, delay: Duration) -> Result<(), NotTaken> {
        self.queues.wake_site(practice.as_str(), delay).await.map_err(|_| NotTaken)
    }

    async fn wake_for(
        &self,
        practice: &PracticeId,
        job: Job,
        delay: Duration,
    ) -> Result<(), NotTaken> {
        let wake =
            SiteWake { practice_id: practice.to_string(), job: Some(job.as_str().to_owned()) };
        match self.queues.wake_sites(&[(wake, delay)]).await {
            0 => Ok(()),
            _ => Err(NotTaken),
        }
    }

    async fn tell(&self, event: Event) -> Result<(), NotTaken> {
        self.events.publish(&[event]).await.map_err(|_| NotTaken)
    }

    fn still_running(&self, practice: &PracticeId, overtime: Duration) {
        let seconds = overtime.as_secs();
        metrics::report("WriteOvertime", Unit::Seconds, seconds, Some(practice.as_str()));
    }
}

/// Time, and chance.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Lets time pass.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
    /// A random number, for jitter.
    fn random(&self) -> u64;
}

/// This machine's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        Uuid::new_v4().as_u64_pair().1 << 2
    }
}
