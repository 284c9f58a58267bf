//! A referral with the patient's summary: Bp receives a PDF next to the letter, and the platform FHIR.

use super::*;
use crate::steps::{named, paired_practice};

/// Sends a referral with the patient's summary. Returns its id.
async fn send(practice: &TestPractice) -> (String, Value) {
    let document = Document::pdf("with a summary");
    upload(&practice.clinician, &document).await;
    let mut body = referral(&document);
    body["summary"] = json!(true);
    let id = new_id();
    let sent = practice.clinician.put(&format!("/referrals/{id}"), &body).await;
    sent.assert_status(202);
    assert_eq!(sent.text_at("/summary/deliveryId"), format!("summary-{id}"));
    assert_eq!(sent.text_at("/summary/state"), "accepted");
    (id, body)
}

/// The documents of these deliveries in Bp, after both have arrived. Each is there once.
async fn arrived(practice: &TestPractice, tables: &Tables, id: &str) -> [Kept; 2] {
    let letter = reaches(practice, &format!("referral-{id}"), "delivered").await;
    let summary = reaches(practice, &format!("summary-{id}"), "delivered").await;
    let of = |delivery: &Answer, subject| {
        let record = delivery.at("/bpRecordId").as_i64().unwrap();
        tables.out(subject).into_iter().find(|kept| kept.record == record).unwrap()
    };
    [of(&letter, "Referral – “left knee”"), of(&summary, "Patient summary")]
}

fn words(pdf: &[u8]) -> String {
    let read = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = read.get_pages().into_keys().collect();
    read.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_referral_carries_the_patients_summary_to_bp_and_to_the_platform() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let mark = bp.mark().await;
    let (id, mut body) = send(&practice).await;
    let path = format!("/referrals/{id}/summary");
    let [letter, summary] = arrived(&practice, &tables, &id).await;
    assert!(letter.record < summary.record);
    assert_eq!((summary.patient, summary.user, summary.file_type.as_str()), (PATIENT, 1, "pdf"));
    assert_eq!(tables.out("Patient summary").len(), 1);
    let mut queries = named(&bp.queries_since(mark).await);
    queries.retain(|call| call.contains(':'));
    let write = "asyncQuery:correspondence_out_write";
    assert_eq!(queries, [write, "immediateQuery:clinical_summary", write]);

    // The platform receives the same facts as FHIR.
    let view = practice.platform.get(&format!("/deliveries/referral-{id}")).await;
    assert_eq!(view.text_at("/summary/state"), "delivered");
    assert!(view.text_at("/summary/fhir").ends_with(&path), "{}", view.text);
    let fhir = practice.platform.get(&path).await;
    fhir.assert_status(200);
    assert_eq!(fhir.header("content-type"), Some("application/fhir+json; fhirVersion=4.0"));
    assert_eq!(view.text_at("/summary/sha256"), sha256(fhir.text.as_bytes()));
    let shown = words(&summary.bytes);
    let resources: Vec<&Value> =
        fhir.at("/entry").as_array().unwrap().iter().map(|entry| &entry["resource"]).collect();
    let allergies: Vec<&str> = resources
        .iter()
        .filter(|it| it["resourceType"] == "AllergyIntolerance")
        .map(|it| it["code"]["text"].as_str().unwrap())
        .collect();
    assert!(!allergies.is_empty());
    for said in allergies.iter().chain(&["Wattleford", "1957-03-14", "Page 1 of"]) {
        assert!(shown.contains(said), "{said} is not in {shown}");
    }

    // Nobody else receives it, and the trail names who did.
    practice.clinician.get(&path).await.assert_status(200);
    practice.practice_admin.get(&path).await.assert_problem(403, "forbidden");
    let other = paired_practice(stack, &bp).await;
    let outsider = other.clinician.at(&practice.practice_id);
    outsider.get(&path).await.assert_problem(404, "not-found");
    other.platform.get(&path).await.assert_problem(404, "not-found");
    let trail = practice.practice_admin.get(&format!("/audit?patientId={PATIENT}")).await;
    let lines = trail.at("/items").as_array().unwrap();
    let of = |action: &str| lines.iter().filter(|line| line["action"] == action).count();
    assert_eq!((of("referralSummaryRead"), of("referralSummaryShown")), (1, 2));

    // The summary is a part of what was sent. Only a clinician may send it.
    body["summary"] = json!(false);
    let path = format!("/referrals/{id}");
    practice.clinician.put(&path, &body).await.assert_problem(409, "id-in-use");
    body["summary"] = json!(true);
    practice.clinician.put(&path, &body).await.assert_status(202);
    let path = format!("/referrals/{}", new_id());
    let refused = practice.platform.put(&path, &body).await;
    refused.assert_problem(403, "forbidden");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/summary");
    stack.assert_not_logged(&["Wattleford", "1957-03-14", allergies[0]]).await;
}

