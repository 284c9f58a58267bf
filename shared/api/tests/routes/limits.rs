//! Limits of callers, over several processes that share a table.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::caller::{Caller, Role, Scope};
use api::{App, Cursors, Limiter, Parts, routes};
use aws::{SecretText, clients};
use aws_double::{Answer, Aws, Call};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use best_practice::{BpClient, StatementPack};
use domain::ids::{PlatformId, PracticeId, Subject};
use domain::limits::{Allowance, Allowances, RequestKind, Window};
use domain::usage::Caps;
use halo::{FixedKeys, HaloClient, Keys};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::Store;
use tokio::task::JoinSet;
use usage::Counter;

fn now() -> Timestamp {
    "2026-11-02T00:03:20Z".parse().unwrap()
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

/// A table that counts shares as DynamoDB does.
fn table() -> Aws {
    let counted: Mutex<BTreeMap<String, u64>> = Mutex::default();
    Aws::answering(move |call| {
        let value = |name: &str| {
            let value = call.body["ExpressionAttributeValues"][name]["N"].as_str();
            value.unwrap().parse::<u64>().unwrap()
        };
        if call.operation != "UpdateItem" {
            return Answer::nothing();
        }
        assert!(value(":expires") > u64::try_from(now().as_second()).unwrap(), "it never expires");
        let mut counted = counted.lock().unwrap();
        let taken = counted.entry(call.body["Key"].to_string()).or_default();
        let item = |taken: u64| json!({ "taken": { "N": taken.to_string() } });
        if *taken > value(":before") {
            return Answer::refused("ConditionalCheckFailedException").with("Item", item(*taken));
        }
        *taken += value(":share");
        Answer::of(json!({ "Attributes": item(*taken) }))
    })
}

fn limiter(aws: &Aws, person: u32, practice: u32, platform: u32) -> Limiter {
    let allowance = Allowance { person, practice, platform };
    let allowances = Allowances { records: allowance, writes: allowance, ..Allowances::default() };
    Limiter::new(store(aws), allowances)
}

fn person(platform: &str, practice: &str, account: &str) -> Caller {
    let platform = PlatformId::parse(platform).unwrap();
    Caller::Person {
        subject: Subject(account.to_owned()),
        practice: PracticeId::of(&platform, practice).unwrap(),
        roles: vec![Role::Clinician],
    }
}

fn server(platform: &str) -> Caller {
    Caller::Platform {
        subject: Subject(format!("server of {platform}")),
        platform: PlatformId::parse(platform).unwrap(),
        scopes: vec![Scope::PracticesAdmin],
    }
}

/// The name of the limit that was met.
async fn met(limiter: &Limiter, caller: &Caller, practice: &str) -> Option<String> {
    let kind = match caller {
        Caller::Person { .. } => RequestKind::Records,
        Caller::Platform { .. } => RequestKind::Writes,
    };
    let practice = caller.practice(practice);
    limiter.admit(kind, caller, practice.as_ref(), now()).await.1.map(|met| met.name)
}

/// How many of these requests are taken.
async fn taken(limiter: &Limiter, caller: &Caller, practice: &str, requests: u32) -> u32 {
    let mut taken = 0;
    for _ in 0..requests {
        taken += u32::from(met(limiter, caller, practice).await.is_none());
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_requests_to_many_processes_never_exceed_a_limit_and_use_it_up() {
    let aws = table();
    let processes: Vec<_> = (0..8).map(|_| Arc::new(limiter(&aws, 100, 0, 0))).collect();
    let mut callers = JoinSet::new();
    for number in 0..40 {
        let process = Arc::clone(&processes[number % processes.len()]);
        let caller = person("home", "wattle-creek", "an-account");
        callers.spawn(async move { taken(&process, &caller, "wattle-creek", 20).await });
    }
    let total: u32 = callers.join_all().await.into_iter().sum();
    assert_eq!(total, 100, "800 requests at the same time");
}

#[tokio::test]
async fn a_limit_outlives_the_process_and_ends_with_the_window() {
    let aws = table();
    let caller = person("home", "wattle-creek", "an-account");
    let mut total = 0;
    for _ in 0..50 {
        // What a process has not used up is lost with it, and is never more than its share.
        total += taken(&limiter(&aws, 30, 0, 0), &caller, "wattle-creek", 1).await;
    }
    assert!((15..=30).contains(&total), "{total} of 30");
    let process = limiter(&aws, 30, 0, 0);
    assert_eq!(met(&process, &caller, "wattle-creek").await.as_deref(), Some("records-person"));
    let next = now() + Window::LENGTH;
    let practice = caller.practice("wattle-creek");
    let (standings, met) =
        process.admit(RequestKind::Records, &caller, practice.as_ref(), next).await;
    assert_eq!((met, standings[0].left), (None, 29));
}

#[tokio::test]
async fn a_flood_limits_nobody_else() {
    let aws = table();
    let process = limiter(&aws, 5, 50, 100);
    let flooding = person("home", "wattle-creek", "an-account");
    assert_eq!(taken(&process, &flooding, "wattle-creek", 20).await, 5);
    for other in [
        person("home", "wattle-creek", "another-account"),
        person("home", "bluegum-hollow", "an-account"),
        person("other", "wattle-creek", "an-account"),
    ] {
        assert_eq!(met(&process, &other, "wattle-creek").await, None, "{other:?}");
    }
    // A person is counted at their own practice, whatever the path says.
    assert_eq!(taken(&process, &flooding, "bluegum-hollow", 20).await, 0);

    let flooding = server("home");
    assert_eq!(taken(&process, &flooding, "wattle-creek", 200).await, 50);
    let name = met(&process, &flooding, "wattle-creek").await;
    assert_eq!(name.as_deref(), Some("writes-practice"));
    assert_eq!(met(&process, &flooding, "bluegum-hollow").await, None);
    for number in 0..200 {
        met(&process, &flooding, &format!("made-up-{number}")).await;
    }
    let name = met(&process, &flooding, "bluegum-hollow").await;
    assert_eq!(name.as_deref(), Some("writes-platform"));
    assert_eq!(met(&process, &server("other"), "wattle-creek").await, None);
    let colleague = person("home", "wattle-creek", "a-third-account");
    assert_eq!(met(&process, &colleague, "wattle-creek").await, None, "servers are not people");
}

#[tokio::test]
async fn a_hundred_requests_of_a_caller_cost_a_few_calls_of_the_table() {
    let aws = table();
    let process = limiter(&aws, 200, 2000, 0);
    let caller = person("home", "wattle-creek", "an-account");
    assert_eq!(taken(&process, &caller, "wattle-creek", 100).await, 100);
    let calls = aws.calls().len();
    assert!(calls <= 16, "{calls} calls for 100 requests");
    assert_eq!(taken(&process, &caller, "wattle-creek", 200).await, 100);
    let calls = aws.calls().len();
    assert_eq!(taken(&process, &caller, "wattle-creek", 200).await, 0);
    assert_eq!(aws.calls().len(), calls, "who has met a limit costs no call");
}

#[tokio::test]
async fn who_cannot_be_counted_is_served() {
    for answer in [Answer::refused("InternalServerError"), Answer::nothing()] {
        let aws = Aws::answering(move |_: &Call| answer.clone());
        let process = limiter(&aws, 1, 1, 1);
        let caller = person("home", "wattle-creek", "an-account");
        assert_eq!(taken(&process, &caller, "wattle-creek", 3).await, 3);
    }
}

#[tokio::test]
async fn without_numbers_there_is_no_limit_and_no_call() {
    let aws = table();
    let process = limiter(&aws, 0, 0, 0);
    let caller = person("home", "wattle-creek", "an-account");
    assert_eq!(taken(&process, &caller, "wattle-creek", 1000).await, 1000);
    assert!(aws.calls().is_empty());
}

fn practice_routes(aws: &Aws, limiter: Limiter) -> Router {
    let keys = Keys { primary: "made up".to_owned().into(), secondary: None };
    let http = clients::http().unwrap();
    let halo =
        HaloClient::new(http, "http://halo.invalid".parse().unwrap(), Arc::new(FixedKeys(keys)));
    let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
    let counter = Counter::new(store(aws), Caps::default());
    let app = App::new(bp, store(aws), counter, SignedDuration::from_hours(1));
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.config());
    let cursors = Some(Cursors::new(SecretText::new(secrets, "made up".to_owned())));
    let parts = Parts { cursors, ..Parts::default() };
    routes::practice(App { parts, limiter: Arc::new(limiter), ..app }).unwrap()
}

async fn disconnect(routes: &Router) -> (u16, HeaderMap, Value) {
    use tower::ServiceExt as _;
    let request = Request::delete("/v1/practices/wattle-creek/connection")
        .extension(server("home"))
        .body(Body::empty())
        .unwrap();
    let answer = routes.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, 100_000).await.unwrap();
    (head.status.as_u16(), head.headers, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn answers_show_what_is_left_and_a_refusal_names_the_limit_and_the_time() {
    let aws = table();
    let routes = practice_routes(&aws, limiter(&aws, 0, 2, 100));
    for left in [1, 0] {
        let (status, headers, _) = disconnect(&routes).await;
        assert_ne!(status, 429);
        let policy = r#""writes-platform";q=100;w=900, "writes-practice";q=2;w=900"#;
        assert_eq!(headers["ratelimit-policy"], policy);
        let fields = headers["ratelimit"].to_str().unwrap();
        assert!(fields.contains(&format!("\"writes-practice\";r={left};t=")), "{fields}");
    }
    let calls = aws.calls().len();
    let (status, headers, problem) = disconnect(&routes).await;
    assert_eq!((status, &problem["type"]), (429, &json!("too-many-requests")));
    assert_eq!(problem["limit"], "writes-practice");
    let after: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&after), "{after}");
    assert_eq!(problem["retryAfterSeconds"], after);
    assert!(headers["ratelimit"].to_str().unwrap().contains(&format!("r=0;t={after}")));
    assert_eq!(aws.calls().len(), calls, "a refused request reads and changes nothing");
}
