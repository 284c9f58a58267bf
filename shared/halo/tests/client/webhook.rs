//! Notifications as the simulator really sends them.

use std::time::Duration;

use halo::webhook::{ID_HEADER, Notification, Rejected, SIGNATURE_HEADER, Signed, Source};
use halo::webhook::{TIMESTAMP_HEADER, verify};
use halo::{Call, Command, ExecutionMode, Keys, Uuid};
use halo_simulator::Options;
use halo_simulator::cloud::WebhookTarget;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::scripted::{Say, Scripted, answer};
use crate::support::{Bench, WRITE, ample, eventually};

const SECRET: &str = "made-up-webhook-secret";

/// A simulator that sends notifications, and a server that receives them.
async fn announced(script: Vec<Say>) -> (Bench, Scripted, Uuid) {
    let ears = Scripted::start(script).await;
    let webhook =
        WebhookTarget { url: format!("{}/v1/halo/webhook", ears.url), secret: SECRET.to_owned() };
    let bench = Bench::with(Options { webhook: Some(webhook), ..Options::default() }).await;
    let site = bench.pair().await;
    (bench, ears, site)
}

fn no_content() -> Say {
    Say::Then(answer("204 No Content", "", "", 0))
}

async fn submit(bench: &Bench, site: Uuid) -> Uuid {
    let command = Command::text(WRITE).mode(ExecutionMode::NonQuery);
    let queue = Duration::from_secs(60);
    let submitted = bench.client.submit(site, &command, queue, Call::Write, ample()).await;
    submitted.expect("is accepted").query_id
}

async fn heard(ears: &Scripted, count: usize) -> Vec<String> {
    eventually("Halo calls", || async {
        let requests = ears.requests();
        (requests.len() >= count).then_some(requests)
    })
    .await
}

fn judged(request: &str, secret: &str) -> Result<Notification, Rejected> {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    let signed = Signed {
        id: header(ID_HEADER),
        timestamp: header(TIMESTAMP_HEADER),
        signature: header(SIGNATURE_HEADER),
    };
    let keys = Keys { primary: secret.into(), secondary: None };
    verify(&signed, body.as_bytes(), &keys, Timestamp::now(), SignedDuration::from_mins(5))
}

#[tokio::test]
async fn what_halo_sends_is_believed_with_the_shared_secret_and_no_other() {
    let (bench, ears, site) = announced(vec![no_content()]).await;
    let query = submit(&bench, site).await;
    let requests = heard(&ears, 1).await;
    let notification = judged(&requests[0], SECRET).unwrap();
    assert_eq!((notification.query_id, notification.site_id), (query, site));
    assert_eq!(notification.webhook_source, Source::Async);
    assert_eq!(judged(&requests[0], "another-secret"), Err(Rejected::Signature));
}

#[tokio::test]
async fn a_notification_that_comes_twice_has_one_id() {
    let (bench, ears, site) = announced(vec![no_content(), no_content()]).await;
    bench.faults(json!([{"operation": "webhook", "effect": "webhookTwice", "times": 1}])).await;
    submit(&bench, site).await;
    let requests = heard(&ears, 2).await;
    let id = |request: &String| judged(request, SECRET).unwrap().id;
    assert_eq!(id(&requests[0]), id(&requests[1]));
}

#[tokio::test]
async fn a_receiver_that_is_down_is_called_again_with_a_signature_that_still_holds() {
    let down = Say::Then(answer("503 Service Unavailable", "", "", 0));
    let (bench, ears, site) = announced(vec![down, no_content()]).await;
    submit(&bench, site).await;
    heard(&ears, 1).await;
    // Halo pauses for at least some seconds before it tries again.
    let requests = eventually("Halo calls again", || async {
        bench.advance(1).await;
        let requests = ears.requests();
        (requests.len() >= 2).then_some(requests)
    })
    .await;
    let (first, second) = (judged(&requests[0], SECRET), judged(&requests[1], SECRET));
    assert_eq!(first.unwrap().id, second.unwrap().id);
}
