//! Publishes events: on the event bus, and to the queue from which webhook endpoints receive them.

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_types::sdk_config::SdkConfig;
use config::EventConfig;
use domain::events::Reader;
use domain::ids::PlatformId;
use serde::{Deserialize, Serialize};

pub use domain::events::{Event, EventKind};

/// `source` of every event.
const SOURCE: &str = "practice-bridge";
/// The most events that EventBridge, or SQS, accepts in one call.
const BATCH: usize = 10;

/// The message that brings an event to a platform's webhook endpoints.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventMessage {
    /// The platform that receives it.
    pub platform: PlatformId,
    /// The event's id.
    pub event_id: String,
    /// The event's type.
    pub kind: String,
    /// When it happened.
    pub at: jiff::Timestamp,
    /// The scopes that may see it. One is enough.
    pub readers: Vec<Reader>,
    /// The JSON that endpoints receive.
    pub body: String,
}

impl EventMessage {
    /// The message for this event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            platform: event.platform.clone(),
            event_id: event.id(),
            kind: event.kind.as_str().to_owned(),
            at: event.at,
            readers: event.kind.readers().to_vec(),
            body: event.envelope().to_json(),
        }
    }
}

/// The bus or the queue did not accept all events.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the event bus or the queue did not take {0} events")]
pub struct EventError(pub usize);

/// Where events are published.
#[derive(Clone, Debug)]
pub struct Events {
    bus: aws_sdk_eventbridge::Client,
    bus_name: String,
    queue: aws_sdk_sqs::Client,
    queue_url: String,
}

impl Events {
    /// The bus of this name, and the queue at this address.
    #[must_use]
    pub fn new(aws: &SdkConfig, config: EventConfig) -> Self {
        Self {
            bus: aws_sdk_eventbridge::Client::new(aws),
            bus_name: config.bus,
            queue: aws_sdk_sqs::Client::new(aws),
            queue_url: config.webhook_events_url,
        }
    }

    /// Sends events in this order, ten a call. An event may arrive twice, each time with the same id.
    ///
    /// # Errors
    /// When the bus or the queue did not accept all of them. The error does not say which, so send all of
    /// them again.
    pub async fn publish(&self, events: &[Event]) -> Result<(), EventError> {
        let mut lost = 0;
        for batch in events.chunks(BATCH) {
            let (bus, queue) = tokio::join!(self.put_events(batch), self.send_messages(batch));
            lost += bus.max(queue);
        }
        if lost == 0 { Ok(()) } else { Err(EventError(lost)) }
    }

    async fn put_events(&self, events: &[Event]) -> usize {
        let entries = events.iter().map(|event| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus_name)
                .source(SOURCE)
                .detail_type(event.kind.as_str())
                .detail(event.envelope().to_json())
                .build()
        });
        let put = self.bus.put_events().set_entries(Some(entries.collect())).send().await;
        match put {
            Ok(answer) => usize::try_from(answer.failed_entry_count()).unwrap_or(events.len()),
            Err(error) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                tracing::error!(code = code.unwrap_or("no answer"), "the bus does not take events");
                events.len()
            }
        }
    }

    async fn send_messages(&self, events: &[Event]) -> usize {
        let messages: Vec<(String, String)> = events
            .iter()
            .map(|event| {
                // Plain texts can always be written as JSON.
                let body = serde_json::to_string(&EventMessage::of(event)).unwrap_or_default();
                (event.platform.as_str().to_owned(), body)
            })
            .collect();
        crate::queues::send_all(&self.queue, &self.queue_url, &messages).await
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::PracticeId;

    use super::*;

    #[test]
    fn a_message_brings_the_event_as_endpoints_receive_it_and_who_may_see_it() {
        let practice = PracticeId::stored("acme.wattle-creek").unwrap();
        let event = Event {
            kind: EventKind::BookingSynced,
            platform: practice.platform(),
            practice: Some(practice),
            subject: "b-1".to_owned(),
            state: Some("synced".to_owned()),
            change: "1.1".to_owned(),
            at: "2026-11-29T01:02:03Z".parse().unwrap(),
        };
        let message = EventMessage::of(&event);
        assert_eq!(message.platform.as_str(), "acme");
        assert_eq!(message.readers, [Reader::Bookings]);
        assert!(message.body.contains(r#""practiceId":"wattle-creek""#), "{}", message.body);
        let sent = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<EventMessage>(&sent).unwrap(), message);
    }
}
