//! Referral guide, section three: "Link your account to your Bp database".

use end_to_end::TestStack;
use local::Role;
use serde_json::json;

use crate::steps::{LARGE, SMALL, form, form_without_code, named, pair};

#[tokio::test]
async fn a_code_and_a_name_as_in_bp_connect_the_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    assert_eq!(practice.clinician.get("/connection").await.text_at("/state"), "disconnected");

    let mark = bp.mark().await;
    let answer = pair(&bp, &practice.clinician).await;
    assert_eq!(named(&bp.queries_since(mark).await), ["pairSite", "immediateQuery:users_named"]);

    assert_eq!(answer.text_at("/state"), "connected");
    assert_eq!(answer.text_at("/siteId"), LARGE);
    assert_eq!(answer.text_at("/practiceName"), "Bluegum Hollow Family Practice");
    assert_eq!(answer.text_at("/pmsVersion"), "Spectra SP1");
    assert_eq!(answer.text_at("/availability"), "online");
    assert!(answer.text_at("/haloLinkVersion").starts_with("26."));
    assert!(answer.text_at("/lastHeartbeat").ends_with('Z'));
    assert_eq!(
        *answer.at("/clinicians"),
        json!([{ "userId": 1, "firstName": "Amelia", "lastName": "Thornbury" }])
    );
}

#[tokio::test]
async fn a_second_clinician_links_without_a_code() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    pair(&bp, &practice.clinician).await;
    let second = stack.new_person(&practice.practice_id, Role::Clinician).await;
    let mark = bp.mark().await;
    let answer =
        second.put("/connection", &form_without_code(LARGE, "Siobhan", "O'Callaghan")).await;
    answer.assert_status(200);
    assert_eq!(named(&bp.queries_since(mark).await), ["getSite", "immediateQuery:users_named"]);
    let linked: Vec<_> = answer
        .at("/clinicians")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["userId"].as_i64().unwrap())
        .collect();
    assert_eq!(linked, [1, 3]);
}

#[tokio::test]
async fn asking_the_same_again_gives_the_same_answer_and_uses_no_second_code() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    let form = form(LARGE, &code, "Amelia", "Thornbury");
    let first = practice.clinician.put("/connection", &form).await;
    let second = practice.clinician.put("/connection", &form).await;
    assert_eq!(
        first.assert_status(200).at("/clinicians"),
        second.assert_status(200).at("/clinicians")
    );
}

#[tokio::test]
async fn when_the_name_is_not_found_the_pairing_is_kept_and_only_the_name_is_asked_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    let wrong =
        practice.clinician.put("/connection", &form(LARGE, &code, "Amelia", "Thornberry")).await;
    wrong.assert_problem(422, "clinician-not-found");
    assert_eq!(practice.clinician.get("/connection").await.text_at("/state"), "clinicianPending");

    let mark = bp.mark().await;
    let right = practice
        .clinician
        .put("/connection", &form_without_code(LARGE, "Amelia", "Thornbury"))
        .await;
    assert_eq!(right.assert_status(200).text_at("/state"), "connected");
    assert!(!named(&bp.queries_since(mark).await).contains(&"pairSite".to_owned()));
}

#[tokio::test]
async fn two_users_of_one_name_need_the_first_digits_of_the_provider_number() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    let ambiguous =
        practice.clinician.put("/connection", &form(LARGE, &code, "David", "Nguyen")).await;
    ambiguous.assert_problem(422, "clinician-ambiguous");
    assert!(ambiguous.at("/steps").is_array() && ambiguous.at("/contact/organisation").is_string());

    let mut form = form_without_code(LARGE, "David", "Nguyen");
    form["clinician"]["providerNumberPrefix"] = json!("111111");
    practice.clinician.put("/connection", &form).await.assert_problem(422, "clinician-not-found");

    let users = bp.practice(LARGE).await["users"].as_array().unwrap().clone();
    let wanted = users.iter().find(|user| user["userId"] == 17).unwrap();
    let prefix = &wanted["providerNumber"].as_str().unwrap()[..6];
    form["clinician"]["providerNumberPrefix"] = json!(prefix);
    let linked = practice.clinician.put("/connection", &form).await;
    assert_eq!(linked.assert_status(200).at("/clinicians/0/userId"), 17);
    assert_eq!(linked.text_at("/clinicians/0/providerNumberPrefix"), prefix);
}

#[tokio::test]
async fn an_inactive_user_cannot_be_linked() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(LARGE).await;
    practice
        .clinician
        .put("/connection", &form(LARGE, &code, "Walter", "Finch"))
        .await
        .assert_problem(422, "clinician-not-found");
}

