//! A store and a queue in memory, and a clock that runs faster.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws::events::Event;
use domain::ids::PlatformId;
use domain::webhooks::{EndpointId, EndpointLane, Fate};
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use secrecy::SecretString;
use store::StoreError;
use store::webhooks::{EndpointRelease, EventPage, KeptEndpoint, KeptEvent, Replay, TakenLane};
use webhooks::{Clock, EndpointStore, NoKey, NotTaken, Secrets, SenderMessages};

#[derive(Default)]
struct Lane {
    lease: Option<Lease>,
    due: Option<Timestamp>,
    taken: TakenLane,
    resets: u64,
    events: BTreeMap<String, KeptEvent>,
}

#[derive(Default)]
struct Kept {
    endpoints: HashMap<PlatformId, BTreeMap<String, KeptEndpoint>>,
    lanes: HashMap<EndpointLane, Lane>,
    woken: Vec<EndpointLane>,
    published: Vec<Event>,
    bus_is_down: bool,
    failing: u64,
}

/// The table, the queue and the bus.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Kept>>);

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every call waits a little, so that a sender can be killed between any two of them.
    async fn step(&self) {
        tokio::task::yield_now().await;
    }

    pub(crate) fn register(&self, platform: &PlatformId, kept: KeptEndpoint) {
        let id = kept.id.as_str().to_owned();
        self.kept().endpoints.entry(platform.clone()).or_default().insert(id, kept);
    }

    pub(crate) fn registered(&self, lane: &EndpointLane) -> KeptEndpoint {
        self.kept().endpoints[&lane.platform][lane.endpoint.as_str()].clone()
    }

    pub(crate) fn forget(&self, lane: &EndpointLane) {
        let mut kept = self.kept();
        kept.endpoints.get_mut(&lane.platform).unwrap().remove(lane.endpoint.as_str());
    }

    pub(crate) fn event(&self, lane: &EndpointLane, id: &str) -> KeptEvent {
        self.kept().lanes[lane].events[id].clone()
    }

    pub(crate) fn lane(&self, lane: &EndpointLane) -> Option<TakenLane> {
        self.kept().lanes.get(lane).map(|lane| lane.taken.clone())
    }

    pub(crate) fn request(&self, lane: &EndpointLane, replay: Replay) {
        let mut kept = self.kept();
        let lane = kept.lanes.get_mut(lane).unwrap();
        lane.taken.replay = Some(replay);
        lane.taken.arrivals += 1;
    }

    pub(crate) fn reset(&self, lane: &EndpointLane) {
        let mut kept = self.kept();
        let lane = kept.lanes.get_mut(lane).unwrap();
        lane.resets += 1;
        lane.taken.arrivals += 1;
    }

    pub(crate) fn published(&self) -> Vec<Event> {
        self.kept().published.clone()
    }

    pub(crate) fn set_bus_down(&self, is_down: bool) {
        self.kept().bus_is_down = is_down;
    }

    pub(crate) fn failing(&self) -> u64 {
        self.kept().failing
    }

    /// What the sweep and the queue hand out: lanes that were woken and are due, or whose sender died.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<EndpointLane> {
        let mut kept = self.kept();
        let mut due = std::mem::take(&mut kept.woken);
        let late = kept.lanes.iter().filter(|(_, lane)| lane.due.is_some_and(|due| due <= now));
        due.extend(late.map(|(key, _)| key.clone()));
        due
    }
}

impl EndpointStore for Memory {
    async fn endpoints(&self, platform: &PlatformId) -> Result<Vec<KeptEndpoint>, StoreError> {
        self.step().await;
        let kept = self.kept();
        Ok(kept
            .endpoints
            .get(platform)
            .map(|it| it.values().cloned().collect())
            .unwrap_or_default())
    }

    async fn endpoint(
        &self,
        platform: &PlatformId,
        id: &EndpointId,
    ) -> Result<Option<KeptEndpoint>, StoreError> {
        self.step().await;
        let kept = self.kept();
        Ok(kept.endpoints.get(platform).and_then(|it| it.get(id.as_str())).cloned())
    }

    async fn save_endpoint(
        &self,
        platform: &PlatformId,
        kept: &KeptEndpoint,
    ) -> Result<(), StoreError> {
        self.step().await;
        self.register(platform, kept.clone());
        Ok(())
    }

    async fn keep_event(&self, lane: &EndpointLane, event: &KeptEvent) -> Result<bool, StoreError> {
        self.step().await;
        let mut kept = self.kept();
        let events = &mut kept.lanes.entry(lane.clone()).or_default().events;
        let is_new = !events.contains_key(&event.id);
        if is_new {
            events.insert(event.id.clone(), event.clone());
        }
        Ok(is_new)
    }

    async fn save_event(&self, lane: &EndpointLane, event: &KeptEvent) -> Result<(), StoreError> {
        self.step().await;
        let mut kept = self.kept();
        let events = &mut kept.lanes.entry(lane.clone()).or_default().events;
        events.insert(event.id.clone(), event.clone());
        Ok(())
    }

