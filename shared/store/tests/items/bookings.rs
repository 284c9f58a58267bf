//! Bookings with the parts of their attendants, as they are written.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::{Arc, Mutex};

use aws_double::{Answer, Aws, Call};
use domain::BpText;
use domain::booking::{
    Attendance, BookingId, BookingState, Planned, Representative, Role, Together, Visit,
};
use domain::ids::{BpUserId, LocationId, PracticeId, SiteId};
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::staff::AhpraNumber;
use domain::time_zone::PracticeTimeZone;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use store::{BookingQuery, BookingsOf, Store, StoreError};

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn id() -> BookingId {
    BookingId::parse("visit-1").unwrap()
}

fn zone() -> PracticeTimeZone {
    PracticeTimeZone::parse("Australia/Brisbane").unwrap()
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn visit(numbers: &[&str]) -> Visit {
    let text = |text| BpText::parse(text, 100).unwrap();
    let numbers: Vec<_> =
        numbers.iter().map(|number| AhpraNumber::parse(number).unwrap()).collect();
    let ahpra_number = numbers[0].clone();
    let attendance = (numbers.len() > 1).then(|| Attendance::new(numbers).unwrap());
    Visit {
        ahpra_number,
        attendance,
        start: date(2027, 3, 2).at(9, 0, 0, 0),
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example") },
        notes: None,
        send: true,
    }
}

fn planned(known: Option<&Together>, visit: &Visit) -> Vec<Planned> {
    let settings = Settings {
        time_zone: Some(zone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(1)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    };
    let site = SiteId::parse("71001").unwrap().into();
    let marks = Together::marks(known, &practice(), &id(), visit);
    let users = (1..).map(BpUserId);
    let of = |((number, mark), user)| {
        let visit: Visit = visit.to(number);
        visit.plan(&settings, user, &site, mark).unwrap()
    };
    visit.numbers().iter().zip(&marks).zip(users).map(of).collect()
}

fn accepted(visit: &Visit) -> Together {
    let planned = planned(None, visit);
    Together::accept(&practice(), &id(), visit, &planned, &zone(), now()).unwrap()
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

/// What the only transaction puts, by sort key: whether the item must be new, and the item.
fn puts(calls: &[Call]) -> Vec<(String, bool, Value)> {
    let of = |call: &&Call| call.operation == "TransactWriteItems";
    let mut transactions = calls.iter().filter(of);
    let writes = transactions.next().unwrap().body["TransactItems"].as_array().unwrap().clone();
    assert!(transactions.next().is_none(), "more than one transaction");
    let lane = |write: &Value| write["Update"]["Key"]["sk"]["S"] == "LANE";
    assert_eq!(writes.iter().filter(|write| lane(write)).count(), 1, "the lane is not told");
    let put = |write: &Value| {
        let put = &write["Put"];
        let item = put["Item"].clone();
        let key = item["sk"]["S"].as_str()?.to_owned();
        Some((key, put["ConditionExpression"] == "attribute_not_exists(pk)", item))
    };
    let mut puts: Vec<_> = writes.iter().filter_map(put).collect();
    puts.sort_by(|one, other| one.0.cmp(&other.0));
    puts
}

#[tokio::test]
async fn a_booking_and_its_attendants_are_kept_in_one_transaction_or_not_at_all() {
    let aws = Aws::answering(|_| Answer::nothing());
    let whole = accepted(&visit(&["MED1", "MED2"]));
    store(&aws).save_booking(&practice(), None, &whole, now()).await.unwrap();
    let puts = puts(&aws.calls());
    let keys: Vec<_> = puts.iter().map(|(key, new, _)| (key.as_str(), *new)).collect();
    let all = ["BOOKING#visit-1", "BOOKING#visit-1.MED1", "BOOKING#visit-1.MED2"];
    assert_eq!(keys, all.map(|key| (key, true)));
    for (key, _, item) in puts {
        assert_eq!(item["pk"]["S"], "WORK#bluegum-hollow");
        let id = key.strip_prefix("BOOKING#").unwrap();
        let listed = format!("BOOKING#pending#2027-03-02T09:00#{id}");
        assert_eq!(item["listed"]["S"], listed);
        assert!(item.get("open").is_some(), "{key} is due");
    }
    // Somebody else was first with one of them.
    let codes = ["None", "None", "ConditionalCheckFailed", "None"];
    let aws = Aws::answering(move |_| Answer::cancelled(&codes));
    let refused = store(&aws).save_booking(&practice(), None, &whole, now()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
}

#[tokio::test]
async fn an_attempt_under_way_goes_with_the_part_that_a_booking_becomes() {
    // A visit to one attendant, whose push Halo has accepted.
    let aws = Aws::answering(|_| Answer::nothing());
    let alone = accepted(&visit(&["MED2"]));
    store(&aws).save_booking(&practice(), None, &alone, now()).await.unwrap();
    let (_, _, mut item) = puts(&aws.calls()).remove(0);
    let sent = json!({
        "is": { "S": "sent" },
        "tally": item["work"]["M"]["progress"]["M"]["tally"],
        "at": { "S": "2026-11-01T00:00:01Z" },
        "fence": { "S": "2026-11-01T01:00:00Z" },
        "handle": { "S": "00000000-0000-0000-0000-000000000007" },
        "ask_at": { "S": "2026-11-01T00:00:02Z" },
        "askAt": { "S": "2026-11-01T00:00:02Z" },
    });
    item["work"]["M"]["progress"]["M"] = sent;
    let kept = Arc::new(Mutex::new(item));
    let answering = Arc::clone(&kept);
    let aws = Aws::answering(move |call| match call.operation.as_str() {
        "GetItem" => Answer::of(json!({ "Item": *answering.lock().unwrap() })),
        _ => Answer::nothing(),
    });
    let store = store(&aws);
    let known = store.booking(&practice(), &id()).await.unwrap().unwrap();
    let mut both = known.together();
    let wanted = visit(&["MED1", "MED2"]);
    let planned = planned(Some(&both), &wanted);
    both.change(&practice(), &wanted, &planned, &zone(), now());
    assert_eq!(both.record.role, Role::Whole);
    store.save_booking(&practice(), Some(known), &both, now()).await.unwrap();
    let puts = puts(&aws.calls());
    let progress = |key: &str| {
        let (_, new, item) = puts.iter().find(|(known, ..)| known == key).unwrap();
        let is = item["work"]["M"]["progress"]["M"]["is"]["S"].as_str().unwrap().to_owned();
        (*new, is)
    };
    assert_eq!(progress("BOOKING#visit-1"), (false, "ready".to_owned()));
    assert_eq!(progress("BOOKING#visit-1.MED1"), (true, "ready".to_owned()));
    assert_eq!(progress("BOOKING#visit-1.MED2"), (true, "sent".to_owned()));
    let (.., part) = puts.iter().find(|(key, ..)| key == "BOOKING#visit-1.MED2").unwrap();
    let work = &part["work"]["M"]["progress"]["M"];
    assert_eq!(work["fence"]["S"], "2026-11-01T01:00:00Z", "its fence stays");
    assert_eq!(part["body"]["M"]["token"]["S"], alone.record.token.as_str());
}

/// A table with these bookings. It gives them in pages, as the index `listed` does.
fn listed(mut items: Vec<Value>) -> Aws {
    items.sort_by_key(|item| item["listed"]["S"].as_str().unwrap().to_owned());
    Aws::answering(move |call: &Call| {
        assert_eq!(call.body["IndexName"], "listed");
        let text = |value: &Value| value["S"].as_str().unwrap_or_default().to_owned();
        let prefix = text(&call.body["ExpressionAttributeValues"][":prefix"]);
        let mut found: Vec<_> = items.iter().collect();
        if call.body["ScanIndexForward"] == false {
            found.reverse();
        }
        found.retain(|item| text(&item["listed"]).starts_with(&prefix));
        let start = &call.body["ExclusiveStartKey"]["listed"];
        let begin = found.iter().position(|item| item["listed"] == *start).map_or(0, |it| it + 1);
        let limit = usize::try_from(call.body["Limit"].as_u64().unwrap()).unwrap();
        let page: Vec<_> = found[begin..].iter().take(limit).collect();
        let mut answer = json!({ "Items": page });
        if begin + page.len() < found.len() {
            let last = page.last().unwrap();
            answer["LastEvaluatedKey"] =
                json!({ "pk": last["pk"], "sk": last["sk"], "listed": last["listed"] });
        }
        Answer::of(answer)
    })
}

#[tokio::test]
async fn a_list_that_is_cut_has_the_earliest_bookings_of_all_states() {
    let aws = Aws::answering(|_| Answer::nothing());
    let visit = accepted(&visit(&["MED1"]));
    store(&aws).save_booking(&practice(), None, &visit, now()).await.unwrap();
    let (_, _, item) = puts(&aws.calls()).remove(0);
    let booking = |number: u32, state: &str| {
        let mut item = item.clone();
        let id = format!("visit-{number:04}");
        let start = format!("2027-03-02T{:02}:{:02}", number / 60, number % 60);
        item["sk"]["S"] = json!(format!("BOOKING#{id}"));
        item["listed"]["S"] = json!(format!("BOOKING#{state}#{start}#{id}"));
        let body = &mut item["body"]["M"];
        body["bookingId"]["S"] = json!(id);
        body["state"]["S"] = json!(state);
        body["visit"]["M"]["start"]["S"] = json!(format!("{start}:00"));
        item
    };
    // Nearly all of the earliest bookings are in one state, and more of both states come later.
    let state =
        |number: u32| if number < 500 || number.is_multiple_of(2) { "synced" } else { "pending" };
    let aws = listed((0..1200).map(|number| booking(number, state(number))).collect());
    let query = |most| BookingQuery {
        of: BookingsOf::Platform,
        states: vec![BookingState::Pending, BookingState::Synced],
        from: None,
        to: None,
        after: None,
        most,
    };
    let found = store(&aws).bookings(&practice(), &query(700)).await.unwrap();
    let ids: Vec<_> = found.bookings.iter().map(|it| it.booking_id.as_str()).collect();
    let earliest: Vec<_> = (0..700).map(|number| format!("visit-{number:04}")).collect();
    assert_eq!(ids, earliest);
    assert!(found.next.is_some());
    assert!(aws.calls().len() <= 7, "{} queries", aws.calls().len());
    let found = store(&aws).bookings(&practice(), &query(1200)).await.unwrap();
    assert_eq!((found.bookings.len(), found.next), (1200, None));
}
