//! Links between accounts and Bp users, and what a link allows.

use end_to_end::{Caller, TestPractice, TestStack};
use local::Role;
use serde_json::{Value, json};

use crate::steps::{LARGE, SMALL, form, form_without_code, paired_practice};

async fn link(
    caller: &Caller,
    first: &str,
    last: &str,
    prefix: Option<&str>,
) -> end_to_end::Answer {
    let mut form = form_without_code(LARGE, first, last);
    if let Some(prefix) = prefix {
        form["clinician"]["providerNumberPrefix"] = json!(prefix);
    }
    caller.put("/connection", &form).await
}

/// The first digits of a user's provider number.
fn digits(users: &Value, user: i64) -> String {
    let of = users["users"].as_array().unwrap().iter().find(|one| one["userId"] == user).unwrap();
    of["providerNumber"].as_str().unwrap()[..6].to_owned()
}

/// Every call that reads a patient's record or sends something in a clinician's name.
async fn clinicians_calls(caller: &Caller) -> Vec<(&'static str, end_to_end::Answer)> {
    let search = json!({ "lastName": "Nguyen", "dateOfBirth": "1995-08-08" });
    let import = json!({ "importId": "i-1",
        "items": [{ "folder": "investigations", "documentId": 1 }] });
    let referral = json!({ "patientId": 1, "documentId": "d-1", "subject": "Left knee",
        "recipientName": "Dr Example" });
    let document = json!({ "documentId": "d-1", "contentType": "application/pdf", "bytes": 10,
        "sha256": "ab".repeat(32) });
    vec![
        ("document", caller.post("/documents", &document).await),
        ("search", caller.post("/patients/search", &search).await),
        ("demographics", caller.get("/patients/1").await),
        ("clinical summary", caller.get("/patients/1/clinical-summary").await),
        ("attachments", caller.get("/patients/1/attachments").await),
        ("import", caller.post("/patients/1/attachment-imports", &import).await),
        ("referral", caller.put("/referrals/r-1", &referral).await),
    ]
}

#[tokio::test]
async fn a_clinician_reads_and_sends_only_once_linked_to_a_bp_user() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let other = stack.new_person(&practice.practice_id, Role::Clinician).await;
    let you = other.get("/connection").await;
    assert_eq!(*you.assert_status(200).at("/you"), json!({ "linked": false }));
    let mark = bp.mark().await;
    for (call, answer) in clinicians_calls(&other).await {
        assert_eq!(answer.status, 403, "{call}: {}", answer.text);
        answer.assert_problem(403, "clinician-link-needed");
        assert!(answer.text_at("/steps/0").contains("Site ID"), "{call}: {}", answer.text);
    }
    assert!(bp.queries_since(mark).await.is_empty(), "Bp was asked for somebody unknown");
    link(&other, "Siobhan", "O'Callaghan", None).await.assert_status(200);
    let you = other.get("/connection").await;
    let known =
        json!({ "linked": true, "userId": 3, "firstName": "Siobhan", "lastName": "O'Callaghan" });
    assert_eq!(*you.at("/you"), known);
    for (call, answer) in clinicians_calls(&other).await {
        assert_ne!(answer.status, 403, "{call}: {}", answer.text);
    }
    let platform = practice.platform.get("/connection").await;
    assert_eq!(*platform.at("/you"), json!({ "linked": false }));
}

#[tokio::test]
async fn of_two_accounts_that_link_to_one_user_at_once_one_is_linked() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    for round in 0..4 {
        let one = stack.new_person(&practice.practice_id, Role::Clinician).await;
        let two = stack.new_person(&practice.practice_id, Role::Clinician).await;
        let name = ("Siobhan", "O'Callaghan");
        let answers =
            tokio::join!(link(&one, name.0, name.1, None), link(&two, name.0, name.1, None));
        let mut linked = 0;
        for (caller, answer) in [(&one, &answers.0), (&two, &answers.1)] {
            let you = caller.get("/connection").await;
            let is_linked = *you.at("/you/linked") == json!(true);
            assert_eq!(answer.status == 200, is_linked, "round {round}: {}", answer.text);
            if !is_linked {
                answer.assert_problem(422, "link-proof-needed");
            }
            linked += i32::from(is_linked);
        }
        assert_eq!(linked, 1, "round {round}");
        let ended = practice.practice_admin.delete("/connection/clinicians/3").await;
        ended.assert_status(204);
    }
}

