//! Events: messages to platforms about changes. An event contains only ids and the new state. A platform that needs more,
//! and may read it, asks the API.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PlatformId, PracticeId};
use crate::{Invalid, Sha256};

/// The version of the events' schemas. It rises if a field changes its meaning or disappears. A new field or a
/// new type does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// Which platforms may see a type of event. Each reader is one scope of the API.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reader {
    /// `practices.admin`.
    PracticesAdmin,
    /// `correspondence.write`.
    Correspondence,
    /// `bookings.write`.
    Bookings,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $subject:expr, $readers:expr;)*) => {
        /// What happened: the `type` of an event. EventBridge calls it the `detail-type`.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The field that names what the event is about, apart from the practice.
            #[must_use]
            pub const fn subject(self) -> Option<&'static str> {
                match self { $(Self::$name => $subject,)* }
            }

            /// The platforms that may see it: one of these scopes is enough.
            #[must_use]
            pub const fn readers(self) -> &'static [Reader] {
                match self { $(Self::$name => $readers,)* }
            }
        }
    };
}

const ANYONE: &[Reader] = &[Reader::PracticesAdmin, Reader::Correspondence, Reader::Bookings];
const ADMIN: &[Reader] = &[Reader::PracticesAdmin];
const LETTERS: &[Reader] = &[Reader::Correspondence];
const VISITS: &[Reader] = &[Reader::Bookings];

kinds! {
    /// A practice was connected or disconnected, or its connection was revoked or came back.
    ConnectionChanged = "connection.changed", None, ANYONE;
    /// An account was linked to another Bp user than before, or to a user of another account.
    ClinicianRelinked = "clinician.relinked", Some("userId"), ANYONE;
    /// A practice has used most of the queries or bytes that Halo allows it in a day.
    UsageNearCap = "usage.nearCap", Some("date"), ADMIN;
    /// A document is in Bp.
    DeliveryDelivered = "delivery.delivered", Some("deliveryId"), LETTERS;
    /// A document has been checked in Bp.
    DeliveryChecked = "delivery.checked", Some("deliveryId"), LETTERS;
    /// Nobody has checked a document for a long time.
    DeliveryUnchecked = "delivery.unchecked", Some("deliveryId"), LETTERS;
    /// A document has disappeared from Bp, and we do not know that anybody checked it.
    DeliveryRemoved = "delivery.removed", Some("deliveryId"), LETTERS;
    /// A document will not get into Bp unless somebody acts.
    DeliveryFailed = "delivery.failed", Some("deliveryId"), LETTERS;
    /// A booking is in Bp's appointment book as the platform wants it.
    BookingSynced = "booking.synced", Some("bookingId"), VISITS;
    /// A booking was found changed or missing in Bp's appointment book and has been put back.
    BookingRestored = "booking.restored", Some("bookingId"), VISITS;
    /// A cancelled booking is no longer in Bp's appointment book, or never was.
    BookingCancelled = "booking.cancelled", Some("bookingId"), VISITS;
    /// A booking that the platform does not send any more is no longer in Bp's appointment book.
    BookingNotSent = "booking.notSent", Some("bookingId"), VISITS;
    /// Bp's appointment book has something else at that time.
    BookingConflict = "booking.conflict", Some("bookingId"), VISITS;
    /// A booking will not get into Bp unless somebody acts.
    BookingFailed = "booking.failed", Some("bookingId"), VISITS;
    /// All documents of an import have been copied or have failed, and at least one was copied.
    ImportFinished = "import.finished", Some("importId"), LETTERS;
    /// No document of an import could be copied.
    ImportFailed = "import.failed", Some("importId"), LETTERS;
    /// We stopped sending events to one of the platform's webhook endpoints.
    EndpointDisabled = "webhookEndpoint.disabled", Some("endpointId"), ANYONE;
    /// The platform asked for a test of one of its webhook endpoints.
    EndpointTest = "webhookEndpoint.test", Some("endpointId"), ANYONE;
}

impl EventKind {
    /// Reads the name.
    ///
    /// # Errors
    /// If no event has this name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or(Invalid("no event has this type"))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A change that platforms receive an event about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The platform that receives it.
    pub platform: PlatformId,
    /// The practice. An event about a webhook endpoint has none.
    pub practice: Option<PracticeId>,
    /// What the event is about: the value of [`EventKind::subject`]. Empty if there is no such field.
    pub subject: String,
    /// The state that the API shows now.
    pub state: Option<String>,
    /// Distinguishes this change from earlier and later changes of the same subject. If the same change is
    /// published again, this is the same.
    pub change: String,
    /// When it happened.
    pub at: Timestamp,
}

