//! Entries that two writers change, whose answer is lost, or that we did not write.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Mutex;

use aws_double::{Answer, Aws, Call};
use domain::delivery::Delivery;
use domain::ids::PracticeId;
use domain::schedule::Job;
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde_json::{Value, json};
use store::work::{
    Accepted, BodyHash, Entry, LONGEST_FENCE, Listing, WorkKey, WorkKind, WorkList, WorkProgress,
};
use store::{Store, StoreError};

const REFUSED: &str = "ConditionalCheckFailedException";

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn entry(id: &str) -> Entry<Value> {
    let (body, hash) = (json!({ "subject": id }), BodyHash("hash".to_owned()));
    let listing = Listing::state("accepted");
    Entry::new(WorkKey::delivery(id), body, hash, &listing, Timestamp::UNIX_EPOCH)
}

/// The stored item of an entry.
async fn item(id: &str) -> Value {
    let aws = Aws::answering(|_| Answer::nothing());
    store(&aws).accept_work(&practice(), &entry(id), Timestamp::UNIX_EPOCH).await.unwrap();
    aws.calls()[0].body["TransactItems"][0]["Put"]["Item"].clone()
}

/// A table that refuses each write, and then returns what `kept` makes of the written item.
fn refusing(kept: impl Fn(Value) -> Value + Send + Sync + 'static) -> Aws {
    let written = Mutex::new(Value::Null);
    Aws::answering(move |call: &Call| match call.operation.as_str() {
        "PutItem" => {
            *written.lock().unwrap() = call.body["Item"].clone();
            Answer::refused(REFUSED)
        }
        "GetItem" => Answer::of(json!({ "Item": kept(written.lock().unwrap().clone()) })),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn an_entry_written_by_our_own_first_try_is_ours_although_its_answer_was_lost() {
    let aws = refusing(|written| written);
    assert_eq!(store(&aws).transition_work(&practice(), &entry("a")).await, Ok(2));
    assert_eq!(aws.operations(), ["PutItem", "GetItem"]);
}

#[tokio::test]
async fn an_entry_written_by_another_is_not_ours_even_if_it_says_the_same() {
    let aws = refusing(|mut written| {
        written["writtenBy"]["S"] = json!("another write");
        written
    });
    let refused = store(&aws).transition_work(&practice(), &entry("a")).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let aws = refusing(|mut written| {
        written.as_object_mut().unwrap().remove("writtenBy");
        written
    });
    let refused = store(&aws).transition_work(&practice(), &entry("a")).await;
    assert_eq!(refused, Err(StoreError::Conflict));
}

#[tokio::test]
async fn a_lane_taken_by_our_own_first_try_is_ours() {
    let aws = Aws::answering(|_| Answer::of(json!({ "Attributes": { "arrivals": { "N": "1" } } })));
    let now = Timestamp::UNIX_EPOCH;
    let lease =
        Lease { holder: Holder("me".to_owned()), until: now + SignedDuration::from_secs(9) };
    store(&aws).claim_lane(&practice(), &lease, now).await.unwrap().unwrap();
    let asked = &aws.calls()[0].body;
    let condition = asked["ConditionExpression"].as_str().unwrap();
    assert!(condition.contains("OR holder = :holder)"), "{condition}");
    assert_eq!(asked["ExpressionAttributeValues"][":holder"]["S"], "me");
}

#[tokio::test]
async fn a_job_that_somebody_wished_for_while_it_was_done_stays_due() {
    let aws = Aws::answering(|_| Answer::refused(REFUSED));
    let now = Timestamp::UNIX_EPOCH;
    let next = now + SignedDuration::from_mins(15);
    assert_eq!(store(&aws).reschedule_job(&practice(), Job::SiteHealth, next, now).await, Ok(()));
    let asked = &aws.calls()[0].body;
    let condition = asked["ConditionExpression"].as_str().unwrap();
    assert!(condition.starts_with("(attribute_not_exists(pk) OR dueAt > :now)"), "{condition}");
    let instant = |value: &Value| value["S"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(instant(&asked["ExpressionAttributeValues"][":now"]), now);
    assert_eq!(instant(&asked["Item"]["dueAt"]), next);
}

/// Gives this answer to the first transaction, and succeeds afterwards.
fn first(answer: Answer) -> Aws {
    let answer = Mutex::new(Some(answer));
    Aws::answering(move |call: &Call| match call.operation.as_str() {
        "TransactWriteItems" => answer.lock().unwrap().take().unwrap_or_else(Answer::nothing),
        _ => Answer::nothing(),
    })
}

async fn accept(aws: &Aws) -> Result<Accepted, StoreError> {
    store(aws).accept_work(&practice(), &entry("a"), Timestamp::UNIX_EPOCH).await
}

#[tokio::test]
async fn a_transaction_that_met_another_or_no_room_is_repeated_and_one_that_was_refused_is_not() {
    for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let aws = first(Answer::cancelled(&["None", code]));
        let accepted = accept(&aws).await;
        assert!(matches!(accepted, Ok(Accepted::New)), "{code}: {accepted:?}");
        assert_eq!(aws.operations(), ["TransactWriteItems", "TransactWriteItems"], "{code}");
        let token = |call: usize| aws.calls()[call].body["ClientRequestToken"].clone();
        assert_ne!(token(0), token(1), "it surely did not happen");
    }
    let aws = first(Answer::refused("TransactionInProgressException"));
    assert!(matches!(accept(&aws).await, Ok(Accepted::New)));
    let token = |call: usize| aws.calls()[call].body["ClientRequestToken"].clone();
    assert_eq!(token(0), token(1), "it may yet happen, and happens once");
    let aws = first(Answer::cancelled(&["ConditionalCheckFailed", "None"]));
    let reopened = store(&aws).reopen_work(&practice(), &entry("a"), Timestamp::UNIX_EPOCH).await;
    assert_eq!(reopened, Err(StoreError::Conflict));
    assert_eq!(aws.operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_hides_no_other() {
    let mut bad = item("bad").await;
    bad["work"] = json!({ "S": "not ours" });
    let good = item("good").await;
    let key = json!({ "pk": bad["pk"], "sk": bad["sk"], "open": bad["open"] });
    let aws = Aws::answering(move |call: &Call| match call.body.get("ExclusiveStartKey") {
        None => Answer::of(json!({ "Items": [bad], "LastEvaluatedKey": key })),
        Some(_) => Answer::of(json!({ "Items": [good] })),
    });
    let open = store(&aws).open_work(&practice(), 1).await.unwrap();
    let ids = |entries: &[Entry]| entries.iter().map(|it| it.key.id.clone()).collect::<Vec<_>>();
    assert_eq!((ids(&open.entries), open.newer), (vec!["good".to_owned()], false));
    let newest = store(&aws).newest_open_work(&practice(), Timestamp::UNIX_EPOCH, 1).await.unwrap();
    assert_eq!(newest.len(), 1);
    assert_eq!(aws.operations(), ["Query"; 4]);
}

#[tokio::test]
async fn a_delivery_of_a_later_kind_costs_a_list_only_itself() {
    let known = json!({ "referral": { "patient": 7, "subject": "Left knee", "recipient": "Dr O’Leary",
        "date": null, "sender": 1, "document": { "key": "documents/made-up",
            "announcedAt": "2026-03-01T00:00:00Z", "announced": { "documentId": "d-1",
                "contentType": "pdf", "bytes": 4, "sha256": "ab".repeat(32) } } } });
    let later = json!({ "laterKind": { "patient": 7 } });
    let mut items = Vec::new();
    for (id, letter) in [("referral-1", known.clone()), ("later-1", later), ("referral-2", known)] {
        let delivery = json!({ "deliveryId": id, "site": "71001", "letter": letter,
            "askedBy": "platform", "acceptedAt": "2026-03-02T00:00:00Z",
            "token": "PB0123456789ABCDEFGHJKMNP", "state": "waiting", "attempts": 1,
            "nextAttemptAt": null, "bpRecordId": null, "allocated": null, "problem": null,
            "history": [] });
        let entry = entry(id).with_body(delivery);
        let aws = Aws::answering(|_| Answer::nothing());
        store(&aws).accept_work(&practice(), &entry, Timestamp::UNIX_EPOCH).await.unwrap();
        items.push(aws.calls()[0].body["TransactItems"][0]["Put"]["Item"].clone());
    }
    let aws = Aws::answering(move |_| Answer::of(json!({ "Items": items })));
    let list = WorkList {
        kind: WorkKind::Delivery,
        state: None,
        ascending: false,
        from: None,
        to: None,
        limit: 10,
    };
    let page = store(&aws).list_work(&practice(), &list, None).await.unwrap();
    assert_eq!(page.entries.len(), 3);
    let shown: Vec<_> = page.entries.into_iter().filter_map(Entry::readable::<Delivery>).collect();
    let ids: Vec<_> = shown.iter().map(|entry| entry.key.id.as_str()).collect();
    assert_eq!(ids, ["referral-1", "referral-2"]);
}

#[tokio::test]
async fn a_given_up_entry_of_the_release_before_is_looked_for_after_the_longest_fence() {
    let mut old = item("old").await;
    let tally = json!({ "M": { "attempts": { "N": "1" }, "refusals": { "N": "0" }, "spared": { "N": "0" } } });
    let failed = json!({ "is": { "S": "failed" }, "tally": tally, "doubtful": { "BOOL": true } });
    old["work"]["M"]["progress"] = json!({ "M": failed });
    let aws = Aws::answering(move |_| Answer::of(json!({ "Item": old })));
    let entry = store(&aws).work(&practice(), &WorkKey::delivery("old")).await.unwrap().unwrap();
    let (now, hash) = (Timestamp::UNIX_EPOCH, entry.hash.clone());
    let body = entry.body.clone();
    let reopened = entry.reopened(body, hash, &Listing::state("accepted"), now);
    assert_eq!(reopened.due, Some(now + LONGEST_FENCE));
    assert!(matches!(reopened.work.progress, WorkProgress::Doubtful(_)), "{reopened:?}");
}

#[tokio::test]
async fn a_lane_or_a_job_that_cannot_be_read_keeps_no_practice_waiting() {
    let now = Timestamp::UNIX_EPOCH;
    let item = |pk: &str, sk: &str, at: &str| json!({ "pk": { "S": pk }, "sk": { "S": sk }, "dueAt": { "S": at } });
    let (at, good) = ("1970-01-01T00:00:00.000Z", "WORK#good");
    let lanes = json!({ "Items": [
        item("somebody else's", "LANE", at),
        item("WORK#bad", "LANE", "soon"),
        item(good, "LANE", at),
    ] });
    let aws = Aws::answering(move |_| Answer::of(lanes.clone()));
    let due = store(&aws).due_lanes(0, now, 9).await.unwrap();
    assert_eq!(due.iter().map(|lane| lane.practice.as_str()).collect::<Vec<_>>(), ["good"]);
    let jobs = json!({ "Items": [
        item(good, "JOB#dance", at),
        item("WORK#bad", "JOB#reconcile", "soon"),
        item(good, "JOB#reconcile", at),
    ] });
    let aws = Aws::answering(move |_| Answer::of(jobs.clone()));
    let due = store(&aws).due_jobs(0, now, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].practice.as_str(), "good");
}