#[tokio::test]
async fn an_administrator_manages_the_practice_and_reads_no_record() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    link(&practice.practice_admin, "Rajan", "Wickramasinghe", None).await.assert_status(200);
    for (call, answer) in clinicians_calls(&practice.practice_admin).await {
        assert_eq!(answer.status, 403, "{call}: {}", answer.text);
        answer.assert_problem(403, "forbidden");
    }
    practice.practice_admin.get("/settings").await.assert_status(200);
    practice.practice_admin.get("/deliveries").await.assert_status(200);
}

#[tokio::test]
async fn only_a_platform_puts_messages_into_an_inbox() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let message = json!({ "patient": { "patientId": 1 }, "addressee": { "userId": 1 },
        "kind": "other", "subject": "Left knee", "senderName": "Dr Somebody Else", "text": "Rest." });
    practice.clinician.put("/correspondence/m-1", &message).await.assert_problem(403, "forbidden");
    practice
        .practice_admin
        .put("/correspondence/m-1", &message)
        .await
        .assert_problem(403, "forbidden");
    practice.platform.put("/correspondence/m-1", &message).await.assert_status(202);
}

#[tokio::test]
async fn a_clinician_never_signs_as_a_colleague() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let colleague = stack.new_person(&practice.practice_id, Role::Clinician).await;
    link(&colleague, "Siobhan", "O'Callaghan", None).await.assert_status(200);
    let referral = |sender: i64| {
        json!({ "patientId": 1, "documentId": "d-1", "subject": "Left knee",
            "recipientName": "Dr Example", "senderUserId": sender })
    };
    let refused = practice.clinician.put("/referrals/r-1", &referral(3)).await;
    refused.assert_problem(403, "forbidden");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/senderUserId");
    // A clinician may name their own number. A platform's server names the doctor that it acts for.
    let own = practice.clinician.put("/referrals/r-1", &referral(1)).await;
    own.assert_problem(422, "document-not-found");
    let named = practice.platform.put("/referrals/r-1", &referral(3)).await;
    named.assert_problem(422, "document-not-found");
}

async fn linkings(practice: &TestPractice) -> Vec<(Value, Value)> {
    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    records
        .iter()
        .filter(|line| line["action"] == "clinicianLinked")
        .map(|line| (line["userId"].clone(), line["formerUserId"].clone()))
        .collect()
}

#[tokio::test]
async fn taking_over_a_link_needs_the_provider_number_and_is_in_the_trail() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let users = bp.practice(LARGE).await;
    // The account has a link to another user.
    let refused = link(&practice.clinician, "Siobhan", "O'Callaghan", None).await;
    refused.assert_problem(422, "link-proof-needed");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/clinician/providerNumberPrefix");
    let wrong = link(&practice.clinician, "Siobhan", "O'Callaghan", Some("000001")).await;
    wrong.assert_problem(422, "clinician-not-found");
    assert_eq!(*practice.clinician.get("/connection").await.at("/you/userId"), json!(1));
    let proved = digits(&users, 3);
    link(&practice.clinician, "Siobhan", "O'Callaghan", Some(&proved)).await.assert_status(200);
    assert_eq!(*practice.clinician.get("/connection").await.at("/you/userId"), json!(3));
    // The user has a link to another account.
    let second = stack.new_person(&practice.practice_id, Role::Clinician).await;
    link(&second, "Siobhan", "O'Callaghan", None).await.assert_problem(422, "link-proof-needed");
    // Who gives the number proves to be the user, and the other account's link ends. The number is shown to
    // no one else.
    let seen = second.get("/connection").await;
    assert_eq!(*seen.at("/clinicians/0/userId"), json!(3), "{}", seen.text);
    assert_eq!(*seen.at("/clinicians/0/providerNumberPrefix"), Value::Null, "{}", seen.text);
    let own = practice.clinician.get("/connection").await;
    assert_eq!(own.text_at("/clinicians/0/providerNumberPrefix"), proved);
    link(&second, "Siobhan", "O'Callaghan", Some(&proved)).await.assert_status(200);
    practice.clinician.get("/patients/1").await.assert_problem(403, "clinician-link-needed");
    link(&practice.clinician, "Siobhan", "O'Callaghan", Some(&proved)).await.assert_status(200);
    second.get("/patients/1").await.assert_problem(403, "clinician-link-needed");
    // An administrator may link without the number. So may a platform's server, which links no account.
    let admin = &practice.practice_admin;
    link(admin, "Siobhan", "O'Callaghan", None).await.assert_status(200);
    link(&practice.platform, "Siobhan", "O'Callaghan", None).await.assert_status(200);
    // The same request again changes nothing, so nothing is recorded.
    link(&practice.clinician, "Siobhan", "O'Callaghan", None).await.assert_status(200);
    let (none, user) = (Value::Null, json!(3));
    assert_eq!(
        linkings(&practice).await,
        [
            (json!(1), none.clone()),
            (user.clone(), json!(1)),
            (user.clone(), none.clone()),
            (user.clone(), none.clone()),
            (user.clone(), none.clone()),
            (user, none),
        ]
    );
}

