//! Doubles of the table, the queue, the bus and the clock, in memory. Each call is a step. The writer can
//! be killed just before a step takes effect, or just after.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws::events::Event;
use bp_writer::{Clock, Messages, NotTaken, Timing, WorkStore};
use connection::Connections;
use domain::connection::{Connection, Site, Standing};
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use domain::waiting::Waiter;
use halo::Uuid;
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde::Serialize;
use store::StoreError;
use store::work::{Entry, Lane, LaneRelease, OpenWork, Released, WorkKey, WorkProgress};
use support::pause;
use tokio::sync::Notify;

#[derive(Default)]
struct Kept {
    connections: BTreeMap<PracticeId, Connection>,
    lanes: BTreeMap<PracticeId, Lane>,
    /// The practices that own sites.
    sites: HashMap<SiteId, PracticeId>,
    /// The practices whose site another practice's writer waits for.
    wanted: HashSet<PracticeId>,
    entries: BTreeMap<(PracticeId, WorkKey), Entry>,
    /// The standings of connections, in order.
    standings: Vec<Standing>,
    waiters: Vec<Uuid>,
    wakes: Vec<(PracticeId, Timestamp)>,
    jobs_done: Vec<Job>,
    events: Vec<Event>,
    overtimes: Vec<Duration>,
    /// Whether a newer release wrote some of the open entries.
    has_newer_work: bool,
    bus_down: bool,
    steps: u64,
    kill_at: Option<u64>,
    sleep_at_mark: bool,
}

/// All doubles in one. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    kept: Arc<Mutex<Kept>>,
    killed: Arc<Notify>,
    woken: Arc<Notify>,
    offset: Arc<AtomicI64>,
    random: Arc<AtomicU64>,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// One step in two halves. A writer that is killed here never returns from it.
    async fn step<T>(&self, effect: impl FnOnce(&mut Kept) -> T) -> T {
        self.half().await;
        let outcome = effect(&mut self.kept());
        self.half().await;
        outcome
    }

    async fn half(&self) {
        let dies = {
            let mut kept = self.kept();
            kept.steps += 1;
            let marked = kept.sleep_at_mark && kept.entries.values().any(is_marked);
            kept.sleep_at_mark &= !marked;
            marked || kept.kill_at == Some(kept.steps)
        };
        if dies {
            self.killed.notify_one();
            // It goes on only if it is woken.
            self.woken.notified().await;
        }
    }

    /// Kills the writer at its `step`th half step from now.
    pub(crate) fn kill_at(&self, step: Option<u64>) {
        let mut kept = self.kept();
        kept.steps = 0;
        kept.kill_at = step;
    }

    /// Stops the writer after it has marked an attempt and before it calls Halo.
    pub(crate) fn sleep_at_mark(&self) {
        self.kept().sleep_at_mark = true;
    }

    /// Wakes a stopped writer.
    pub(crate) fn wake_up(&self) {
        self.woken.notify_one();
    }

    /// Returns when the writer has been stopped.
    pub(crate) async fn killed(&self) {
        self.killed.notified().await;
    }

    pub(crate) fn have_newer_work(&self, newer: bool) {
        self.kept().has_newer_work = newer;
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.offset.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }

    pub(crate) fn connect(&self, practice: &PracticeId, connection: Connection) {
        self.kept().connections.insert(practice.clone(), connection);
    }

    pub(crate) fn standing(&self, practice: &PracticeId) -> Standing {
        self.kept().connections[practice].standing
    }

    pub(crate) fn stand(&self, practice: &PracticeId, standing: Standing) {
        if let Some(connection) = self.kept().connections.get_mut(practice) {
            connection.standing = standing;
        }
    }

    /// The standings that were stored, in order.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.kept().standings.clone()
    }

    pub(crate) fn lane(&self, practice: &PracticeId) -> Lane {
        self.kept().lanes.get(practice).cloned().unwrap_or_default()
    }

    /// Whether the writer of the site's owner is at work.
    pub(crate) fn is_held(&self, site: &SiteId) -> bool {
        let kept = self.kept();
        kept.sites.get(site).is_some_and(|owner| kept.lanes[owner].lease.is_some())
    }

    pub(crate) fn connection_of(&self, practice: &PracticeId) -> Connection {
        self.kept().connections[practice].clone()
    }

    pub(crate) fn entry(&self, practice: &PracticeId, key: &WorkKey) -> Entry {
        self.kept().entries[&(practice.clone(), key.clone())].clone()
    }

    pub(crate) fn remove(&self, practice: &PracticeId, key: &WorkKey) {
        self.kept().entries.remove(&(practice.clone(), key.clone()));
    }

    pub(crate) fn entries(&self, practice: &PracticeId) -> Vec<Entry> {
        let kept = self.kept();
        kept.entries
            .iter()
            .filter(|((whose, _), _)| whose == practice)
            .map(|(_, it)| it.clone())
            .collect()
    }

    /// What `Store::accept_work` and `Store::reopen_work` do.
    pub(crate) fn accept<T: Serialize>(&self, practice: &PracticeId, entry: &Entry<T>) {
        let mut raw = raw(entry);
        let now = self.now();
        let mut kept = self.kept();
        let place = (practice.clone(), entry.key.clone());
        if kept.entries.contains_key(&place) {
            raw.version += 1;
        }
        kept.entries.insert(place, raw);
        let lane = kept.lanes.entry(practice.clone()).or_default();
        lane.arrivals += 1;
        lane.due = Some(now);
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.kept().events.clone()
    }

    /// By how much writes outlasted their fence, for each report to the operators.
    pub(crate) fn overtimes(&self) -> Vec<Duration> {
        self.kept().overtimes.clone()
    }

    pub(crate) fn break_bus(&self, down: bool) {
        self.kept().bus_down = down;
    }

    pub(crate) fn wakes(&self) -> usize {
        self.kept().wakes.len()
    }

    pub(crate) fn waiters(&self) -> usize {
        self.kept().waiters.len()
    }

    pub(crate) fn jobs_done(&self) -> Vec<Job> {
        self.kept().jobs_done.clone()
    }
}