impl Event {
    /// The event's id: the same if it is published again, another for another change.
    #[must_use]
    pub fn id(&self) -> String {
        let practice = self.practice.as_ref().map(PracticeId::as_str);
        let parts = (
            self.platform.as_str(),
            practice,
            self.kind.as_str(),
            &self.subject,
            &self.state,
            &self.change,
        );
        // As JSON, two different events are never the same bytes.
        let digest = Sha256::of(&serde_json::to_vec(&parts).unwrap_or_default()).to_string();
        format!("evt_{}", digest.get(..32).unwrap_or(&digest))
    }

    /// The event as platforms receive it, on the bus and by webhook.
    #[must_use]
    pub fn envelope(&self) -> Envelope {
        Envelope {
            id: self.id(),
            kind: self.kind.as_str().to_owned(),
            schema_version: SCHEMA_VERSION,
            timestamp: self.at,
            platform: self.platform.clone(),
            practice_id: self.practice.as_ref().map(|practice| practice.public().to_owned()),
            subject: self.kind.subject().map(|field| (field.to_owned(), self.subject.clone())),
            state: self.state.clone(),
        }
    }
}

/// An event as platforms receive it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// The event's id.
    pub id: String,
    /// The type.
    pub kind: String,
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The platform that receives it.
    pub platform: PlatformId,
    /// The practice, as the platform knows it.
    pub practice_id: Option<String>,
    /// The field that says what the event is about, and its value.
    pub subject: Option<(String, String)>,
    /// The state that the API shows.
    pub state: Option<String>,
}

impl Envelope {
    /// The JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut fields = serde_json::Map::new();
        let mut add = |name: &str, value: serde_json::Value| fields.insert(name.to_owned(), value);
        add("id", self.id.as_str().into());
        add("type", self.kind.as_str().into());
        add("schemaVersion", self.schema_version.into());
        add("timestamp", format!("{:.3}", self.timestamp).into());
        add("platform", self.platform.as_str().into());
        if let Some(practice) = &self.practice_id {
            add("practiceId", practice.as_str().into());
        }
        if let Some((name, value)) = &self.subject {
            add(name, value.as_str().into());
        }
        if let Some(state) = &self.state {
            add("state", state.as_str().into());
        }
        serde_json::Value::Object(fields).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(kind: EventKind, subject: &str, state: &str, change: &str) -> Event {
        let practice = PracticeId::parse("wattle-creek").unwrap();
        Event {
            kind,
            platform: practice.platform(),
            practice: Some(practice),
            subject: subject.to_owned(),
            state: (!state.is_empty()).then(|| state.to_owned()),
            change: change.to_owned(),
            at: "2026-11-29T01:02:03.004567Z".parse().unwrap(),
        }
    }

    fn written(event: &Event) -> Value {
        serde_json::from_str(&event.envelope().to_json()).unwrap()
    }

    #[test]
    fn an_event_names_what_and_which_and_nothing_of_a_patient() {
        let checked = event(EventKind::DeliveryChecked, "d-1", "checked", "1.1");
        let expected = json!({
            "id": checked.id(), "type": "delivery.checked", "schemaVersion": 1,
            "timestamp": "2026-11-29T01:02:03.004Z", "platform": "home",
            "practiceId": "wattle-creek",
            "deliveryId": "d-1", "state": "checked",
        });
        assert_eq!(written(&checked), expected);
        let relinked = written(&event(EventKind::ClinicianRelinked, "3", "", "x"));
        assert_eq!(relinked["userId"], "3");
        assert_eq!(relinked.get("state"), None);
        let changed = written(&event(EventKind::ConnectionChanged, "", "revoked", "x"));
        assert_eq!(changed["state"], "revoked");
        assert_eq!(changed.as_object().unwrap().len(), 7);
    }

    #[test]
    fn a_repeated_event_keeps_its_id_and_a_later_change_has_another() {
        let first = event(EventKind::BookingSynced, "b-1", "synced", "1.1");
        let mut again = first.clone();
        again.at += jiff::SignedDuration::from_secs(60);
        assert_eq!(first.id(), again.id());
        assert!(first.id().starts_with("evt_") && first.id().len() == 36, "{}", first.id());
        for other in [
            event(EventKind::BookingSynced, "b-1", "synced", "1.2"),
            event(EventKind::BookingSynced, "b-2", "synced", "1.1"),
            event(EventKind::BookingRestored, "b-1", "synced", "1.1"),
        ] {
            assert_ne!(other.id(), first.id(), "{other:?}");
        }
    }

    #[test]
    fn every_type_is_read_back_by_its_name() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Ok(*kind));
            assert!(!kind.readers().is_empty());
        }
        assert!(EventKind::parse("booking.dreamt").is_err());
    }
}
