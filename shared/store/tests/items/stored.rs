//! Items of every kind, as the previous release wrote them (`stored/items.json`) and as a newer release
//! might write them. Each is read, and written again as it was.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use aws_double::{Answer, Aws, Call};
use domain::audit::{AuditRecord, AuditedAction};
use domain::booking::{Booking, BookingId, BookingState, Role};
use domain::clinician::Clinician;
use domain::connection::{Connection, Standing};
use domain::delivery::{Chosen, ClientId, Delivery, DeliveryState, Letter, MessagePatient};
use domain::ids::{BpUserId, PatientId, PracticeId, Subject};
use domain::imports::{Import, ImportId, Item as Document};
use domain::pairing::{Attempt, LimitScope};
use domain::problem::ProblemType;
use domain::settings::Settings;
use domain::shown::ShownPatient;
use domain::staff::{BpMatch, StaffList};
use domain::waiting::Waiter;
use jiff::Timestamp;
use jiff::civil::date;
use ledger::{Doubt, Holder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use store::work::{Parked, Work, WorkKey, WorkKind, WorkList, WorkProgress};
use store::{AuditQuery, Store, StoreError};
use uuid::Uuid;

fn items() -> Vec<Value> {
    serde_json::from_str(include_str!("stored/items.json")).unwrap()
}

fn is_at(item: &Value, pk: &str, sk: &str) -> bool {
    item["pk"]["S"] == pk && item["sk"]["S"].as_str().unwrap().starts_with(sk)
}

/// The first item whose keys begin with these texts.
fn item(pk: &str, sk: &str) -> Value {
    items().into_iter().find(|item| is_at(item, pk, sk)).unwrap()
}

/// A table that holds these items.
fn table_of(items: Vec<Value>) -> (Aws, Store) {
    let aws = Aws::answering(move |call: &Call| {
        let same = |item: &&Value, key: &Value| item["pk"] == key["pk"] && item["sk"] == key["sk"];
        let get = |key: &Value| items.iter().find(|item| same(item, key)).cloned();
        match call.operation.as_str() {
            "GetItem" => {
                Answer::of(get(&call.body["Key"]).map_or(json!({}), |it| json!({ "Item": it })))
            }
            "UpdateItem" => Answer::of(json!({ "Attributes": get(&call.body["Key"]) })),
            "Query" => {
                let values = &call.body["ExpressionAttributeValues"];
                let prefix = values[":prefix"]["S"].as_str().unwrap_or_default();
                let in_index = call.body["IndexName"].as_str();
                let found = |item: &&Value| {
                    (values[":pk"].is_null() || item["pk"] == values[":pk"])
                        && (values[":shard"].is_null() || item["dueShard"] == values[":shard"])
                        && in_index.is_none_or(|index| index == "due" || item.get(index).is_some())
                        && (in_index.is_some()
                            || item["sk"]["S"].as_str().unwrap().starts_with(prefix))
                };
                let found: Vec<_> = items.iter().filter(found).collect();
                Answer::of(json!({ "Items": found, "Count": found.len() }))
            }
            _ => Answer::nothing(),
        }
    });
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    (aws, store)
}

fn table() -> (Aws, Store) {
    table_of(items())
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-02T00:00:00Z")
}

/// An attribute as plain JSON.
fn plain(attribute: &Value) -> Value {
    let (kind, value) = attribute.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "M" => {
            let members = value.as_object().unwrap();
            members.iter().map(|(name, of)| (name.clone(), plain(of))).collect::<Map<_, _>>().into()
        }
        "L" => value.as_array().unwrap().iter().map(plain).collect(),
        "N" => serde_json::from_str(value.as_str().unwrap()).unwrap(),
        "NULL" => Value::Null,
        _ => value.clone(),
    }
}

