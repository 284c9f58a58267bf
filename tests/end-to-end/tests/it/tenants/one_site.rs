//! Two platforms at one site, with equal ids of everything.

use end_to_end::{TestPractice, TestStack};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::steps::{becomes, databases, pair};

const DOCTOR: &str = "MED9990000001";

async fn at_work(practice: &TestPractice, words: &str, start: &str) {
    let TestPractice { clinician, platform, practice_admin, .. } = practice;
    let settings = json!({
        "timeZone": "Australia/Brisbane",
        "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15 },
    });
    practice_admin.put("/settings", &settings).await.assert_status(200);
    let staff = json!([{ "ahpraNumber": DOCTOR, "firstName": "Amelia", "lastName": "Thornbury" }]);
    platform.put("/staff", &staff).await.assert_status(200);
    platform.post("/staff/sync", &json!({})).await.assert_status(200);

    let bytes = format!("%PDF-1.7\n% {words}\n%%EOF\n").into_bytes();
    let sha256: String =
        sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let document = json!({
        "documentId": "d-1", "contentType": "application/pdf", "bytes": bytes.len(), "sha256": sha256,
    });
    let announced = clinician.post("/documents", &document).await;
    let mut request =
        local::loopback_client().unwrap().put(announced.assert_status(201).text_at("/uploadUrl"));
    for (name, value) in announced.at("/uploadHeaders").as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    assert!(request.body(bytes).send().await.unwrap().status().is_success());
    let referral = json!({
        "patientId": 1, "documentId": "d-1", "subject": format!("Referral {words}"),
        "recipientName": "Example Heart Clinic",
    });
    clinician.put("/referrals/r-1", &referral).await.assert_status(202);
    let message = json!({
        "patient": { "patientId": 1 }, "addressee": { "userId": 1 }, "kind": "advice",
        "subject": format!("Advice {words}"), "text": "Made up.",
    });
    platform.put("/correspondence/m-1", &message).await.assert_status(202);
    let visit = json!({
        "ahpraNumber": DOCTOR, "start": start,
        "representative": { "name": "Zoë Made-Up", "company": words },
    });
    platform.put("/bookings/b-1", &visit).await.assert_status(202);
}

async fn arrived(practice: &TestPractice) -> [Value; 3] {
    let platform = &practice.platform;
    let referral = becomes(platform, "/deliveries/referral-r-1", "/state", "delivered").await;
    let message = becomes(platform, "/deliveries/message-m-1", "/state", "delivered").await;
    let booking = becomes(platform, "/bookings/b-1", "/state", "synced").await;
    [
        referral.at("/bpRecordId").clone(),
        message.at("/bpRecordId").clone(),
        booking.at("/bpAppointmentId").clone(),
    ]
}

fn count(database: &Connection, sql: &str, text: &str) -> i64 {
    database.query_row(sql, [text], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn two_platforms_at_one_site_with_equal_ids_share_nothing_and_both_arrive_in_bp() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    // Each platform is let in by a code of its own.
    pair(&bp, &ours.clinician).await;
    pair(&bp, &theirs.clinician).await;
    let practices =
        [(&ours, "of ours", "2028-06-06T10:00"), (&theirs, "of theirs", "2028-06-06T11:00")];
    for (practice, words, start) in practices {
        at_work(practice, words, start).await;
    }
    let (in_ours, in_theirs) = (arrived(&ours).await, arrived(&theirs).await);
    for (one, other) in in_ours.iter().zip(&in_theirs) {
        assert!(one.is_i64() && other.is_i64(), "{one} {other}");
        assert_ne!(one, other, "both platforms wrote to one record");
    }
    let (book, documents) = databases(stack, &bp).await;
    for (practice, words, start) in practices {
        for (table, subject) in [("CORRESPONDENCEOUT", "Referral"), ("INCOMINGREPORTS", "Advice")] {
            let sql = format!("SELECT count(*) FROM {table} WHERE rtrim(SUBJECT) = ?1");
            assert_eq!(count(&book, &sql, &format!("{subject} {words}")), 1, "{table} {words}");
        }
        let letter = "SELECT count(*) FROM DOCUMENTS WHERE instr(CONTENT, CAST(?1 AS BLOB)) > 0";
        assert_eq!(count(&documents, letter, words), 1, "the letter {words}");
        // Each platform sees its own, and nothing else.
        let deliveries = practice.platform.get("/deliveries").await;
        assert_eq!(deliveries.at("/items").as_array().unwrap().len(), 2, "{}", deliveries.text);
        let booking = practice.platform.get("/bookings/b-1").await;
        assert_eq!(booking.text_at("/start"), start);
        assert_eq!(booking.text_at("/representative/company"), words);
        let staff = practice.platform.get("/staff").await;
        assert_eq!(staff.at("/staff").as_array().unwrap().len(), 1);
        let trail = practice.practice_admin.get("/audit").await;
        let lines = trail.at("/items").as_array().unwrap().len();
        assert!(lines > 4, "{}", trail.text);
    }
    // What one platform cancels or disconnects stays with the other.
    theirs.platform.delete("/bookings/b-1").await.assert_status(202);
    becomes(&theirs.platform, "/bookings/b-1", "/state", "cancelled").await;
    theirs.practice_admin.delete("/connection").await.assert_status(204);
    stack.run_job("reconcile", Some(&ours.practice_id)).await;
    let booking = ours.platform.get("/bookings/b-1").await;
    assert_eq!(booking.text_at("/state"), "synced");
    assert_eq!(booking.at("/bpAppointmentId"), &in_ours[2]);
    assert_eq!(ours.platform.get("/connection").await.text_at("/state"), "connected");
    assert_eq!(theirs.platform.get("/connection").await.text_at("/state"), "disconnected");
}
