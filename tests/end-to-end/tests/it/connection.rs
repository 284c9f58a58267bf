//! The status of a connection, disconnecting, and validating a Site ID.

use end_to_end::TestStack;
use jiff::Timestamp;
use local::Role;
use serde_json::{Value, json};

use crate::steps::{LARGE, SMALL, becomes, form, form_without_code, named, pair, paired_practice};

#[tokio::test]
async fn the_status_is_live() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let state = async || {
        practice.clinician.get("/connection").await.assert_status(200).text_at("/state").to_owned()
    };
    assert_eq!(state().await, "connected");
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    assert_eq!(state().await, "offline");
    bp.set_practice(LARGE, json!({ "availability": "online", "haloLinkVersion": "26.800.1.0" }))
        .await;
    assert_eq!(state().await, "connected");
    let answer = practice.clinician.get("/connection").await;
    assert_eq!(answer.text_at("/haloLinkVersion"), "26.800.1.0");
}

#[tokio::test]
async fn unticking_in_bp_shows_as_revoked_and_ticking_again_mends_it() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let revoked = practice.clinician.get("/connection?live=true").await;
    assert_eq!(revoked.assert_status(200).text_at("/state"), "revoked");
    assert_eq!(revoked.text_at("/problem/type"), "integration-not-enabled");
    let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
    practice
        .clinician
        .post("/patients/search", &search)
        .await
        .assert_problem(409, "integration-not-enabled");
    bp.set_practice(LARGE, json!({ "integrationEnabled": true })).await;
    practice.clinician.post("/patients/search", &search).await.assert_status(200);
    assert_eq!(practice.clinician.get("/connection").await.text_at("/state"), "connected");
}

#[tokio::test]
async fn the_status_costs_no_query_and_shows_what_the_last_one_found_out() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let mark = bp.mark().await;
    let status = async |query: &str| {
        let seen = practice.clinician.get(&format!("/connection{query}")).await;
        seen.assert_status(200);
        let checked: Timestamp = seen.text_at("/checkedAt").parse().unwrap();
        (seen.text_at("/state").to_owned(), checked, seen)
    };
    // There has been no query to Bp since the doctor was linked.
    let (state, linked, seen) = status("").await;
    assert_eq!(state, "connected");
    assert!(seen.text_at("/lastHeartbeat").parse::<Timestamp>().is_ok());
    assert_eq!(status("?live=false").await.1, linked);
    assert_eq!(named(&bp.queries_since(mark).await), ["getSite", "getSite"]);
    let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
    let refused = practice.clinician.post("/patients/search", &search).await;
    refused.assert_problem(409, "integration-not-enabled");
    let mark = bp.mark().await;
    let (state, refused, seen) = status("").await;
    assert_eq!(state, "revoked");
    assert_eq!(seen.text_at("/problem/type"), "integration-not-enabled");
    assert!(refused > linked, "{refused} {linked}");
    assert_eq!(named(&bp.queries_since(mark).await), ["getSite"]);
    // Ticking it again shows at the next query to Bp, at the latest when somebody asks for the status.
    bp.set_practice(LARGE, json!({ "integrationEnabled": true })).await;
    assert_eq!(status("").await.0, "revoked");
    let mark = bp.mark().await;
    let (state, asked, seen) = status("?live=true").await;
    assert_eq!((state.as_str(), seen.at("/problem")), ("connected", &Value::Null));
    assert!(asked > refused, "{asked} {refused}");
    assert_eq!(named(&bp.queries_since(mark).await), ["getSite", "immediateQuery:login_probe"]);
    assert_eq!(status("").await.1, asked);
    for wrong in ["?live=perhaps", "?now=true"] {
        let refused = practice.clinician.get(&format!("/connection{wrong}")).await;
        refused.assert_problem(400, "invalid-request");
    }
}

