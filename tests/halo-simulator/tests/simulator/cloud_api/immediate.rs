//! Immediate queries.

use std::time::Duration;

use halo_simulator::Options;
use serde_json::{Value, json};

use crate::cloud_api::{schema, support::Bench};

const FIRST: &str = "SELECT TOP 1 InternalID, Surname FROM dbo.BPS_Patients \
    WHERE InternalID > 0 ORDER BY InternalID";

#[tokio::test]
async fn rows_come_back_as_base64_json_in_the_chosen_layout() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let objects = bench.select(&guid, FIRST).await;
    assert_eq!(objects.status, 200, "{objects:?}");
    schema::check("immediateQuery", 200, &objects.body);
    assert_eq!(objects.body["result"]["rows"], 1);
    let row = objects.rows()[0].clone();
    let id = row["InternalID"].as_i64().expect("an id");
    assert!(row["Surname"].as_str().is_some_and(|name| name.len() == 40), "char(40) is padded");

    bench.change(json!({"rowEncoding": "columnsAndRows"})).await;
    let columns = bench.select(&guid, FIRST).await.rows();
    assert_eq!(columns["columns"], json!(["InternalID", "Surname"]));
    assert_eq!(columns["rows"][0][0], id);
    bench.change(json!({"rowEncoding": "singleObject"})).await;
    assert_eq!(bench.select(&guid, FIRST).await.rows()["InternalID"], id);
}

#[tokio::test]
async fn parameters_go_in_and_the_three_execution_modes_differ() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let command = |mode: &str, text: &str| {
        json!({"command": {"text": text, "executionMode": mode, "type": "text", "parameters": [
            {"name": "@id", "direction": "input", "type": "Int", "value": "1", "size": 4}]}})
    };
    let scalar = command(
        "scalar",
        "SELECT InternalID + 1, Surname FROM dbo.BPS_Patients \
        WHERE InternalID = @id",
    );
    let rows = bench.immediate(&guid, scalar).await.rows();
    assert_eq!(rows[0].as_object().map(|row| row.len()), Some(1), "{rows}");
    assert_eq!(rows[0].as_object().and_then(|row| row.values().next()), Some(&json!(2)));

    let update = "UPDATE dbo.PATIENTS SET PREFERREDNAME = PREFERREDNAME WHERE INTERNALID = @id";
    let update = bench.immediate(&guid, command("nonQuery", update)).await;
    schema::check("immediateQuery", 200, &update.body);
    assert_eq!(update.body["result"]["rowsAffected"], 1);
    assert!(update.body["result"].get("data").is_none());
}

#[tokio::test]
async fn a_database_error_is_a_failed_query_with_its_number() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let failed = bench.select(&guid, "SELECT * FROM dbo.NO_SUCH_TABLE").await;
    assert_eq!(failed.status, 400);
    schema::check("immediateQuery", 400, &failed.body);
    assert_eq!(failed.body["status"], "executionFailed");
    assert_eq!(failed.body["errorDetails"]["errorType"], "mssql");
    assert_eq!(failed.body["errorDetails"]["errorCode"], 208);
    assert_eq!(failed.body["errorCode"], 208, "the deprecated twin is there too");

    bench.change(json!({"deniedObjects": ["BPS_Patients"]})).await;
    let denied = bench.select(&guid, FIRST).await;
    assert_eq!(denied.body["errorDetails"]["errorCode"], 229);
}

#[tokio::test]
async fn an_unticked_integration_cannot_log_in() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"integrationEnabled": false})).await;
    let refused = bench.select(&guid, FIRST).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["errorDetails"]["errorCode"], 18456);
    let message = refused.body["errorDetails"]["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("Login failed for user"), "{message}");
}

#[tokio::test]
async fn an_offline_site_is_503_and_an_unreachable_one_504_without_an_id() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for (availability, status) in [("offline", 503), ("unreachable", 504)] {
        bench.change(json!({"availability": availability})).await;
        let answer = bench.select(&guid, FIRST).await;
        assert_eq!(answer.status, status);
        schema::check("immediateQuery", status, &answer.body);
        assert!(answer.body.get("id").is_none());
    }
}

#[tokio::test]
async fn bad_commands_are_refused_before_a_practice_sees_them() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    for body in [
        json!({}),
        json!({"command": {}}),
        json!({"command": {"text": " "}}),
        json!({"command": {"text": FIRST}, "maxTimeInQueue": 60_001}),
        json!({"command": {"text": FIRST}, "maxTimeInQueue": -1}),
        json!({"command": {"text": FIRST}, "catalogue": "BPSDrugs"}),
        json!({"command": {"text": FIRST, "executionMode": "writer"}}),
        json!({"command": {"text": FIRST, "parameters": [{"name": "@a", "type": "Number"}]}}),
        json!({"command": {"text": FIRST, "parameters": [{"name": "@a", "value": 5}]}}),
    ] {
        let answer = bench.immediate(&guid, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        schema::check("immediateQuery", 400, &answer.body);
        assert!(answer.body.get("error").is_some(), "{body} reached the practice");
    }
    let longest = json!({"command": {"text": FIRST}, "maxTimeInQueue": 60_000});
    assert_eq!(bench.immediate(&guid, longest).await.status, 200);
}

#[tokio::test]
async fn the_documents_catalogue_is_the_other_database() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let text = "SELECT COUNT(*) AS n FROM dbo.DOCUMENTS";
    let body = json!({"command": {"text": text}, "catalogue": "BPSDocuments"});
    let answer = bench.immediate(&guid, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.rows()[0]["n"].as_i64().is_some_and(|count| count > 0));
    assert_eq!(bench.select(&guid, text).await.status, 400, "it is not in the default catalogue");
}

