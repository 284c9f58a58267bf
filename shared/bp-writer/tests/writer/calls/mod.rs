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

#[tokio::test]
async fn a_referral_costs_what_is_declared() {
    let (calls, halo) = calls_for(|id| referral(1, id), 1).await;
    println!("a referral: {calls:#?} {halo:?}");
    assert_eq!(halo, ["submit", "status", "page"]);
    assert_eq!(how_many(&calls, DYNAMODB), 12);
}

#[tokio::test]
async fn a_message_costs_what_is_declared() {
    let (calls, halo) = calls_for(|id| message(1, id), 1).await;
    println!("a message: {calls:#?} {halo:?}");
    assert_eq!(halo, ["submit", "status", "page"]);
}

#[tokio::test]
async fn a_booking_costs_what_is_declared() {
    let (calls, halo) = calls_for(|id| booking(1, id), 1).await;
    println!("a booking: {calls:#?} {halo:?}");
    assert_eq!(halo, ["submit", "status", "page"]);
}

#[tokio::test]
async fn ten_at_one_site_cost_what_is_declared() {
    for (name, calls) in [
        ("referrals", calls_for(|id| referral(1, id), 10).await),
        ("messages", calls_for(|id| message(1, id), 10).await),
        ("bookings", calls_for(|id| booking(1, id), 10).await),
    ] {
        let (calls, halo) = calls;
        println!(
            "ten {name}: {} DynamoDB, {} SQS, {} Halo",
            how_many(&calls, DYNAMODB),
            how_many(&calls, SQS),
            halo.len()
        );
        assert_eq!(halo.len(), 30);
    }
}