/// Reads an attribute of each of these items, and checks that it would be written as it was.
fn kept<T: DeserializeOwned + Serialize>(pk: &str, sk: &str, attribute: &str) -> Vec<T> {
    let items: Vec<_> = items().into_iter().filter(|item| is_at(item, pk, sk)).collect();
    assert!(!items.is_empty(), "{pk} {sk}");
    let read = |item: Value| {
        let stored = plain(&item[attribute]);
        let read: T = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), stored, "{pk} {sk}");
        read
    };
    items.into_iter().map(read).collect()
}

#[test]
fn what_the_release_before_stored_is_read_and_written_as_it_was() {
    let practice = "PRACTICE#bluegum-hollow";
    let work = "WORK#bluegum-hollow";
    kept::<Connection>(practice, "CONNECTION", "body");
    kept::<Clinician>(practice, "CLINICIAN#", "body");
    kept::<BpUserId>(practice, "RELINKED#", "body");
    kept::<Settings>(practice, "SETTINGS", "body");
    let attempts = kept::<Attempt>(practice, "PAIRING", "body");
    assert_eq!(attempts[0].lease_until(), at("2026-11-02T00:00:30Z"));
    kept::<AuditRecord>("AUDIT#bluegum-hollow", "", "body");
    kept::<Import>("IMPORT#bluegum-hollow#import-1", "HEAD", "body");
    kept::<ShownPatient>("SHOWN#bluegum-hollow", "", "body");
    kept::<Parked>(work, "LANE", "parked");
    kept::<Work>(work, "BOOKING#", "work");

    let staff = kept::<StaffList>("STAFF#bluegum-hollow", "LIST", "body").remove(0);
    let found: Vec<_> = staff.staff.iter().map(|member| member.bp_match).collect();
    let nearly = BpMatch::NotFound { nearly: true, inactive_seen: false };
    let synced = BpMatch::Synced { user: BpUserId(3) };
    assert_eq!(found, [BpMatch::Unsynced, synced, nearly, BpMatch::Ambiguous, BpMatch::Inactive]);

    let deliveries = kept::<Delivery>(work, "DELIVERY#", "body");
    let states: Vec<_> = deliveries.iter().map(|delivery| delivery.state).collect();
    use DeliveryState as S;
    assert_eq!(
        states,
        [
            S::Failed,
            S::Checked,
            S::Delivered,
            S::Accepted,
            S::Accepted,
            S::Sending,
            S::Waiting,
            S::Delivered,
            S::Delivered,
        ]
    );
    let Letter::Referral(referral) = &deliveries[7].letter else { panic!("not a referral") };
    assert_eq!(referral.chosen, Chosen::Erased);
    let kept_summary = deliveries[8].delivered_summary().unwrap();
    assert_eq!((kept_summary.fhir.key.as_str(), kept_summary.pdf.bytes), ("outgoing/5a1b", 2048));
    let Letter::Message(message) = &deliveries[1].letter else { panic!("not a message") };
    assert_eq!(message.patient, MessagePatient::Erased);
    let progress: Vec<_> = kept::<Work>(work, "DELIVERY#", "work");
    let WorkProgress::Failed(failed) = &progress[0].progress else { panic!("not failed") };
    assert_eq!(failed.doubt, Doubt::Until(at("2026-11-02T00:06:25Z")));
    assert_eq!(progress[1].progress.tally().never_reached, 1);
    assert_eq!(progress[6].known_wait.map(|wait| wait.since), Some(now()));
    let WorkProgress::Doubtful(doubtful) = &progress[6].progress else { panic!("not doubtful") };
    assert_eq!((doubtful.lookup_at, doubtful.lookups), (at("2026-11-02T00:06:25Z"), 0));

    let bookings = kept::<Booking>(work, "BOOKING#", "body");
    let roles: Vec<_> = bookings.iter().map(|booking| booking.role).collect();
    assert_eq!(roles, [Role::Whole, Role::Attendant, Role::Attendant, Role::Alone]);
    assert_eq!(bookings[0].published.as_ref().map(|of| of.state), Some(BookingState::Conflict));
    let alone = &bookings[3];
    assert_eq!((alone.revision, alone.sent_revision, alone.blocked), (2, 2, 1));
    assert!(alone.slot_in_bp.is_some() && alone.slot_in_bp == alone.sent_slot);
}

