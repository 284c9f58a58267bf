//! Faults at Halo: every document arrives whole, or its item says why not. No document arrives twice.

use end_to_end::TestStack;
use serde_json::json;

use super::*;
use crate::steps::paired_practice;

/// One document that comes with the first answer, and one that comes in pages.
async fn both_sizes(tables: &Tables, practice: &TestPractice) -> Vec<Document> {
    let mut documents = tables.between(practice, 1, 20_000).await;
    documents.truncate(1);
    documents.extend(tables.between(practice, 2 << 20, 12 << 20).await.into_iter().take(1));
    documents
}

#[tokio::test]
async fn passing_faults_cost_time_only() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = both_sizes(&tables, &practice).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let mut expected = 0;
    for faults in [
        json!([{ "operation": "immediateQuery", "effect": "429", "retryAfter": "1", "times": 2 }]),
        json!([{ "operation": "asyncQuery", "effect": "503", "times": 1 }]),
        json!([{ "operation": "immediateQuery", "effect": "503", "times": 1 }]),
        json!([{ "operation": "any", "effect": "pageGone", "times": 1 }]),
        json!([{ "operation": "webhook", "effect": "webhookLost" }]),
        json!([{ "operation": "webhook", "effect": "webhookTwice" }]),
        json!([{ "operation": "immediateQuery", "effect": "dropAfter", "times": 1 }]),
        json!([{ "operation": "asyncQuery", "effect": "dropAfter", "times": 1 }]),
        json!([{ "operation": "any", "effect": "truncatedBody", "times": 3 }]),
        json!([{ "operation": "any", "effect": "malformedBody", "times": 2 }]),
        json!([{ "operation": "asyncQuery", "effect": "uploadFailed", "times": 1 }]),
        json!([{ "operation": "asyncQuery", "effect": "expiredInQueue", "times": 1 }]),
        json!([{ "operation": "any", "effect": "500", "probability": 0.2, "seed": 7, "times": 4 }]),
    ] {
        bp.faults(faults.clone()).await;
        let id = new_id();
        start(&practice, &id, &documents).await.assert_status(202);
        let import = finished(&practice, &id).await;
        bp.no_faults().await;
        assert_eq!(import["state"], "complete", "{faults} left {import}");
        assert_are_copies(&import, &documents).await;
        expected += documents.len();
    }
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, expected).await;
}

#[tokio::test]
async fn a_document_that_never_arrives_whole_fails_and_leaves_no_bytes() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = both_sizes(&tables, &practice).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    bp.faults(json!([
        { "operation": "streamPage", "effect": "truncatedBody" },
        { "operation": "resultPage", "effect": "truncatedBody" },
    ]))
    .await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    bp.no_faults().await;
    assert_eq!(import["state"], "partlyFailed", "{import}");
    assert_eq!(states(&import), ["staged", "failed"]);
    assert_eq!(import["items"][1]["problem"]["type"], "document-damaged", "{import}");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 1).await;
}

#[tokio::test]
async fn a_practice_that_withdraws_its_permission_ends_the_import_with_that_reason() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = both_sizes(&tables, &practice).await;
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "failed", "{import}");
    assert_eq!(import["items"][0]["problem"]["type"], "integration-not-enabled");
    let status = practice.clinician.get("/connection").await;
    assert_eq!(status.assert_status(200).at("/state"), "revoked");
    assert_queues_run_dry(stack).await;
}
