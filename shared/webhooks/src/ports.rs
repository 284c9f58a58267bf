//! What the sender needs from outside. Each port has its real implementation here, and a double in the tests.

use std::time::Duration;

use aws::SecretText;
use aws::events::{Event, Events};
use aws::metrics::{self, Unit};
use aws::queues::{EndpointWake, Queues};
use domain::ids::PlatformId;
use domain::webhooks::{EndpointId, EndpointLane};
use jiff::Timestamp;
use ledger::{Holder, Lease};
use secrecy::SecretString;
use store::webhooks::{EndpointRelease, EventPage, KeptEndpoint, KeptEvent, Replay, TakenLane};
use store::{Store, StoreError};

type Stored<T> = Result<T, StoreError>;

/// Where endpoints and their events are stored. Each method does what the method of [`Store`] with its name does.
#[trait_variant::make(Send)]
pub trait EndpointStore: Sync {
    async fn endpoints(&self, platform: &PlatformId) -> Stored<Vec<KeptEndpoint>>;
    async fn endpoint(
        &self,
        platform: &PlatformId,
        id: &EndpointId,
    ) -> Stored<Option<KeptEndpoint>>;
    async fn save_endpoint(&self, platform: &PlatformId, kept: &KeptEndpoint) -> Stored<()>;
    async fn keep_event(&self, lane: &EndpointLane, event: &KeptEvent) -> Stored<bool>;
    async fn save_event(&self, lane: &EndpointLane, event: &KeptEvent) -> Stored<()>;
    async fn waiting_events(
        &self,
        lane: &EndpointLane,
        after: Option<&str>,
        limit: u16,
    ) -> Stored<Vec<KeptEvent>>;
    async fn attempted_between(
        &self,
        lane: &EndpointLane,
        after: &str,
        until: Timestamp,
        limit: u16,
    ) -> Stored<EventPage>;
    async fn arrive(&self, lane: &EndpointLane, now: Timestamp) -> Stored<bool>;
    async fn claim_endpoint(
        &self,
        lane: &EndpointLane,
        lease: &Lease,
        now: Timestamp,
    ) -> Stored<Option<TakenLane>>;
    async fn save_replay(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        replay: Option<&Replay>,
    ) -> Stored<()>;
    async fn release_endpoint(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        taken: &mut TakenLane,
        due: Option<Timestamp>,
    ) -> Stored<EndpointRelease>;
    async fn delete_lane(&self, lane: &EndpointLane, holder: &Holder) -> Stored<()>;
}

macro_rules! by_the_table {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        impl EndpointStore for Store {
            $(async fn $name(&self, $($argument: $type),*) -> Stored<$output> {
                Self::$name(self, $($argument),*).await
            })*
        }
    };
}

by_the_table! {
    endpoints(platform: &PlatformId) -> Vec<KeptEndpoint>;
    endpoint(platform: &PlatformId, id: &EndpointId) -> Option<KeptEndpoint>;
    save_endpoint(platform: &PlatformId, kept: &KeptEndpoint) -> ();
    keep_event(lane: &EndpointLane, event: &KeptEvent) -> bool;
    save_event(lane: &EndpointLane, event: &KeptEvent) -> ();
    waiting_events(lane: &EndpointLane, after: Option<&str>, limit: u16) -> Vec<KeptEvent>;
    attempted_between(lane: &EndpointLane, after: &str, until: Timestamp, limit: u16) -> EventPage;
    arrive(lane: &EndpointLane, now: Timestamp) -> bool;
    claim_endpoint(lane: &EndpointLane, lease: &Lease, now: Timestamp) -> Option<TakenLane>;
    save_replay(lane: &EndpointLane, holder: &Holder, replay: Option<&Replay>) -> ();
    release_endpoint(lane: &EndpointLane, holder: &Holder, taken: &mut TakenLane, due: Option<Timestamp>) -> EndpointRelease;
    delete_lane(lane: &EndpointLane, holder: &Holder) -> ();
}

/// A message or an event was not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a queue or the event bus did not take a message")]
pub struct NotTaken;

/// Wakes senders, and publishes what happens to endpoints.
#[trait_variant::make(Send)]
pub trait SenderMessages: Sync {
    /// Wakes the senders of these endpoints after a delay. If a message is lost, the sweep wakes the sender.
    async fn wake(&self, lanes: &[EndpointLane], delay: Duration);
    /// Publishes an event about an endpoint.
    async fn publish(&self, event: Event) -> Result<(), NotTaken>;
    /// Reports how many events were sent, and how many attempts failed.
    fn report(&self, sent: u64, failed: u64);
    /// Reports an endpoint that has failed for an hour or longer.
    fn report_failing(&self);
}

/// The queue of senders, and the bus.
#[derive(Clone, Debug)]
pub struct QueuesAndBus {
    pub queues: Queues,
    pub events: Events,
}

impl SenderMessages for QueuesAndBus {
    async fn wake(&self, lanes: &[EndpointLane], delay: Duration) {
        let wake = |lane: &EndpointLane| (EndpointWake { lane: lane.to_string() }, delay);
        let wakes: Vec<_> = lanes.iter().map(wake).collect();
        if self.queues.wake_senders(&wakes).await > 0 {
            tracing::warn!("senders of webhooks could not be woken: the sweep wakes them");
        }
    }

    async fn publish(&self, event: Event) -> Result<(), NotTaken> {
        self.events.publish(&[event]).await.map_err(|_| NotTaken)
    }

    fn report(&self, sent: u64, failed: u64) {
        if sent > 0 {
            metrics::report("WebhooksSent", Unit::Count, sent, None);
        }
        if failed > 0 {
            metrics::report("WebhooksFailed", Unit::Count, failed, None);
        }
    }

    fn report_failing(&self) {
        metrics::report("WebhookEndpointsFailing", Unit::Count, 1, None);
    }
}

/// The key of endpoints' secrets cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key of webhook secrets cannot be read")]
pub struct NoKey;

/// The key from which endpoints' secrets are made.
#[trait_variant::make(Send)]
pub trait Secrets: Sync {
    async fn key(&self) -> Result<SecretString, NoKey>;
}

impl Secrets for SecretText {
    async fn key(&self) -> Result<SecretString, NoKey> {
        self.get().await.cloned().map_err(|_| NoKey)
    }
}

/// The time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// This machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