#[tokio::test]
async fn the_table_gives_what_the_release_before_stored() {
    let (aws, store) = table();
    let practice = practice();
    let record = store.practice(&practice).await.unwrap();
    assert_eq!(record.connection.as_ref().unwrap().standing, Standing::Paired);
    assert_eq!(record.links.len(), 2);
    assert!(record.settings.bookings.enabled);
    assert_eq!(store.unpublished_standing(&practice).await, Ok(None));
    assert_eq!(store.unpublished_relinks(&practice).await.unwrap()[0].user, BpUserId(3));
    let accounts = store.user_accounts(&practice, 1, BpUserId(3)).await.unwrap();
    assert_eq!((accounts.revision, accounts.linked.len(), accounts.ended.len()), (3, 1, 2));
    let reserved = store.reserve_try(LimitScope::Person, "account-1", now()).await.unwrap();
    assert!(reserved.is_ok());

    let document = ClientId::parse("doc-1").unwrap();
    assert!(store.document(&practice, &document).await.unwrap().is_some());
    let shown = store.shown(&practice, &Subject("account-1".to_owned()), PatientId(7)).await;
    assert_eq!(shown.unwrap().unwrap().shown_at, now());
    let trail = AuditQuery {
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        patient: None,
        after: None,
        most: 200,
    };
    let trail = store.audit_trail(&practice, &trail).await.unwrap();
    assert!(trail.records.iter().any(|line| line.action == AuditedAction::PatientSearch));
    let usage = store.usage(&practice, date(2026, 11, 1), date(2026, 11, 3)).await.unwrap();
    assert_eq!((usage[0].usage.queries, usage[0].near_cap_published), (3, true));
    for (query, is_site) in [(41, false), (42, true)] {
        let waiter = store.waiter(Uuid::from_u128(query)).await.unwrap().unwrap();
        assert_eq!(matches!(waiter, Waiter::Site { .. }), is_site);
    }
    assert_eq!(store.is_known_notification(Uuid::from_u128(43)).await, Ok(true));
    let due = store.due_jobs(0, now(), 10).await.unwrap().len();
    let due = due + store.due_jobs(1, now(), 10).await.unwrap().len();
    let due = due + store.due_jobs(2, now(), 10).await.unwrap().len();
    assert_eq!(due + store.due_jobs(3, now(), 10).await.unwrap().len(), 2);

    let lane = store.lane(&practice).await.unwrap().unwrap();
    assert_eq!((lane.arrivals, lane.parked.unwrap().checks), (10, 2));
    assert_eq!(lane.wake_sent_for, Some(at("2026-11-02T00:00:30Z")));
    let held = PracticeId::parse("quandong-ridge").unwrap();
    let lease = store.lane(&held).await.unwrap().unwrap().lease.unwrap();
    assert_eq!(lease.holder, Holder("turn-1".to_owned()));
    assert_eq!(lease.until, at("2026-11-02T00:02:30Z"));

    // Entries are written as they were, in the next version and with the mark of their write.
    for stored in items().iter().filter(|item| is_at(item, "WORK#bluegum-hollow", "")) {
        let (kind, id) = stored["sk"]["S"].as_str().unwrap().split_once('#').unwrap_or_default();
        let key = match kind {
            "DELIVERY" => WorkKey::delivery(id),
            "BOOKING" => WorkKey::booking(id),
            _ => continue,
        };
        let entry = store.work(&practice, &key).await.unwrap().unwrap();
        store.transition_work(&practice, &entry).await.unwrap();
        let mut written = aws.calls().last().unwrap().body["Item"].clone();
        written.as_object_mut().unwrap().remove("writtenBy");
        written["version"] = stored["version"].clone();
        assert_eq!(written, *stored);
    }
    let booking = store.booking(&practice, &BookingId::parse("clinic-1").unwrap()).await.unwrap();
    assert_eq!(booking.unwrap().together().parts.len(), 2);
}

