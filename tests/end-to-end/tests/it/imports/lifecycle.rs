//! Cancelling, retrying, killed workers, and copies that expire.

use std::time::Duration;

use end_to_end::TestStack;
use local::Worker;
use serde_json::json;
use support::until;

use super::*;
use crate::events::Platform;
use crate::steps::paired_practice;

#[tokio::test]
async fn a_cancelled_import_leaves_nothing_behind_whatever_it_was_doing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let mut documents = tables.between(&practice, 60 << 20, 60 << 20).await;
    documents.extend(tables.between(&practice, 1, 20_000).await);
    let id = new_id();
    bp.faults(slow_pages()).await;
    start(&practice, &id, &documents).await.assert_status(202);
    wait_for(&practice, &id, "in the middle of it", |import| {
        is_coming(&import["items"][0]) && states(import).contains(&"staged")
    })
    .await;
    let path = format!("/attachment-imports/{id}");
    practice.clinician.delete(&path).await.assert_status(204);
    let import = read(&practice, &id).await.json;
    assert_eq!(import["state"], "cancelled");
    assert!(states(&import).iter().all(|state| *state == "cancelled"), "{import}");
    assert!(!import.to_string().contains("downloadUrl"));
    practice.clinician.delete(&path).await.assert_status(204);
    let retried = practice.clinician.post(&format!("{path}/retry"), &json!({})).await;
    retried.assert_problem(409, "import-cancelled");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 0).await;
}

#[tokio::test]
async fn an_import_that_is_cancelled_at_once_leaves_nothing_behind() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let documents = tables.between(&practice, 1, 200_000).await;
    for pause in [0, 20, 60, 120, 250, 500] {
        let id = new_id();
        start(&practice, &id, &documents).await.assert_status(202);
        support::pause("cancelled at another moment each time", Duration::from_millis(pause)).await;
        let path = format!("/attachment-imports/{id}");
        practice.clinician.delete(&path).await.assert_status(204);
    }
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 0).await;
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_of_a_large_document_is_made_up_for() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let documents = tables.between(&practice, 60 << 20, 60 << 20).await;
    let id = new_id();
    let mark = bp.mark().await;
    bp.faults(slow_pages()).await;
    start(&practice, &id, &documents).await.assert_status(202);
    wait_for(&practice, &id, "in the middle of it", |import| is_coming(&import["items"][0])).await;
    let workers = Worker::of(stack.aws().endpoint(), "AttachmentImporter");
    assert!(!workers.is_empty(), "no worker was seen");
    for worker in workers {
        worker.kill();
    }
    assert_eq!(stack.aws().open_uploads(bucket(stack)).await.unwrap().len(), 1);
    bp.no_faults().await;
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "complete", "{import}");
    assert_are_copies(&import, &documents).await;
    let queries = bp.queries_since(mark).await;
    let asked = queries.iter().filter(|it| it.operation == "asyncQuery").count();
    assert_eq!(asked, 1, "the pages that were there were asked for again");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 1).await;
}

