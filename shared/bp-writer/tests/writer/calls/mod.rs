//! What each delivery and booking costs in calls, from its acceptance until it is settled. A call more than is
//! declared here fails a test.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is a failed test, and tests print figures"
)]

mod doubles;
mod halo;
mod speed;
mod work;

use std::time::Duration;

use aws_double::Call;
use bp_writer::TurnOutcome;
use serde::Serialize;
use serde_json::Value;
use store::work::Entry;

use doubles::Bench;
use halo::QuickHalo;
use work::{booking, message, referral};

/// A call by its operation and by what it is about.
fn described(call: &Call) -> String {
    let Call { operation, body, .. } = call;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about = |of: &Value| {
        let (pk, sk) = (text(&of["pk"]["S"]), text(&of["sk"]["S"]));
        let own = ["WORK#", "PRACTICE#"].iter().any(|prefix| pk.starts_with(prefix));
        let named = if own { sk } else { pk };
        named.split('#').next().unwrap_or_default().to_lowercase()
    };
    match operation.as_str() {
        "Query" => format!("Query {}", text(&body["IndexName"])),
        "PutItem" => format!("PutItem {}", about(&body["Item"])),
        "BatchGetItem" => {
            let keys = body["RequestItems"]["table"]["Keys"].as_array();
            let names: Vec<String> = keys.into_iter().flatten().map(about).collect();
            format!("BatchGetItem {}", names.join(" "))
        }
        "GetItem" | "UpdateItem" | "DeleteItem" => format!("{operation} {}", about(&body["Key"])),
        other => other.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// The calls to AWS and to Halo during a turn.
async fn calls_of_a_turn(bench: &Bench, number: usize) -> (Vec<String>, Vec<&'static str>) {
    let before = bench.aws.calls().len();
    bench.halo.take_calls();
    assert_eq!(bench.turn(number).await, TurnOutcome::Finished { due: None });
    let calls = bench.aws.calls()[before..].iter().map(described).collect();
    (calls, bench.halo.take_calls())
}

async fn bench() -> Bench {
    let bench = Bench::new(QuickHalo::start(Duration::ZERO).await);
    bench.connect(1);
    bench
}

/// The calls for these entries, at a practice that the writer has been at before.
async fn calls_for<T: Serialize>(
    entry: impl Fn(usize) -> Entry<T>,
    many: usize,
) -> (Vec<String>, Vec<&'static str>) {
    let bench = bench().await;
    bench.accept(1, &entry(1_000)).await;
    bench.turn(1).await;
    for id in 0..many {
        bench.accept(1, &entry(id)).await;
    }
    calls_of_a_turn(&bench, 1).await
}

fn how_many(calls: &[String], what: &[&str]) -> usize {
    calls.iter().filter(|call| what.iter().any(|name| call.starts_with(name))).count()
}

const DYNAMODB: &[&str] = &[
    "GetItem",
    "BatchGetItem",
    "Query",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
];
const SQS: &[&str] = &["SendMessage"];

/// What a turn for one entry asks the table, the queues and the bus, without the document of a referral.
fn declared(kind: &str, with_job: bool) -> Vec<String> {
    let entry = format!("PutItem {kind}");
    let entry = entry.as_str();
    let job = with_job.then_some("PutItem job");
    let calls = [
        // Claims the lane, and reads what is due.
        "UpdateItem lane",
        "Query open",
        // The connection, and whether the site is the practice's.
        "BatchGetItem connection writer",
        // The mark, before Halo is called.
        entry,
        // The event, on the bus and for webhook endpoints. Then a later check, and the end of the entry.
        "PutEvents",
        "SendMessageBatch",
    ];
    let end = [entry, "UpdateItem lane", "UpdateItem usage"];
    calls.into_iter().chain(job).chain(end).map(str::to_owned).collect()
}

async fn assert_declared<T: Serialize>(entry: impl Fn(usize) -> Entry<T>, declared: &[String]) {
    let (mut calls, halo) = calls_for(entry, 1).await;
    calls.retain(|call| call != "GET");
    assert_eq!(calls, declared);
    assert_eq!(halo, ["submit", "status", "page"]);
}

#[tokio::test]
async fn a_referral_costs_what_is_declared() {
    assert_declared(|id| referral(1, id), &declared("delivery", false)).await;
}

#[tokio::test]
async fn a_message_costs_what_is_declared() {
    assert_declared(|id| message(1, id), &declared("delivery", true)).await;
}

#[tokio::test]
async fn a_booking_costs_what_is_declared() {
    assert_declared(|id| booking(1, id), &declared("booking", true)).await;
}

#[tokio::test]
async fn ten_at_one_site_cost_what_is_declared() {
    for (name, most, (calls, halo)) in [
        ("referrals", 34, calls_for(|id| referral(1, id), 10).await),
        ("messages", 35, calls_for(|id| message(1, id), 10).await),
        ("bookings", 35, calls_for(|id| booking(1, id), 10).await),
    ] {
        let (table, queues) = (how_many(&calls, DYNAMODB), how_many(&calls, SQS));
        println!("ten {name}: {table} DynamoDB, {queues} SQS, {} Halo", halo.len());
        assert_eq!((table, queues, halo.len()), (most, 10, 30), "{name}");
    }
}
