//! Pairing when answers are lost and when two people press the button at once.

use end_to_end::TestStack;
use local::Role;
use serde_json::json;

use crate::steps::{LARGE, SMALL, form, form_without_code};

#[tokio::test]
async fn a_yes_of_halo_that_is_lost_on_the_way_is_found_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    for effect in ["dropAfter", "malformedBody", "wrongShape", "truncatedBody"] {
        bp.reset().await;
        stack.forget_site_claims(LARGE).await;
        let practice = stack.new_practice().await;
        let code = bp.pairing_code(LARGE).await;
        bp.faults(json!([{ "operation": "pairSite", "effect": effect, "times": 1 }])).await;
        let wanted = form(LARGE, &code, "Amelia", "Thornbury");
        let answer = practice.clinician.put("/connection", &wanted).await;
        if answer.status != 200 {
            // Nothing certain could be said; asking again with the same code must mend it.
            practice.clinician.put("/connection", &wanted).await.assert_status(200);
        }
        assert_eq!(
            practice.clinician.get("/connection").await.text_at("/state"),
            "connected",
            "{effect}"
        );
    }
}

#[tokio::test]
async fn a_crash_between_halos_yes_and_our_write_is_recovered_by_asking_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    stack.forget_site_claims(LARGE).await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    // Halo says yes, nothing reaches us, and the look that follows fails as well: as if we had died.
    bp.faults(json!([
        { "operation": "pairSite", "effect": "dropAfter", "times": 1 },
        { "operation": "findSites", "effect": "500" },
    ]))
    .await;
    let wanted = form(LARGE, &code, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &wanted).await.assert_problem(503, "pairing-unconfirmed");
    bp.no_faults().await;
    let answer = practice.clinician.put("/connection", &wanted).await;
    assert_eq!(answer.assert_status(200).text_at("/state"), "connected");
    stack.assert_not_stored(&[&code]).await;
}

#[tokio::test]
async fn an_attempt_that_never_reached_halo_leaves_the_code_good() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    stack.forget_site_claims(LARGE).await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropBefore", "times": 1 }])).await;
    let wanted = form(LARGE, &code, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &wanted).await.assert_problem(503, "pairing-unconfirmed");
    practice.clinician.put("/connection", &wanted).await.assert_status(200);
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
    // The first call is refused, whichever key it carries; the next one carries the other.
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

#[tokio::test]
async fn a_pairing_in_doubt_cannot_be_taken_over_by_another_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    stack.forget_site_claims(LARGE).await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    bp.faults(json!([
        { "operation": "pairSite", "effect": "dropAfter", "times": 1 },
        { "operation": "findSites", "effect": "500" },
    ]))
    .await;
    let wanted = form(LARGE, &code, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &wanted).await.assert_problem(503, "pairing-unconfirmed");

    // Halo said yes to the first practice, so the site answers whoever of ours asks.
    let other = stack.new_practice().await;
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropAfter", "times": 1 }])).await;
    let wrong = form(LARGE, "WRONG7", "Amelia", "Thornbury");
    other.clinician.put("/connection", &wrong).await.assert_problem(422, "pairing-code-refused");
    assert_eq!(other.clinician.get("/connection").await.text_at("/state"), "disconnected");

    practice.clinician.put("/connection", &wanted).await.assert_status(200);
}

/// No answer to the pairing reaches us, and Halo cannot be asked what came of it.
fn lost() -> serde_json::Value {
    json!([
        { "operation": "pairSite", "effect": "dropAfter", "times": 1 },
        { "operation": "findSites", "effect": "500" },
    ])
}

#[tokio::test]
async fn a_refusal_that_proves_nothing_does_not_open_a_site_to_another_practices_wrong_code() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    stack.forget_site_claims(LARGE).await;
    let (owner, intruder) = (stack.new_practice().await, stack.new_practice().await);
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    bp.faults(lost()).await;
    owner.clinician.put("/connection", &right).await.assert_problem(503, "pairing-unconfirmed");
    // The same again, while the practice's server is off: says nothing of the first attempt.
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
    stack.forget_site_claims(LARGE).await;
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
    stack.forget_site_claims(LARGE).await;
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

    // Whoever moved away is not let in again either.
    bp.no_faults().await;
    let right = form(LARGE, &bp.pairing_code(LARGE).await, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &right).await.assert_status(200);
    let elsewhere = form(SMALL, &bp.pairing_code(SMALL).await, "Farid", "El-Khoury");
    practice.practice_admin.put("/connection", &elsewhere).await.assert_status(200);
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropBefore", "times": 1 }])).await;
    practice.clinician.put("/connection", &wrong).await;
    assert_eq!(practice.clinician.get("/connection").await.text_at("/siteId"), SMALL);
}
