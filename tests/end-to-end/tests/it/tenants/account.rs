//! What callers learn about their own account, and platforms about their practices.

use end_to_end::{Answer, TestStack};
use serde_json::{Value, json};

use crate::steps::{LARGE, SMALL, form_without_code, named, pair};

/// The ids on all pages of a platform's list, and what it says of one practice.
async fn listed(caller: &end_to_end::Caller, practice: &str) -> (Vec<String>, Option<Value>) {
    let (mut ids, mut found) = (Vec::new(), None);
    let mut path = "/v1/practices?limit=1".to_owned();
    loop {
        let page = caller.get(&path).await;
        let items = page.assert_status(200).at("/items").as_array().unwrap().clone();
        assert!(items.len() <= 1, "{}", page.text);
        for item in items {
            ids.push(item["practiceId"].as_str().unwrap().to_owned());
            found = found.or_else(|| (item["practiceId"] == practice).then_some(item));
        }
        let Some(next) = page.at("/nextCursor").as_str() else { return (ids, found) };
        path = format!("/v1/practices?limit=1&cursor={next}");
    }
}

#[tokio::test]
async fn a_caller_sees_who_they_are_and_a_platform_what_it_has_connected() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;

    let me = ours.clinician.get("/v1/me").await;
    assert_eq!(me.assert_status(200).text_at("/kind"), "person");
    assert_eq!(me.text_at("/platform"), "home");
    assert_eq!(me.text_at("/practice/practiceId"), ours.practice_id);
    assert!(me.at("/practice/practiceName").is_null(), "{}", me.text);
    assert_eq!(*me.at("/roles"), json!(["clinician"]));
    assert_eq!(*me.at("/you"), json!({ "linked": false }));
    assert!(
        me.text_at("/tokenExpiresAt").parse::<jiff::Timestamp>().unwrap() > jiff::Timestamp::now()
    );

    pair(&bp, &ours.clinician).await;
    let mark = bp.mark().await;
    let me = ours.clinician.get("/v1/me").await;
    assert!(!me.text_at("/practice/practiceName").is_empty());
    let doctor =
        json!({ "linked": true, "userId": 1, "firstName": "Amelia", "lastName": "Thornbury" });
    assert_eq!(*me.at("/you"), doctor);
    let me = theirs.clinician.get("/v1/me").await;
    assert_eq!(me.assert_status(200).text_at("/platform"), "other");
    assert_eq!(me.text_at("/practice/practiceId"), ours.practice_id);
    assert!(me.at("/practice/practiceName").is_null(), "the other's practice was shown");
    let me = theirs.platform.get("/v1/me").await;
    assert_eq!((me.text_at("/kind"), me.text_at("/platform")), ("platform", "other"));
    assert!(me.at("/practice").is_null());
    assert_eq!(me.at("/scopes").as_array().unwrap().len(), 3);
    ours.stranger.get("/v1/me").await.assert_problem(401, "unauthenticated");

    let (_, found) = listed(&ours.platform, &ours.practice_id).await;
    let found = found.expect("the practice that was connected is in the list");
    assert_eq!((&found["siteId"], &found["state"]), (&json!(LARGE), &json!("connected")));
    let (ids, found) = listed(&theirs.platform, &ours.practice_id).await;
    assert_eq!(found, None, "the other platform sees {ids:?}");
    ours.practice_admin.get("/v1/practices").await.assert_problem(403, "forbidden");
    let first = ours.platform.get("/v1/practices?limit=1").await;
    if let Some(next) = first.at("/nextCursor").as_str() {
        let path = format!("/v1/practices?cursor={next}");
        theirs.platform.get(&path).await.assert_problem(400, "invalid-request");
    }
    ours.practice_admin.delete("/connection").await.assert_status(204);
    assert_eq!(listed(&ours.platform, &ours.practice_id).await.1, None);
    assert!(bp.queries_since(mark).await.is_empty(), "Halo was asked");
}

fn without_clinician(site: &str, code: &str) -> Value {
    json!({ "siteId": site, "pairingCode": code })
}

fn is_missing(answer: &Answer) {
    answer.assert_problem(400, "invalid-request");
    assert_eq!(answer.text_at("/errors/0/pointer"), "/clinician");
}

#[tokio::test]
async fn a_booking_platform_and_an_administrator_connect_without_a_clinician() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(SMALL).await;
    let mark = bp.mark().await;
    is_missing(&practice.clinician.put("/connection", &without_clinician(SMALL, &code)).await);
    assert!(bp.queries_since(mark).await.is_empty(), "the code was used");

    let connected = practice.platform.put("/connection", &without_clinician(SMALL, &code)).await;
    assert_eq!(connected.assert_status(200).text_at("/state"), "clinicianPending");
    assert_eq!(*connected.at("/clinicians"), json!([]));
    assert_eq!(named(&bp.queries_since(mark).await), ["pairSite"], "a query was not needed");
    practice.platform.get("/connection").await.assert_status(200);
    practice.practice_admin.get("/locations").await.assert_status(200);

    // Connecting again asks whether Bp still lets us in, and needs no code.
    let again = practice.practice_admin.put("/connection", &json!({ "siteId": SMALL })).await;
    again.assert_status(200);
    let clinician = form_without_code(SMALL, "Farid", "El-Khoury");
    let linked = practice.clinician.put("/connection", &clinician).await;
    assert_eq!(linked.assert_status(200).text_at("/state"), "connected");
}
