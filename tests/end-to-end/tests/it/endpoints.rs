//! Webhook endpoints of platforms: registration, signed events, rotation, replay, and senders that are killed.

use std::collections::BTreeSet;
use std::time::Duration;

use end_to_end::{Caller, TestStack};
use local::Worker;
use serde_json::{Value, json};
use support::{Got, Manner, Receiver, until};
use uuid::Uuid;
use webhooks::signature::{EndpointSecret, signatures};

use crate::steps::{becomes, paired_practice};

const PATIENCE: Duration = Duration::from_secs(90);

async fn register(platform: &Caller, receiver: &Receiver, name: &str) -> EndpointSecret {
    let body = json!({ "url": receiver.url(name) });
    let saved = platform.put(&format!("/v1/webhook-endpoints/{name}"), &body).await;
    saved.assert_status(201);
    EndpointSecret::parse(saved.text_at("/secret")).unwrap()
}

fn is_signed(secret: &EndpointSecret, got: &Got) -> bool {
    let sent = jiff::Timestamp::from_second(got.timestamp).unwrap();
    let expected = signatures(std::slice::from_ref(secret), &got.id, sent, &got.body);
    got.signatures.split(' ').any(|signature| signature == expected)
}

/// What an endpoint took, as `type state`.
fn told(receiver: &Receiver, name: &str) -> Vec<String> {
    let word = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let events = receiver.got(name).into_iter().map(|got| serde_json::from_str(&got.body).unwrap());
    events
        .map(|event: Value| format!("{} {}", word(&event, "type"), word(&event, "state")))
        .collect()
}

async fn hears(receiver: &Receiver, name: &str, wanted: &[&str]) {
    until(&format!("{name} hears {wanted:?}"), PATIENCE, async || {
        let told = told(receiver, name);
        if told == wanted { Ok(()) } else { Err(format!("{told:?}")) }
    })
    .await;
}

/// The message with which a platform's event is published.
fn message(platform: &str, number: usize) -> (String, Value) {
    let id = format!("evt_{}", Uuid::new_v4().simple());
    let at = "2026-11-29T00:00:00.000Z".parse::<jiff::Timestamp>().unwrap();
    let at = at + Duration::from_secs(number.try_into().unwrap());
    let body = json!({
        "id": id, "type": "booking.synced", "schemaVersion": 1, "timestamp": format!("{at:.3}"),
        "platform": platform, "practiceId": "made-up", "bookingId": format!("b-{number}"),
        "state": "synced",
    });
    let message = json!({
        "platform": platform, "eventId": id, "kind": "booking.synced", "at": at,
        "readers": ["bookings"], "body": body.to_string(),
    });
    (id, message)
}

async fn publish(stack: &TestStack, platform: &str, count: usize) -> Vec<String> {
    let queue = &stack.file().aws.queues["webhookEvents"];
    let (ids, messages): (Vec<_>, Vec<_>) = (0..count).map(|it| message(platform, it)).unzip();
    for batch in messages.chunks(10) {
        let entries: Vec<Value> = (0..)
            .zip(batch)
            .map(
                |(id, it): (u32, _)| json!({ "Id": id.to_string(), "MessageBody": it.to_string() }),
            )
            .collect();
        let sent = json!({ "QueueUrl": queue, "Entries": entries });
        stack.aws().call("sqs", "AmazonSQS.SendMessageBatch", &sent).await.unwrap();
    }
    ids
}

#[tokio::test]
async fn a_platform_receives_its_own_events_signed_and_again_when_it_asks() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let receiver = Receiver::start().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    let secret = register(&ours.platform, &receiver, "ours").await;
    register(&theirs.platform, &receiver, "theirs").await;
    let practice = paired_practice(stack, &bp).await;
    stack.run_job("jobs", None).await;
    hears(&receiver, "ours", &["connection.changed connected"]).await;
    let got = receiver.got("ours").remove(0);
    assert!(is_signed(&secret, &got), "{got:?}");
    let event: Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(event["id"], got.id.as_str());
    assert_eq!(event["practiceId"], practice.practice_id.as_str());
    assert_eq!(event["platform"], "home");

    // Both secrets sign after a rotation.
    let path = "/v1/webhook-endpoints/ours";
    let rotated = ours.platform.post(&format!("{path}/secret"), &Value::Null).await;
    let newer = EndpointSecret::parse(rotated.assert_status(200).text_at("/secret")).unwrap();
    let tested = ours.platform.post(&format!("{path}/test"), &Value::Null).await;
    assert_eq!(tested.assert_status(200).at("/delivered"), true);
    assert_eq!(tested.at("/status"), 204);
    let got = receiver.got("ours").remove(1);
    assert!(is_signed(&secret, &got) && is_signed(&newer, &got), "{got:?}");
    assert_eq!(got.id, tested.text_at("/eventId"));

    let listed = ours.platform.get(&format!("{path}/attempts")).await;
    let items = listed.assert_status(200).at("/items").as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{}", listed.text);
    assert_eq!(items[0]["eventId"], event["id"]);
    assert_eq!((&items[0]["state"], &items[0]["status"]), (&json!("delivered"), &json!(204)));
    let shown = ours.platform.get(path).await;
    assert_eq!(shown.text_at("/state"), "working");
    assert!(shown.at("/secret").is_null() && shown.at("/lastSuccessAt").is_string());

    // A replay sends it once more, with the same id.
    let from = jiff::Timestamp::now() - Duration::from_secs(3600);
    let body = json!({ "from": from.to_string() });
    ours.platform.post(&format!("{path}/replay"), &body).await.assert_status(202);
    until("the event comes again", PATIENCE, async || {
        let ids = receiver.ids("ours");
        if ids.len() == 3 { Ok(ids) } else { Err(format!("{ids:?}")) }
    })
    .await;
    assert_eq!(receiver.ids("ours")[2], event["id"].as_str().unwrap());
    assert_eq!(receiver.tries("theirs"), 0, "another platform was told");

    for (platform, name) in [(&ours.platform, "ours"), (&theirs.platform, "theirs")] {
        let path = format!("/v1/webhook-endpoints/{name}");
        platform.delete(&path).await.assert_status(204);
        platform.get(&path).await.assert_problem(404, "not-found");
        platform.delete(&path).await.assert_status(204);
    }
    stack.assert_not_stored(&[secret.shown().trim_start_matches("whsec_")]).await;
    stack.assert_not_logged(&[secret.shown().trim_start_matches("whsec_")]).await;
    stack.assert_nothing_denied().await;
}

