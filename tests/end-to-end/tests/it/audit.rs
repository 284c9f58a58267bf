//! The audit trail: who read whose record. Also what must never be in logs.

use end_to_end::{TestPractice, TestStack};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

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
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    let lines: Vec<_> = records
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["patients"].clone()))
        .collect();
    assert_eq!(
        lines,
        [
            ("connectionChanged", json!([])),
            ("clinicianLinked", json!([])),
            ("patientSearch", json!([4, 3])),
            ("demographicsRead", json!([3]))
        ]
    );
    assert_eq!((&records[0]["resource"], &records[1]["resource"]), (&json!(LARGE), &json!(LARGE)));
    assert!(
        records.iter().all(|one| one["subject"].is_string()
            && one["at"].is_string()
            && one["requestId"] != "")
    );
    let about = practice.practice_admin.get("/audit?patientId=4").await;
    assert_eq!(about.at("/items").as_array().unwrap().len(), 1);
    practice.practice_admin.get("/audit?patient=4").await.assert_problem(400, "invalid-request");
    assert!(
        practice
            .practice_admin
            .get("/audit?from=2020-01-01&to=2020-12-31")
            .await
            .at("/items")
            .as_array()
            .unwrap()
            .is_empty()
    );
}

/// The actions of a practice's audit trail, with the resource of each.
async fn trail(practice: &TestPractice) -> Vec<(String, String)> {
    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    records.iter().map(|one| (text(&one["action"]), text(&one["resource"]))).collect()
}

fn line(action: &str, resource: &str) -> (String, String) {
    (action.to_owned(), resource.to_owned())
}

#[tokio::test]
async fn a_practice_that_was_paired_is_in_the_trail_although_the_name_was_wrong() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    let wrong = form(LARGE, &code, "Nobody", "Of-That-Name");
    practice.clinician.put("/connection", &wrong).await.assert_problem(422, "clinician-not-found");
    assert_eq!(trail(&practice).await, [line("connectionChanged", LARGE)]);
}

#[tokio::test]
async fn the_trail_names_each_booking_and_delivery_that_was_made_changed_or_sent_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 }, "kind": "other",
        "subject": "Left knee", "text": "Rest it." });
    practice.platform.put("/correspondence/m-1", &message).await.assert_status(202);
    let (number, settings) = (
        "MED9990000001",
        json!({ "timeZone": "Australia/Brisbane",
            "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15 } }),
    );
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);
    let staff = json!([{ "ahpraNumber": number, "firstName": "Amelia", "lastName": "Thornbury" }]);
    practice.platform.put("/staff", &staff).await.assert_status(200);
    practice.platform.post("/staff/sync", &json!({})).await.assert_status(200);
    let day = Timestamp::now().to_zoned(TimeZone::UTC).date() + 40.weeks();
    let visit = |time: &str| {
        json!({ "ahpraNumber": number, "start": format!("{day}T{time}"),
            "representative": { "name": "Kim Made-Up", "company": "Example Labs" } })
    };
    for (id, time) in [("b-1", "09:00"), ("b-2", "10:00"), ("b-1", "09:00"), ("b-2", "11:00")] {
        practice.platform.put(&format!("/bookings/{id}"), &visit(time)).await.assert_status(202);
    }
    practice.platform.delete("/bookings/b-1").await;
    practice.practice_admin.post("/bookings/resend", &json!({})).await.assert_status(202);
    practice.practice_admin.post("/bookings/b-2/resend", &json!({})).await.assert_status(202);
    let lines = trail(&practice).await;
    assert_eq!(
        lines[2..],
        [
            line("messageSent", "message-m-1"),
            line("settingsChanged", ""),
            line("staffChanged", ""),
            line("bookingChanged", "b-1"),
            line("bookingChanged", "b-2"),
            line("bookingChanged", "b-2"),
            line("bookingCancelled", "b-1"),
            line("bookingResent", "b-2"),
            line("bookingResent", "b-2"),
        ],
        "{lines:?}"
    );
    // From a later day on there is nothing to resend.
    let later = format!("/bookings/resend?from={}", day.tomorrow().unwrap());
    let none = practice.practice_admin.post(&later, &json!({})).await;
    assert_eq!((none.at("/resent"), none.at("/more")), (&json!(0), &json!(false)), "{}", none.text);
    let wrong = practice.practice_admin.post("/bookings/resend?from=soon", &json!({})).await;
    wrong.assert_problem(400, "invalid-request");
}

#[tokio::test]
async fn no_patient_code_key_or_token_is_in_logs_or_in_the_table_but_whom_a_person_was_shown() {
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
    stack.assert_not_stored(&[name, medicare, &code, key, token]).await;
    // What the clinician was shown is kept for two weeks, so that a referral is about the same person. It
    // consists of the last name's key, the date of birth and the status, and is stored nowhere else.
    let mut kept = 0;
    for item in stack.table().await {
        let text = item.to_string();
        if item["pk"]["S"].as_str().unwrap().starts_with("SHOWN#") {
            assert!(item["expiresAt"]["N"].is_string(), "it never expires: {text}");
            let mut fields: Vec<_> = item["body"]["M"].as_object().unwrap().keys().collect();
            fields.sort();
            assert_eq!(fields, ["dateOfBirth", "shownAt", "site", "status", "surname"]);
            kept += usize::from(item["pk"]["S"] == format!("SHOWN#{}", practice.practice_id));
        } else {
            assert!(!text.contains("1957-03-14") && !text.contains("WATTLEFORD"), "{text}");
        }
    }
    assert_eq!(kept, 1);
}
