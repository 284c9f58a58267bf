//! Limits of callers, on the deployed stack. There, only checks of a Site ID have limits that a test can meet.

use end_to_end::TestStack;
use serde_json::json;

use crate::steps::LARGE;

#[tokio::test]
async fn who_has_met_a_limit_is_told_which_and_when_and_nobody_else_is_held_up() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = stack.new_practice().await;
    let site = json!({ "siteId": LARGE });
    let path = "/connection/validation";
    let mut taken = 0;
    let refused = loop {
        let answer = practice.clinician.post(path, &site).await;
        if answer.status == 429 {
            break answer;
        }
        answer.assert_status(200);
        taken += 1;
        assert!(taken <= 40, "a limit of 20 in a window, and perhaps in the next one");
        let policy = r#""validations-person";q=20;w=900, "validations-practice";q=40;w=900"#;
        assert_eq!(answer.header("ratelimit-policy"), Some(policy));
        assert!(answer.header("ratelimit").unwrap().starts_with("\"validations-person\";r="));
    };
    assert!(taken >= 20, "{taken} were taken");
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(refused.text_at("/limit"), "validations-person");
    let after = refused.at("/retryAfterSeconds").as_u64().unwrap();
    assert!((1..=900).contains(&after), "{after}");
    assert_eq!(refused.header("retry-after"), Some(after.to_string().as_str()));
    let field = refused.header("ratelimit").unwrap();
    assert!(field.starts_with("\"validations-person\";r=0;t="), "{field}");
    // A refused request reaches nobody.
    let mark = bp.mark().await;
    practice.clinician.post(path, &site).await;
    assert!(bp.queries_since(mark).await.is_empty());

    // Colleagues, the platform's servers, other requests and other platforms go on.
    practice.practice_admin.post(path, &site).await.assert_status(200);
    practice.platform.post(path, &site).await.assert_status(200);
    practice.clinician.get("/connection").await.assert_status(200);
    let other = stack.new_practice_of_other_platform(&practice.practice_id).await;
    other.clinician.post(path, &site).await.assert_status(200);
}