/// Whether an attempt is marked, but not stored as accepted by Halo.
fn is_marked(entry: &Entry) -> bool {
    matches!(&entry.work.progress, WorkProgress::Sent(sent) if sent.handle.is_none())
}

fn raw<T: Serialize>(entry: &Entry<T>) -> Entry {
    entry.map_body(|body| serde_json::to_value(body).unwrap())
}

impl Connections for Memory {
    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError> {
        Ok(self.step(|kept| kept.connections.get(practice).cloned()).await)
    }

    async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        self.step(|kept| {
            let connection = kept.connections.get_mut(practice).ok_or(StoreError::Conflict)?;
            let known = [seen.standing, standing].contains(&connection.standing);
            if standing != seen.standing && !known {
                return Err(StoreError::Conflict);
            }
            if *site != seen.site {
                connection.site = site.clone();
            }
            if standing != seen.standing {
                connection.standing = standing;
            }
            let standing = connection.standing;
            if kept.standings.last().copied().unwrap_or(Standing::Paired) != standing {
                kept.standings.push(standing);
            }
            Ok(())
        })
        .await
    }
}

impl WorkStore for Memory {
    async fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<Lane>, StoreError> {
        Ok(self
            .step(|kept| {
                let lane = kept.lanes.entry(practice.clone()).or_default();
                let other = |held: &&Lease| held.holder != lease.holder;
                if lane.lease.as_ref().filter(other).is_some_and(|held| !held.may_be_taken(now)) {
                    return None;
                }
                lane.lease = Some(lease.clone());
                lane.due = Some(lease.until);
                Some(lane.clone())
            })
            .await)
    }

    async fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> Result<Released, StoreError> {
        Ok(self
            .step(|kept| {
                let lane = kept.lanes.entry(practice.clone()).or_default();
                if lane.lease.as_ref().is_none_or(|held| held.holder != *holder) {
                    return Released::Lost;
                }
                if lane.arrivals != arrivals {
                    return Released::Arrived { arrivals: lane.arrivals };
                }
                let LaneRelease { due, parked, seen_online, wake_sent_for, site, pace } =
                    end.clone();
                let lease = None;
                *lane =
                    Lane { arrivals, lease, parked, seen_online, due, wake_sent_for, site, pace };
                Released::Free { site_wanted: kept.wanted.remove(practice) }
            })
            .await)
    }

    async fn connection_at(
        &self,
        practice: &PracticeId,
        site: Option<&SiteId>,
    ) -> Result<(Option<Connection>, bool), StoreError> {
        Ok(self
            .step(|kept| {
                let owner = site.and_then(|site| kept.sites.get(site));
                (kept.connections.get(practice).cloned(), owner == Some(practice))
            })
            .await)
    }

