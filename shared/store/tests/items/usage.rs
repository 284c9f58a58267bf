//! How a day's usage is written and read, also if the item lacks attributes.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use aws_double::{Answer, Aws, Call};
use domain::ids::PracticeId;
use domain::usage::Usage;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use store::{Store, StoreError};

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn day(date: &str, more: Value) -> Value {
    let mut item = json!({ "pk": { "S": "USAGE#bluegum-hollow" }, "sk": { "S": date } });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

/// A table that holds these days, on two pages.
fn table(days: Vec<Value>) -> Aws {
    Aws::answering(move |call: &Call| {
        let half = days.len() / 2;
        let first = call.body["ExclusiveStartKey"].is_null();
        let (items, last) = if first { days.split_at(half) } else { days.split_at(0) };
        if first {
            let key = json!({ "pk": { "S": "USAGE#bluegum-hollow" }, "sk": { "S": "x" } });
            Answer::of(json!({ "Items": items, "LastEvaluatedKey": key }))
        } else {
            Answer::of(json!({ "Items": &last[half..] }))
        }
    })
}

const FROM: Date = date(2026, 11, 1);
const TO: Date = date(2026, 11, 30);

#[tokio::test]
async fn days_are_read_from_all_pages_and_one_that_cannot_be_read_hides_no_other() {
    let full = json!({ "queries": { "N": "12" }, "otherCalls": { "N": "3" },
        "bytesSent": { "N": "400" }, "bytesReceived": { "N": "5000" },
        "of#patient_search": { "N": "9" }, "of#login_probe": { "N": "3" },
        "answeredAt": { "S": "2026-11-02T01:02:03Z" }, "toldAt": { "S": "2026-11-02T04:00:00Z" } });
    let aws = table(vec![
        day("2026-11-02", full),
        day("2026-11-03", json!({ "queries": { "S": "many" } })),
        day("2026-11-04", json!({ "expiresAt": { "N": "7" } })),
    ]);
    let days = store(&aws).usage(&practice(), FROM, TO).await.unwrap();
    assert_eq!(aws.operations(), ["Query", "Query"]);
    let values = &aws.calls()[0].body["ExpressionAttributeValues"];
    assert_eq!(
        (&values[":from"]["S"], &values[":to"]["S"]),
        (&json!("2026-11-01"), &json!("2026-11-30"))
    );
    assert_eq!(days.len(), 2);
    let first = &days[0];
    assert_eq!((first.date, first.near_cap_published), (date(2026, 11, 2), true));
    assert_eq!((first.usage.queries, first.usage.other_calls, first.usage.bytes()), (12, 3, 5400));
    assert_eq!(first.usage.by_purpose["login_probe"], 3);
    assert_eq!(first.usage.by_purpose.len(), 2);
    assert_eq!((days[1].near_cap_published, &days[1].usage), (false, &Usage::default()));
}

#[tokio::test]
async fn the_last_answer_is_found_behind_days_on_which_bp_was_not_asked() {
    let aws = Aws::answering(|call| {
        assert_eq!(call.body["ScanIndexForward"], false);
        Answer::of(json!({ "Items": [
            {}, { "answeredAt": { "S": "2026-11-02T01:02:03Z" } }, { "answeredAt": { "S": "2026-11-01T00:00:00Z" } },
        ] }))
    });
    let found = store(&aws).last_answer(&practice()).await.unwrap();
    assert_eq!(found, Some("2026-11-02T01:02:03Z".parse::<Timestamp>().unwrap()));
    let never = Aws::answering(|_| Answer::of(json!({ "Items": [] })));
    assert_eq!(store(&never).last_answer(&practice()).await.unwrap(), None);
}

#[tokio::test]
async fn only_what_was_used_is_added() {
    let aws = Aws::answering(|_| {
        Answer::of(json!({ "Attributes": day("2026-11-02", json!({ "queries": { "N": "7" } })) }))
    });
    let mut used = Usage { queries: 1, ..Usage::default() };
    used.by_purpose.insert("patient_search".to_owned(), 1);
    let day = store(&aws).add_usage(&practice(), date(2026, 11, 2), &used).await.unwrap();
    assert_eq!(day.usage.queries, 7, "of all day");
    let body = aws.calls()[0].body.clone();
    let mut names: Vec<_> =
        body["ExpressionAttributeNames"].as_object().unwrap().values().collect();
    names.retain(|name| *name != "format");
    assert_eq!(names, ["queries", "of#patient_search"]);
    let midnight = "2026-11-02T00:00:00Z".parse::<Timestamp>().unwrap();
    let expires = midnight + Usage::KEPT_FOR;
    let expires = json!({ "N": expires.as_second().to_string() });
    assert_eq!(body["ExpressionAttributeValues"][":expires"], expires);
    let down = Aws::answering(|_| Answer::refused("InternalServerError"));
    let failed = store(&down).add_usage(&practice(), FROM, &used).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
}
