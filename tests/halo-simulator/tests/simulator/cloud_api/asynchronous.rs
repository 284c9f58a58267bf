//! Asynchronous queries, their pages and their final states.

use std::time::Duration;

use halo_simulator::{Options, cloud::StreamForm};
use serde_json::{Value, json};

use crate::cloud_api::{
    schema,
    support::{Bench, decode, eventually, reply},
};

const ALL: &str = "SELECT InternalID, Surname, Firstname, Address1, City FROM dbo.BPS_Patients \
    WHERE InternalID > 0 ORDER BY InternalID";

fn text(text: &str) -> Value {
    json!({"command": {"text": text}})
}

fn small_pages() -> Options {
    Options { page_bytes: 20_000, ..Options::default() }
}

#[tokio::test]
async fn a_large_result_arrives_in_pages_that_join_to_the_whole() {
    let bench = Bench::with(small_pages()).await;
    let guid = bench.pair().await;
    let expected = bench.select(&guid, ALL).await.rows();
    let id = bench.submit(&guid, text(ALL)).await;
    let done = bench.settle(&guid, &id).await;
    assert_eq!(done["status"], "successful", "{done}");
    for phase in ["initialising", "queued", "executing", "uploading"] {
        assert!(done["statusTiming"][phase]["endTime"].is_string(), "{phase}: {done}");
    }
    let pages = done["result"]["pages"].as_array().unwrap();
    assert!(pages.len() > 3, "{} pages", pages.len());
    let mut joined = Vec::new();
    let mut size = 0;
    for (index, page) in pages.iter().enumerate() {
        assert_eq!(page["pageNumber"], index + 1);
        assert_eq!(page["status"], "cached");
        let fetched = bench.page(&guid, &id, index + 1).await;
        let header = |name: &str| fetched.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("rows-count"), page["rows"]["count"].to_string());
        assert_eq!(header("rows-range-start"), (joined.len() + 1).to_string());
        assert_eq!(header("size"), page["size"].to_string());
        size += page["size"].as_u64().unwrap();
        let rows = decode(fetched.body["data"].as_str().unwrap());
        joined.extend(rows.as_array().unwrap().iter().cloned());
    }
    assert_eq!(Value::Array(joined), expected);
    assert_eq!(done["resultSize"], size);
    assert_eq!(
        bench.get(&format!("/integrator/sites/{guid}/queries/{id}/results/99")).await.status,
        404
    );
    assert_eq!(
        bench.get(&format!("/integrator/sites/{guid}/queries/{id}/results/0")).await.status,
        400
    );
}

#[tokio::test]
async fn a_stream_sends_the_rows_or_the_envelope() {
    for form in [StreamForm::Rows, StreamForm::Envelope] {
        let bench = Bench::with(Options { stream_form: form, ..Options::default() }).await;
        let guid = bench.pair().await;
        let id = bench.submit(&guid, text("SELECT 1 AS one")).await;
        bench.settle(&guid, &id).await;
        let path = format!("/integrator/sites/{guid}/queries/{id}/results/1/stream");
        let streamed = bench.get(&path).await;
        schema::check("streamPage", 200, &streamed.body);
        let rows = match form {
            StreamForm::Rows => streamed.body,
            StreamForm::Envelope => decode(streamed.body["data"].as_str().unwrap()),
        };
        assert_eq!(rows, json!([{"one": 1}]));
    }
}

#[tokio::test]
async fn a_row_larger_than_a_page_is_a_page_of_its_own() {
    let bench = Bench::with(Options { page_bytes: 100, ..Options::default() }).await;
    let guid = bench.pair().await;
    let query = "SELECT REPLICATE(CAST('x' AS varchar(max)), 70000) AS wide \
        UNION ALL SELECT 'small'";
    let id = bench.submit(&guid, text(query)).await;
    let done = bench.settle(&guid, &id).await;
    assert_eq!(done["result"]["pages"].as_array().map(Vec::len), Some(2), "{done}");
    let page = bench.page(&guid, &id, 1).await;
    let rows = decode(page.body["data"].as_str().unwrap());
    assert_eq!(rows[0]["wide"].as_str().map(str::len), Some(70_000));
}

#[tokio::test]
async fn a_non_query_has_its_output_parameters_on_its_page() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let id = bench
        .submit(&guid, json!({"command": {
            "text": "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'A' WHERE INTERNALID = 1; SET @out = 7",
            "executionMode": "nonQuery",
            "parameters": [
                {"name": "@out", "direction": "output", "type": "Int", "value": null, "size": 4}]}}))
        .await;
    let done = bench.settle(&guid, &id).await;
    assert_eq!(done["result"]["rowsAffected"], 1, "{done}");
    let page = bench.page(&guid, &id, 1).await;
    assert!(page.body.get("data").is_none());
    assert_eq!(page.body["parameters"][0]["value"], "7");
}

#[tokio::test]
async fn pages_are_kept_for_a_day() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let id = bench.submit(&guid, text("SELECT 1 AS one")).await;
    bench.settle(&guid, &id).await;
    bench.advance(86_300).await;
    assert_eq!(bench.page(&guid, &id, 1).await.status, 200);
    bench.advance(200).await;
    assert_eq!(bench.page(&guid, &id, 1).await.status, 410);
    assert_eq!(bench.status(&guid, &id).await["status"], "successful");
}

