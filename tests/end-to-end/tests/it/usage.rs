//! The usage that a practice is shown, compared with what the simulator received.

use std::collections::BTreeMap;
use std::time::Duration;

use end_to_end::{Answer, Bp, TestPractice, TestStack};
use serde_json::{Value, json};
use support::until;

use crate::events::Platform;
use crate::steps::{LARGE, becomes, paired_practice};

/// The operations that Halo bills.
const BILLED: [&str; 5] =
    ["immediateQuery", "asyncQuery", "registerQuery", "fhirRead", "fhirSearch"];

/// The longest time from the visible result of some work to the end of its function.
const PATIENCE: Duration = Duration::from_secs(60);

/// Queries by statement, and how many other calls there were.
type Calls = (BTreeMap<String, u64>, u64);

/// What Halo has received since the mark.
async fn received(bp: &Bp<'_>, mark: u64) -> Calls {
    let (mut queries, mut others) = (BTreeMap::<String, u64>::new(), 0);
    for call in bp.queries_since(mark).await {
        if BILLED.contains(&call.operation.as_str()) {
            *queries.entry(call.statement.unwrap()).or_default() += 1;
        } else {
            others += 1;
        }
    }
    (queries, others)
}

async fn usage(practice: &TestPractice) -> Answer {
    practice.practice_admin.get("/usage").await
}

/// The usage that the practice is shown, over all days, because a test may run at midnight.
fn shown(usage: &Answer) -> Calls {
    usage.assert_status(200);
    let (mut queries, mut others) = (BTreeMap::<String, u64>::new(), 0);
    for day in usage.at("/days").as_array().unwrap() {
        others += day["otherCalls"].as_u64().unwrap();
        let purposes: BTreeMap<String, u64> =
            serde_json::from_value(day["byPurpose"].clone()).unwrap();
        assert_eq!(day["queries"].as_u64().unwrap(), purposes.values().sum::<u64>(), "{day}");
        for (purpose, count) in purposes {
            *queries.entry(purpose).or_default() += count;
        }
    }
    (queries, others)
}

/// Waits until the usage shows everything that Halo received. A worker adds to the usage after its result
/// can be seen.
async fn assert_all_is_shown(bp: &Bp<'_>, practice: &TestPractice, mark: u64) -> Calls {
    until("all calls are shown", PATIENCE, async || {
        let (received, usage) = (received(bp, mark).await, usage(practice).await);
        if shown(&usage) == received {
            Ok(received)
        } else {
            Err(format!("{received:?} {}", usage.text))
        }
    })
    .await
}

#[tokio::test]
async fn every_query_of_every_kind_of_work_is_counted_for_the_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let mark = bp.mark().await;
    let practice = paired_practice(stack, &bp).await;
    let search = json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" });
    practice.clinician.post("/patients/search", &search).await.assert_status(200);
    practice.clinician.get("/patients/1").await.assert_status(200);
    practice.clinician.get("/patients/1/clinical-summary").await.assert_status(200);
    practice.clinician.get("/locations").await.assert_status(200);
    let attachments = practice.clinician.get("/patients/1/attachments").await;
    let document = attachments.assert_status(200).at("/items/0").clone();
    let import = json!({ "importId": "i-1",
        "items": [{ "folder": document["folder"], "documentId": document["documentId"] }] });
    practice.clinician.post("/patients/1/attachment-imports", &import).await.assert_status(202);
    becomes(&practice.clinician, "/attachment-imports/i-1", "/items/0/state", "staged").await;
    let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 },
        "kind": "advice", "subject": "Counted", "text": "Rest it." });
    practice.platform.put("/correspondence/counted-1", &message).await.assert_status(202);
    becomes(&practice.platform, "/deliveries/message-counted-1", "/state", "delivered").await;
    let before = bp.mark().await;
    stack.run_job("checked", Some(&practice.practice_id)).await;
    until("Bp is asked which messages are checked", PATIENCE, async || {
        let received = received(&bp, before).await;
        if received.0.contains_key("inbox_checked") { Ok(()) } else { Err(format!("{received:?}")) }
    })
    .await;
    let (queries, others) = assert_all_is_shown(&bp, &practice, mark).await;
    for statement in [
        "users_named",
        "patient_search",
        "patient_demographics",
        "clinical_summary",
        "practice_locations",
        "attachments",
        "document_start",
        "inbox_write",
        "inbox_checked",
    ] {
        assert!(queries.contains_key(statement), "{statement} was not sent: {queries:?}");
    }
    assert!(others > 0, "the pairing itself is no query");
    let usage = usage(&practice).await;
    assert!(usage.at("/days/0/bytesSent").as_u64().unwrap() > 1_000, "{}", usage.text);
    assert!(usage.at("/days/0/bytesReceived").as_u64().unwrap() > 1_000, "{}", usage.text);
    assert_eq!(usage.text_at("/timeZone"), "UTC");
    assert_eq!(*usage.at("/cap/queriesPerDay"), json!(100_000));
    assert!(!usage.text.contains("Wattleford"));
}