#[tokio::test]
async fn a_practice_that_was_revoked_and_then_went_offline_is_still_revoked() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let state = async || {
        let seen = practice.clinician.get("/connection?live=true").await;
        seen.text_at("/state").to_owned()
    };
    assert_eq!(state().await, "revoked");
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    // Halo still describes the site. That does not say whether Bp lets us in.
    assert_eq!(state().await, "revoked");
    let offline = practice.clinician.get("/connection").await;
    assert_eq!(offline.text_at("/availability"), "offline");
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    let mark = bp.mark().await;
    assert_eq!(state().await, "revoked");
    assert_eq!(named(&bp.queries_since(mark).await), ["getSite", "immediateQuery:login_probe"]);
    bp.set_practice(LARGE, json!({ "integrationEnabled": true })).await;
    assert_eq!(state().await, "connected");
}

#[tokio::test]
async fn a_disconnected_practice_answers_nothing_until_it_is_paired_anew() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    practice.clinician.delete("/connection").await.assert_problem(403, "forbidden");
    practice.practice_admin.delete("/connection").await.assert_status(204);
    practice.practice_admin.delete("/connection").await.assert_status(204);
    let status = practice.clinician.get("/connection").await;
    assert_eq!(status.text_at("/state"), "disconnected");
    assert_eq!(*status.at("/clinicians"), json!([]));
    let mark = bp.mark().await;
    practice.clinician.get("/patients/1").await.assert_problem(409, "not-connected");
    practice.clinician.get("/locations").await.assert_problem(409, "not-connected");
    assert!(bp.queries_since(mark).await.is_empty(), "a disconnected practice was asked");
    let without = form_without_code(LARGE, "Amelia", "Thornbury");
    practice
        .clinician
        .put("/connection", &without)
        .await
        .assert_problem(422, "pairing-code-needed");
    pair(&bp, &practice.clinician).await;
}

#[tokio::test]
async fn moving_to_another_site_forgets_the_clinicians_of_the_old_one() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let code = bp.pairing_code(SMALL).await;
    let moved =
        practice.practice_admin.put("/connection", &form(SMALL, &code, "Farid", "El-Khoury")).await;
    assert_eq!(moved.assert_status(200).text_at("/siteId"), SMALL);
    assert_eq!(moved.at("/clinicians").as_array().unwrap().len(), 1, "{}", moved.text);
    assert_eq!(moved.text_at("/clinicians/0/lastName"), "El-Khoury");
}

#[tokio::test]
async fn a_changed_halo_guid_is_followed_without_anybody_noticing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
    bp.faults(json!([{ "operation": "immediateQuery", "effect": "staleGuid", "times": 1 }])).await;
    let mark = bp.mark().await;
    practice.clinician.post("/patients/search", &search).await.assert_status(200);
    assert_eq!(
        named(&bp.queries_since(mark).await),
        ["immediateQuery:patient_search", "findSites", "immediateQuery:patient_search"]
    );
    let mark = bp.mark().await;
    practice.clinician.post("/patients/search", &search).await.assert_status(200);
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:patient_search"]);
}

#[tokio::test]
async fn a_guid_that_now_leads_to_another_practice_is_not_followed() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "rotateGuid": true, "name": "Somebody Else's Clinic" })).await;
    practice.clinician.get("/patients/1").await.assert_problem(409, "practice-changed");
}

