//! Keeps an event for each endpoint that receives it, and wakes the endpoints' senders.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use aws::events::EventMessage;
use domain::events::Reader;
use domain::ids::PlatformId;
use domain::webhooks::EndpointLane;
use futures::StreamExt as _;
use jiff::Timestamp;
use store::StoreError;
use store::webhooks::{KeptEndpoint, KeptEvent};

use crate::ports::{EndpointStore, SenderMessages};

/// What each platform may see at most. A platform that is not among them receives nothing.
#[derive(Clone, Debug, Default)]
pub struct Platforms(pub BTreeMap<PlatformId, Vec<Reader>>);

impl Platforms {
    /// Whether the platform may receive anything.
    pub(crate) fn knows(&self, platform: &PlatformId) -> bool {
        self.0.contains_key(platform)
    }

    /// The readers of an event that its platform has.
    fn readers_of(&self, event: &EventMessage) -> Vec<Reader> {
        self.readers_among(&event.platform, &event.readers)
    }

    /// Those of these readers that the platform has now.
    pub(crate) fn readers_among(&self, platform: &PlatformId, readers: &[Reader]) -> Vec<Reader> {
        let own = self.0.get(platform).map_or(&[][..], Vec::as_slice);
        readers.iter().copied().filter(|reader| own.contains(reader)).collect()
    }
}

/// How many events are written at the same time.
const CONCURRENT: usize = 16;

/// Keeps these events for all endpoints that receive them. Returns for each event whether that succeeded. An
/// event for which it did not must come again: what is kept already is not kept twice.
pub async fn fan_out(
    store: &impl EndpointStore,
    messages: &impl SenderMessages,
    events: &[EventMessage],
    platforms: &Platforms,
    now: Timestamp,
) -> Vec<bool> {
    let mut endpoints: BTreeMap<&PlatformId, Option<Vec<KeptEndpoint>>> = BTreeMap::new();
    for event in events {
        if !endpoints.contains_key(&event.platform) {
            let found = store.endpoints(&event.platform).await;
            endpoints.insert(&event.platform, found.inspect_err(unreadable).ok());
        }
    }
    let mut kept = vec![true; events.len()];
    let mut wanted = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match endpoints.get(&event.platform).and_then(Option::as_ref) {
            None => kept[index] = false,
            Some(found) => {
                let readers = platforms.readers_of(event);
                for one in found.iter().filter(|it| it.endpoint.wants(&event.kind, &readers)) {
                    let EventMessage { event_id, kind, at, body, .. } = event.clone();
                    let lane = one.lane(&event.platform);
                    let event = KeptEvent::new(event_id, kind, at, body);
                    wanted.push((index, event, lane, one.endpoint.is_on()));
                }
            }
        }
    }
    let writes = wanted.into_iter().map(|(index, event, lane, is_on)| async move {
        let written = store.keep_event(&lane, &event).await.inspect_err(unreadable);
        // The events of an endpoint that is off wait. Its sender has nothing to do.
        (index, is_on.then_some(lane), written.is_ok())
    });
    let written: Vec<(usize, Option<EndpointLane>, bool)> =
        futures::stream::iter(writes).buffer_unordered(CONCURRENT).collect().await;
    // The lanes count an arrival after the events are kept: a sender that sees the arrival sees the events.
    let mut arrived: HashMap<EndpointLane, bool> = HashMap::new();
    let lanes: HashSet<&EndpointLane> = written.iter().filter_map(|it| it.1.as_ref()).collect();
    let mut to_wake = Vec::new();
    for lane in lanes {
        let arrival = store.arrive(lane, now).await.inspect_err(unreadable);
        arrived.insert(lane.clone(), arrival.is_ok());
        if arrival == Ok(true) {
            to_wake.push(lane.clone());
        }
    }
    for (index, lane, ok) in &written {
        let arrived = lane.as_ref().is_none_or(|lane| arrived.get(lane) == Some(&true));
        kept[*index] &= ok & arrived;
    }
    messages.wake(&to_wake, Duration::ZERO).await;
    kept
}

fn unreadable(error: &StoreError) {
    tracing::error!(%error, "an event must be handed out again");
}