#[tokio::test]
async fn a_query_whose_answer_is_lost_or_that_bp_refuses_counts() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let mark = bp.mark().await;
    let practice = paired_practice(stack, &bp).await;
    let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
    for effect in ["dropAfter", "malformedBody"] {
        let fault = json!([{ "operation": "immediateQuery", "effect": effect, "times": 1 }]);
        bp.faults(fault).await;
        practice.clinician.post("/patients/search", &search).await.assert_status(200);
    }
    bp.no_faults().await;
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let refused = practice.clinician.post("/patients/search", &search).await;
    refused.assert_problem(409, "integration-not-enabled");
    let (queries, _) = assert_all_is_shown(&bp, &practice, mark).await;
    assert_eq!(queries["patient_search"], 5, "two lost, two answered, one refused");
}

#[tokio::test]
async fn the_practices_administrator_and_platforms_see_what_it_costs_and_nobody_else() {
    let stack = TestStack::shared().await;
    let practice = stack.new_practice().await;
    let other = stack.new_practice().await;
    let unused = usage(&practice).await;
    assert_eq!(*unused.assert_status(200).at("/days"), json!([]));
    practice.platform.get("/usage").await.assert_status(200);
    practice.clinician.get("/usage").await.assert_problem(403, "forbidden");
    practice.stranger.get("/usage").await.assert_problem(401, "unauthenticated");
    let stranger = other.practice_admin.at(&practice.practice_id);
    stranger.get("/usage").await.assert_problem(404, "not-found");
    for wrong in ["?since=2026-01-01", "?from=yesterday", "?from=2026-01-01&to=2026-04-03"] {
        let refused = practice.practice_admin.get(&format!("/usage{wrong}")).await;
        refused.assert_problem(400, "invalid-request");
    }
    let quarter = practice.practice_admin.get("/usage?from=2026-01-01&to=2026-04-02").await;
    quarter.assert_status(200);
}

#[tokio::test]
async fn platforms_are_told_once_that_a_practice_comes_near_its_cap() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    // One query less than 80 % of the local stack's cap.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let used = json!({
        "TableName": stack.file().aws.table,
        "Key": { "pk": { "S": format!("USAGE#{}", practice.practice_id) },
            "sk": { "S": today.to_string() } },
        "UpdateExpression": "SET queries = :many",
        "ExpressionAttributeValues": { ":many": { "N": "79999" } },
    });
    stack.aws().call("dynamodb", "DynamoDB_20120810.UpdateItem", &used).await.unwrap();
    for _ in 0..3 {
        practice.clinician.get("/locations").await.assert_status(200);
    }
    stack.run_job("jobs", None).await;
    platform.hears("usage.nearCap").await;
    practice.clinician.get("/locations").await.assert_status(200);
    stack.let_come_round("site-health", &practice.practice_id).await;
    practice.practice_admin.delete("/connection").await.assert_status(204);
    stack.run_job("jobs", None).await;
    platform.hears("connection.changed disconnected").await;
    let told: Value = usage(&practice).await.at("/days/0").clone();
    assert_eq!(told["queries"], json!(80_003));
}