#[tokio::test]
async fn wrong_digits_are_in_the_trail_and_soon_stopped() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let users = bp.practice(LARGE).await;
    for guess in 0..10 {
        let wrong = format!("00000{guess}");
        let refused = link(&practice.clinician, "Siobhan", "O'Callaghan", Some(&wrong)).await;
        refused.assert_problem(422, "clinician-not-found");
    }
    let right = digits(&users, 3);
    let stopped = link(&practice.clinician, "Siobhan", "O'Callaghan", Some(&right)).await;
    stopped.assert_problem(429, "too-many-pairing-attempts");
    let trail = practice.practice_admin.get("/audit").await;
    let lines = trail.at("/items").as_array().unwrap().clone();
    let failed = lines.iter().filter(|line| line["action"] == "clinicianLinkFailed").count();
    assert_eq!(failed, 10, "{}", trail.text);
    // Nobody else has to wait.
    let other = stack.new_person(&practice.practice_id, Role::Clinician).await;
    link(&other, "Siobhan", "O'Callaghan", Some(&right)).await.assert_status(200);
}

#[tokio::test]
async fn an_administrator_ends_a_wrong_link() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let unlink = "/connection/clinicians/1";
    let import = json!({ "importId": "i-1",
        "items": [{ "folder": "investigations", "documentId": 1 }] });
    let asked = practice.clinician.post("/patients/1/attachment-imports", &import).await;
    asked.assert_status(202);
    practice.clinician.delete(unlink).await.assert_problem(403, "forbidden");
    practice.practice_admin.delete(unlink).await.assert_status(204);
    practice.clinician.get("/patients/1").await.assert_problem(403, "clinician-link-needed");
    let copies = practice.clinician.get("/attachment-imports/i-1").await;
    copies.assert_problem(403, "clinician-link-needed");
    practice.practice_admin.delete(unlink).await.assert_problem(404, "not-found");
    let nobody = practice.practice_admin.delete("/connection/clinicians/nobody").await;
    nobody.assert_problem(404, "not-found");
    // A person whose link was ended cannot link again with the name alone.
    let name = ("Amelia", "Thornbury");
    let back = link(&practice.clinician, name.0, name.1, None).await;
    back.assert_problem(422, "link-proof-needed");
    assert!(back.text_at("/steps/2").contains("allow your own link again"), "{}", back.text);
    // Other people are not affected: a nurse has no provider number.
    let other = stack.new_person(&practice.practice_id, Role::Clinician).await;
    link(&other, name.0, name.1, None).await.assert_status(200);
    let proved = digits(&bp.practice(LARGE).await, 1);
    link(&practice.clinician, name.0, name.1, Some(&proved)).await.assert_status(200);
    // Linking with the digits has ended the other account's link. That account cannot link again by name
    // either.
    other.get("/patients/1").await.assert_problem(403, "clinician-link-needed");
    practice.practice_admin.delete(unlink).await.assert_status(204);
    for caller in [&other, &practice.clinician] {
        let back = link(caller, name.0, name.1, None).await;
        back.assert_problem(422, "link-proof-needed");
    }
    // One of them was ended by mistake: an administrator allows that account again, and no other.
    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.assert_status(200).at("/items").as_array().unwrap().clone();
    let of = |action: &str, name: &str| {
        let lines = records.iter().filter(|line| line["action"] == action);
        lines.map(|line| line[name].clone()).collect::<Vec<_>>()
    };
    let [first, second, _] = &of("clinicianLinked", "subject")[..] else {
        panic!("{}", trail.text)
    };
    assert_eq!(of("clinicianUnlinked", "resource"), [first.clone(), second.clone(), first.clone()]);
    assert_eq!(of("clinicianUnlinked", "userId"), [json!(1), json!(1), json!(1)]);
    let allow = format!("{unlink}/allowed-accounts");
    let allowed = json!({ "account": first });
    practice.clinician.post(&allow, &allowed).await.assert_problem(403, "forbidden");
    practice.practice_admin.post(&allow, &allowed).await.assert_status(204);
    practice.practice_admin.post(&allow, &allowed).await.assert_problem(404, "not-found");
    link(&other, name.0, name.1, None).await.assert_problem(422, "link-proof-needed");
    link(&practice.clinician, name.0, name.1, None).await.assert_status(200);
    practice.clinician.get("/patients/1").await.assert_status(200);
    let trail = practice.practice_admin.get("/audit").await;
    let records = trail.at("/items").as_array().unwrap().clone();
    let allowed = records.iter().find(|line| line["action"] == "clinicianLinkAllowed").unwrap();
    assert_eq!((&allowed["resource"], &allowed["userId"]), (first, &json!(1)));
}

