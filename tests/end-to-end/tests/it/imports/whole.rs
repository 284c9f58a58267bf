//! Every document arrives complete, whatever its folder, type and size.

use std::collections::BTreeSet;

use end_to_end::TestStack;
use local::Worker;
use serde_json::json;
use support::until;

use super::*;
use crate::steps::{named, paired_practice};

#[tokio::test]
async fn documents_of_every_folder_type_and_size_arrive_whole() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let before = stack.aws().objects(bucket(stack)).await.unwrap();
    let documents = tables.between(&practice, 1, usize::MAX).await;
    let folders: BTreeSet<&str> = documents.iter().map(|it| it.folder.as_str()).collect();
    assert_eq!(folders.len(), 5, "{folders:?}");
    assert!(documents.len() >= 10);
    assert!(documents.iter().any(|it| it.content.len() == 60 << 20), "nothing large");

    let mark = bp.mark().await;
    let id = new_id();
    let answer = start(&practice, &id, &documents).await;
    answer.assert_status(202);
    assert_eq!(answer.at("/importId"), &json!(id));
    assert_eq!(answer.at("/state"), "running");
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "complete", "{import}");
    assert_are_copies(&import, &documents).await;
    let types: BTreeSet<&str> = import["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["contentType"].as_str().unwrap())
        .collect();
    for kind in ["application/pdf", "image/jpeg", "image/png", "image/tiff", "application/rtf"] {
        assert!(types.contains(kind), "no {kind} in {types:?}");
    }

    // One query for each document, and one more for each large one.
    let asked = named(&bp.queries_since(mark).await);
    let count = |what: &str| asked.iter().filter(|name| *name == what).count();
    assert_eq!(count("immediateQuery:document_start"), documents.len());
    let large = documents.iter().filter(|it| it.content.len() > 1 << 20).count();
    assert_eq!(count("asyncQuery:document_content"), large);

    assert_queues_run_dry(stack).await;
    assert_bucket_has(stack, &before, documents.len()).await;
    let subjects: Vec<&str> = documents.iter().map(|it| it.subject.as_str()).collect();
    let private: Vec<&str> = subjects.into_iter().filter(|it| it.len() > 8).collect();
    stack.assert_not_logged(&private).await;
    stack.assert_not_logged(&["X-Amz-Signature"]).await;
}

#[tokio::test]
async fn a_large_documents_progress_can_be_seen_and_its_copy_takes_little_memory() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 60 << 20, 60 << 20).await;
    let id = new_id();
    bp.faults(slow_pages()).await;
    start(&practice, &id, &documents).await.assert_status(202);
    let (mut seen, mut peak) = (BTreeSet::new(), 0);
    let import = until("the import ends", PATIENCE, async || {
        for worker in Worker::of(stack.aws().endpoint(), "AttachmentImporter") {
            peak = peak.max(worker.peak_kilobytes().unwrap_or(0));
        }
        let import = read(&practice, &id).await.assert_status(200).json.clone();
        if import["state"] != "running" {
            return Ok(import);
        }
        seen.extend(import["items"][0]["bytes"].as_u64());
        Err(import)
    })
    .await;
    assert_are_copies(&import, &documents).await;
    let between = seen.iter().filter(|bytes| (1..60 << 20).contains(*bytes)).count();
    assert!(between > 0, "no progress between nothing and all: {seen:?}");
    assert!(peak > 0, "no worker was seen");
    // The budget is for the release build. This build's code alone is larger.
    assert!(peak <= 64 * 1_024, "the worker held {peak} kB");
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn documents_that_cannot_be_copied_say_why_and_hold_up_no_others() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let all = tables.of_patient(&practice, SHOWCASE).await;
    let of = |pages: i64| all.iter().find(|it| it.pages == pages).unwrap().clone();
    let parts = all.iter().find(|it| it.pages > 1).unwrap().clone();
    // A page that is neither an image nor a PDF.
    let letter = "UPDATE DOCUMENTS SET CONTENT = CAST('Dear Dr' AS BLOB)
        WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?1 AND PAGENUMBER = 2";
    assert_eq!(tables.documents.execute(letter, [parts.id]).unwrap(), 1);
    let mut small = tables.between(&practice, 1, 20_000).await;
    small.truncate(1);
    // In this folder the same number is a document of another patient.
    let others = tables.of_patient(&practice, 24).await;
    let others = others.first().unwrap().clone();
    let documents = [of(0), parts, others, small[0].clone()];

    let mark = bp.mark().await;
    let id = new_id();
    start(&practice, &id, &documents).await.assert_status(202);
    let import = finished(&practice, &id).await;
    assert_eq!(import["state"], "partlyFailed", "{import}");
    assert_eq!(states(&import), ["failed", "failed", "failed", "staged"]);
    let problems = ["document-without-file", "document-in-parts", "document-unknown"];
    for (item, problem) in import["items"].as_array().unwrap().iter().zip(problems) {
        assert_eq!(item["problem"]["type"], problem, "{item}");
        assert!(item["problem"]["title"].is_string(), "{item}");
        assert!(item.get("downloadUrl").is_none(), "{item}");
    }
    assert_is_copy(&import["items"][3], &small[0]).await;
    assert_eq!(bp.queries_since(mark).await.len(), 4, "failures were asked for more than once");
    assert_queues_run_dry(stack).await;
}
