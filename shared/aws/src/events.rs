//! Events for platforms, so that they need not poll. An event contains only an id and the new state. A platform
//! that needs more, and may read it, asks the API.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::ids::{PlatformId, PracticeId};
use serde::Serialize;

/// `source` of every event.
const SOURCE: &str = "practice-bridge";
/// The most events that EventBridge accepts in one call.
const BATCH: usize = 10;

/// What happened. EventBridge calls this the `detail-type`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EventKind {
    /// A practice was connected or disconnected, or its connection was revoked or came back.
    ConnectionChanged,
    /// An account was linked to another Bp user than before, or to a user of another account.
    ClinicianRelinked,
    /// A practice has used most of the queries or bytes that Halo allows it in a day.
    UsageNearCap,
    /// A document is in Bp.
    DeliveryDelivered,
    /// A document has been checked in Bp.
    DeliveryChecked,
    /// Nobody has checked a document for a long time.
    DeliveryUnchecked,
    /// A document has disappeared from Bp, and we do not know that anybody checked it.
    DeliveryRemoved,
    /// A document will not get into Bp unless somebody acts.
    DeliveryFailed,
    /// A booking is in Bp's appointment book as the platform wants it.
    BookingSynced,
    /// A booking was found changed or missing in Bp's appointment book and has been put back.
    BookingRestored,
    /// A cancelled booking is no longer in Bp's appointment book, or never was.
    BookingCancelled,
    /// Bp's appointment book has something else at that time.
    BookingConflict,
    /// A booking will not get into Bp unless somebody acts.
    BookingFailed,
}

impl EventKind {
    /// The `detail-type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionChanged => "connection.changed",
            Self::ClinicianRelinked => "clinician.relinked",
            Self::UsageNearCap => "usage.nearCap",
            Self::DeliveryDelivered => "delivery.delivered",
            Self::DeliveryChecked => "delivery.checked",
            Self::DeliveryUnchecked => "delivery.unchecked",
            Self::DeliveryRemoved => "delivery.removed",
            Self::DeliveryFailed => "delivery.failed",
            Self::BookingSynced => "booking.synced",
            Self::BookingRestored => "booking.restored",
            Self::BookingCancelled => "booking.cancelled",
            Self::BookingConflict => "booking.conflict",
            Self::BookingFailed => "booking.failed",
        }
    }
}

/// Something that happened to a practice's connection, usage, delivery or booking.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The practice.
    pub practice: PracticeId,
    /// The id of the delivery or booking; for a connection its new state, for a link the Bp user, for
    /// usage the day in UTC.
    pub id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    /// Whose practice it is. Ids of practices are unique within a platform only.
    platform: PlatformId,
    practice_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    state: &'a str,
}

impl Event {
    fn detail(&self) -> Detail<'_> {
        use EventKind as K;
        let kind = self.kind.as_str();
        let state = kind.rsplit('.').next().unwrap_or(kind);
        let detail = Detail {
            platform: self.practice.platform(),
            practice_id: self.practice.public(),
            delivery_id: None,
            booking_id: None,
            user_id: None,
            date: None,
            state,
        };
        match self.kind {
            K::ConnectionChanged => Detail { state: &self.id, ..detail },
            K::UsageNearCap => Detail { date: Some(&self.id), ..detail },
            K::ClinicianRelinked => Detail { user_id: Some(&self.id), ..detail },
            K::DeliveryDelivered
            | K::DeliveryChecked
            | K::DeliveryUnchecked
            | K::DeliveryRemoved
            | K::DeliveryFailed => Detail { delivery_id: Some(&self.id), ..detail },
            K::BookingSynced
            | K::BookingRestored
            | K::BookingCancelled
            | K::BookingConflict
            | K::BookingFailed => Detail { booking_id: Some(&self.id), ..detail },
        }
    }
}

/// The bus did not accept all events.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the event bus did not take {0} events")]
pub struct EventError(pub usize);

/// The event bus.
#[derive(Clone, Debug)]
pub struct Events {
    client: Client,
    bus: String,
}

impl Events {
    /// The bus of this name.
    #[must_use]
    pub fn new(client: Client, bus: impl Into<String>) -> Self {
        Self { client, bus: bus.into() }
    }

    /// Sends events in this order, ten a call. An event may arrive twice.
    ///
    /// # Errors
    /// When the bus did not accept all of them. The error does not say which, so send all of them
    /// again.
    pub async fn publish(&self, events: &[Event]) -> Result<(), EventError> {
        let mut lost = 0;
        for batch in events.chunks(BATCH) {
            lost += self.publish_batch(batch).await;
        }
        if lost == 0 { Ok(()) } else { Err(EventError(lost)) }
    }

    async fn publish_batch(&self, events: &[Event]) -> usize {
        let entries = events.iter().map(|event| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(SOURCE)
                .detail_type(event.kind.as_str())
                // Plain texts can always be written as JSON.
                .detail(serde_json::to_string(&event.detail()).unwrap_or_default())
                .build()
        });
        let put = self.client.put_events().set_entries(Some(entries.collect())).send().await;
        match put {
            Ok(answer) => usize::try_from(answer.failed_entry_count()).unwrap_or(events.len()),
            Err(error) => {
                let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
                tracing::error!(code = code.unwrap_or("no answer"), "the bus does not take events");
                events.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: EventKind, id: &str) -> String {
        written_of("wattle-creek", kind, id)
    }

    fn written_of(practice: &str, kind: EventKind, id: &str) -> String {
        let practice = PracticeId::stored(practice).unwrap();
        let event = Event { kind, practice, id: id.to_owned() };
        serde_json::to_string(&event.detail()).unwrap()
    }

    #[test]
    fn an_event_names_the_platform_and_its_own_id_of_the_practice() {
        assert_eq!(
            written_of("acme.wattle-creek", EventKind::BookingSynced, "b-1"),
            r#"{"platform":"acme","practiceId":"wattle-creek","bookingId":"b-1","state":"synced"}"#
        );
    }

    #[test]
    fn an_event_names_what_and_which_and_nothing_of_a_patient() {
        assert_eq!(
            written(EventKind::DeliveryChecked, "d-1"),
            r#"{"platform":"home","practiceId":"wattle-creek","deliveryId":"d-1","state":"checked"}"#
        );
        assert_eq!(
            written(EventKind::BookingConflict, "b-1"),
            r#"{"platform":"home","practiceId":"wattle-creek","bookingId":"b-1","state":"conflict"}"#
        );
        assert_eq!(
            written(EventKind::ClinicianRelinked, "3"),
            r#"{"platform":"home","practiceId":"wattle-creek","userId":"3","state":"relinked"}"#
        );
        assert_eq!(
            written(EventKind::UsageNearCap, "2026-11-28"),
            r#"{"platform":"home","practiceId":"wattle-creek","date":"2026-11-28","state":"nearCap"}"#
        );
        assert_eq!(
            written(EventKind::ConnectionChanged, "revoked"),
            r#"{"platform":"home","practiceId":"wattle-creek","state":"revoked"}"#
        );
    }
}