#[tokio::test]
async fn a_practice_with_five_thousand_linked_clinicians_moves_to_another_bp() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let table = stack.file().aws.table.clone().unwrap();
    let accounts: Vec<usize> = (0..5_000).collect();
    for some in accounts.chunks(25) {
        let puts = some.iter().map(|number| {
            let user = 100_000 + number;
            json!({ "PutRequest": { "Item": {
                "pk": { "S": format!("PRACTICE#{}", practice.practice_id) },
                "sk": { "S": format!("CLINICIAN#ACCOUNT#made-up-{number}") },
                "body": { "M": { "userId": { "N": user.to_string() },
                    "firstName": { "S": "Made" }, "lastName": { "S": "Up" } } },
            } } })
        });
        let request = json!({ "RequestItems": { table.clone(): puts.collect::<Vec<_>>() } });
        let written = stack.aws().call("dynamodb", "DynamoDB_20120810.BatchWriteItem", &request);
        written.await.expect("links are written");
    }
    let linked = practice.clinician.get("/connection").await;
    assert_eq!(linked.assert_status(200).at("/clinicians").as_array().unwrap().len(), 5_001);
    let code = bp.pairing_code(SMALL).await;
    let moved =
        practice.practice_admin.put("/connection", &form(SMALL, &code, "Farid", "El-Khoury")).await;
    assert_eq!(moved.assert_status(200).at("/clinicians").as_array().unwrap().len(), 1);
    // A person with a link in the old Bp has no link in the new one.
    let old = practice.clinician.get("/patients/1").await;
    old.assert_problem(403, "clinician-link-needed");
    // Old links are removed later, by the regular work.
    stack.run_job("jobs", None).await;
    let patience = std::time::Duration::from_secs(120);
    support::until("former links are gone", patience, async || {
        let left = stack.table().await;
        let left = left.iter().filter(|item| {
            item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("CLINICIAN#ACCOUNT#made-up"))
        });
        match left.count() {
            0 => Ok(()),
            left => {
                stack.run_job("jobs", None).await;
                Err(left)
            }
        }
    })
    .await;
}
