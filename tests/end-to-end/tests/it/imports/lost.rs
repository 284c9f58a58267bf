//! Lost wakes: the table knows what is due, and the next request for the import finds it.

use end_to_end::TestStack;
use jiff::Timestamp;
use serde_json::json;
use support::{pause, until};

use super::*;
use crate::steps::paired_practice;

/// Each document's version and the time of its next check, from the table.
async fn looks(stack: &TestStack, practice: &TestPractice, id: &str) -> Vec<(String, Timestamp)> {
    let items = stored(stack, practice, id).await;
    let read = |item: &Value| {
        let version = item["version"]["N"].as_str()?.to_owned();
        let look = item.pointer("/body/M/state/M/nextLook/S")?.as_str()?.parse().ok()?;
        Some((version, look))
    };
    items.iter().filter_map(read).collect()
}

/// Removes every wake, even if a running worker would still send it.
async fn lose_wakes(stack: &TestStack, practice: &TestPractice, id: &str) {
    let queue = stack.file().aws.queues["import"].clone();
    until("the wakes are taken away", PATIENCE, async || {
        let purge = json!({ "QueueUrl": queue });
        stack.aws().call("sqs", "AmazonSQS.PurgeQueue", &purge).await.unwrap();
        let before = looks(stack, practice, id).await;
        let settled = before.iter().map(|(_, look)| *look).max().unwrap() + Duration::from_secs(5);
        let left = Duration::try_from(settled.duration_since(Timestamp::now())).unwrap_or_default();
        pause("a worker at work would send its wake by then", left).await;
        let left = stack.aws().queued(&queue).await.unwrap();
        if left == 0 && looks(stack, practice, id).await == before { Ok(()) } else { Err(left) }
    })
    .await;
}

#[tokio::test]
async fn an_import_whose_wakes_were_lost_is_finished_because_somebody_asks_how_far_it_is() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let mut documents = tables.between(&practice, 1, 20_000).await;
    documents.truncate(2);
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    wait_for(&practice, &id, "waiting", |import| {
        let items = import["items"].as_array().unwrap();
        items.iter().all(|item| item["problem"]["type"] == "site-offline")
    })
    .await;
    lose_wakes(stack, &practice, &id).await;
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    let mark = bp.mark().await;
    // A wake may be a little late, so it does not count as lost yet.
    assert_eq!(read(&practice, &id).await.json["state"], "running");
    for index in 0..documents.len() {
        let long_ago = json!({
            "TableName": stack.file().aws.table,
            "Key": { "pk": { "S": format!("IMPORT#{}#{id}", practice.practice_id) },
                "sk": { "S": format!("ITEM#{index:04}") } },
            "UpdateExpression": "SET #body.#state.nextLook = :value",
            "ExpressionAttributeNames": { "#body": "body", "#state": "state" },
            "ExpressionAttributeValues": { ":value": { "S": "2020-01-01T00:00:00Z" } },
        });
        stack.aws().call("dynamodb", "DynamoDB_20120810.UpdateItem", &long_ago).await.unwrap();
    }
    // Several people ask at once: each document is still fetched only once.
    tokio::join!(read(&practice, &id), read(&practice, &id), read(&practice, &id));
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "complete", "{import}");
    assert_are_copies(&import, &documents).await;
    let asked = bp.queries_since(mark).await;
    assert_eq!(asked.len(), documents.len(), "something was asked for twice: {asked:?}");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, documents.len()).await;
}
