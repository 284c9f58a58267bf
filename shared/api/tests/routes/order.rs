//! An action whose audit line cannot be written does not happen. The tests refuse one write of the table and
//! check the order of the others.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Arc;

use api::caller::{Caller, Scope};
use api::routes;
use api::{App, Cursors, Parts, lazy_queues};
use aws::{SecretText, clients};
use aws_double::{Answer, Aws, Call};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use best_practice::{BpClient, StatementPack};
use config::QueueConfig;
use domain::BpText;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, Representative, Visit};
use domain::ids::{BpUserId, LocationId, PlatformId, PracticeId, SiteId, Subject};
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::staff::AhpraNumber;
use domain::time_zone::PracticeTimeZone;
use domain::usage::Caps;
use halo::{FixedKeys, HaloClient, Keys};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::work::{BodyHash, Entry, WorkKey};
use store::{Store, booking_listing};
use tower::ServiceExt as _;
use usage::Counter;

const BOOKING: &str = "b-1";

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

fn app(aws: &Aws) -> App {
    let keys = Keys { primary: "made up".into(), secondary: None };
    let base = "http://halo.invalid".parse().unwrap();
    let halo = HaloClient::new(clients::http().unwrap(), base, Arc::new(FixedKeys(keys)));
    let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
    let counter = Counter::new(store(aws), Caps::default());
    App::new(bp, store(aws), counter, SignedDuration::from_hours(1))
}

fn appointments(aws: &Aws) -> Router {
    let writer_queue = Some(lazy_queues(aws.config(), QueueConfig::default()));
    let parts = Parts { writer_queue, cursors: cursors(aws), ..Parts::default() };
    routes::appointments(App { parts, ..app(aws) }).unwrap()
}

fn cursors(aws: &Aws) -> Option<Cursors> {
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.config());
    Some(Cursors::new(SecretText::new(secrets, "made up".to_owned())))
}

/// The status of the answer to a request.
async fn ask(routes: Router, caller: Caller, method: &str, path: &str, body: Value) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1/practices/{}{path}", practice().as_str()))
        .header("content-type", "application/json")
        .extension(caller)
        .body(Body::from(body.to_string()))
        .unwrap();
    routes.oneshot(request).await.unwrap().status().as_u16()
}

fn platform() -> Caller {
    let scopes = vec![Scope::BookingsWrite, Scope::PracticesAdmin];
    Caller::Platform {
        subject: Subject("the platform".to_owned()),
        platform: PlatformId::home(),
        scopes,
    }
}

/// The partition of the item that a call puts.
fn put(call: &Call) -> Option<String> {
    let partition = || call.body["Item"]["pk"]["S"].as_str().unwrap().to_owned();
    (call.operation == "PutItem").then(partition)
}

fn is_note(call: &Call) -> bool {
    put(call).is_some_and(|partition| partition.starts_with("AUDIT#"))
}

fn refused() -> Answer {
    Answer::refused("InternalServerError")
}

/// A booking as the table has it.
async fn kept_booking() -> Value {
    let zone = PracticeTimeZone::parse("Australia/Brisbane").unwrap();
    let settings = Settings {
        time_zone: Some(zone.clone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(2)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    };
    let text = |text| BpText::parse(text, 100).unwrap();
    let visit = Visit {
        attendance: None,
        ahpra_number: AhpraNumber::parse("MED9990000001").unwrap(),
        start: date(2099, 12, 1).at(9, 0, 0, 0),
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example Labs") },
        notes: None,
        send: true,
    };
    let (id, site) = (BookingId::parse(BOOKING).unwrap(), SiteId::parse("70999").unwrap().into());
    let token = Token::of(&practice(), &id);
    let planned = visit.plan(&settings, BpUserId(1), &site, &token).unwrap();
    let now = Timestamp::now();
    let booking = Booking::accept(&practice(), id, visit, planned, &zone, now);
    let listing = booking_listing(&booking);
    let hash = BodyHash("made up".to_owned());
    let entry = Entry::new(WorkKey::booking(BOOKING), booking, hash, &listing, now);
    let aws = Aws::answering(|_| Answer::nothing());
    store(&aws).accept_work(&practice(), &entry, now).await.unwrap();
    let calls = aws.calls();
    let mut writes = calls[0].body["TransactItems"].as_array().unwrap().iter();
    let kept = writes.find_map(|write| Some(&write["Put"]["Item"]).filter(|it| it.is_object()));
    kept.unwrap().clone()
}

#[tokio::test]
async fn a_booking_stays_when_its_cancelling_cannot_be_recorded() {
    let kept = kept_booking().await;
    for recorded in [false, true] {
        let item = kept.clone();
        let aws = Aws::answering(move |call| match call.operation.as_str() {
            "GetItem" => Answer::of(json!({ "Item": item })),
            "PutItem" if !recorded => refused(),
            _ => Answer::nothing(),
        });
        let path = format!("/bookings/{BOOKING}");
        let status = ask(appointments(&aws), platform(), "DELETE", &path, Value::Null).await;
        assert_eq!(status, if recorded { 202 } else { 503 }, "{aws:?}");
        let calls = aws.calls();
        let noted = calls.iter().position(is_note).unwrap();
        assert_eq!(calls[noted].body["Item"]["body"]["M"]["resource"]["S"], BOOKING);
        let changed = calls.iter().position(|call| call.operation == "TransactWriteItems");
        assert_eq!(changed.is_some(), recorded, "{aws:?}");
        assert!(changed.is_none_or(|changed| noted < changed), "{aws:?}");
    }
}

#[tokio::test]
async fn no_staff_list_is_kept_whose_jobs_are_not_planned_or_which_cannot_be_recorded() {
    let list =
        json!([{ "ahpraNumber": "MED9990000001", "firstName": "Sam", "lastName": "Made-Up" }]);
    for refuse in ["WORK#", "AUDIT#", "nothing"] {
        let aws = Aws::answering(move |call| match put(call) {
            Some(partition) if partition.starts_with(refuse) => refused(),
            _ => Answer::nothing(),
        });
        let status = ask(appointments(&aws), platform(), "PUT", "/staff", list.clone()).await;
        let kept = refuse == "nothing";
        assert_eq!(status, if kept { 200 } else { 503 }, "{refuse}: {aws:?}");
        let mut lists: Vec<_> = aws.calls().iter().filter_map(put).collect();
        lists.retain(|partition| !["WORK#", "AUDIT#"].iter().any(|it| partition.starts_with(it)));
        assert_eq!(lists.len(), usize::from(kept), "{refuse}: {aws:?}");
    }
}

#[tokio::test]
async fn a_practice_stays_connected_when_its_disconnecting_cannot_be_recorded() {
    let aws = Aws::answering(|_| refused());
    let parts = Parts { cursors: cursors(&aws), ..Parts::default() };
    let routes = routes::practice(App { parts, ..app(&aws) }).unwrap();
    let status = ask(routes, platform(), "DELETE", "/connection", Value::Null).await;
    assert_eq!(status, 503, "{aws:?}");
    assert!(!aws.calls().is_empty() && aws.calls().iter().all(is_note), "{aws:?}");
}