#[tokio::test]
async fn endpoints_are_managed_by_the_platforms_own_server_only_and_go_to_public_addresses_only() {
    let stack = TestStack::shared().await;
    let _bp = stack.exclusive().await;
    let receiver = Receiver::start().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    let path = "/v1/webhook-endpoints/main";
    for person in [&ours.practice_admin, &ours.clinician] {
        person.get("/v1/webhook-endpoints").await.assert_problem(403, "forbidden");
        let body = json!({ "url": receiver.url("main") });
        person.put(path, &body).await.assert_problem(403, "forbidden");
    }
    ours.stranger.get("/v1/webhook-endpoints").await.assert_problem(401, "unauthenticated");
    for url in [
        "http://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://user@hooks.example.org/",
        "https://no-such-host.invalid/",
        "ftp://hooks.example.org/",
    ] {
        let refused = ours.platform.put(path, &json!({ "url": url })).await;
        assert_eq!(
            refused.assert_problem(400, "invalid-request").text_at("/errors/0/pointer"),
            "/url"
        );
    }
    let unknown = json!({ "url": receiver.url("main"), "events": ["booking.dreamt"] });
    let refused = ours.platform.put(path, &unknown).await;
    assert_eq!(
        refused.assert_problem(400, "invalid-request").text_at("/errors/0/pointer"),
        "/events/0"
    );
    // Only events that the token's scopes may see.
    let scoped = stack.people().platform_token_for("practice-bridge/bookings.write").await.unwrap();
    let scoped = ours.platform.with_token(Some(&scoped));
    let letters = json!({ "url": receiver.url("main"), "events": ["delivery.failed"] });
    scoped.put(path, &letters).await.assert_problem(400, "invalid-request");
    let visits = json!({ "url": receiver.url("main"), "events": ["booking.failed"] });
    scoped.put(path, &visits).await.assert_status(201);
    let again = scoped.put(path, &visits).await;
    assert!(again.assert_status(200).at("/secret").is_null(), "the secret was shown twice");
    theirs.platform.get(path).await.assert_problem(404, "not-found");
    let listed = theirs.platform.get("/v1/webhook-endpoints").await;
    assert_eq!(listed.assert_status(200).at("/items"), &json!([]));
    for number in 1..10 {
        register(&ours.platform, &receiver, &format!("more-{number}")).await;
    }
    let body = json!({ "url": receiver.url("main") });
    let refused = ours.platform.put("/v1/webhook-endpoints/eleventh", &body).await;
    refused.assert_problem(409, "too-many-endpoints");
    let listed = ours.platform.get("/v1/webhook-endpoints").await;
    assert_eq!(listed.at("/items").as_array().unwrap().len(), 10);
    stack.forget_endpoints().await;
}

#[tokio::test]
async fn no_event_is_lost_while_senders_are_killed_and_endpoints_fail() {
    const EVENTS: usize = 60;
    let stack = TestStack::shared().await;
    let _bp = stack.exclusive().await;
    let receiver = Receiver::start().await;
    let ours = stack.new_practice().await;
    let mut secrets = Vec::new();
    for name in ["well", "broken", "hanging"] {
        secrets.push((name, register(&ours.platform, &receiver, name).await));
    }
    receiver.behave("broken", Manner::With("500 Broken\r\n"));
    receiver.behave("hanging", Manner::Hangs);
    let ids: BTreeSet<String> = publish(stack, "home", EVENTS).await.into_iter().collect();
    let mut killed = 0;
    let complete = async |name: &str| {
        let got: BTreeSet<String> = receiver.ids(name).into_iter().collect();
        if got == ids { Ok(()) } else { Err(format!("{name} has {} of {EVENTS}", got.len())) }
    };
    until("the healthy endpoint has all", PATIENCE, async || {
        if killed < 2 && receiver.tries("well") >= 15 * (killed + 1) {
            for worker in Worker::of(stack.aws().endpoint(), "WebhookSender") {
                worker.kill();
            }
            killed += 1;
        }
        stack.run_job("webhooks", None).await;
        complete("well").await
    })
    .await;
    assert!(killed > 0);
    becomes(&ours.platform, "/v1/webhook-endpoints/broken", "/state", "failing").await;
    let waiting = ours.platform.get("/v1/webhook-endpoints/broken").await;
    assert_eq!(waiting.at("/waiting"), EVENTS, "{}", waiting.text);
    receiver.behave("broken", Manner::Well);
    receiver.behave("hanging", Manner::Well);
    for name in ["broken", "hanging"] {
        until("the others have all", PATIENCE, async || {
            stack.run_job("webhooks", None).await;
            complete(name).await
        })
        .await;
    }
    for (name, secret) in &secrets {
        assert!(receiver.got(name).iter().all(|got| is_signed(secret, got)), "{name}");
    }
    stack.forget_endpoints().await;
}