#[tokio::test]
async fn a_batch_tells_found_from_not_found() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let id = bench.submit(&guid, text("SELECT 1 AS one")).await;
    let stranger = uuid::Uuid::new_v4().to_string();
    let path = format!("/integrator/sites/{guid}/queries/status");
    let batch = bench.post(&path, json!({"queryIds": [id, stranger]})).await;
    schema::check("batchStatus", 200, &batch.body);
    let results = batch.body["results"].as_array().unwrap();
    assert_eq!(
        (&results[0]["status"], &results[1]["status"]),
        (&json!("found"), &json!("notFound"))
    );
    assert_eq!(results[0]["query"]["id"], id.as_str());
    let wrong = bench.post(&path, json!({"queryIds": ["nonsense"]})).await;
    assert_eq!(wrong.status, 400);
    schema::check("batchStatus", 400, &wrong.body);

    let other = bench.pair_site(bench.other_site_id()).await;
    let foreign = bench.get(&format!("/integrator/sites/{other}/queries/{id}")).await;
    assert_eq!(foreign.status, 404, "a query belongs to its site");
}

#[tokio::test]
async fn a_site_that_is_away_at_submission_fails_the_initialisation() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for (availability, end) in [
        ("offline", "initialisationFailedSiteOffline"),
        ("unreachable", "initialisationFailedSiteUnreachable"),
    ] {
        bench.change(json!({"availability": availability})).await;
        let id = bench.submit(&guid, text("SELECT 1 AS one")).await;
        let done = bench.settle(&guid, &id).await;
        assert_eq!(done["status"], end);
        assert!(done["completedAt"].is_string());
    }
}

#[tokio::test]
async fn a_queued_query_runs_when_the_practice_comes_back_or_expires() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"queuePaused": true})).await;
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Once' WHERE INTERNALID = 1";
    let patient = bench.submit(&guid, text("SELECT 1 AS one")).await;
    let hasty =
        bench.submit(&guid, json!({"command": {"text": write}, "maxTimeInQueue": 60_000})).await;
    for id in [&patient, &hasty] {
        eventually("the query is queued", || async {
            (bench.status(&guid, id).await["status"] == "queued").then_some(())
        })
        .await;
    }
    bench.advance(61).await;
    assert_eq!(bench.settle(&guid, &hasty).await["status"], "expiredInQueue");
    bench.change(json!({"queuePaused": false})).await;
    assert_eq!(bench.settle(&guid, &patient).await["status"], "successful");
    let name = "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1";
    assert_ne!(bench.select(&guid, name).await.rows()[0]["n"], "Once", "it never ran");
}

#[tokio::test]
async fn a_query_that_waits_for_a_lock_stays_executing_and_holds_up_nobody_else() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"executionPaused": true})).await;
    let slow = bench.submit(&guid, text("SELECT 1 AS one")).await;
    eventually("the query is executing", || async {
        (bench.status(&guid, &slow).await["status"] == "executing").then_some(())
    })
    .await;
    assert_eq!(bench.select(&guid, "SELECT 2 AS two").await.rows()[0]["two"], 2);
    bench.change(json!({"executionPaused": false})).await;
    assert_eq!(bench.settle(&guid, &slow).await["status"], "successful");
}

#[tokio::test]
async fn a_failed_statement_ends_with_both_forms_of_its_error() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let id = bench.submit(&guid, text("SELECT * FROM dbo.NO_SUCH_TABLE")).await;
    let done = bench.settle(&guid, &id).await;
    assert_eq!(done["status"], "executionFailed");
    assert_eq!(done["errorCode"], 208);
    assert_eq!(done["errorDetails"]["errorCode"], 208);
    assert!(done["errorMessage"].is_string() && done["completedAt"].is_string());
}

#[tokio::test]
async fn the_queue_time_has_bounds_and_immediate_queries_are_shown_too() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let path = format!("/integrator/sites/{guid}/queries/async");
    let body = json!({"command": {"text": "SELECT 1"}, "maxTimeInQueue": 7_200_001});
    let answer = bench.post(&path, body).await;
    assert_eq!(answer.status, 400);
    schema::check("asyncQuery", 400, &answer.body);

    let immediate = bench.select(&guid, "SELECT 1 AS one").await;
    let shown = bench.status(&guid, immediate.body["id"].as_str().unwrap()).await;
    assert_eq!((&shown["mode"], &shown["status"]), (&json!("immediate"), &json!("successful")));
    assert!(shown.get("result").is_none());
}

#[tokio::test]
async fn a_query_goes_on_although_its_caller_has_hung_up() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"queuePaused": true})).await;
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Kept' WHERE INTERNALID = 1";
    let request = bench
        .request(reqwest::Method::POST, &format!("/integrator/sites/{guid}/queries/immediate"))
        .json(&text(write))
        .timeout(Duration::from_millis(100));
    assert!(request.send().await.is_err_and(|error| error.is_timeout()));
    bench.change(json!({"queuePaused": false})).await;
    let read = "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1";
    eventually("the write shows", || async {
        (bench.select(&guid, read).await.rows()[0]["n"] == "Kept").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unknown_path_is_no_operation() {
    let bench = Bench::new().await;
    let answer = reply(bench.request(reqwest::Method::GET, "/integrator/nothing")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.body, json!({"statusCode": 404, "message": "Operation Not Found"}));
}