#[tokio::test]
async fn a_wrong_a_used_and_an_expired_code_are_refused_and_the_next_one_works() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let refused = |code: String| {
        let clinician = &practice.clinician;
        async move {
            let answer =
                clinician.put("/connection", &form(LARGE, &code, "Amelia", "Thornbury")).await;
            answer.assert_problem(422, "pairing-code-refused");
            assert!(!answer.text.contains(&code), "the code is repeated in {}", answer.text);
            assert!(
                answer.at("/steps/0").is_string() && answer.at("/contact/organisation").is_string()
            );
        }
    };
    refused("WRONG7".to_owned()).await;

    let used = bp.pairing_code(SMALL).await;
    let other = stack.new_practice().await;
    other
        .clinician
        .put("/connection", &form(SMALL, &used, "Farid", "El-Khoury"))
        .await
        .assert_status(200);
    refused(used).await;

    let expired = bp.pairing_code(LARGE).await;
    bp.advance_clock(8 * 24 * 3600).await;
    refused(expired).await;

    assert_eq!(practice.clinician.get("/connection").await.text_at("/state"), "disconnected");
    pair(&bp, &practice.clinician).await;
}

#[tokio::test]
async fn every_other_failure_of_pairing_has_its_own_type_steps_and_contact() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let attempt = async |site_id: &str, status: u16, slug: &str, contact: &str| {
        let code = bp.pairing_code(LARGE).await;
        let answer = practice
            .clinician
            .put("/connection", &form(site_id, &code, "Amelia", "Thornbury"))
            .await;
        answer.assert_problem(status, slug);
        assert!(!answer.at("/steps").as_array().unwrap().is_empty(), "no steps in {}", answer.text);
        assert!(answer.text_at("/contact/organisation").contains(contact), "{}", answer.text);
        answer
    };

    bp.set_practice(LARGE, json!({ "integrationEnabled": false })).await;
    let answer = attempt(LARGE, 409, "integration-not-enabled", "practice").await;
    assert!(answer.text_at("/steps/0").contains("Setup third-party integrations"));
    bp.set_practice(LARGE, json!({ "integrationEnabled": true })).await;

    attempt("999999", 422, "site-unknown", "Halo").await;
    bp.set_practice(LARGE, json!({ "linkInstalled": false })).await;
    attempt(LARGE, 422, "site-unknown", "Halo").await;
    bp.set_practice(LARGE, json!({ "linkInstalled": true })).await;

    for availability in ["offline", "unreachable"] {
        bp.set_practice(LARGE, json!({ "availability": availability })).await;
        let answer = attempt(LARGE, 503, "site-offline", "practice").await;
        assert!(answer.at("/retryAfterSeconds").is_u64());
    }
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;

    bp.faults(json!([{ "operation": "pairSite", "effect": "401" }])).await;
    attempt(LARGE, 502, "halo-key-refused", "platform").await;
    bp.faults(
        json!([{ "operation": "pairSite", "effect": "403", "message": "Caller Ip Not Allowed" }]),
    )
    .await;
    attempt(LARGE, 502, "halo-address-refused", "platform").await;
    bp.no_faults().await;

    for old in ["Orchid SP2", "Orchid", "Saffron SP3"] {
        bp.set_practice(LARGE, json!({ "pmsVersion": old })).await;
        let answer = attempt(LARGE, 409, "bp-release-too-old", "Best Practice").await;
        assert!(answer.text_at("/steps/0").contains("Spectra"));
    }
    bp.set_practice(LARGE, json!({ "pmsVersion": "Spectra" })).await;
    let mended = form_without_code(LARGE, "Amelia", "Thornbury");
    practice.clinician.put("/connection", &mended).await.assert_status(200);
}

#[tokio::test]
async fn another_practice_cannot_ride_on_a_pairing_that_exists() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let first = stack.new_practice().await;
    pair(&bp, &first.clinician).await;
    let intruder = stack.new_practice().await;
    let without = form_without_code(LARGE, "Amelia", "Thornbury");
    intruder
        .clinician
        .put("/connection", &without)
        .await
        .assert_problem(422, "pairing-code-needed");
    let wrong = form(LARGE, "WRONG7", "Amelia", "Thornbury");
    intruder.clinician.put("/connection", &wrong).await.assert_problem(422, "pairing-code-refused");
    bp.faults(json!([{ "operation": "pairSite", "effect": "dropAfter" }])).await;
    let doubtful = intruder.clinician.put("/connection", &wrong).await;
    assert!(
        doubtful.status.is_client_error() || doubtful.status.is_server_error(),
        "{}",
        doubtful.text
    );
    bp.no_faults().await;
    intruder.clinician.put("/connection", &wrong).await.assert_problem(422, "pairing-code-refused");
    assert_eq!(intruder.clinician.get("/connection").await.text_at("/state"), "disconnected");
}
