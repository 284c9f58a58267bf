use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ID: &str = "6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a01";
const QUERY: &str = "6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a03";
const SENT: &str = "2026-03-02T12:00:09.1234567+11:00";
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

fn now() -> Timestamp {
    "2026-03-02T01:00:10Z".parse().unwrap()
}

fn keys(primary: &str, secondary: Option<&str>) -> Keys {
    Keys { primary: primary.into(), secondary: secondary.map(Into::into) }
}

fn told() -> Value {
    json!({
        "id": ID,
        "occurredAt": "2026-03-02T12:00:00.7654321+11:00",
        "siteId": "6a1f0f3e-8f5e-4f6a-9a8e-0d7d3c1b2a02",
        "queryId": QUERY,
        "webhookSource": "async",
    })
}

/// A request as it arrived.
#[derive(Clone)]
struct Came {
    id: Option<String>,
    timestamp: Option<String>,
    signature: Option<String>,
    body: Vec<u8>,
}

impl Came {
    fn signed_with(key: &str, body: &[u8], timestamp: &str) -> Self {
        Self {
            id: Some(ID.to_owned()),
            timestamp: Some(timestamp.to_owned()),
            signature: Some(sign(&key.into(), body, timestamp)),
            body: body.to_vec(),
        }
    }

    fn saying(told: &Value) -> Self {
        Self::signed_with("current", told.to_string().as_bytes(), SENT)
    }

    fn judged_at(&self, now: Timestamp, keys: &Keys) -> Result<Notification, Rejected> {
        let signed = Signed {
            id: self.id.as_deref(),
            timestamp: self.timestamp.as_deref(),
            signature: self.signature.as_deref(),
        };
        verify(&signed, &self.body, keys, now, WINDOW)
    }

    fn judged(&self) -> Result<Notification, Rejected> {
        self.judged_at(now(), &keys("current", None))
    }
}

#[test]
fn a_signed_notification_is_read() {
    let notification = Came::saying(&told()).judged().unwrap();
    assert_eq!(notification.query_id.to_string(), QUERY);
    assert_eq!(notification.webhook_source, Source::Async);
    assert_eq!(notification.occurred_at.to_string(), "2026-03-02T01:00:00.7654321Z");
}

#[test]
fn the_signature_is_the_published_construction() {
    // Made with another implementation: openssl dgst -sha256 -hmac key.
    assert_eq!(
        sign(&"key".into(), b"{}", "2026-03-02T01:00:09.0000000+00:00"),
        "844302218e25575e145ceefb07d854060d8b8f2e6d26b9b33fcb6157fb102e78"
    );
}

#[test]
fn a_field_that_halo_adds_later_does_no_harm() {
    let mut more = told();
    more["attempt"] = json!({ "number": 3 });
    assert!(Came::saying(&more).judged().is_ok());
    let mut source = told();
    source["webhookSource"] = json!("somethingNew");
    assert_eq!(Came::saying(&source).judged().unwrap().webhook_source, Source::Unknown);
}

#[test]
fn a_changed_body_is_not_believed() {
    let mut came = Came::saying(&told());
    let other = QUERY.replace('3', "4");
    came.body = String::from_utf8(came.body).unwrap().replace(QUERY, &other).into_bytes();
    assert_eq!(came.judged(), Err(Rejected::Signature));
}

#[test]
fn an_old_notification_does_not_become_fresh_by_a_new_timestamp() {
    let mut came = Came::saying(&told());
    let later = now() + SignedDuration::from_hours(1);
    assert_eq!(came.judged_at(later, &keys("current", None)), Err(Rejected::Stale));
    came.timestamp = Some(later.to_string());
    assert_eq!(came.judged_at(later, &keys("current", None)), Err(Rejected::Signature));
}

#[test]
fn five_minutes_either_way_are_taken_and_no_second_more() {
    let sent: Timestamp = SENT.parse().unwrap();
    let judged = |now| Came::saying(&told()).judged_at(now, &keys("current", None));
    let (second, minutes) = (SignedDuration::from_secs(1), SignedDuration::from_mins(5));
    assert!(judged(sent + minutes).is_ok());
    assert_eq!(judged(sent + minutes + second), Err(Rejected::Stale));
    assert!(judged(sent - minutes).is_ok());
    assert_eq!(judged(sent - minutes - second), Err(Rejected::Future));
}

#[test]
fn seconds_since_1970_are_a_time_as_well() {
    let body = told().to_string();
    let seconds = now().as_second().to_string();
    assert!(Came::signed_with("current", body.as_bytes(), &seconds).judged().is_ok());
    let stale = (now().as_second() - 301).to_string();
    let judged = Came::signed_with("current", body.as_bytes(), &stale).judged();
    assert_eq!(judged, Err(Rejected::Stale));
    for nonsense in ["", "yesterday", "2026-03-02T01:00:09", "99999999999999999999", "-1"] {
        let judged = Came::signed_with("current", body.as_bytes(), nonsense).judged();
        assert_eq!(judged, Err(Rejected::Malformed("the time of sending")), "{nonsense}");
    }
}

