//! An administrator of a connected practice lets another platform in without a second pairing code.

use end_to_end::{Bp, TestPractice, TestStack};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::steps::{LARGE, SMALL, named, paired_practice};

const GRANT: &str = "/grants/other";

/// What the other platform sends: no code.
async fn connect(practice: &TestPractice, site: &str) -> (StatusCode, Value) {
    let answer = practice.platform.put("/connection", &json!({ "siteId": site })).await;
    (answer.status, answer.json)
}

async fn is_refused(practice: &TestPractice, site: &str) {
    let answer = practice.platform.put("/connection", &json!({ "siteId": site })).await;
    answer.assert_problem(422, "pairing-code-needed");
}

async fn both(stack: &TestStack, bp: &Bp<'_>) -> (TestPractice, TestPractice) {
    let ours = paired_practice(stack, bp).await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    (ours, theirs)
}

async fn actions(practice: &TestPractice) -> Vec<(String, String)> {
    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    records.iter().map(|line| (text(&line["action"]), text(&line["subject"]))).collect()
}

#[tokio::test]
async fn a_platform_that_was_let_in_connects_once_and_is_shut_out_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (ours, theirs) = both(stack, &bp).await;
    is_refused(&theirs, LARGE).await;

    let granted = ours.practice_admin.put(GRANT, &json!({})).await;
    assert_eq!(granted.assert_status(200).text_at("/state"), "open");
    assert_eq!(granted.text_at("/platformId"), "other");
    let again = ours.practice_admin.put(GRANT, &json!({})).await;
    assert_eq!(again.assert_status(200).json, granted.json, "it was granted twice");
    // A grant alone connects nobody.
    assert_eq!(theirs.platform.get("/connection").await.text_at("/state"), "disconnected");

    let mark = bp.mark().await;
    let doctor = json!({
        "siteId": LARGE, "clinician": { "firstName": "Amelia", "lastName": "Thornbury" },
    });
    let connected = theirs.clinician.put("/connection", &doctor).await;
    assert_eq!(connected.assert_status(200).text_at("/state"), "connected");
    let calls = named(&bp.queries_since(mark).await);
    assert_eq!(calls.len(), 2, "one status and one query: {calls:?}");
    assert_eq!(calls.iter().filter(|call| call.contains(':')).count(), 1, "{calls:?}");
    theirs.clinician.get("/patients/1").await.assert_status(200);

    let list = ours.practice_admin.get("/grants").await;
    assert_eq!(list.assert_status(200).at("/items").as_array().unwrap().len(), 1);
    assert_eq!(list.text_at("/items/0/state"), "used");
    // Who was let in lets nobody in: they would stay after it is shut out.
    let onwards = theirs.practice_admin.put("/grants/third", &json!({})).await;
    onwards.assert_problem(403, "forbidden");
    // It was used up: another practice of that platform needs a code.
    let second = stack.new_practice_of_other_platform("another-of-theirs").await;
    is_refused(&second, LARGE).await;

    ours.practice_admin.delete(GRANT).await.assert_status(204);
    assert_eq!(theirs.platform.get("/connection").await.text_at("/state"), "disconnected");
    theirs.clinician.get("/patients/1").await.assert_problem(409, "not-connected");
    assert_eq!(ours.platform.get("/connection").await.text_at("/state"), "connected");
    ours.practice_admin.delete(GRANT).await.assert_problem(404, "not-found");
    is_refused(&theirs, LARGE).await;

    let (in_ours, in_theirs) = (actions(&ours).await, actions(&theirs).await);
    let wanted = ["accessGranted", "grantUsed", "grantWithdrawn"];
    let seen: Vec<_> = in_ours.iter().filter(|line| wanted.contains(&line.0.as_str())).collect();
    assert_eq!(seen.iter().map(|line| line.0.as_str()).collect::<Vec<_>>(), wanted);
    assert_eq!(seen[1].1, "other", "the user of the grant is the platform");
    assert!(in_theirs.contains(&("disconnected".to_owned(), "home".to_owned())), "{in_theirs:?}");
    assert!(!in_theirs.iter().any(|line| wanted.contains(&line.0.as_str())), "{in_theirs:?}");
}

