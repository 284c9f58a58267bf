//! A practice is paired with another Bp while work for the first one is in progress. The numbers of
//! patients, users, documents and locations mean other people and things there.

use end_to_end::{TestPractice, TestStack};
use jiff::{ToSpan as _, Zoned};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::steps::{LARGE, SMALL, becomes, form, paired_practice};

const DOCTOR: &str = "MED9990000001";

async fn choose_and_sync(practice: &TestPractice) {
    let settings = json!({
        "timeZone": "Australia/Brisbane",
        "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15 },
    });
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);
    let staff = json!([{ "ahpraNumber": DOCTOR, "firstName": "Amelia", "lastName": "Thornbury" }]);
    practice.platform.put("/staff", &staff).await.assert_status(200);
    let synced = practice.platform.post("/staff/sync", &json!({})).await;
    assert_eq!(synced.assert_status(200).text_at("/staff/0/state"), "synced");
}

#[tokio::test]
async fn what_was_meant_for_one_bp_never_reaches_another() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    choose_and_sync(&practice).await;
    let list = practice.clinician.get("/patients/1/attachments?limit=1").await;
    let document = list.assert_status(200).at("/items/0").clone();

    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let id = Uuid::new_v4().to_string();
    let subject = format!("Moved {}", &id[..8]);
    let message = json!({
        "patient": { "patientId": 1 }, "addressee": { "userId": 1 }, "kind": "advice",
        "subject": subject, "text": "For another practice's patient.",
    });
    practice.platform.put(&format!("/correspondence/{id}"), &message).await.assert_status(202);
    let day = Zoned::now().date().saturating_add(20.days());
    let visit = json!({
        "ahpraNumber": DOCTOR, "start": format!("{day}T09:00"),
        "representative": { "name": "Zoë Made-Up", "company": "Example Labs" },
    });
    practice.platform.put("/bookings/visit-1", &visit).await.assert_status(202);
    let import = json!({
        "importId": id,
        "items": [{ "folder": document["folder"], "documentId": document["documentId"] }],
    });
    let path = "/patients/1/attachment-imports";
    practice.clinician.post(path, &import).await.assert_status(202);
    let delivery = format!("/deliveries/message-{id}");
    becomes(&practice.platform, &delivery, "/state", "waiting").await;

    let code = bp.pairing_code(SMALL).await;
    let moved =
        practice.practice_admin.put("/connection", &form(SMALL, &code, "Farid", "El-Khoury")).await;
    moved.assert_status(200);

    let failed = becomes(&practice.platform, &delivery, "/state", "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "practice-changed");
    let failed = becomes(&practice.platform, "/bookings/visit-1", "/state", "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "practice-changed");
    let copied =
        becomes(&practice.clinician, &format!("/attachment-imports/{id}"), "/state", "failed")
            .await;
    assert_eq!(copied.text_at("/items/0/problem/type"), "practice-changed");
    // A retry fails again, because the numbers still belong to the other Bp.
    practice.platform.post(&format!("{delivery}/retry"), &json!({})).await.assert_status(202);
    becomes(&practice.platform, &delivery, "/state", "failed").await;

    let there = bp.practice(SMALL).await;
    let database = Connection::open(there["databaseFile"].as_str().unwrap()).unwrap();
    let count = |sql: &str, text: &str| -> i64 {
        database.query_row(sql, [text], |row| row.get(0)).unwrap()
    };
    let messages = "SELECT count(*) FROM INCOMINGREPORTS WHERE rtrim(SUBJECT) = ?1";
    assert_eq!(count(messages, &subject), 0);
    let visits = "SELECT count(*) FROM APPOINTMENTS WHERE instr(REASON, ?1) > 0";
    assert_eq!(count(visits, "Zoë Made-Up"), 0);

    // Locations, appointment types and users of one Bp are not those of the other.
    let settings = practice.clinician.get("/settings").await;
    assert_eq!(settings.text_at("/timeZone"), "Australia/Brisbane");
    assert_eq!(*settings.at("/bookings/enabled"), json!(false));
    assert_eq!(*settings.at("/bookings/locationId"), Value::Null);
    assert_eq!(practice.platform.get("/staff").await.text_at("/staff/0/state"), "notSynced");
    let refused = practice.platform.put("/bookings/visit-2", &visit).await;
    refused.assert_problem(409, "bookings-disabled");
}
