//! Halo's notifications, and work that runs regularly.

use std::time::Duration;

use end_to_end::{Answer, Caller, TestStack};
use halo::webhook::sign;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::steps::{LARGE, pair};

const PATH: &str = "/v1/halo/webhook";

/// A notification about a query, as Halo would send it.
struct Notification {
    id: Uuid,
    query: Uuid,
    sent: String,
    secret: String,
    body: String,
}

impl Notification {
    async fn about(stack: &TestStack, query: Uuid) -> Self {
        let id = Uuid::new_v4();
        let body = json!({
            "id": id,
            "occurredAt": "2026-03-02T12:00:00.7654321+11:00",
            "siteId": Uuid::new_v4(),
            "queryId": query,
            "webhookSource": "async",
            "addedByHaloLater": true,
        });
        let secret = stack.webhook_secret().await;
        Self { id, query, sent: seven_decimals(Timestamp::now()), secret, body: body.to_string() }
    }

    fn signature(&self) -> String {
        sign(&self.secret.as_str().into(), self.body.as_bytes(), &self.sent)
    }

    async fn send_signed(&self, from: &Caller, signature: Option<&str>) -> Answer {
        let mut request = from
            .request(Method::POST, PATH)
            .header("content-type", "application/json")
            .header("x-halo-id", self.id.to_string())
            .header("x-halo-timestamp", &self.sent)
            .body(self.body.clone());
        if let Some(signature) = signature {
            request = request.header("x-halo-signature-256", signature);
        }
        from.send(request).await
    }

    async fn send(&self, from: &Caller) -> Answer {
        self.send_signed(from, Some(&self.signature())).await
    }

    /// How often the function's log says that a worker was woken for the query.
    async fn woken(&self, stack: &TestStack) -> usize {
        told(stack, &self.query.to_string(), "is woken").await
    }
}

fn seven_decimals(at: Timestamp) -> String {
    format!("{at:.7}").replace('Z', "+00:00")
}

/// How many lines of the function's log contain both texts.
async fn told(stack: &TestStack, one: &str, other: &str) -> usize {
    let events = stack.aws().log_events().await.unwrap();
    let about = |message: &String| message.contains(one) && message.contains(other);
    events
        .iter()
        .filter(|event| event.group.ends_with("/halo-webhook") && about(&event.message))
        .count()
}

/// Waits until the condition is true.
async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let holds = async || if condition().await { Ok(()) } else { Err("not yet") };
    support::until(what, Duration::from_secs(20), holds).await;
}

async fn put(stack: &TestStack, item: Value) {
    let table = stack.file().aws.table.as_deref().unwrap();
    let request = json!({ "TableName": table, "Item": item });
    stack.aws().call("dynamodb", "DynamoDB_20120810.PutItem", &request).await.unwrap();
}

/// Stores that the writer of a practice's site waits for a query, as the writer does.
async fn put_waiter(stack: &TestStack, query: Uuid, practice: &str) {
    let waiter = json!({ "M": { "kind": { "S": "site" }, "practice": { "S": practice } } });
    let expires = (Timestamp::now() + SignedDuration::from_hours(1)).as_second();
    put(
        stack,
        json!({
            "pk": { "S": format!("QUERY#{query}") },
            "sk": { "S": "WAITER" },
            "body": waiter,
            "expiresAt": { "N": expires.to_string() },
        }),
    )
    .await;
}

#[tokio::test]
async fn whoever_waits_is_woken_once_however_often_halo_says_it() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let query = Uuid::new_v4();
    put_waiter(stack, query, &practice.practice_id).await;
    let notification = Notification::about(stack, query).await;
    notification.send(&practice.stranger).await.assert_status(204);
    eventually("somebody is woken", async || notification.woken(stack).await == 1).await;
    // Halo repeats the notification, with a new signature each time.
    for _ in 0..2 {
        notification.send(&practice.stranger).await.assert_status(204);
    }
    let repeated =
        async || told(stack, &query.to_string(), "no worker waits for the query").await == 2;
    eventually("the repetitions are recognised", repeated).await;
    assert_eq!(notification.woken(stack).await, 1);
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_is_no_reason_for_halo_to_try_again() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let notification = Notification::about(stack, Uuid::new_v4()).await;
    notification.send(&practice.stranger).await.assert_status(204);
    stack.assert_not_stored(&[&notification.id.to_string(), &notification.query.to_string()]).await;
}