#[tokio::test]
async fn a_grant_is_for_one_platform_one_site_and_one_pairing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (ours, theirs) = both(stack, &bp).await;
    // For another platform, or another site.
    ours.practice_admin.put("/grants/third", &json!({})).await.assert_status(200);
    is_refused(&theirs, LARGE).await;
    ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
    is_refused(&theirs, SMALL).await;
    // A site that nobody knows is answered in the same words.
    assert_eq!(connect(&theirs, SMALL).await, connect(&theirs, "999999").await);
    // Withdrawn.
    ours.practice_admin.delete(GRANT).await.assert_status(204);
    is_refused(&theirs, LARGE).await;
    // The practice is disconnected, and connected again.
    ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
    ours.practice_admin.delete("/connection").await.assert_status(204);
    is_refused(&theirs, LARGE).await;
    let code = bp.pairing_code(LARGE).await;
    let again = json!({ "siteId": LARGE, "pairingCode": code });
    ours.practice_admin.put("/connection", &again).await.assert_status(200);
    is_refused(&theirs, LARGE).await;
    let list = ours.practice_admin.get("/grants").await;
    assert_eq!(*list.assert_status(200).at("/items"), json!([]));
    // The practice withdraws its consent in Bp.
    ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    assert_ne!(connect(&theirs, LARGE).await.0, StatusCode::OK);
    bp.set_practice(LARGE, json!({ "integrationEnabled": true })).await;
}

#[tokio::test]
async fn only_an_administrator_of_a_connected_practice_lets_others_in() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let fresh = stack.new_practice().await;
    fresh.practice_admin.put(GRANT, &json!({})).await.assert_problem(409, "not-connected");
    fresh.practice_admin.delete(GRANT).await.assert_problem(404, "not-found");
    let (ours, theirs) = both(stack, &bp).await;
    for caller in [&ours.clinician, &ours.platform] {
        caller.put(GRANT, &json!({})).await.assert_problem(403, "forbidden");
        caller.get("/grants").await.assert_problem(403, "forbidden");
        caller.delete(GRANT).await.assert_problem(403, "forbidden");
    }
    for wrong in ["/grants/home", "/grants/Other", "/grants/a.b"] {
        ours.practice_admin.put(wrong, &json!({})).await.assert_problem(404, "not-found");
    }
    // A connection by a code stays when a grant is withdrawn.
    ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
    let code = bp.pairing_code(LARGE).await;
    let paired = json!({ "siteId": LARGE, "pairingCode": code });
    theirs.platform.put("/connection", &paired).await.assert_status(200);
    ours.practice_admin.delete(GRANT).await.assert_status(204);
    let still = theirs.platform.get("/connection").await;
    assert_eq!(still.text_at("/state"), "clinicianPending");
}

#[tokio::test]
async fn a_practice_that_has_left_a_site_still_shuts_out_whom_it_let_in_there() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (ours, theirs) = both(stack, &bp).await;
    let pair = async |site: &str| {
        let code = bp.pairing_code(site).await;
        let paired = json!({ "siteId": site, "pairingCode": code });
        ours.practice_admin.put("/connection", &paired).await.assert_status(200);
    };
    let let_in = async |site: &str| {
        ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
        assert_eq!(connect(&theirs, site).await.0, StatusCode::OK);
    };
    let state = async || theirs.platform.get("/connection").await.text_at("/state").to_owned();
    let listed = async || {
        let list = ours.practice_admin.get("/grants").await;
        let items = list.assert_status(200).at("/items").as_array().unwrap().clone();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        items.iter().map(|it| (text(it, "siteId"), text(it, "state"))).collect::<Vec<_>>()
    };
    let used_at_large = [(LARGE.to_owned(), "used".to_owned())];

    let_in(LARGE).await;
    ours.practice_admin.delete("/connection").await.assert_status(204);
    assert_eq!(state().await, "clinicianPending", "its connection is its own");
    assert_eq!(listed().await, used_at_large);
    ours.practice_admin.delete(GRANT).await.assert_status(204);
    assert_eq!(state().await, "disconnected");
    assert_eq!(listed().await, []);
    ours.practice_admin.delete(GRANT).await.assert_problem(404, "not-found");

    // It moves to another site, and lets the same platform in there as well. One call withdraws both grants.
    pair(LARGE).await;
    let_in(LARGE).await;
    pair(SMALL).await;
    assert_eq!(listed().await, used_at_large);
    ours.practice_admin.put(GRANT, &json!({})).await.assert_status(200);
    assert_eq!(listed().await.len(), 2);
    ours.practice_admin.delete(GRANT).await.assert_status(204);
    assert_eq!(state().await, "disconnected");
    assert_eq!(listed().await, []);
    is_refused(&theirs, SMALL).await;
}
