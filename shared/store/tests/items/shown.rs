//! The patients that an account was shown: many at once, a batch with a rest, and no patients of other
//! accounts.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_double::{Answer, Aws};
use domain::ids::{PatientId, PracticeId, SiteId, Subject};
use domain::patient::PatientStatus;
use domain::shown::ShownPatient;
use domain::surname::SurnameKey;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Store, StoreError};

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn account() -> Subject {
    Subject("an-account".to_owned())
}

fn person(name: &str) -> ShownPatient {
    ShownPatient {
        surname: Some(SurnameKey::parse(name).unwrap()),
        date_of_birth: Some("1957-03-14".parse().unwrap()),
        status: PatientStatus::Deceased,
        site: SiteId::parse("71001").unwrap().into(),
        shown_at: Timestamp::UNIX_EPOCH,
    }
}

fn people(how_many: i64) -> Vec<(PatientId, ShownPatient)> {
    (1..=how_many).map(|number| (PatientId(number), person("Wattleford"))).collect()
}

/// The items of each batch.
fn batches(aws: &Aws) -> Vec<Vec<Value>> {
    let items = |body: &Value| {
        let requests = body["RequestItems"]["table"].as_array().unwrap();
        requests.iter().map(|one| one["PutRequest"]["Item"].clone()).collect()
    };
    aws.calls().iter().map(|call| items(&call.body)).collect()
}

#[tokio::test]
async fn a_searchs_matches_are_kept_twenty_five_at_once() {
    let aws = Aws::answering(|_| Answer::nothing());
    store(&aws).save_shown(&practice(), &account(), &people(50)).await.unwrap();
    assert_eq!(aws.operations(), ["BatchWriteItem", "BatchWriteItem"]);
    let batches = batches(&aws);
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25]);
    let item = batches.iter().flatten().find(|it| it["sk"]["S"] == "an-account#7").unwrap();
    assert_eq!(item["pk"]["S"], "SHOWN#bluegum-hollow");
    assert_eq!(item["expiresAt"]["N"], (14 * 24 * 3600).to_string());
    assert_eq!(item["body"]["M"]["surname"]["S"], "WATTLEFORD");
}

#[tokio::test]
async fn nobody_shown_costs_nothing_and_a_number_named_twice_is_kept_once() {
    let aws = Aws::answering(|_| Answer::nothing());
    store(&aws).save_shown(&practice(), &account(), &[]).await.unwrap();
    assert!(aws.calls().is_empty());
    let twice = [(PatientId(7), person("Earlier")), (PatientId(7), person("Later"))];
    store(&aws).save_shown(&practice(), &account(), &twice).await.unwrap();
    let batches = batches(&aws);
    assert_eq!(batches[0].len(), 1);
    assert_eq!(batches[0][0]["body"]["M"]["surname"]["S"], "LATER");
}

#[tokio::test]
async fn what_dynamodb_leaves_over_is_written_again_and_not_for_ever() {
    let calls = AtomicUsize::new(0);
    let aws = Aws::answering(move |call| {
        let requests = call.body["RequestItems"]["table"].as_array().unwrap().clone();
        match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Answer::of(json!({ "UnprocessedItems": { "table": requests[1..] } })),
            _ => Answer::of(json!({ "UnprocessedItems": {} })),
        }
    });
    store(&aws).save_shown(&practice(), &account(), &people(3)).await.unwrap();
    assert_eq!(batches(&aws).iter().map(Vec::len).collect::<Vec<_>>(), [3, 2]);

    let aws =
        Aws::answering(|call| Answer::of(json!({ "UnprocessedItems": call.body["RequestItems"] })));
    let left = store(&aws).save_shown(&practice(), &account(), &people(1)).await;
    assert!(matches!(left, Err(StoreError::Unavailable { .. })), "{left:?}");
    assert_eq!(aws.calls().len(), 4);
}

#[tokio::test]
async fn what_is_kept_is_read_back_by_the_same_account_and_number() {
    let aws = Aws::answering(|_| Answer::nothing());
    store(&aws).save_shown(&practice(), &account(), &people(1)).await.unwrap();
    let item = batches(&aws)[0][0].clone();
    let aws = Aws::answering(move |_| Answer::of(json!({ "Item": item })));
    let found = store(&aws).shown(&practice(), &account(), PatientId(1)).await.unwrap();
    assert_eq!(found, Some(person("Wattleford")));
    let asked = &aws.calls()[0].body;
    assert_eq!(asked["Key"]["sk"]["S"], "an-account#1");
    assert_eq!(asked["ConsistentRead"], true);
}