    async fn claim_site(
        &self,
        practice: &PracticeId,
        site: &SiteId,
        _: &Lease,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .step(|kept| {
                let other = kept.sites.get(site).filter(|owner| *owner != practice);
                let works = |owner: &&PracticeId| {
                    let lease = kept.lanes.get(*owner).and_then(|lane| lane.lease.as_ref());
                    lease.is_some_and(|held| !held.may_be_taken(now))
                };
                if let Some(owner) = other.filter(works) {
                    kept.wanted.insert(owner.clone());
                    return false;
                }
                kept.sites.insert(site.clone(), practice.clone());
                true
            })
            .await)
    }

    async fn open_work(&self, practice: &PracticeId, limit: u16) -> Result<OpenWork, StoreError> {
        Ok(self
            .step(|kept| {
                let mut entries = open(kept, practice);
                entries.truncate(usize::from(limit));
                OpenWork { entries, newer: kept.has_newer_work }
            })
            .await)
    }

    async fn newest_open_work(
        &self,
        practice: &PracticeId,
        until: Timestamp,
        limit: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        Ok(self
            .step(|kept| {
                let mut open = open(kept, practice);
                open.retain(|entry| entry.due.is_some_and(|due| due <= until));
                open.reverse();
                open.truncate(usize::from(limit));
                open
            })
            .await)
    }

    async fn work(
        &self,
        practice: &PracticeId,
        key: &WorkKey,
    ) -> Result<Option<Entry>, StoreError> {
        Ok(self.step(|kept| kept.entries.get(&(practice.clone(), key.clone())).cloned()).await)
    }

    async fn transition_work<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entry: &Entry<T>,
    ) -> Result<u64, StoreError> {
        let mut new = raw(entry);
        self.step(|kept| {
            let known = kept
                .entries
                .get_mut(&(practice.clone(), new.key.clone()))
                .filter(|known| known.version == new.version)
                .ok_or(StoreError::Conflict)?;
            new.version += 1;
            let version = new.version;
            *known = new;
            Ok(version)
        })
        .await
    }

    async fn parts(
        &self,
        practice: &PracticeId,
        whole: &WorkKey,
    ) -> Result<Vec<Entry>, StoreError> {
        let of = |entry: &Entry| entry.key.id.starts_with(&format!("{}.", whole.id));
        self.step(|_| ()).await;
        Ok(self.entries(practice).into_iter().filter(of).collect())
    }

    async fn transition_together<T: Serialize + Sync>(
        &self,
        practice: &PracticeId,
        entries: &[Entry<T>],
    ) -> Result<(), StoreError> {
        let entries: Vec<Entry> = entries.iter().map(raw).collect();
        self.step(|kept| {
            let place = |entry: &Entry| (practice.clone(), entry.key.clone());
            let known = |entry: &Entry| kept.entries.get(&place(entry)).map(|it| it.version);
            if entries.iter().any(|entry| known(entry) != Some(entry.version)) {
                return Err(StoreError::Conflict);
            }
            for mut entry in entries {
                entry.version += 1;
                kept.entries.insert(place(&entry), entry);
            }
            Ok(())
        })
        .await
    }

    async fn await_query(&self, query: Uuid, _: &Waiter, _: Timestamp) -> Result<(), StoreError> {
        self.step(|kept| kept.waiters.push(query)).await;
        Ok(())
    }

    async fn schedule_by(&self, _: &PracticeId, _: Job, _: Timestamp) -> Result<(), StoreError> {
        self.step(|_| ()).await;
        Ok(())
    }

    async fn reschedule_job(
        &self,
        _: &PracticeId,
        job: Job,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.step(|kept| kept.jobs_done.push(job)).await;
        Ok(())
    }
}

fn open(kept: &Kept, practice: &PracticeId) -> Vec<Entry> {
    let mut open: Vec<Entry> = kept
        .entries
        .iter()
        .filter(|((whose, _), entry)| whose == practice && entry.is_open())
        .map(|(_, entry)| entry.clone())
        .collect();
    open.sort_by_key(|entry| (entry.due, entry.key.clone()));
    open
}

impl Messages for Memory {
    async fn wake(&self, practice: &PracticeId, delay: Duration) -> Result<(), NotTaken> {
        let at = self.now() + delay;
        self.step(|kept| kept.wakes.push((practice.clone(), at))).await;
        Ok(())
    }

    async fn wake_for(
        &self,
        practice: &PracticeId,
        _: Job,
        delay: Duration,
    ) -> Result<(), NotTaken> {
        self.wake(practice, delay).await
    }

    async fn publish(&self, event: Event) -> Result<(), NotTaken> {
        self.step(|kept| {
            if kept.bus_down {
                return Err(NotTaken);
            }
            kept.events.push(event);
            Ok(())
        })
        .await
    }

    fn report_overtime(&self, _: &PracticeId, overtime: Duration) {
        self.kept().overtimes.push(overtime);
    }
}

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        let base = Timestamp::constant(1_790_000_000, 0);
        base + SignedDuration::from_millis(self.offset.load(Ordering::SeqCst))
    }

    async fn sleep(&self, duration: Duration) {
        // The simulator runs in real time, ten times as fast as a practice.
        self.advance(SignedDuration::try_from(duration).unwrap());
        pause("the practice's clock runs on", duration / 10).await;
    }
}

impl Timing for Memory {
    fn random(&self) -> u64 {
        // Knuth's generator is random enough for jitter.
        let next = |seed: u64| seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let before =
            self.random.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| Some(next(it)));
        next(before.unwrap_or_default())
    }
}
