//! Which import requests are allowed, for whom, and how often.

use end_to_end::TestStack;
use local::Role;
use serde_json::json;

use super::*;
use crate::steps::{form_without_code, paired_practice};

#[tokio::test]
async fn the_same_request_is_the_same_import_and_another_one_under_its_id_is_refused() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    let id = new_id();
    let mark = bp.mark().await;
    let first = start(&practice, &id, &documents[..2]).await;
    first.assert_status(202);
    finished(&practice, &id).await;
    let again = start(&practice, &id, &documents[..2]).await;
    again.assert_status(202);
    assert_eq!(again.at("/state"), "complete");
    assert_eq!(again.at("/requestedAt"), first.at("/requestedAt"));
    assert_queues_run_dry(stack).await;
    let queries = bp.queries_since(mark).await;
    assert_eq!(queries.len(), 2, "something was asked for twice: {queries:#?}");

    // An accepted request is answered even if the connection has changed since.
    practice.practice_admin.delete("/connection").await.assert_status(204);
    let again = start(&practice, &id, &documents[..2]).await;
    assert_eq!(again.assert_status(202).at("/requestedAt"), first.at("/requestedAt"));
    assert_eq!(again.at("/state"), "complete");
    start(&practice, &new_id(), &documents[..2]).await.assert_problem(409, "not-connected");

    start(&practice, &id, &documents[..1]).await.assert_problem(409, "id-in-use");
    let mut other = request(&id, &documents[..2]);
    other["items"][0]["category"] = json!("Pathology");
    let path = format!("/patients/{SHOWCASE}/attachment-imports");
    practice.clinician.post(&path, &other).await.assert_problem(409, "id-in-use");
    let body = request(&id, &documents[..2]);
    let elsewhere = practice.clinician.post("/patients/24/attachment-imports", &body).await;
    elsewhere.assert_problem(409, "id-in-use");
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let path = format!("/patients/{SHOWCASE}/attachment-imports");
    let item = json!({ "folder": "investigations", "documentId": 1 });
    let many: Vec<Value> =
        (1..=51).map(|id| json!({ "folder": "investigations", "documentId": id })).collect();
    for (body, pointer) in [
        (json!({ "importId": "", "items": [item] }), "/importId"),
        (json!({ "importId": "a/b", "items": [item] }), "/importId"),
        (json!({ "importId": "a", "items": [] }), "/items"),
        (json!({ "importId": "a", "items": many }), "/items"),
        (json!({ "importId": "a", "items": [item, item] }), "/items/1"),
        (
            json!({ "importId": "a", "items": [{ "folder": "letters", "documentId": 1 }] }),
            "/items/0/folder",
        ),
        (
            json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": 0 }] }),
            "/items/0/documentId",
        ),
        (
            json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": 1, "category": "x".repeat(41) }] }),
            "/items/0/category",
        ),
        (
            json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": 1, "category": "a\u{0}" }] }),
            "/items/0/category",
        ),
        (json!({ "importId": "a", "items": [item], "more": 1 }), "/more"),
    ] {
        let answer = practice.clinician.post(&path, &body).await;
        answer.assert_problem(400, "invalid-request");
        assert_eq!(answer.at("/errors/0/pointer"), pointer, "{}", answer.text);
    }
    read(&practice, "a").await.assert_problem(404, "not-found");
    assert_eq!(stored(stack, &practice, "a").await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_import_is_its_practices_own_and_needs_a_connection() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    finished(&practice, &id).await;

    let stranger = stack.new_practice().await;
    let path = format!("/attachment-imports/{id}");
    for caller in [&stranger.clinician, &stranger.clinician.at(&practice.practice_id)] {
        caller.get(&path).await.assert_problem(404, "not-found");
        caller.delete(&path).await.assert_problem(404, "not-found");
        caller.post(&format!("{path}/retry"), &json!({})).await.assert_problem(404, "not-found");
    }
    // Platforms cannot import. They get the documents that people send.
    practice.platform.get(&path).await.assert_problem(403, "forbidden");
    start(&stranger, &id, &documents[..1]).await.assert_problem(409, "not-connected");
    assert_eq!(stored(stack, &stranger, &id).await, Vec::<Value>::new());
    read(&practice, &id).await.assert_status(200);
    read(&practice, "never-was").await.assert_problem(404, "not-found");
    read(&practice, "not*an*id").await.assert_problem(404, "not-found");
    assert_queues_run_dry(stack).await;
}

#[tokio::test]
async fn the_trail_says_who_had_documents_copied_and_who_else_was_given_links() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let documents = tables.between(&practice, 1, 20_000).await;
    let id = new_id();
    start(&practice, &id, &documents[..1]).await.assert_status(202);
    finished(&practice, &id).await;
    let colleague = stack.new_person(&practice.practice_id, Role::Clinician).await;
    let path = format!("/attachment-imports/{id}");
    colleague.get(&path).await.assert_problem(403, "clinician-link-needed");
    let linked = form_without_code(LARGE, "Siobhan", "O'Callaghan");
    colleague.put("/connection", &linked).await.assert_status(200);
    colleague.get(&path).await.assert_status(200);

    let trail = practice.practice_admin.get(&format!("/audit?patientId={SHOWCASE}")).await;
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    let of = |action: &str| -> Vec<&Value> {
        records.iter().filter(|record| record["action"] == action).collect()
    };
    let (asked, shown) = (of("attachmentsImported"), of("attachmentLinksShown"));
    assert_eq!((asked.len(), shown.len()), (1, 1), "{records:?}");
    assert_eq!(asked[0]["patients"], json!([SHOWCASE]));
    assert_eq!((&asked[0]["resource"], &shown[0]["resource"]), (&json!(id), &json!(id)));
    assert_ne!(asked[0]["subject"], shown[0]["subject"]);
    assert_queues_run_dry(stack).await;
}
