//! The `webhooks` section: every type of event, with its schema.

use domain::events::{EventKind, Reader, SCHEMA_VERSION};
use serde_json::{Map, Value, json};

/// What happened, and the states that an event of this type can have.
fn words(kind: EventKind) -> (&'static str, &'static [&'static str]) {
    use EventKind as K;
    match kind {
        K::ConnectionChanged => (
            "A practice was connected or disconnected, or its connection was revoked or came back.",
            &["connected", "revoked", "disconnected"],
        ),
        K::ClinicianRelinked => (
            "An account was linked to another Bp user than before, or to a user of another account.",
            &[],
        ),
        K::UsageNearCap => {
            ("A practice has used 80 % of the queries or bytes that Halo allows it in a day.", &[])
        }
        K::DeliveryDelivered => ("A document is in Bp.", &["delivered"]),
        K::DeliveryChecked => ("A document has been checked in Bp.", &["checked"]),
        K::DeliveryUnchecked => ("Nobody has checked a document for a long time.", &["delivered"]),
        K::DeliveryRemoved => (
            "A document has disappeared from Bp, and we do not know that anybody checked it.",
            &["removed"],
        ),
        K::DeliveryFailed => ("A document will not get into Bp unless somebody acts.", &["failed"]),
        K::BookingSynced => ("A booking is in Bp's appointment book as you want it.", &["synced"]),
        K::BookingRestored => (
            "A booking was found changed or missing in Bp's appointment book and has been put back.",
            &["synced"],
        ),
        K::BookingCancelled => (
            "A cancelled booking is no longer in Bp's appointment book, or never was.",
            &["cancelled"],
        ),
        K::BookingNotSent => (
            "A booking that you do not send any more is no longer in Bp's appointment book.",
            &["notSent"],
        ),
        K::BookingConflict => {
            ("Bp's appointment book has something else at that time.", &["conflict"])
        }
        K::BookingFailed => ("A booking will not get into Bp unless somebody acts.", &["failed"]),
        K::ImportFinished => (
            "All documents of an import have been copied or have failed, and at least one was copied.",
            &["complete", "partlyFailed"],
        ),
        K::ImportFailed => ("No document of an import could be copied.", &["failed"]),
        K::EndpointDisabled => (
            "We stopped sending events to this webhook endpoint. Your other endpoints receive this.",
            &["disabled"],
        ),
        K::EndpointTest => ("You asked for a test of this webhook endpoint.", &[]),
    }
}

fn scope(reader: Reader) -> &'static str {
    match reader {
        Reader::PracticesAdmin => "practice-bridge/practices.admin",
        Reader::Correspondence => "practice-bridge/correspondence.write",
        Reader::Bookings => "practice-bridge/bookings.write",
    }
}

fn is_of_practice(kind: EventKind) -> bool {
    !matches!(kind, EventKind::EndpointDisabled | EventKind::EndpointTest)
}

/// The schema's name: `BookingSyncedEvent` for `booking.synced`.
fn schema_name(kind: EventKind) -> String {
    let mut name = String::new();
    for word in kind.as_str().split('.') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name + "Event"
}

fn schema(kind: EventKind) -> Value {
    let (description, states) = words(kind);
    let text = |description: &str| json!({ "type": "string", "description": description });
    let mut properties = Map::new();
    let mut add = |name: &str, schema: Value| {
        properties.insert(name.to_owned(), schema);
    };
    add("id", text("The same if the event is sent again, and in the header `webhook-id`."));
    add("type", json!({ "type": "string", "const": kind.as_str() }));
    add("schemaVersion", json!({ "type": "integer", "const": SCHEMA_VERSION }));
    let timestamp = json!({
        "type": "string", "format": "date-time", "description": "When it happened.",
    });
    add("timestamp", timestamp);
    add("platform", text("Your platform."));
    if is_of_practice(kind) {
        add("practiceId", text("The practice."));
    }
    if let Some(field) = kind.subject() {
        let description = match field {
            "deliveryId" => "The delivery.",
            "bookingId" => "Your own id of the booking.",
            "importId" => "Your own id of the import.",
            "userId" => "The number of the Bp user who is linked now.",
            "date" => "The day in UTC.",
            _ => "Your own id of the endpoint.",
        };
        add(field, text(description));
    }
    if !states.is_empty() {
        let description = "The state, as the API shows it.";
        add("state", json!({ "type": "string", "enum": states, "description": description }));
    }
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object", "description": description, "required": required,
        "properties": properties,
    })
}

pub(super) fn add(document: &mut Value) {
    for kind in EventKind::ALL {
        let name = schema_name(*kind);
        document["components"]["schemas"][&name] = schema(*kind);
        let scopes: Vec<&str> = kind.readers().iter().map(|reader| scope(*reader)).collect();
        let header = |name: &str, description: &str| {
            json!({
                "name": name, "in": "header", "required": true, "description": description,
                "schema": { "type": "string" },
            })
        };
        let operation = json!({
            "summary": words(*kind).0,
            "description": format!(
                "Sent to endpoints of platforms with one of these scopes: {}.",
                scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(", ")
            ),
            "tags": ["Webhooks"],
            "security": [],
            "x-scopes": scopes,
            "parameters": [
                header("webhook-id", "The event's id. It is the same if the event is sent again."),
                header("webhook-timestamp", "When it was sent, in seconds since 1970."),
                header("webhook-signature", "Signatures `v1,<base64>`, with a space between them."),
            ],
            "requestBody": {
                "required": true,
                "content": { "application/json": {
                    "schema": { "$ref": format!("#/components/schemas/{name}") },
                } },
            },
            "responses": {
                "2XX": { "description": "You have taken the event." },
                "410": { "description": "You want no more events. The endpoint is disabled." },
                "default": { "description": "The event is sent again later." },
            },
        });
        document["webhooks"][kind.as_str()] = json!({ "post": operation });
    }
}

#[cfg(test)]
mod tests {
    use domain::events::Event;
    use domain::ids::PracticeId;
    use jsonschema::validator_for;

    use super::*;

    #[test]
    fn every_event_is_as_its_schema_says() {
        let practice = PracticeId::stored("acme.wattle-creek").unwrap();
        for kind in EventKind::ALL {
            let states = words(*kind).1;
            let event = Event {
                kind: *kind,
                platform: practice.platform(),
                practice: is_of_practice(*kind).then(|| practice.clone()),
                subject: "one".to_owned(),
                state: states.first().map(|state| (*state).to_owned()),
                change: "1".to_owned(),
                at: jiff::Timestamp::UNIX_EPOCH,
            };
            let mut strict = schema(*kind);
            strict["additionalProperties"] = json!(false);
            let body: Value = serde_json::from_str(&event.envelope().to_json()).unwrap();
            let judged =
                validator_for(&strict).unwrap().validate(&body).map_err(|it| it.to_string());
            assert_eq!(judged, Ok(()), "{body}");
        }
    }
}