#[tokio::test]
async fn what_halo_did_not_sign_just_now_is_refused_and_leaves_no_trace() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let stranger = &practice.stranger;
    let query = Uuid::new_v4();
    put_waiter(stack, query, &practice.practice_id).await;
    let good = Notification::about(stack, query).await;
    let signature = good.signature();

    let forged =
        Notification { secret: "a-guess".to_owned(), ..Notification::about(stack, query).await };
    forged.send(stranger).await.assert_problem(401, "signature-refused");
    good.send_signed(stranger, None).await.assert_problem(401, "signature-refused");
    let shouted = signature.to_uppercase();
    good.send_signed(stranger, Some(&shouted)).await.assert_problem(401, "signature-refused");

    let other = good.body.replace("12:00:00", "12:00:01");
    let tampered = Notification { body: other, ..Notification::about(stack, query).await };
    tampered.send_signed(stranger, Some(&signature)).await.assert_problem(401, "signature-refused");

    let minute = SignedDuration::from_mins(1);
    for at in [Timestamp::now() - minute * 6, Timestamp::now() + minute * 6] {
        let sent = seven_decimals(at);
        let old = Notification { sent, ..Notification::about(stack, query).await };
        old.send(stranger).await.assert_problem(401, "notification-stale");
    }

    let foreign = Notification { id: Uuid::new_v4(), ..Notification::about(stack, query).await };
    foreign.send(stranger).await.assert_problem(400, "invalid-request");
    let nonsense =
        Notification { body: "[]".to_owned(), ..Notification::about(stack, query).await };
    nonsense.send(stranger).await.assert_problem(400, "invalid-request");

    assert_eq!(good.woken(stack).await, 0);
    let marks: Vec<_> = [good, forged, tampered, foreign, nonsense]
        .iter()
        .map(|refused| format!("WEBHOOK#{}", refused.id))
        .collect();
    stack.assert_not_stored(&marks.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_body_larger_than_any_notification_is_not_even_weighed() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let mut large = Notification::about(stack, Uuid::new_v4()).await;
    large.body = large.body.replace("true", &format!("\"{}\"", "x".repeat(20_000)));
    large.send(&practice.stranger).await.assert_problem(413, "request-too-large");
}

#[tokio::test]
async fn what_halo_itself_sends_is_believed() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    pair(&bp, &practice.clinician).await;
    let query = submit_to_halo(stack).await;
    let believed = async || told(stack, &query, "no worker waits for the query").await == 1;
    eventually("the notification is believed", believed).await;
}

/// Submits a query directly, as the service's workers do.
async fn submit_to_halo(stack: &TestStack) -> String {
    let simulator = &stack.file().simulator;
    let http = local::loopback_client().unwrap();
    let call = async |method: Method, path: &str, body: Option<Value>| -> Value {
        let mut request = http
            .request(method, format!("{}{path}", simulator.url))
            .header("Ocp-Apim-Subscription-Key", &simulator.subscription_key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    };
    let named = format!(
        "/integrator/sites?practiceManagementSiteId={LARGE}&practiceManagementName=Best%20Practice"
    );
    let sites = call(Method::GET, &named, None).await;
    let site = sites["sites"][0]["id"].as_str().unwrap().to_owned();
    let command = json!({ "command": { "text": "SELECT 1 AS one" } });
    let path = format!("/integrator/sites/{site}/queries/async");
    let submitted = call(Method::POST, &path, Some(command)).await;
    submitted["id"].as_str().unwrap().to_owned()
}

/// When a practice's job is due, as stored.
async fn due(stack: &TestStack, practice: &str, job: &str) -> Option<Timestamp> {
    let (pk, sk) = (format!("WORK#{practice}"), format!("JOB#{job}"));
    let item = stack
        .table()
        .await
        .into_iter()
        .find(|item| item["pk"]["S"] == pk.as_str() && item["sk"]["S"] == sk.as_str())?;
    Some(item["dueAt"]["S"].as_str().unwrap().parse().unwrap())
}

async fn put_job(stack: &TestStack, practice: &str, job: &str, at: Timestamp) {
    put(
        stack,
        json!({
            "pk": { "S": format!("WORK#{practice}") },
            "sk": { "S": format!("JOB#{job}") },
            "dueShard": { "S": "job-0" },
            "dueAt": { "S": format!("{at:.3}") },
        }),
    )
    .await;
}

#[tokio::test]
async fn a_sweep_costs_a_query_for_each_shard_and_what_is_due() {
    let stack = TestStack::shared().await;
    let swept = stack.run_job("sweep", None).await;
    assert_eq!(swept["tableReads"], 4, "{swept}");
    assert_eq!(swept["woken"], swept["due"], "{swept}");
}

#[tokio::test]
async fn a_job_whose_time_has_come_is_handed_out_once_and_others_are_left_alone() {
    let stack = TestStack::shared().await;
    let _alone = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let (now, minute) = (Timestamp::now(), SignedDuration::from_mins(1));
    let tomorrow = now + minute * 1_440;
    put_job(stack, &practice.practice_id, "checked", now - minute).await;
    put_job(stack, &practice.practice_id, "reconcile", tomorrow).await;
    let handed = stack.run_job("jobs", None).await;
    assert!(handed["due"].as_u64().unwrap() >= 1, "{handed}");
    let next = due(stack, &practice.practice_id, "checked").await;
    assert!(next.is_none_or(|next| next > now + minute), "still due: {next:?}");
    let left = due(stack, &practice.practice_id, "reconcile").await.unwrap();
    assert_eq!(left.as_second(), tomorrow.as_second());
}

#[tokio::test]
async fn a_schedule_that_names_no_job_fails_instead_of_doing_something_else() {
    let stack = TestStack::shared().await;
    for (job, practice) in [("dance", None), ("reconcile", None), ("sweep", Some("wattle-creek"))] {
        assert!(stack.aws().run_job(job, practice).await.is_err(), "{job}");
    }
}