#[tokio::test]
async fn a_practice_that_is_off_delays_a_summary_and_a_lost_answer_doubles_none() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let (id, _) = send(&practice).await;
    reaches(&practice, &format!("referral-{id}"), "waiting").await;
    let path = format!("/referrals/{id}/summary");
    let early = practice.platform.get(&path).await;
    early.assert_problem(404, "summary-not-ready");
    assert_ne!(early.at("/detail"), early.at("/title"));
    // The answers to both writes are lost.
    let lost = json!({ "operation": "asyncQuery", "effect": "504AfterExecution", "times": 2 });
    bp.faults(json!([lost])).await;
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    arrived(&practice, &tables, &id).await;
    bp.no_faults().await;
    for subject in ["Referral – “left knee”", "Patient summary"] {
        assert_eq!(tables.out(subject).len(), 1, "{subject}");
    }
    practice.platform.get(&path).await.assert_status(200);
}

#[tokio::test]
async fn the_record_is_not_read_for_a_clinician_who_was_unlinked_meanwhile() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let (id, _) = send(&practice).await;
    reaches(&practice, &format!("referral-{id}"), "waiting").await;
    practice.practice_admin.delete("/connection/clinicians/1").await.assert_status(204);
    let mark = bp.mark().await;
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    reaches(&practice, &format!("referral-{id}"), "delivered").await;
    let failed = reaches(&practice, &format!("summary-{id}"), "failed").await;
    assert!(failed.text.contains("clinician-link-needed"), "{}", failed.text);
    let asked = named(&bp.queries_since(mark).await);
    assert!(!asked.iter().any(|call| call.contains("clinical_summary")), "{asked:?}");
}

#[tokio::test]
async fn what_bp_did_not_give_is_said_in_the_pdf_and_an_expired_copy_is_gone() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Tobacco"] })).await;
    let (id, _) = send(&practice).await;
    let [_, summary] = arrived(&practice, &tables, &id).await;
    bp.set_practice(LARGE, json!({ "deniedObjects": [] })).await;
    let shown = words(&summary.bytes);
    for said in ["Bp does not let us read this", "BPS_Tobacco", "Wattleford"] {
        assert!(shown.contains(said), "{said} is not in {shown}");
    }

    let path = format!("/referrals/{id}/summary");
    practice.platform.get(&path).await.assert_status(200);
    // The bucket deletes old copies. Here, the copy has another key, under which there is nothing.
    let names = ["body", "letter", "summary", "kept", "fhir", "key"];
    let names: serde_json::Map<_, _> =
        names.iter().map(|name| (format!("#{name}"), json!(name))).collect();
    let gone = json!({
        "TableName": stack.file().aws.table,
        "Key": { "pk": { "S": format!("WORK#{}", practice.practice_id) },
            "sk": { "S": format!("DELIVERY#summary-{id}") } },
        "UpdateExpression": "SET #body.#letter.#summary.#kept.#fhir.#key = :nowhere",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": { ":nowhere": { "S": "summaries/nowhere" } },
    });
    stack.aws().call("dynamodb", "DynamoDB_20120810.UpdateItem", &gone).await.unwrap();
    practice.platform.get(&path).await.assert_problem(410, "summary-expired");
}
