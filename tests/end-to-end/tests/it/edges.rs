//! Tokens, tenancy and bad input: clear problems that leave no trace.

use end_to_end::TestStack;
use reqwest::Method;
use serde_json::{Value, json};

use crate::steps::paired_practice;

#[tokio::test]
async fn anybody_may_ask_whether_the_service_lives_and_what_its_api_is() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let health = practice.stranger.get("/v1/health").await;
    assert_eq!(health.assert_status(200).text_at("/status"), "ok");
    let document = practice.stranger.get("/v1/openapi.json").await;
    assert!(document.assert_status(200).text_at("/openapi").starts_with("3."));
    assert!(document.at("/paths/~1v1~1practices~1{practiceId}~1connection/put").is_object());
}

#[tokio::test]
async fn without_a_token_or_with_a_foreign_or_broken_one_nobody_gets_in() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    practice.stranger.get("/connection").await.assert_problem(401, "unauthenticated");
    let good = practice.clinician.token().unwrap().to_owned();
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let foreign =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6Im90aGVyIn0.eyJzdWIiOiJ4IiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2lnbmVk";
    for broken in
        ["nonsense", &format!("{header}.{payload}.{}", signature.to_lowercase()), foreign, ""]
    {
        let caller = practice.clinician.with_token(Some(broken));
        caller.get("/connection").await.assert_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn another_practices_everything_is_not_found() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let theirs = paired_practice(stack, &bp).await;
    let ours = stack.new_practice().await;
    let mark = bp.mark().await;
    for caller in [&ours.practice_admin, &ours.clinician] {
        let stranger = caller.at(&theirs.practice_id);
        for path in [
            "/connection",
            "/locations",
            "/appointment-types",
            "/settings",
            "/patients/1",
            "/audit",
            "/usage",
        ] {
            stranger.get(path).await.assert_problem(404, "not-found");
        }
        let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
        stranger.post("/patients/search", &search).await.assert_problem(404, "not-found");
        stranger.delete("/connection").await.assert_problem(404, "not-found");
    }
    assert!(bp.queries_since(mark).await.is_empty(), "a stranger's question reached the practice");
    theirs.platform.get("/patients/1").await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_with_the_field_named() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    let search = async |body: Value| practice.clinician.post("/patients/search", &body).await;
    for (body, pointer) in [
        (json!({ "lastName": "Lee", "dateOfBirth": "1985-02-29" }), "/dateOfBirth"),
        (json!({ "lastName": "Lee", "dateOfBirth": "2999-01-01" }), "/dateOfBirth"),
        (json!({ "lastName": "", "dateOfBirth": "1985-02-28" }), "/lastName"),
        (json!({ "lastName": "x".repeat(41), "dateOfBirth": "1985-02-28" }), "/lastName"),
        (json!({ "lastName": 7, "dateOfBirth": "1985-02-28" }), "/lastName"),
    ] {
        let answer = search(body).await;
        answer.assert_problem(400, "invalid-request");
        assert_eq!(answer.text_at("/errors/0/pointer"), pointer, "{}", answer.text);
    }
    search(json!({ "lastName": "Lee", "dateOfBirth": "1985-02-28", "firstName": "Ann" }))
        .await
        .assert_problem(400, "invalid-request");
    search(json!(["Lee"])).await.assert_problem(400, "invalid-request");

    let raw = async |kind: &str, body: String| {
        let request = practice
            .clinician
            .request(Method::POST, "/patients/search")
            .header("content-type", kind)
            .body(body);
        practice.clinician.send(request).await
    };
    raw("application/json", "{\"lastName\":".to_owned())
        .await
        .assert_problem(400, "invalid-request");
    raw("text/plain", "{}".to_owned()).await.assert_problem(415, "unsupported-media-type");
    raw("application/json", " ".repeat(100_000)).await.assert_problem(413, "request-too-large");
    assert!(bp.queries_since(mark).await.is_empty(), "a bad request reached the practice");
}

#[tokio::test]
async fn an_id_that_cannot_be_a_patients_is_not_found() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    for id in ["0", "-1", "abc", "99999999999", "1;DROP", "999999"] {
        practice.clinician.get(&format!("/patients/{id}")).await.assert_problem(404, "not-found");
    }
    practice.clinician.get("/nothing-here").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn jobs_that_were_never_planned_are_planned_when_the_staff_list_is_sent_again() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let partition = format!("WORK#{}", practice.practice_id);
    let planned = async || {
        let mut jobs: Vec<String> = stack
            .table()
            .await
            .iter()
            .filter(|item| item["pk"]["S"] == *partition)
            .filter_map(|item| item["sk"]["S"].as_str().map(str::to_owned))
            .collect();
        jobs.sort_unstable();
        jobs
    };
    let staff =
        json!([{ "ahpraNumber": "MED9990000001", "firstName": "Sam", "lastName": "Made-Up" }]);
    practice.platform.put("/staff", &staff).await.assert_status(200);
    let jobs = planned().await;
    assert_eq!(jobs, ["JOB#reconcile", "JOB#staff-sync"]);
    // As if the list had been stored and the rest had failed.
    let table = stack.file().aws.table.as_deref().unwrap();
    for job in &jobs {
        let key = json!({ "pk": { "S": partition }, "sk": { "S": job } });
        stack.aws().delete_item(table, &key).await.unwrap();
    }
    assert_eq!(planned().await, Vec::<String>::new());
    practice.platform.put("/staff", &staff).await.assert_status(200);
    assert_eq!(planned().await, jobs);
}
