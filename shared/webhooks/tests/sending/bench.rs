//! A sender, its table, and the servers that it sends to.

use std::time::Duration;

use aws::events::{Event, EventKind, EventMessage};
use domain::events::Reader;
use domain::ids::{PlatformId, PracticeId};
use domain::webhooks::{Endpoint, EndpointId, EndpointLane, SecretSeed};
use secrecy::SecretString;
use store::webhooks::KeptEndpoint;
use support::{Got, Receiver};
use uuid::Uuid;
use webhooks::address::Allowed;
use webhooks::signature::{EndpointSecret, signatures};
use webhooks::{Clock as _, Limits, Outside, Platforms, Sender, Turn, fan_out};

use crate::memory::{FastClock, Key, Memory};

/// How long endpoints may take to answer here.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// How long one run may take, by the test's clock.
pub(crate) const RUN: Duration = Duration::from_secs(60);

/// Two platforms that may see everything, and one that may see letters only.
fn platforms() -> Platforms {
    let all = vec![Reader::PracticesAdmin, Reader::Correspondence, Reader::Bookings];
    let platforms = [("acme", all.clone()), ("other", all), ("post", vec![Reader::Correspondence])];
    let named = platforms.map(|(id, readers)| (PlatformId::parse(id).unwrap(), readers));
    Platforms(named.into())
}

pub(crate) struct Bench {
    pub(crate) memory: Memory,
    pub(crate) receiver: Receiver,
    pub(crate) clock: FastClock,
    pub(crate) sender: Sender<Memory, Memory, Key, FastClock>,
}

impl Bench {
    pub(crate) async fn new(factor: u32, limits: Limits) -> Self {
        let memory = Memory::default();
        let clock = FastClock::new(factor);
        let limits = Limits { answer_within: ANSWER_WITHIN, ..limits };
        let sender = Sender {
            store: memory.clone(),
            messages: memory.clone(),
            secrets: Key,
            clock: clock.clone(),
            outside: Outside::new(Allowed::PublicAndLoopback, ANSWER_WITHIN).unwrap(),
            limits,
            platforms: platforms(),
        };
        Self { memory, receiver: Receiver::start().await, clock, sender }
    }

    /// Registers an endpoint whose address has this name.
    pub(crate) fn register(&self, platform: &str, name: &str, readers: &[Reader]) -> EndpointLane {
        let platform = PlatformId::parse(platform).unwrap();
        let endpoint = Endpoint {
            url: self.receiver.url(name),
            events: None,
            readers: readers.to_vec(),
            enabled: true,
            disabled: None,
            times_enabled: 0,
            instance: Uuid::new_v4(),
            secrets: vec![SecretSeed { seed: Uuid::new_v4(), until: None }],
            created_at: self.clock.now(),
        };
        let kept = KeptEndpoint::new(EndpointId::parse(name).unwrap(), endpoint);
        let lane = kept.lane(&platform);
        self.memory.register(&platform, kept);
        lane
    }

    /// The message of an event of a platform's booking.
    pub(crate) fn event(&self, platform: &str, booking: &str) -> EventMessage {
        let platform = PlatformId::parse(platform).unwrap();
        let practice = PracticeId::of(&platform, "wattle-creek").unwrap();
        EventMessage::of(&Event {
            kind: EventKind::BookingSynced,
            platform,
            practice: Some(practice),
            subject: booking.to_owned(),
            state: Some("synced".to_owned()),
            change: "1.1".to_owned(),
            at: self.clock.now(),
        })
    }

    /// Hands out bookings' events one by one, so that their order is certain. Returns their ids.
    pub(crate) async fn publish(&self, platform: &str, bookings: &[&str]) -> Vec<String> {
        let mut ids = Vec::new();
        for booking in bookings {
            let event = self.event(platform, booking);
            let kept = {
                let platforms = &self.sender.platforms;
                let event = std::slice::from_ref(&event);
                fan_out(&self.memory, &self.memory, event, platforms, event[0].at).await
            };
            assert_eq!(kept, [true]);
            ids.push(event.event_id);
            self.clock.advance(jiff::SignedDuration::from_millis(10));
        }
        ids
    }

    pub(crate) async fn turn(&self, lane: &EndpointLane) -> Turn {
        self.sender.turn(lane, RUN).await.unwrap()
    }

    /// Whether one of the endpoint's present secrets has signed this.
    pub(crate) fn is_signed(&self, lane: &EndpointLane, got: &Got) -> bool {
        let sent = jiff::Timestamp::from_second(got.timestamp).unwrap();
        let seeds: Vec<Uuid> =
            self.memory.registered(lane).endpoint.signing(self.clock.now()).collect();
        let key = SecretString::from("a made-up key");
        let expected: Vec<String> = seeds
            .iter()
            .map(|seed| {
                signatures(&[EndpointSecret::of(&key, lane, *seed)], &got.id, sent, &got.body)
            })
            .collect();
        got.signatures.split(' ').any(|it| expected.iter().any(|expected| expected == it))
    }
}
