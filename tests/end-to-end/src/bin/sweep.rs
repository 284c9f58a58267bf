//! Measures what a sweep costs with very many practices: `cargo run -p end-to-end --bin sweep -- 100000`.
//!
//! Starts its own stack, fills the table with practices that have nothing due, and times sweeps. Then it
//! makes some lanes due and times them again. The local DynamoDB is an imitation that gets slower as the
//! table grows. The number of items read is what counts, so the program prints it next to the times.
#![expect(clippy::expect_used, reason = "run by hand: a panic says what is wrong")]
#![expect(clippy::print_stdout, reason = "the numbers are what this is for")]
#![expect(clippy::print_stderr, reason = "how far it is")]

use std::time::{Duration, Instant};

use end_to_end::TestStack;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// The most writes that DynamoDB takes in one call.
const BATCH: usize = 25;
/// How many calls run at the same time.
const SIDE_BY_SIDE: usize = 4;
/// After how many items the program prints its progress.
const TOLD: usize = 60_000;
const DUE: usize = 50;
const SWEEPS: u32 = 5;

#[tokio::main]
async fn main() {
    let practices = std::env::args().nth(1).map_or(100_000, |text| text.parse().expect("a number"));
    let stack = TestStack::shared().await;
    measure(stack, "an empty table").await;

    let began = Instant::now();
    let items: Vec<Value> = (0..practices).flat_map(quiet).collect();
    write(stack, &items).await;
    println!("{practices} practices written in {:.0} s", began.elapsed().as_secs_f64());
    measure(stack, &format!("{practices} practices, nothing due")).await;

    let due: Vec<Value> = (0..DUE).map(|number| lane(number, "2026-01-01T00:00:00.000Z")).collect();
    write(stack, &due).await;
    let reads = reads(stack).await;
    let began = Instant::now();
    let swept = stack.run_job("sweep", None).await;
    println!("{practices} practices, {DUE} due: {:.0?}, {swept}; {reads}", began.elapsed());
}

/// A practice with a connection, a job that is due tomorrow, and a lane without work.
fn quiet(number: usize) -> [Value; 3] {
    let pk = format!("WORK#swept-{number}");
    [
        json!({ "pk": { "S": format!("PRACTICE#swept-{number}") }, "sk": { "S": "CONNECTION" }, "body": { "M": {} } }),
        json!({
            "pk": { "S": pk },
            "sk": { "S": "JOB#reconcile" },
            "dueShard": { "S": format!("job-{}", number % 4) },
            "dueAt": { "S": format!("2999-01-01T00:{:02}:{:02}.000Z", number / 60 % 60, number % 60) },
        }),
        json!({ "pk": { "S": pk }, "sk": { "S": "LANE" }, "arrivals": { "N": "1" } }),
    ]
}

fn lane(number: usize, at: &str) -> Value {
    json!({
        "pk": { "S": format!("WORK#swept-{number}") },
        "sk": { "S": "LANE" },
        "arrivals": { "N": "1" },
        "dueShard": { "S": (number % 4).to_string() },
        "dueAt": { "S": at },
    })
}

async fn write(stack: &'static TestStack, items: &[Value]) {
    let table = stack.file().aws.table.as_deref().expect("a table");
    let mut calls = JoinSet::new();
    let mut written = 0;
    for batch in items.chunks(BATCH) {
        let puts: Vec<_> =
            batch.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
        let request = json!({ "RequestItems": { table: puts } });
        if calls.len() == SIDE_BY_SIDE {
            calls.join_next().await.expect("a call").expect("items are written");
        }
        calls.spawn(async move {
            let answer =
                stack.aws().call("dynamodb", "DynamoDB_20120810.BatchWriteItem", &request).await;
            let left = answer.expect("items are written")["UnprocessedItems"].take();
            assert!(left.as_object().is_none_or(serde_json::Map::is_empty), "some were not");
        });
        written += batch.len();
        if written % TOLD < BATCH {
            eprintln!("{written} of {} items", items.len());
        }
    }
    while let Some(call) = calls.join_next().await {
        call.expect("items are written");
    }
}

async fn measure(stack: &TestStack, what: &str) {
    let mut spent = Duration::ZERO;
    let mut swept = Value::Null;
    for _ in 0..SWEEPS {
        let began = Instant::now();
        swept = stack.run_job("sweep", None).await;
        spent += began.elapsed();
    }
    println!("{what}: {:.0?} a sweep, {swept}; {}", spent / SWEEPS, reads(stack).await);
}

/// What DynamoDB counts for the sweep's own queries.
async fn reads(stack: &TestStack) -> String {
    let table = stack.file().aws.table.as_deref().expect("a table");
    let (mut found, mut scanned, mut units) = (0, 0, 0.0);
    for shard in 0..4 {
        let request = json!({
            "TableName": table,
            "IndexName": "due",
            "KeyConditionExpression": "dueShard = :shard AND dueAt <= :now",
            "ExpressionAttributeValues": {
                ":shard": { "S": shard.to_string() },
                ":now": { "S": "2998-01-01T00:00:00.000Z" },
            },
            "ReturnConsumedCapacity": "TOTAL",
        });
        let answer = stack
            .aws()
            .call("dynamodb", "DynamoDB_20120810.Query", &request)
            .await
            .expect("the index answers");
        found += answer["Count"].as_u64().unwrap_or_default();
        scanned += answer["ScannedCount"].as_u64().unwrap_or_default();
        units += answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap_or_default();
    }
    format!("{found} items found, {scanned} read, {units} capacity units")
}
