//! Registered queries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::{
    schema,
    support::{Bench, Reply, decode, eventually, reply},
};

const COUNT: &str = "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1";

fn path(guid: &str) -> String {
    format!("/integrator/sites/{guid}/queries/registered")
}

async fn register(bench: &Bench, guid: &str, frequency: i64, duration: i64) -> Reply {
    let body = json!({
        "name": "watch", "registeredQueryType": "query", "frequency": frequency,
        "duration": duration, "registerCommand": {"command": {"text": COUNT}},
    });
    bench.post(&path(guid), body).await
}

async fn details(bench: &Bench, guid: &str, id: &str) -> Value {
    let answer = bench.get(&format!("{}/{id}", path(guid))).await;
    schema::check("getRegistered", answer.status, &answer.body);
    answer.body
}

async fn succeeded(bench: &Bench, guid: &str, id: &str, times: u64) -> Value {
    eventually("the registered query has run", || async {
        let shown = details(bench, guid, id).await;
        (shown["metrics"]["executionSucceededCount"] == times).then_some(shown)
    })
    .await
}

#[tokio::test]
async fn it_runs_at_its_frequency_and_uploads_only_what_changed() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let created = register(&bench, &guid, 60, 600).await;
    assert_eq!(created.status, 202);
    schema::check("registerQuery", 202, &created.body);
    let id = created.body["id"].as_str().unwrap().to_owned();

    let first = succeeded(&bench, &guid, &id, 1).await;
    let uploaded = first["metrics"]["resultSizeSum"].clone();
    bench.advance(60).await;
    let second = succeeded(&bench, &guid, &id, 2).await;
    assert_eq!(second["lastHash"], first["lastHash"]);
    assert_eq!(second["metrics"]["resultSizeSum"], uploaded, "nothing changed, nothing uploaded");

    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'New' WHERE INTERNALID = 1";
    assert_eq!(bench.select(&guid, write).await.status, 200);
    bench.advance(60).await;
    let third = succeeded(&bench, &guid, &id, 3).await;
    assert_ne!(third["lastHash"], first["lastHash"]);
    let result = bench.get(&format!("{}/{id}/results", path(&guid))).await;
    schema::check("registeredResult", 200, &result.body);
    assert_eq!(decode(result.body["data"].as_str().unwrap()), json!([{"n": "New"}]));

    bench.advance(600).await;
    let over = eventually("it completes", || async {
        let shown = details(&bench, &guid, &id).await;
        (shown["status"] == "completed").then_some(shown)
    })
    .await;
    assert_eq!(over["metrics"]["executionSucceededCount"], 10);
    assert!(over["completedAt"].is_string());
}

#[tokio::test]
async fn failures_are_counted_and_described() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.faults(json!([{"operation": "registeredExecution", "effect": "executionFailed"}])).await;
    let created = register(&bench, &guid, 60, 600).await;
    let id = created.body["id"].as_str().unwrap();
    let shown = eventually("it fails", || async {
        let shown = details(&bench, &guid, id).await;
        (shown["metrics"]["executionFailedCount"] == 1).then_some(shown)
    })
    .await;
    assert_eq!(shown["lastErrorDetails"]["errorType"], "mssql");
    let none = bench.get(&format!("{}/{id}/results", path(&guid))).await;
    assert_eq!(none.status, 404);
    schema::check("registeredResult", 404, &none.body);
}

#[tokio::test]
async fn it_can_be_listed_and_cancelled() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let id = register(&bench, &guid, 60, 600).await.body["id"].as_str().unwrap().to_owned();
    let list = bench.get(&path(&guid)).await;
    schema::check("listRegistered", 200, &list.body);
    assert_eq!(list.body["registeredQueries"][0]["id"], id.as_str());

    succeeded(&bench, &guid, &id, 1).await;
    let cancel = reply(bench.request(Method::DELETE, &format!("{}/{id}", path(&guid)))).await;
    assert_eq!(cancel.status, 204);
    schema::check("cancelRegistered", 204, &cancel.body);
    bench.advance(300).await;
    let shown = details(&bench, &guid, &id).await;
    assert_eq!(shown["status"], "cancelled");
    assert_eq!(shown["metrics"]["executionSucceededCount"], 1);
    let stranger = format!("{}/{}", path(&guid), uuid::Uuid::new_v4());
    assert_eq!(bench.get(&stranger).await.status, 404);
}

#[tokio::test]
async fn its_limits_are_kept() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for (frequency, duration) in [(59, 600), (60, 86_401), (60, 0)] {
        let refused = register(&bench, &guid, frequency, duration).await;
        assert_eq!(refused.status, 400, "{frequency} {duration}");
        schema::check("registerQuery", 400, &refused.body);
    }
    assert_eq!(register(&bench, &guid, 60, 86_400).await.status, 202);
    let incomplete = bench.post(&path(&guid), json!({"name": "x"})).await;
    assert_eq!(incomplete.status, 400);
}