#[tokio::test]
async fn a_result_over_the_limit_is_lost_although_the_statement_ran() {
    let options = Options { immediate_result_bytes: 2_000, ..Options::default() };
    let bench = Bench::with(options).await;
    let guid = bench.pair().await;
    let answer = bench
        .select(
            &guid,
            "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Ran' WHERE INTERNALID = 1; \
             SELECT InternalID, Surname, Firstname FROM dbo.BPS_Patients",
        )
        .await;
    assert_eq!(answer.status, 413, "{answer:?}");
    schema::check("immediateQuery", 413, &answer.body);
    assert_eq!(answer.body["errorDetails"]["errorCode"], 413);
    let check = bench
        .select(&guid, "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1");
    assert_eq!(check.await.rows()[0]["n"], "Ran");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_504_and_the_statement_still_runs() {
    let options = Options { immediate_execution_limit: Duration::ZERO, ..Options::default() };
    let bench = Bench::with(options).await;
    let guid = bench.pair().await;
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Late' WHERE INTERNALID = 1";
    let answer = bench.select(&guid, write).await;
    assert_eq!(answer.status, 504);
    schema::check("immediateQuery", 504, &answer.body);
    let id = bench
        .submit(
            &guid,
            json!({"command": {"text":
            "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1"}}),
        )
        .await;
    bench.settle(&guid, &id).await;
    let page = bench.page(&guid, &id, 1).await;
    let rows: Value = crate::cloud_api::support::decode(page.body["data"].as_str().unwrap());
    assert_eq!(rows[0]["n"], "Late");
}

#[tokio::test]
async fn a_paused_practice_lets_an_immediate_query_wait_only_so_long() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    bench.change(json!({"queuePaused": true})).await;
    let body = json!({"command": {"text": FIRST}, "maxTimeInQueue": 20});
    assert_eq!(bench.immediate(&guid, body).await.status, 504);
}

#[tokio::test]
async fn a_procedure_returns_its_code_through_a_parameter() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    // The form that the one public client uses: a batch that declares, executes and selects.
    let practices = bench.control(reqwest::Method::GET, "/practices", Value::Null).await.body;
    let user = practices["practices"][0]["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["group"] == "Doctor" && user["active"] == true)
        .or_else(|| practices["practices"][0]["users"].as_array().unwrap().first())
        .map(|user| user["userId"].to_string())
        .unwrap();
    let input = |name: &str, kind: &str, value: &str| json!({"name": name, "direction": "input", "type": kind, "value": value, "size": 50});
    let inputs = json!([
        input("@aptdate", "Date", "2027-03-10"),
        input("@apttime", "Int", "36000"),
        input("@aptlen", "Int", "900"),
        input("@practitionerid", "Int", &user),
        input("@patientid", "Int", "1"),
    ]);
    let text = "DECLARE @new int; EXEC @new = dbo.BP_AddAppointment @aptdate = @aptdate, \
        @apttime = @apttime, @aptlen = @aptlen, @practitionerid = @practitionerid, \
        @patientid = @patientid; SELECT @new AS RecordID;";
    let booked = bench.immediate(&guid, json!({"command": {"text": text, "parameters": inputs}}));
    let booked = booked.await;
    assert_eq!(booked.status, 200, "{booked:?}");
    let record = booked.rows()[0]["RecordID"].as_i64().expect("the new record's id");
    assert!(record > 0);

    let command = json!({"command": {
    "text": "BP_IsAppointmentBooked", "type": "storedProcedure", "executionMode": "nonQuery",
    "parameters": [
        input("@userid", "Int", &user),
        input("@aptdate", "Date", "2027-03-10"),
        input("@apttime", "Int", "36000"),
        {"name": "@return", "direction": "returnValue", "type": "Int", "value": null, "size": 4},
    ]}});
    let taken = bench.immediate(&guid, command).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    schema::check("immediateQuery", 200, &taken.body);
    let parameters = taken.body["result"]["parameters"].as_array().unwrap();
    let code = parameters.iter().find(|one| one["direction"] == "returnValue").unwrap();
    assert_eq!(code["value"], "1");
}

#[tokio::test]
async fn a_long_binary_parameter_of_a_stored_procedure_meets_links_known_defect() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let command = json!({"command": {
        "text": "BP_AddMessage", "type": "storedProcedure", "parameters": [
            {"name": "@message", "direction": "input", "type": "NVarChar",
             "value": "x".repeat(4_001), "size": 8_002}]}});
    let answer = bench.immediate(&guid, command).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["errorDetails"]["errorType"], "haloLink");
}

#[tokio::test]
async fn each_catalogue_calls_the_other_by_its_name() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let text = "SELECT DB_NAME() AS here, (SELECT COUNT(*) FROM BPSPatients.dbo.TITLES) AS titles, \
        CASE WHEN EXISTS (SELECT 1 FROM BPSDocuments.dbo.DOCUMENTS) THEN 1 END AS documents";
    let mut answers = Vec::new();
    for catalogue in ["BPSPatients", "BPSDocuments"] {
        let body = json!({"command": {"text": text}, "catalogue": catalogue});
        let row = bench.immediate(&guid, body).await.rows()[0].clone();
        assert_eq!(row["here"], catalogue);
        assert_eq!(row["documents"], 1);
        answers.push(row["titles"].clone());
    }
    assert_eq!(answers[0], answers[1]);
}
