//! Notifications: signed, retried, lost and sent twice.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use halo_simulator::{Options, cloud::WebhookTarget};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::cloud_api::support::{Bench, eventually};

const SECRET: &str = "a secret of this test";

#[derive(Clone, Debug)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An integrator that answers with the given statuses one after the other, then with 204.
#[derive(Clone, Default)]
struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

async fn receive(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let received = Received { path: uri.path().to_owned(), headers, body };
    receiver.received.lock().unwrap().push(received);
    let mut answers = receiver.answers.lock().unwrap();
    if answers.is_empty() {
        return StatusCode::NO_CONTENT;
    }
    StatusCode::from_u16(answers.remove(0)).unwrap()
}

impl Receiver {
    async fn start(answers: &[u16]) -> (Self, Bench) {
        let receiver = Self::default();
        answers.clone_into(&mut receiver.answers.lock().unwrap());
        let router = Router::new().route("/{*rest}", post(receive)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/hook/{{siteId}}/{{queryId}}/{{source}}",
            listener.local_addr().unwrap()
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let webhook = Some(WebhookTarget { url, secret: SECRET.to_owned() });
        (receiver, Bench::with(Options { webhook, ..Options::default() }).await)
    }

    fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    async fn wait_for(&self, count: usize) -> Vec<Received> {
        eventually("the notifications arrive", || async {
            (self.count() >= count).then(|| self.received.lock().unwrap().clone())
        })
        .await
    }
}

async fn complete_one(bench: &Bench) -> (String, String) {
    let guid = bench.pair().await;
    let id = bench.submit(&guid, json!({"command": {"text": "SELECT 1 AS one"}})).await;
    bench.settle(&guid, &id).await;
    (guid, id)
}

#[tokio::test]
async fn a_completion_is_announced_with_a_signature_that_can_be_verified() {
    let (receiver, bench) = Receiver::start(&[]).await;
    let (guid, id) = complete_one(&bench).await;
    let received = receiver.wait_for(1).await.remove(0);
    assert_eq!(received.path, format!("/hook/{guid}/{id}/async"));
    let payload: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!(payload["siteId"], guid.as_str());
    assert_eq!(payload["queryId"], id.as_str());
    assert_eq!(payload["webhookSource"], "async");
    assert_eq!(payload.as_object().unwrap().len(), 5, "nothing of the practice");

    let header = |name: &str| received.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-halo-id"), payload["id"].as_str().unwrap());
    assert!(header("x-halo-timestamp").parse::<jiff::Timestamp>().is_ok());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&received.body);
    mac.update(format!(".{}", header("x-halo-timestamp")).as_bytes());
    let expected: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header("x-halo-signature-256"), expected);
}

#[tokio::test]
async fn a_busy_integrator_is_tried_again_with_the_same_id() {
    let (receiver, bench) = Receiver::start(&[503, 429, 408]).await;
    complete_one(&bench).await;
    for attempt in 1..=3 {
        receiver.wait_for(attempt).await;
        assert_eq!(receiver.count(), attempt, "the next attempt waits for the clock");
        bench.advance(900).await;
    }
    let received = receiver.wait_for(4).await;
    let ids: std::collections::HashSet<_> =
        received.iter().map(|one| one.headers["x-halo-id"].clone()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_refusal_is_final_and_ten_attempts_are_enough() {
    let (receiver, bench) = Receiver::start(&[400]).await;
    complete_one(&bench).await;
    receiver.wait_for(1).await;
    bench.advance(86_400).await;
    complete_one(&bench).await;
    let received = receiver.wait_for(2).await;
    assert_eq!(received.len(), 2, "the refused one was not repeated");

    let (receiver, bench) = Receiver::start(&[500; 30]).await;
    complete_one(&bench).await;
    for attempt in 1..=10 {
        receiver.wait_for(attempt).await;
        bench.advance(900).await;
    }
    receiver.answers.lock().unwrap().clear();
    complete_one(&bench).await;
    assert_eq!(receiver.wait_for(11).await.len(), 11, "ten attempts and the next query's");
}

#[tokio::test]
async fn failures_are_not_announced_and_faults_lose_or_double_what_is() {
    let (receiver, bench) = Receiver::start(&[]).await;
    let guid = bench.pair().await;
    let failing = bench.submit(&guid, json!({"command": {"text": "SELECT * FROM dbo.NONE"}})).await;
    bench.settle(&guid, &failing).await;
    bench.faults(json!([{"operation": "webhook", "effect": "webhookLost", "times": 1}])).await;
    complete_one(&bench).await;
    bench.faults(json!([{"operation": "asyncQuery", "effect": "webhookTwice", "times": 1}])).await;
    let (_, id) = complete_one(&bench).await;
    let received = receiver.wait_for(2).await;
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|one| one.path.contains(&id)));
    assert_eq!(received[0].headers["x-halo-id"], received[1].headers["x-halo-id"]);
}

#[tokio::test]
async fn a_registered_query_announces_changed_results_only() {
    let (receiver, bench) = Receiver::start(&[]).await;
    let guid = bench.pair().await;
    let body = json!({
        "name": "watch", "registeredQueryType": "query", "frequency": 60, "duration": 3_600,
        "registerCommand": {"command": {"text":
            "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1"}}});
    let path = format!("/integrator/sites/{guid}/queries/registered");
    let created = bench.post(&path, body).await;
    let id = created.body["id"].as_str().unwrap().to_owned();
    let first = receiver.wait_for(1).await.remove(0);
    assert_eq!(first.path, format!("/hook/{guid}/{id}/registered"));
    bench.advance(180).await;
    eventually("three more runs", || async {
        let shown = bench.get(&format!("{path}/{id}")).await.body;
        (shown["metrics"]["executionSucceededCount"] == 4).then_some(())
    })
    .await;
    assert_eq!(receiver.count(), 1);
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Changed' WHERE INTERNALID = 1";
    bench.select(&guid, write).await;
    bench.advance(60).await;
    receiver.wait_for(2).await;
}
