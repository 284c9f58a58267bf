//! Who read whose record, and what never leaves in logs.

use end_to_end::TestStack;
use serde_json::json;

use crate::steps::{LARGE, form, paired_practice};

#[tokio::test]
async fn every_read_of_a_patient_is_in_the_audit_trail() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let twins = json!({ "lastName": "Farraday", "dateOfBirth": "2015-02-19" });
    practice.clinician.post("/patients/search", &twins).await.assert_status(200);
    practice.clinician.get("/patients/3").await.assert_status(200);
    practice.clinician.get("/audit").await.assert_problem(403, "forbidden");

    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.assert_status(200).at("/records").as_array().unwrap().clone();
    let lines: Vec<_> = records
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["patients"].clone()))
        .collect();
    assert_eq!(
        lines,
        [
            ("connectionChanged", json!([])),
            ("patientSearch", json!([4, 3])),
            ("demographicsRead", json!([3]))
        ]
    );
    assert!(
        records.iter().all(|one| one["subject"].is_string()
            && one["at"].is_string()
            && one["requestId"] != "")
    );
    let about = practice.practice_admin.get("/audit?patientId=4").await;
    assert_eq!(about.at("/records").as_array().unwrap().len(), 1);
    practice.practice_admin.get("/audit?patient=4").await.assert_problem(400, "invalid-request");
    assert!(
        practice
            .practice_admin
            .get("/audit?from=2020-01-01&to=2020-12-31")
            .await
            .at("/records")
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn no_patient_code_key_or_token_is_in_logs_and_no_patient_or_code_in_the_table() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    practice
        .clinician
        .put("/connection", &form(LARGE, &code, "Amelia", "Thornbury"))
        .await
        .assert_status(200);
    let search = json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" });
    practice.clinician.post("/patients/search", &search).await.assert_status(200);
    let person = practice.clinician.get("/patients/1").await;
    practice
        .clinician
        .post("/patients/search", &json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-41" }))
        .await
        .assert_status(400);
    practice
        .clinician
        .post("/patients/search", &json!({ "lastName": "Wattleford", "born": "1957-03-14" }))
        .await
        .assert_status(400);
    bp.faults(json!([{ "operation": "immediateQuery", "effect": "executionFailed" }])).await;
    practice.clinician.post("/patients/search", &search).await.assert_status(502);

    let token = practice.clinician.token().unwrap();
    let key = &stack.file().simulator.subscription_key;
    let (name, medicare) = ("Wattleford", person.text_at("/medicare/number"));
    stack.assert_not_logged(&[name, medicare, "1957-03-14", &code, key, token]).await;
    stack.assert_not_stored(&[name, medicare, "1957-03-14", &code, key, token]).await;
}
