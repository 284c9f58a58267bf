//! What an invocation used gets into the table, even if the invocation ends early or the table fails.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws::events::Events;
use aws_double::{Answer, Aws, Call};
use config::EventConfig;
use domain::ids::PracticeId;
use domain::usage::{Caps, Usage};
use halo::Used;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use store::Store;
use usage::{Counter, publish_near_cap};

/// A table that can add numbers, and a bus.
#[derive(Debug, Default)]
struct World {
    items: Mutex<Map<String, Value>>,
    is_down: AtomicBool,
    bus_is_down: AtomicBool,
}

impl World {
    fn answer(&self, call: &Call) -> Answer {
        if call.operation == "PutEvents" {
            let lost = i32::from(self.bus_is_down.load(Ordering::SeqCst));
            return Answer::of(json!({ "FailedEntryCount": lost, "Entries": [] }));
        }
        if call.operation == "SendMessageBatch" {
            return Answer::of(json!({ "Successful": [], "Failed": [] }));
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Answer::refused("ProvisionedThroughputExceededException");
        }
        let mut items = self.items.lock().unwrap();
        match call.operation.as_str() {
            "UpdateItem" => {
                let key = &call.body["Key"];
                let (pk, sk) = (key["pk"]["S"].as_str().unwrap(), key["sk"]["S"].as_str().unwrap());
                let item = items.entry(format!("{pk}/{sk}")).or_insert_with(|| key.clone());
                update(item, &call.body);
                Answer::of(json!({ "Attributes": item }))
            }
            "Query" => {
                let of_usage = |(key, _): &(&String, &Value)| key.starts_with("USAGE#");
                let days: Vec<_> = items.iter().filter(of_usage).map(|(_, item)| item).collect();
                Answer::of(json!({ "Items": days, "Count": days.len() }))
            }
            other => panic!("{other}"),
        }
    }
}

/// Updates an item as DynamoDB does, as far as these tests need it: `SET a = :a, b = :b ADD #c :c, #d
/// :d`.
fn update(item: &mut Value, body: &Value) {
    let expression = body["UpdateExpression"].as_str().unwrap();
    let (set, add) = expression.split_once(" ADD ").unwrap_or((expression, ""));
    let name = |text: &str| match body["ExpressionAttributeNames"][text].as_str() {
        Some(name) => name.to_owned(),
        None => text.to_owned(),
    };
    let value = |text: &str| &body["ExpressionAttributeValues"][text];
    for part in set.trim_start_matches("SET ").split(", ") {
        let (to, from) = part.split_once(" = ").unwrap();
        item[name(to)] = value(from).clone();
    }
    for part in add.split(", ").filter(|part| !part.is_empty()) {
        let (to, more) = part.split_once(' ').unwrap();
        let sum = |value: &Value| value["N"].as_str().map_or(0, |n| n.parse::<u64>().unwrap());
        let to = name(to);
        item[&to] = json!({ "N": (sum(&item[&to]) + sum(value(more))).to_string() });
    }
}

struct Bench {
    world: Arc<World>,
    aws: Aws,
    store: Store,
    counter: Counter,
    practice: PracticeId,
}

impl Bench {
    fn new(caps: Caps) -> Self {
        let world = Arc::<World>::default();
        let answering = Arc::clone(&world);
        let aws = Aws::answering(move |call| answering.answer(call));
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
        let counter = Counter::new(store.clone(), caps);
        let practice = PracticeId::parse("wattle-creek").unwrap();
        Self { world, aws, store, counter, practice }
    }

    /// An invocation that sends this many queries.
    async fn ask(&self, queries: u64) -> &'static str {
        let meter = self.counter.meter();
        let work = async {
            for _ in 0..queries {
                meter.used(Some("wattle-creek"), Used::Query("patient_search"));
                meter.used(Some("wattle-creek"), Used::Sent(100));
                meter.used(Some("wattle-creek"), Used::Received(200));
            }
            meter.used(Some("wattle-creek"), Used::Other);
            meter.used(Some("wattle-creek"), Used::Answered);
            "done"
        };
        self.counter.charge(&self.practice, work).await
    }

    async fn kept(&self) -> Usage {
        let today = Usage::day(Timestamp::now());
        let days = self.store.usage(&self.practice, today, today).await.unwrap();
        days.into_iter().fold(Usage::default(), |mut all, day| {
            all.add(&day.usage);
            all
        })
    }

    fn hastened(&self) -> usize {
        let of_job = |call: &Call| call.body["Key"]["sk"]["S"] == "JOB#site-health";
        self.aws.calls().iter().filter(|call| of_job(call)).count()
    }
}

