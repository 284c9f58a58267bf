//! Pairing with lost answers, and with two people who pair at the same time.

use end_to_end::{Bp, TestPractice, TestStack};
use local::Role;
use serde_json::{Value, json};

use crate::steps::{LARGE, SMALL, form, form_without_code};

/// Follows the steps of the problem until a code is accepted: enters the same code again, then a new one.
async fn follow_the_steps(bp: &Bp<'_>, practice: &TestPractice, code: &str) {
    let again = form(LARGE, code, "Amelia", "Thornbury");
    let again = practice.clinician.put("/connection", &again).await;
    if again.status != 200 {
        again.assert_problem(422, "pairing-code-refused");
        let new = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
        practice.clinician.put("/connection", &new).await.assert_status(200);
    }
    assert_eq!(practice.clinician.get("/connection").await.text_at("/state"), "connected");
}

#[tokio::test]
async fn a_yes_of_halo_that_is_lost_on_the_way_connects_nobody_and_the_steps_lead_on() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    for effect in ["dropAfter", "malformedBody", "wrongShape", "truncatedBody"] {
        bp.reset().await;
        let practice = stack.new_practice().await;
        let code = bp.pairing_code(LARGE).await;
        bp.faults(json!([{ "operation": "pairSite", "effect": effect, "times": 1 }])).await;
        let wanted = form(LARGE, &code, "Amelia", "Thornbury");
        let lost = practice.clinician.put("/connection", &wanted).await;
        lost.assert_problem(503, "pairing-unconfirmed");
        assert!(lost.text_at("/steps/1").contains("Generate pairing code"), "{}", lost.text);
        let state = practice.clinician.get("/connection").await;
        assert_eq!(state.text_at("/state"), "disconnected", "{effect}");
        follow_the_steps(&bp, &practice, &code).await;
        stack.assert_not_stored(&[&code]).await;
    }
}

#[tokio::test]
async fn an_attempt_that_never_reached_halo_leaves_the_code_good() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropBefore", "times": 1 }])).await;
    let wanted = form(LARGE, &code, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &wanted).await.assert_problem(503, "pairing-unconfirmed");
    practice.clinician.put("/connection", &wanted).await.assert_status(200);
}

#[tokio::test]
async fn guesses_are_in_the_audit_trail_and_are_stopped_with_a_time_to_come_back() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let wrong = form(LARGE, "WRONG7", "Amelia", "Thornbury");
    for _ in 0..10 {
        let refused = practice.clinician.put("/connection", &wrong).await;
        refused.assert_problem(422, "pairing-code-refused");
    }
    let mark = bp.mark().await;
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    let stopped = practice.clinician.put("/connection", &right).await;
    stopped.assert_problem(429, "too-many-pairing-attempts");
    let seconds = stopped.at("/retryAfterSeconds").as_u64().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
    assert_eq!(stopped.header("retry-after"), Some(seconds.to_string().as_str()));
    assert!(bp.queries_since(mark).await.is_empty(), "Halo was asked");
    let trail = practice.practice_admin.get("/audit").await;
    let failed = trail.at("/items").as_array().unwrap().clone();
    let failed = failed.iter().filter(|line| line["action"] == "pairingFailed");
    assert_eq!(failed.filter(|line| line["resource"] == LARGE).count(), 10, "{}", trail.text);
    // Another practice is not affected.
    let other = stack.new_practice().await;
    other.clinician.put("/connection", &right).await.assert_status(200);
}

#[tokio::test]
async fn two_people_pairing_at_the_same_moment_end_with_one_connection_and_two_clinicians() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let second = stack.new_person(&practice.practice_id, Role::Clinician).await;
    let code = bp.pairing_code(LARGE).await;
    let (mine, theirs) =
        (form(LARGE, &code, "Amelia", "Thornbury"), form(LARGE, &code, "Rajan", "Wickramasinghe"));
    let mark = bp.mark().await;
    let (one, other) = tokio::join!(
        practice.clinician.put("/connection", &mine),
        second.put("/connection", &theirs)
    );
    one.assert_status(200);
    other.assert_status(200);
    let pairings =
        bp.queries_since(mark).await.iter().filter(|call| call.operation == "pairSite").count();
    assert_eq!(pairings, 1, "the code was used more than once");
    let status = practice.clinician.get("/connection").await;
    assert_eq!(status.text_at("/state"), "connected");
    assert_eq!(status.at("/clinicians").as_array().unwrap().len(), 2, "{}", status.text);
}