#[tokio::test]
async fn another_practices_database_under_the_same_site_id_inherits_nothing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let attachments = practice.clinician.get("/patients/1/attachments").await;
    let document = attachments.assert_status(200).at("/items/0").clone();
    let import = json!({ "importId": "i-1",
        "items": [{ "folder": document["folder"], "documentId": document["documentId"] }] });
    let asked = practice.clinician.post("/patients/1/attachment-imports", &import).await;
    asked.assert_status(202);
    let copies = "/attachment-imports/i-1";
    let staged = becomes(&practice.clinician, copies, "/items/0/state", "staged").await;
    assert!(staged.at("/items/0/downloadUrl").is_string(), "{}", staged.text);
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 },
        "kind": "advice", "subject": "For the former database", "text": "Rest it." });
    let path = "/correspondence/former-1";
    practice.platform.put(path, &message).await.assert_status(202);
    let other = json!({ "availability": "online", "rotateGuid": true,
        "name": "Somebody Else's Clinic" });
    bp.set_practice(LARGE, other).await;
    let code = bp.pairing_code(LARGE).await;
    let paired = practice
        .practice_admin
        .put("/connection", &form(LARGE, &code, "Rajan", "Wickramasinghe"))
        .await;
    assert_eq!(paired.assert_status(200).at("/clinicians").as_array().unwrap().len(), 1);
    practice.clinician.get("/patients/1").await.assert_problem(403, "clinician-link-needed");
    // The person who asked for copies from the former database sees the result, but gets no links.
    let newcomer = stack.new_person(&practice.practice_id, Role::Clinician).await;
    let name = form_without_code(LARGE, "Siobhan", "O'Callaghan");
    newcomer.put("/connection", &name).await.assert_status(200);
    newcomer.get(copies).await.assert_problem(404, "not-found");
    let retry = format!("{copies}/retry");
    newcomer.post(&retry, &json!({})).await.assert_problem(404, "not-found");
    let former = practice.clinician.get(copies).await;
    assert_eq!(former.assert_status(200).text_at("/items/0/state"), "expired");
    assert_eq!(*former.at("/items/0/downloadUrl"), Value::Null, "{}", former.text);
    practice.clinician.post(&retry, &json!({})).await.assert_problem(403, "clinician-link-needed");
    practice
        .clinician
        .put("/connection", &form_without_code(LARGE, "Amelia", "Thornbury"))
        .await
        .assert_status(200);
    practice.clinician.post(&retry, &json!({})).await.assert_problem(409, "practice-changed");
    let delivery = "/deliveries/message-former-1";
    let delivery = becomes(&practice.platform, delivery, "/state", "failed").await;
    assert_eq!(delivery.text_at("/problem/type"), "practice-changed");
    let there = bp.practice(LARGE).await;
    let database = rusqlite::Connection::open(there["databaseFile"].as_str().unwrap()).unwrap();
    let written: i64 = database
        .query_row(
            "SELECT count(*) FROM INCOMINGREPORTS WHERE rtrim(SUBJECT) = 'For the former database'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(written, 0);
}

#[tokio::test]
async fn a_lost_pairing_is_made_anew_where_halo_tells_nothing_of_an_unpaired_site() {
    for lookup in ["forbidden", "empty"] {
        let stack = TestStack::shared().await;
        let bp = stack.exclusive().await;
        let practice = paired_practice(stack, &bp).await;
        let lost = json!({ "rotateGuid": true, "rotationKeepsPairing": false,
            "lookupBeforePair": lookup });
        bp.set_practice(LARGE, lost).await;
        let code = bp.pairing_code(LARGE).await;
        let again =
            practice.clinician.put("/connection", &form(LARGE, &code, "Amelia", "Thornbury")).await;
        assert_eq!(again.assert_status(200).text_at("/state"), "connected", "{lookup}");
        practice.clinician.get("/patients/1").await.assert_status(200);
    }
}

#[tokio::test]
async fn a_site_id_can_be_validated_before_pairing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let validate = async |site_id: &str| {
        practice.platform.post("/connection/validation", &json!({ "siteId": site_id })).await
    };
    let known = validate(LARGE).await;
    assert_eq!(*known.assert_status(200).at("/valid"), json!(true));
    assert_eq!(known.text_at("/practiceName"), "Bluegum Hollow Family Practice");
    assert_eq!(known.text_at("/availability"), "online");
    let unknown = validate("999999").await;
    assert_eq!(*unknown.assert_status(200).at("/valid"), json!(false));
    assert_eq!(unknown.text_at("/problem/type"), "site-unknown");
    validate("7100l").await.assert_problem(400, "invalid-request");
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let offline = validate(LARGE).await;
    assert_eq!(*offline.at("/valid"), json!(true));
    assert_eq!(offline.text_at("/problem/type"), "site-offline");
}