#[tokio::test]
async fn an_invocation_adds_what_it_used_by_one_write() {
    let bench = Bench::new(Caps::default());
    assert_eq!(bench.ask(2).await, "done");
    assert_eq!(bench.aws.operations(), ["UpdateItem"]);
    bench.ask(3).await;
    let kept = bench.kept().await;
    assert_eq!((kept.queries, kept.other_calls), (5, 2));
    assert_eq!((kept.bytes_sent, kept.bytes_received), (500, 1000));
    assert_eq!(kept.by_purpose["patient_search"], 5);
    assert!(kept.answered_at.is_some());
    let item = bench.world.items.lock().unwrap().values().next().unwrap().clone();
    let expires: i64 = item["expiresAt"]["N"].as_str().unwrap().parse().unwrap();
    let days = (expires - Timestamp::now().as_second()) / 86_400;
    assert!((398..=400).contains(&days), "{days}");
}

#[tokio::test]
async fn an_invocation_that_asks_nothing_writes_nothing() {
    let bench = Bench::new(Caps { queries: Some(1), bytes: None });
    bench.counter.charge(&bench.practice, async {}).await;
    assert!(bench.aws.calls().is_empty());
}

#[tokio::test]
async fn a_table_that_does_not_answer_fails_nobody_and_is_told_later() {
    let bench = Bench::new(Caps::default());
    bench.world.is_down.store(true, Ordering::SeqCst);
    assert_eq!(bench.ask(2).await, "done");
    assert!(bench.counter.answered_at(&bench.practice).is_some());
    bench.world.is_down.store(false, Ordering::SeqCst);
    assert_eq!(bench.kept().await, Usage::default());
    bench.counter.charge(&bench.practice, async {}).await;
    assert_eq!(bench.kept().await.queries, 2);
    bench.ask(1).await;
    assert_eq!(bench.kept().await.queries, 3, "it was added once");
    assert_eq!(bench.counter.answered_at(&bench.practice), None, "it is in the table");
}

#[tokio::test]
async fn platforms_are_told_once_of_a_day_that_comes_near_the_cap() {
    let caps = Caps { queries: Some(10), bytes: None };
    let bench = Bench::new(caps);
    let events = Events::new(&bench.aws.config(), EventConfig::at("bus", "http://queue.invalid/"));
    let tell = async || {
        publish_near_cap(&bench.store, &events, caps, &bench.practice, Timestamp::now()).await
    };
    let told = || {
        let of_bus = |call: &Call| call.operation == "PutEvents";
        bench.aws.calls().iter().filter(|call| of_bus(call)).count()
    };
    bench.ask(7).await;
    tell().await.unwrap();
    assert_eq!((bench.hastened(), told()), (0, 0), "70 % are not near");
    bench.ask(1).await;
    bench.ask(1).await;
    assert_eq!(bench.hastened(), 1, "whoever tells is woken once");
    bench.world.bus_is_down.store(true, Ordering::SeqCst);
    assert!(tell().await.is_err(), "it is told again");
    bench.world.bus_is_down.store(false, Ordering::SeqCst);
    tell().await.unwrap();
    tell().await.unwrap();
    assert_eq!(told(), 2);
    let call = bench.aws.calls().into_iter().rfind(|call| call.operation == "PutEvents").unwrap();
    let entry = &call.body["Entries"][0];
    assert_eq!(entry["DetailType"], "usage.nearCap");
    let detail = entry["Detail"].as_str().unwrap();
    assert!(detail.contains(&Usage::day(Timestamp::now()).to_string()), "{detail}");
}

#[tokio::test]
async fn without_a_cap_nobody_is_told_and_nothing_is_read() {
    let bench = Bench::new(Caps::default());
    bench.ask(1000).await;
    let before = bench.aws.calls().len();
    let events = Events::new(&bench.aws.config(), EventConfig::at("bus", "http://queue.invalid/"));
    let (store, practice) = (&bench.store, &bench.practice);
    publish_near_cap(store, &events, Caps::default(), practice, Timestamp::now()).await.unwrap();
    assert_eq!(bench.aws.calls().len(), before);
}