    async fn waiting_events(
        &self,
        lane: &EndpointLane,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<KeptEvent>, StoreError> {
        self.step().await;
        let kept = self.kept();
        let Some(lane) = kept.lanes.get(lane) else { return Ok(Vec::new()) };
        let waits = |event: &&KeptEvent| {
            event.fate == Fate::Waiting && after.is_none_or(|after| event.order().as_str() > after)
        };
        let mut waiting: Vec<KeptEvent> = lane.events.values().filter(waits).cloned().collect();
        waiting.sort_by_key(KeptEvent::order);
        waiting.truncate(usize::from(limit));
        Ok(waiting)
    }

    async fn attempted_between(
        &self,
        lane: &EndpointLane,
        after: &str,
        until: Timestamp,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        self.step().await;
        let kept = self.kept();
        let place = |event: &KeptEvent| {
            event.last.map(|last| (format!("{:.3}#{}", last.at, event.id), last.at))
        };
        let mut events: Vec<(String, KeptEvent)> = kept.lanes[lane]
            .events
            .values()
            .filter_map(|event| Some((place(event)?, event.clone())))
            .filter(|((place, at), _)| place.as_str() >= after && *at <= until)
            .map(|((place, _), event)| (place, event))
            .collect();
        events.sort_by(|one, other| one.0.cmp(&other.0));
        let more = events.len() > usize::from(limit);
        events.truncate(usize::from(limit));
        let next = events.last().filter(|_| more).map(|(place, _)| place.clone());
        Ok(EventPage { events: events.into_iter().map(|(_, event)| event).collect(), next })
    }

    async fn arrive(&self, lane: &EndpointLane, now: Timestamp) -> Result<bool, StoreError> {
        self.step().await;
        let mut kept = self.kept();
        let lane = kept.lanes.entry(lane.clone()).or_default();
        lane.taken.arrivals += 1;
        if lane.lease.is_none() && lane.taken.standing.next_attempt.is_none() {
            lane.due = Some(now);
        }
        Ok(*lane.due.get_or_insert(now) <= now)
    }

    async fn claim_endpoint(
        &self,
        lane: &EndpointLane,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<TakenLane>, StoreError> {
        self.step().await;
        let mut kept = self.kept();
        let lane = kept.lanes.entry(lane.clone()).or_default();
        if lane.lease.as_ref().is_some_and(|held| held.until > now) {
            return Ok(None);
        }
        (lane.lease, lane.due) = (Some(lease.clone()), Some(lease.until));
        lane.taken.standing.forget_failures_before(lane.resets);
        Ok(Some(lane.taken.clone()))
    }

    async fn save_replay(
        &self,
        lane: &EndpointLane,
        _: &Holder,
        replay: Option<&Replay>,
    ) -> Result<(), StoreError> {
        self.step().await;
        self.kept().lanes.get_mut(lane).unwrap().taken.replay = replay.cloned();
        Ok(())
    }

    async fn release_endpoint(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        taken: &mut TakenLane,
        due: Option<Timestamp>,
    ) -> Result<EndpointRelease, StoreError> {
        self.step().await;
        let mut kept = self.kept();
        let Some(lane) = kept.lanes.get_mut(lane) else { return Ok(EndpointRelease::Lost) };
        if lane.lease.as_ref().is_none_or(|lease| lease.holder != *holder) {
            return Ok(EndpointRelease::Lost);
        }
        if lane.taken.arrivals != taken.arrivals {
            taken.standing.forget_failures_before(lane.resets);
            taken.arrivals = lane.taken.arrivals;
            taken.replay = lane.taken.replay.clone();
            return Ok(EndpointRelease::Arrived);
        }
        lane.taken.standing = taken.standing.clone();
        (lane.lease, lane.due) = (None, due);
        Ok(EndpointRelease::Free)
    }

    async fn delete_lane(&self, lane: &EndpointLane, _: &Holder) -> Result<(), StoreError> {
        self.step().await;
        self.kept().lanes.remove(lane);
        Ok(())
    }
}

impl SenderMessages for Memory {
    async fn wake(&self, lanes: &[EndpointLane], delay: Duration) {
        self.step().await;
        if delay.is_zero() {
            self.kept().woken.extend_from_slice(lanes);
        }
    }

    async fn publish(&self, event: Event) -> Result<(), NotTaken> {
        self.step().await;
        let mut kept = self.kept();
        if kept.bus_is_down {
            return Err(NotTaken);
        }
        kept.published.push(event);
        Ok(())
    }

    fn report(&self, _: u64, _: u64) {}

    fn report_failing(&self) {
        self.kept().failing += 1;
    }
}

/// A made-up key.
pub(crate) struct Key;

impl Secrets for Key {
    async fn key(&self) -> Result<SecretString, NoKey> {
        Ok(SecretString::from("a made-up key"))
    }
}

/// A clock that runs faster than real time, and can be set forward.
#[derive(Clone)]
pub(crate) struct FastClock {
    begun: Instant,
    factor: u32,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl FastClock {
    pub(crate) fn new(factor: u32) -> Self {
        Self { begun: Instant::now(), factor, ahead: Arc::default() }
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap() += by;
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
        start + self.begun.elapsed() * self.factor + *self.ahead.lock().unwrap()
    }
}