#[test]
fn only_the_documented_form_of_a_signature_is_taken() {
    let came = Came::saying(&told());
    let good = came.signature.clone().unwrap();
    for other in [
        good.to_uppercase(),
        format!("sha256={good}"),
        format!(" {good}"),
        good[..62].to_owned(),
        format!("{good}00"),
        "é".repeat(32),
        String::new(),
    ] {
        let judged = Came { signature: Some(other.clone()), ..came.clone() }.judged();
        assert_eq!(judged, Err(Rejected::Signature), "{other}");
    }
}

#[test]
fn a_missing_header_is_a_missing_signature() {
    let came = Came::saying(&told());
    for without in [
        Came { id: None, ..came.clone() },
        Came { timestamp: None, ..came.clone() },
        Came { signature: None, ..came },
    ] {
        assert_eq!(without.judged(), Err(Rejected::Signature));
    }
}

#[test]
fn the_id_of_the_header_is_the_id_of_the_body() {
    // The header itself is not signed.
    let came = Came { id: Some(QUERY.to_owned()), ..Came::saying(&told()) };
    assert!(matches!(came.judged(), Err(Rejected::Malformed(_))));
    let came = Came { id: Some("no id".to_owned()), ..Came::saying(&told()) };
    assert!(matches!(came.judged(), Err(Rejected::Malformed(_))));
}

#[test]
fn while_a_secret_is_being_replaced_either_is_taken() {
    let body = told().to_string();
    let both = keys("next", Some("current"));
    for (key, believed) in [("current", true), ("next", true), ("older", false)] {
        let came = Came::signed_with(key, body.as_bytes(), SENT);
        assert_eq!(came.judged_at(now(), &both).is_ok(), believed, "{key}");
    }
}

#[test]
fn an_empty_secret_signs_nothing() {
    let came = Came::signed_with("", told().to_string().as_bytes(), SENT);
    for empty in [keys("", None), keys("current", Some(""))] {
        assert_eq!(came.judged_at(now(), &empty), Err(Rejected::Signature));
    }
}

#[test]
fn what_is_signed_and_not_a_notification_is_malformed() {
    let mut without = told();
    without.as_object_mut().unwrap().remove("queryId");
    let mut local = told();
    local["occurredAt"] = json!("2026-03-02T12:00:00");
    for body in [without.to_string(), local.to_string(), "[]".to_owned(), String::new()] {
        let judged = Came::signed_with("current", body.as_bytes(), SENT).judged();
        assert_eq!(judged, Err(Rejected::Malformed("the body")), "{body}");
    }
}

#[test]
fn the_end_of_the_body_cannot_be_moved_into_the_timestamp_or_back() {
    let came = Came::saying(&told());
    let (date, fraction) = SENT.split_once('.').unwrap();
    let moved = Came {
        body: [&came.body, &b"."[..], date.as_bytes()].concat(),
        timestamp: Some(fraction.to_owned()),
        ..came
    };
    assert!(matches!(moved.judged(), Err(Rejected::Malformed(_))));
}

proptest! {
    #[test]
    fn one_changed_bit_anywhere_is_noticed(
        part in 0..3_usize, position in any::<prop::sample::Index>(), bit in 0..7_u8,
    ) {
        let mut came = Came::saying(&told());
        let flip = |bytes: &mut [u8]| bytes[position.index(bytes.len())] ^= 1 << bit;
        match part {
            0 => flip(&mut came.body),
            1 => {
                let mut text = SENT.as_bytes().to_vec();
                flip(&mut text);
                came.timestamp = String::from_utf8(text).ok();
            }
            _ => {
                let mut text = came.signature.take().unwrap().into_bytes();
                flip(&mut text);
                came.signature = String::from_utf8(text).ok();
            }
        }
        prop_assert_eq!(came.judged(), Err(Rejected::Signature));
    }

    #[test]
    fn whatever_comes_is_judged_without_a_panic(
        id in ".{0,40}", timestamp in ".{0,40}", signature in "[0-9a-f]{0,70}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let came = Came { id: Some(id), timestamp: Some(timestamp), signature: Some(signature), body };
        prop_assert_eq!(came.judged(), Err(Rejected::Signature));
    }

    #[test]
    fn no_signed_bytes_make_a_panic(
        body in prop::collection::vec(any::<u8>(), 0..200), timestamp in ".{0,40}",
    ) {
        prop_assert!(Came::signed_with("current", &body, &timestamp).judged().is_err());
    }

    #[test]
    fn another_secret_never_signs_for_ours(key in "[!-~]{1,80}") {
        prop_assume!(key != "current");
        let came = Came::signed_with(&key, told().to_string().as_bytes(), SENT);
        prop_assert_eq!(came.judged(), Err(Rejected::Signature));
    }
}
