//! Documents that the statements may not read come by FHIR, if the practice's site offers it.

use end_to_end::TestStack;
use serde_json::json;
use support::until;

use super::*;
use crate::steps::{named, paired_practice};

/// One document that the first answer contains, and one that it does not.
async fn both_sizes(tables: &Tables, practice: &TestPractice) -> Vec<Document> {
    let mut documents = tables.between(practice, 100_000, 1 << 20).await;
    documents.truncate(1);
    documents.extend(tables.between(practice, 5 << 20, 12 << 20).await.into_iter().take(1));
    documents
}

/// Our statement is denied. FHIR's own statement is not.
fn start_is_denied() -> Value {
    json!({ "operation": "immediateQuery", "effect": "executionFailed",
        "statement": "document_start", "errorCode": 229 })
}

async fn calls(bp: &Bp<'_>, mark: u64, what: &str) -> usize {
    named(&bp.queries_since(mark).await).iter().filter(|name| *name == what).count()
}

#[tokio::test]
async fn documents_that_statements_may_not_read_come_by_fhir_where_the_site_offers_it() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = both_sizes(&tables, &practice).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    bp.set_practice(LARGE, json!({ "fhirDocuments": true })).await;

    bp.faults(json!([start_is_denied()])).await;
    let mark = bp.mark().await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "complete", "{import}");
    assert_are_copies(&import, &documents).await;
    assert_eq!(calls(&bp, mark, "immediateQuery:document_start").await, 2);
    assert_eq!(calls(&bp, mark, "asyncQuery:document_content").await, 0);
    assert_eq!(calls(&bp, mark, "fhirSearch").await, 2);
    // The site's capabilities, and the document.
    assert_eq!(calls(&bp, mark, "fhirRead").await, 4);

    // A release that cannot run the statement for large documents.
    bp.faults(json!([{ "operation": "asyncQuery", "effect": "executionFailed",
        "statement": "document_content", "errorCode": 208 }]))
        .await;
    let mark = bp.mark().await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "complete", "{import}");
    assert_are_copies(&import, &documents).await;
    assert_eq!(calls(&bp, mark, "asyncQuery:document_content").await, 1);
    assert_eq!(calls(&bp, mark, "fhirSearch").await, 1, "FHIR is for what statements cannot read");

    bp.no_faults().await;
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 4).await;
}

#[tokio::test]
async fn where_fhir_is_no_way_either_the_missing_permission_is_the_reason() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = both_sizes(&tables, &practice).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    // FHIR uses our login too: an object that is denied to our statement is denied to FHIR. FHIR's refusal
    // is less clear.
    for offered in [false, true] {
        let change = json!({ "fhirDocuments": offered, "deniedObjects": ["DOCUMENTS"] });
        bp.set_practice(LARGE, change).await;
        let mark = bp.mark().await;
        let id = new_id();
        start(&practice, &id, &documents).await.assert_status(202);
        let import = finished(&practice, &id).await;
        assert_eq!(import["state"], "failed", "{import}");
        for item in import["items"].as_array().unwrap() {
            assert_eq!(item["problem"]["type"], "bp-permission-missing", "{offered}: {item}");
        }
        assert_eq!(calls(&bp, mark, "immediateQuery:document_start").await, 2, "{offered}");
        assert_eq!(calls(&bp, mark, "fhirRead").await, 2, "{offered}");
        let searched = calls(&bp, mark, "fhirSearch").await > 0;
        assert_eq!(searched, offered);
    }
    let status = practice.clinician.get("/connection").await;
    assert_eq!(status.assert_status(200).at("/state"), "connected");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 0).await;
}

#[tokio::test]
async fn a_document_that_breaks_off_on_its_way_by_fhir_is_fetched_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = &both_sizes(&tables, &practice).await[1..];
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    bp.set_practice(LARGE, json!({ "fhirDocuments": true })).await;
    let mut broken_off = 0;
    let mut copies = 0;
    // A fault does not say which read it spoils, so the test tries seeds until it is the document's.
    for seed in 1..=10 {
        bp.faults(json!([start_is_denied(), { "operation": "fhirRead", "effect": "truncatedBody",
            "probability": 0.5, "seed": seed, "times": 2 }]))
            .await;
        let mark = bp.mark().await;
        let id = new_id();
        start(&practice, &id, documents).await.assert_status(202);
        let import = finished(&practice, &id).await;
        assert_eq!(import["state"], "complete", "seed {seed}: {import}");
        assert_are_copies(&import, documents).await;
        copies += 1;
        // Each attempt searches once.
        broken_off += calls(&bp, mark, "fhirSearch").await - 1;
        if broken_off > 0 {
            break;
        }
    }
    bp.no_faults().await;
    assert!(broken_off > 0, "no document broke off");
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, copies).await;
}

#[tokio::test]
async fn a_document_that_is_cancelled_on_its_way_by_fhir_leaves_nothing_behind() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = &both_sizes(&tables, &practice).await[1..];
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    bp.set_practice(LARGE, json!({ "fhirDocuments": true })).await;
    let slow = json!({ "operation": "fhirRead", "effect": "slow", "delayMs": 4_000 });
    bp.faults(json!([start_is_denied(), slow])).await;
    let id = new_id();
    start(&practice, &id, documents).await.assert_status(202);
    until("an upload is opened", PATIENCE, async || {
        let open = stack.aws().open_uploads(bucket(stack)).await.unwrap();
        if open.is_empty() { Err("none is open") } else { Ok(()) }
    })
    .await;
    let path = format!("/attachment-imports/{id}");
    practice.clinician.delete(&path).await.assert_status(204);
    bp.no_faults().await;
    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, 0).await;
    assert_eq!(read(&practice, &id).await.json["state"], "cancelled");
}