#[tokio::test]
async fn the_secondary_key_serves_while_the_primary_is_replaced() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    // The first call is refused, with either key. The next one uses the other key.
    bp.faults(json!([{ "operation": "pairSite", "effect": "401", "times": 1 }])).await;
    practice
        .clinician
        .put("/connection", &form(LARGE, &code, "Amelia", "Thornbury"))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_pairing_that_halo_has_forgotten_is_renewed_with_a_new_code() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    practice
        .clinician
        .put("/connection", &form(LARGE, &code, "Amelia", "Thornbury"))
        .await
        .assert_status(200);
    bp.reset().await;
    let without = form_without_code(LARGE, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &without).await.assert_problem(409, "pairing-lost");
    let code = bp.pairing_code(LARGE).await;
    practice
        .clinician
        .put("/connection", &form(LARGE, &code, "Amelia", "Thornbury"))
        .await
        .assert_status(200);
}

/// The answer to the pairing is lost, and Halo cannot be asked for the result.
fn lost() -> Value {
    json!([
        { "operation": "pairSite", "effect": "dropAfter", "times": 1 },
        { "operation": "findSites", "effect": "500" },
    ])
}

#[tokio::test]
async fn a_refusal_that_proves_nothing_does_not_open_a_site_to_another_practices_wrong_code() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (owner, intruder) = (stack.new_practice().await, stack.new_practice().await);
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    bp.faults(lost()).await;
    owner.clinician.put("/connection", &right).await.assert_problem(503, "pairing-unconfirmed");
    // The same code again while the practice's server is off: this says nothing about the first attempt.
    bp.no_faults().await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    owner.clinician.put("/connection", &right).await.assert_problem(503, "site-offline");
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;

    let wrong = form(LARGE, "WRONG7", "Amelia", "Thornbury");
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropAfter", "times": 1 }])).await;
    intruder.clinician.put("/connection", &wrong).await;
    intruder.clinician.put("/connection", &wrong).await;
    assert_eq!(intruder.clinician.get("/connection").await.text_at("/state"), "disconnected");
}

#[tokio::test]
async fn an_owners_lost_yes_does_not_let_in_whoever_typed_a_wrong_code_before() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (owner, intruder) = (stack.new_practice().await, stack.new_practice().await);
    let wrong = form(LARGE, "WRONG7", "Amelia", "Thornbury");
    bp.faults(lost()).await;
    intruder.clinician.put("/connection", &wrong).await;
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropAfter", "times": 1 }])).await;
    owner.clinician.put("/connection", &right).await;
    bp.no_faults().await;
    intruder.clinician.put("/connection", &wrong).await;
    assert_eq!(intruder.clinician.get("/connection").await.text_at("/state"), "disconnected");
}

#[tokio::test]
async fn a_wrong_code_and_a_broken_call_never_open_a_site_that_was_disconnected_or_left() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &right).await.assert_status(200);
    practice.practice_admin.delete("/connection").await.assert_status(204);
    let wrong = form(LARGE, "WRONG1", "Amelia", "Thornbury");
    for effect in ["dropAfter", "dropBefore", "504BeforeExecution", "500", "malformedBody"] {
        bp.faults(json!([{ "operation": "pairSite", "effect": effect, "times": 1 }])).await;
        practice.clinician.put("/connection", &wrong).await;
        let state = practice.clinician.get("/connection").await;
        assert_eq!(state.text_at("/state"), "disconnected", "{effect}");
    }

    // A practice that moved away is not let in again either.
    bp.no_faults().await;
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &right).await.assert_status(200);
    let elsewhere = form(SMALL, &bp.pairing_code(SMALL).await, "Farid", "El-Khoury");
    practice.practice_admin.put("/connection", &elsewhere).await.assert_status(200);
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropBefore", "times": 1 }])).await;
    practice.clinician.put("/connection", &wrong).await;
    assert_eq!(practice.clinician.get("/connection").await.text_at("/siteId"), SMALL);
}
