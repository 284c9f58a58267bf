//! Lists that are read in pages: each entry once, in order, to the end.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::LazyLock;

use aws_double::{Answer, Aws, Call};
use domain::audit::AuditRecord;
use domain::delivery::{DeliveryKind, DeliveryState};
use domain::ids::{PatientId, PracticeId};
use domain::settings::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::deliveries::DeliveryQuery;
use store::{AuditQuery, BookingQuery, BookingsOf, Store, StoreError};

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

/// The first stored item whose sort key begins with this text.
fn stored(sk: &str) -> Value {
    static ITEMS: LazyLock<Vec<Value>> =
        LazyLock::new(|| serde_json::from_str(include_str!("stored/items.json")).unwrap());
    let begins = |item: &&Value| item["sk"]["S"].as_str().unwrap().starts_with(sk);
    ITEMS.iter().find(begins).unwrap().clone()
}

fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}

/// A table that answers queries as DynamoDB does: by prefix or between two keys, in pages of the wanted size. The
/// key is `listed` in the index and `sk` in the table. `most` is what fits into one answer.
fn table(items: Vec<Value>, most: usize) -> Aws {
    let sorted = |key: &str| {
        let mut items = items.clone();
        items.sort_by_cached_key(|item| text(&item[key]));
        items
    };
    let (by_sk, by_listed) = (sorted("sk"), sorted("listed"));
    Aws::answering(move |call: &Call| {
        let items = if call.body["IndexName"] == "listed" { &by_listed } else { &by_sk };
        let key = if call.body["IndexName"] == "listed" { "listed" } else { "sk" };
        let values = &call.body["ExpressionAttributeValues"];
        let (from, to) = (text(&values[":from"]), text(&values[":to"]));
        assert!(from <= to, "DynamoDB refuses such a range: {from} to {to}");
        let mut found: Vec<_> = items.iter().collect();
        found.retain(|item| match values[":prefix"]["S"].as_str() {
            Some(prefix) => text(&item[key]).starts_with(prefix),
            None => (&from..=&to).contains(&&text(&item[key])),
        });
        if call.body["ScanIndexForward"] == false {
            found.reverse();
        }
        let start = &call.body["ExclusiveStartKey"][key];
        let begin = found.iter().position(|item| item[key] == *start).map_or(0, |it| it + 1);
        let limit = call.body["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.unwrap_or(most).min(most);
        let page: Vec<_> = found[begin..].iter().take(limit).collect();
        let mut answer = json!({ "Items": page });
        if begin + page.len() < found.len() {
            let last = page.last().unwrap();
            answer["LastEvaluatedKey"] =
                json!({ "pk": last["pk"], "sk": last["sk"], key: last[key] });
        }
        Answer::of(answer)
    })
}

fn booking(number: u32, state: &str) -> Value {
    let mut item = stored("BOOKING#");
    let id = format!("visit-{number:04}");
    // Three bookings begin at each time.
    let start = format!("2027-03-02T{:02}:{:02}", number / 180, number / 3 % 60);
    item["sk"]["S"] = json!(format!("BOOKING#{id}"));
    item["listed"]["S"] = json!(format!("BOOKING#{state}#{start}#{id}"));
    item["body"]["M"]["bookingId"]["S"] = json!(id);
    item
}

#[tokio::test]
async fn a_day_with_more_than_a_thousand_bookings_is_read_to_its_end() {
    let states = ["pending", "synced", "conflict", "cancelled"];
    let state = |number: u32, page: u32| {
        // Bookings change their states while the pages are read.
        states[usize::try_from((number / 7 + page) % 4).unwrap()]
    };
    let day = "2027-03-02".parse().ok();
    let (mut read, mut after, mut page) = (Vec::new(), None, 0);
    loop {
        let items = (0..1203).map(|number| booking(number, state(number, page))).collect();
        let query = BookingQuery {
            of: BookingsOf::Platform,
            states: domain::booking::BookingState::ALL.to_vec(),
            from: day,
            to: day,
            after,
            most: 200,
        };
        let found = store(&table(items, 1000)).bookings(&practice(), &query).await.unwrap();
        assert!(found.bookings.len() <= 200);
        let ids = found.bookings.iter().map(|it| it.booking_id.as_str().to_owned());
        read.extend(ids);
        (after, page) = (found.next, page + 1);
        if after.is_none() {
            break;
        }
    }
    let all: Vec<_> = (0..1203).map(|number| format!("visit-{number:04}")).collect();
    assert_eq!(read, all);
    assert_eq!(page, 7);
}

/// A delivery that was accepted in this second of 2 November. Three are accepted in each second.
fn delivery(number: u32, state: &str) -> Value {
    let mut item = stored("DELIVERY#");
    let id = format!("message-{number:04}");
    let second = number / 3;
    let at = format!("2026-11-02T00:{:02}:{:02}.000Z", second / 60, second % 60);
    let group = match state {
        "delivered" if number.is_multiple_of(5) => "unchecked#",
        "delivered" if number.is_multiple_of(2) => "filed#",
        _ => "",
    };
    item["sk"]["S"] = json!(format!("DELIVERY#{id}"));
    item["listed"]["S"] = json!(format!("DELIVERY#{state}#{group}{at}#{id}"));
    let body = &mut item["body"]["M"];
    body["deliveryId"]["S"] = json!(id);
    body["acceptedAt"]["S"] = json!(at);
    body["state"]["S"] = json!(state);
    item
}

fn any_deliveries(most: u16) -> DeliveryQuery {
    DeliveryQuery { state: None, kind: None, from: None, to: None, after: None, most }
}

/// The ids of all pages, and the number of pages.
async fn all_deliveries(
    items: impl Fn(u32) -> Vec<Value>,
    mut query: DeliveryQuery,
) -> (Vec<String>, u32) {
    let (mut read, mut pages) = (Vec::new(), 0);
    loop {
        let aws = table(items(pages), 1000);
        let found = store(&aws).deliveries(&practice(), &query).await.unwrap();
        assert!(found.deliveries.len() <= usize::from(query.most));
        read.extend(found.deliveries.iter().map(|it| it.delivery_id.as_str().to_owned()));
        pages += 1;
        match found.next {
            None => return (read, pages),
            next => query.after = next,
        }
    }
}

fn newest_first(numbers: impl DoubleEndedIterator<Item = u32>) -> Vec<String> {
    numbers.rev().map(|number| format!("message-{number:04}")).collect()
}

const LIFE: [&str; 5] = ["accepted", "sending", "waiting", "delivered", "checked"];

#[tokio::test]
async fn deliveries_are_listed_newest_first_while_they_move_on() {
    let items = |page: u32| {
        let state = |number: u32| LIFE[usize::try_from((number % 3 + page).min(4)).unwrap()];
        (0..500).map(|number| delivery(number, state(number))).collect()
    };
    let (read, pages) = all_deliveries(items, any_deliveries(90)).await;
    assert_eq!(read, newest_first(0..500));
    assert_eq!(pages, 6);
}

#[tokio::test]
async fn deliveries_of_some_time_state_and_kind_are_found() {
    let items =
        |_| (0..300).map(|number| delivery(number, LIFE[3 + number as usize % 2])).collect();
    let at = |second: i64| {
        let start: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
        Some(start + jiff::SignedDuration::from_secs(second))
    };
    let span = DeliveryQuery { from: at(20), to: at(30), ..any_deliveries(7) };
    assert_eq!(all_deliveries(items, span.clone()).await.0, newest_first(60..90));
    let checked = DeliveryQuery { state: Some(DeliveryState::Checked), ..span.clone() };
    let odd = (60..90).filter(|number: &u32| !number.is_multiple_of(2)).collect::<Vec<_>>();
    assert_eq!(all_deliveries(items, checked).await.0, newest_first(odd.into_iter()));
    let kind = |kind| DeliveryQuery { kind: Some(kind), ..span.clone() };
    let first = store(&table(items(0), 1000)).deliveries(&practice(), &span).await.unwrap();
    let present = first.deliveries[0].kind();
    assert_eq!(all_deliveries(items, kind(present)).await.0, newest_first(60..90));
    let absent = DeliveryKind::PatientSummary;
    assert_ne!(present, absent);
    assert_eq!(all_deliveries(items, kind(absent)).await, (Vec::new(), 1));
}

#[tokio::test]
async fn a_search_among_many_deliveries_ends_its_page_and_goes_on_with_the_next() {
    let items = |_| (0..2500).map(|number| delivery(number, "checked")).collect();
    let absent = DeliveryQuery { kind: Some(DeliveryKind::PatientSummary), ..any_deliveries(50) };
    let (read, pages) = all_deliveries(items, absent).await;
    assert_eq!((read.len(), pages), (0, 2));
}

/// A line of the trail. Two lines belong to each nanosecond.
fn line(number: i64) -> Value {
    let mut item = stored("2026");
    let at: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let at = at + jiff::SignedDuration::from_nanos(number / 2);
    let patients = if number % 1000 == 999 { json!([{ "N": "7" }]) } else { json!([]) };
    item["sk"]["S"] = json!(format!("{at:.9}#{number:08}"));
    let body = &mut item["body"]["M"];
    body["patients"]["L"] = patients;
    body["requestId"]["S"] = json!(number.to_string());
    item
}

async fn all_lines(aws: &Aws, patient: Option<PatientId>) -> (Vec<String>, usize) {
    let instant = |text: &str| -> Timestamp { text.parse().unwrap() };
    let mut query = AuditQuery {
        from: instant("2026-11-02T00:00:00Z"),
        to: instant("2026-11-03T00:00:00Z"),
        patient,
        after: None,
        most: 200,
    };
    let (mut read, mut pages) = (Vec::new(), 0);
    loop {
        let page = store(aws).audit_trail(&practice(), &query).await.unwrap();
        assert!(page.records.len() <= 200);
        read.extend(page.records.iter().map(|record: &AuditRecord| record.request_id.clone()));
        pages += 1;
        match page.next {
            None => return (read, pages),
            next => query.after = next,
        }
    }
}

#[tokio::test]
async fn a_day_with_more_than_a_thousand_audit_lines_is_read_to_its_end() {
    let aws = table((0..1200).map(line).collect(), 1000);
    let all: Vec<_> = (0..1200).map(|number: i64| number.to_string()).collect();
    assert_eq!(all_lines(&aws, None).await, (all, 6));
    assert!(aws.calls().len() <= 7, "{} queries", aws.calls().len());
}

#[tokio::test]
async fn a_patients_lines_are_found_among_many_others() {
    let aws = table((0..11_000).map(line).collect(), 1000);
    let (read, pages) = all_lines(&aws, Some(PatientId(7))).await;
    let all: Vec<_> = (0..11).map(|number: i64| (number * 1000 + 999).to_string()).collect();
    assert_eq!((read, pages), (all, 3));
}

/// The settings' write after they were read, and what it returns.
async fn saved(read: Option<Value>, answer: Answer) -> (Value, Result<(), StoreError>) {
    let aws = Aws::answering(move |call: &Call| match call.operation.as_str() {
        "GetItem" => Answer::of(read.clone().map_or(json!({}), |item| json!({ "Item": item }))),
        _ => answer.clone(),
    });
    let store = store(&aws);
    let seen = store.settings(&practice()).await.unwrap();
    let outcome = store.save_settings(&practice(), &Settings::default(), Some(&seen)).await;
    (aws.calls().pop().unwrap().body, outcome)
}

#[tokio::test]
async fn settings_are_replaced_only_as_they_were_seen() {
    let kept = stored("SETTINGS");
    let (put, outcome) = saved(Some(kept.clone()), Answer::nothing()).await;
    assert_eq!(outcome, Ok(()));
    let condition = put["ConditionExpression"].as_str().unwrap();
    assert!(condition.contains("(#body = :seen OR #body = :wanted) AND"), "{condition}");
    let values = &put["ExpressionAttributeValues"];
    assert_eq!(values[":seen"], kept["body"], "the stored form, as it is");
    assert_eq!(values[":wanted"], put["Item"]["body"]);

    let (put, _) = saved(None, Answer::nothing()).await;
    let condition = put["ConditionExpression"].as_str().unwrap();
    assert!(condition.contains("attribute_not_exists(pk)"), "{condition}");

    let refused = Answer::refused("ConditionalCheckFailedException");
    let (_, outcome) = saved(Some(kept), refused).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
}