#[tokio::test]
async fn documents_of_an_import_are_read_and_written_as_they_were() {
    let (aws, store) = table();
    let id = ImportId::parse("import-1").unwrap();
    let record = store.import(&practice(), &id, now()).await.unwrap().unwrap();
    let states: Vec<_> = record.items.iter().map(|item| &item.state).collect();
    let [Document::Queued(_), Document::Fetching(fetching), Document::Staged(copy), rest @ ..] =
        &states[..]
    else {
        panic!("{states:?}")
    };
    assert_eq!((fetching.received(), fetching.failed_tries()), (4096, 0));
    assert_eq!(copy.rendition.as_ref().unwrap().bytes, 99);
    let [
        Document::Failed(failure),
        Document::Cancelled { leftover: Some(_) },
        Document::Queued(effort),
    ] = rest
    else {
        panic!("{rest:?}")
    };
    assert_eq!(failure.problem, ProblemType::DocumentDamaged);
    assert_eq!(effort.next_wake(), Some(at("2026-11-02T00:01:00Z")));
    for item in &record.items {
        let state = item.state.clone();
        store.move_import_item(&practice(), &id, item, state).await.unwrap();
        let mut written = aws.calls().last().unwrap().body["Item"].clone();
        let stored =
            self::item("IMPORT#bluegum-hollow#import-1", &format!("ITEM#{:04}", item.index));
        written["version"] = stored["version"].clone();
        assert_eq!(written, stored);
    }
}

#[tokio::test]
async fn an_item_that_a_newer_release_wrote_is_refused_and_never_misread() {
    let newer = |mut item: Value| {
        item["format"] = json!({ "N": "2" });
        item
    };
    let (_, store) = table_of(items().into_iter().map(newer).collect());
    let practice = practice();
    let refused = Some(StoreError::NewerFormat);
    assert_eq!(store.practice(&practice).await.err(), refused);
    assert_eq!(store.connection(&practice).await.err(), refused);
    assert_eq!(store.user_accounts(&practice, 1, BpUserId(3)).await.err(), refused);
    assert_eq!(store.staff(&practice).await.err(), refused);
    let reserved = store.reserve_try(LimitScope::Person, "account-1", now()).await;
    assert_eq!(reserved.err(), refused);
    let document = ClientId::parse("doc-1").unwrap();
    assert_eq!(store.document(&practice, &document).await.err(), refused);
    let import = ImportId::parse("import-1").unwrap();
    assert_eq!(store.import(&practice, &import, now()).await.err(), refused);
    let shown = store.shown(&practice, &Subject("account-1".to_owned()), PatientId(7)).await;
    assert_eq!(shown.err(), refused);
    let trail = AuditQuery {
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        patient: None,
        after: None,
        most: 200,
    };
    assert_eq!(store.audit_trail(&practice, &trail).await.err(), refused);
    assert_eq!(store.waiter(Uuid::from_u128(41)).await.err(), refused);
    assert_eq!(store.lane(&practice).await.err(), refused);
    let delivery = WorkKey::delivery("message-m-1");
    assert_eq!(store.work(&practice, &delivery).await.err(), refused);
    // Lists that must go on leave such items out and log them.
    let open = store.open_work(&practice, 20).await.unwrap();
    assert!(open.entries.is_empty() && open.newer, "the lane is not idle");
    let list =
        |kind| WorkList { kind, state: None, ascending: true, from: None, to: None, limit: 20 };
    for (kind, entries) in [(WorkKind::Delivery, 9), (WorkKind::Booking, 4)] {
        let page = store.list_work(&practice, &list(kind), None).await.unwrap();
        assert_eq!((page.entries.len(), page.left_out), (0, entries));
    }
    assert!(store.unpublished_relinks(&practice).await.unwrap().is_empty());
    let days = store.usage(&practice, date(2026, 11, 1), date(2026, 11, 3)).await.unwrap();
    assert!(days.is_empty());
}