#[tokio::test]
async fn what_failed_is_tried_again_when_somebody_asks() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    bp.faults(json!([{ "operation": "immediateQuery", "effect": "executionFailed",
        "statement": "document_start", "errorCode": 229, "times": 1 }]))
        .await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "failed", "{import}");
    platform.hears("import.failed failed").await;
    let path = format!("/attachment-imports/{id}/retry");
    let retried = practice.clinician.post(&path, &json!({})).await;
    retried.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_are_copies(&import, &documents[..1]).await;
    platform.hears("import.finished complete").await;
    // Nothing has failed now, so a retry does nothing.
    practice.clinician.post(&path, &json!({})).await.assert_status(202);
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn an_offline_practice_is_waited_for_with_the_reason_shown() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    let waiting = wait_for(&practice, &id, "waiting", |import| {
        import["items"][0]["problem"]["type"] == "site-offline"
    })
    .await;
    assert_eq!(waiting["state"], "running");
    assert_eq!(waiting["items"][0]["state"], "queued");
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    let import = finished(&practice, &id).await;
    assert_are_copies(&import, &documents[..1]).await;
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn a_new_halo_guid_is_followed_by_the_worker_too() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    bp.set_practice(LARGE, json!({ "rotateGuid": true, "rotationKeepsPairing": true })).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_are_copies(&import, &documents[..1]).await;
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn a_document_that_a_practice_prepares_slowly_arrives_by_the_next_look() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let mut documents = tables.between(&practice, 2 << 20, 12 << 20).await;
    documents.truncate(1);
    for lost in [false, true] {
        // The site stops taking work before its first answer arrives.
        let mut faults = vec![json!({ "operation": "immediateQuery", "effect": "slow",
            "statement": "document_start", "delayMs": 3_000, "times": 1 })];
        if lost {
            faults.push(json!({ "operation": "webhook", "effect": "webhookLost" }));
        }
        bp.faults(json!(faults)).await;
        let mark = bp.mark().await;
        let id = new_id();
        start(&practice, &id, &documents).await.assert_status(202);
        until("Bp is asked", PATIENCE, async || {
            if bp.queries_since(mark).await.is_empty() { Err("not yet") } else { Ok(()) }
        })
        .await;
        bp.set_practice(LARGE, json!({ "queuePaused": true })).await;
        // The worker ends and releases the lease.
        until("the worker leaves", PATIENCE, async || {
            let items = stored(stack, &practice, &id).await;
            let state = items.iter().find_map(|item| item.pointer("/body/M/state/M"));
            let left = state.is_some_and(|state| {
                state["state"]["S"] == "fetching" && state["lease"]["NULL"] == true
            });
            if left { Ok(()) } else { Err(format!("{items:?}")) }
        })
        .await;
        assert_eq!(states(&read(&practice, &id).await.json), ["fetching"]);
        bp.set_practice(LARGE, json!({ "queuePaused": false })).await;
        let import = finished(&practice, &id).await;
        assert_are_copies(&import, &documents).await;
        assert_queues_run_dry(stack).await;
    }
}

#[tokio::test]
async fn a_copy_that_is_no_longer_kept_has_no_link_and_an_import_ends_like_one_that_never_was() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    let import = finished(&practice, &id).await;
    for moment in ["expiresAt", "keptUntil"] {
        assert!(import["items"][0][moment].is_string(), "{import}");
    }
    // Two days pass for the copy, then three for the import.
    let key = |sk: &str| json!({ "pk": { "S": format!("IMPORT#{}#{id}", practice.practice_id) }, "sk": { "S": sk } });
    let update = |sk: &str, expression: &str, names: Value, value: Value| {
        json!({ "TableName": stack.file().aws.table, "Key": key(sk), "UpdateExpression": expression,
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": { ":value": value } })
    };
    let long_ago = update(
        "ITEM#0000",
        "SET #body.#state.stagedAt = :value",
        json!({ "#body": "body", "#state": "state" }),
        json!({ "S": "2020-01-01T00:00:00Z" }),
    );
    let aws = stack.aws();
    aws.call("dynamodb", "DynamoDB_20120810.UpdateItem", &long_ago).await.unwrap();
    let import = read(&practice, &id).await.assert_status(200).json.clone();
    assert_eq!(states(&import), ["expired"]);
    assert!(import["items"][0].get("downloadUrl").is_none(), "{import}");
    let over = update(
        "HEAD",
        "SET #e = :value",
        json!({ "#e": "expiresAt" }),
        json!({ "N": "1577836800" }),
    );
    aws.call("dynamodb", "DynamoDB_20120810.UpdateItem", &over).await.unwrap();
    read(&practice, &id).await.assert_problem(404, "not-found");
    assert_queues_run_dry(stack).await;
    for item in stored(stack, &practice, &id).await {
        assert!(item["expiresAt"]["N"].is_string(), "kept for ever: {item}");
    }
}
