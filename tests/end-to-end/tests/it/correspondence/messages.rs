//! Messages: which patient they are about, and which doctor they are for.

use support::until;

use super::*;
use crate::events::Platform;
use crate::steps::paired_practice;

async fn send(practice: &TestPractice, body: &Value) -> String {
    let id = new_id();
    practice.platform.put(&format!("/correspondence/{id}"), body).await.assert_status(202);
    format!("message-{id}")
}

#[tokio::test]
async fn a_message_about_nobody_in_particular_waits_to_be_allocated_at_the_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let described = |patient: Value, subject: &str| {
        let mut body = message("report");
        body["patient"] = patient;
        body["subject"] = json!(subject);
        body
    };
    let cases = [
        (
            "Exactly one",
            json!({ "lastName": "O’Brien", "firstName": "Declan", "dateOfBirth": "1968-11-02" }),
            5,
        ),
        ("Twins", json!({ "lastName": "Farraday", "dateOfBirth": "2015-02-19" }), 0),
        ("Nobody", json!({ "lastName": "Unheard-Of", "dateOfBirth": "1968-11-02" }), 0),
        (
            "Another card",
            json!({ "lastName": "O'Brien", "dateOfBirth": "1968-11-02", "medicare": { "number": "2000000009" } }),
            0,
        ),
        (
            "A number that is theirs",
            json!({ "patientId": 5, "lastName": "o'brien", "dateOfBirth": "1968-11-02" }),
            5,
        ),
        (
            "A number that is somebody else's",
            json!({ "patientId": 3, "lastName": "O’Brien", "dateOfBirth": "1968-11-02" }),
            0,
        ),
    ];
    let mut sent = Vec::new();
    for (subject, patient, expected) in cases {
        let delivery = send(&practice, &described(patient, subject)).await;
        sent.push((subject, delivery, expected));
    }
    for (subject, delivery, expected) in sent {
        let arrived = reaches(&practice, &delivery, "delivered").await;
        assert_eq!(*arrived.at("/allocated"), json!(expected > 0), "{subject}");
        let inbox = tables.inbox(subject);
        assert_eq!(inbox.len(), 1, "{subject}");
        assert_eq!(inbox[0].patient, expected, "{subject}");
        let check =
            if subject.starts_with("A number") { json!("nameAndDateOfBirth") } else { Value::Null };
        assert_eq!(*arrived.at("/patientCheck"), check, "{subject}");
    }
}

#[tokio::test]
async fn an_addressee_whom_bp_does_not_know_fails_with_what_to_mend_and_can_be_retried() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let mut body = message("advice");
    body["addressee"] = json!({ "ahpraNumber": "MED9999999999" });
    body["subject"] = json!("Misaddressed");
    let delivery = send(&practice, &body).await;
    let failed = reaches(&practice, &delivery, "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "addressee-not-found");
    assert!(!failed.at("/problem/steps").as_array().unwrap().is_empty());
    assert!(tables.inbox("Misaddressed").is_empty());
    let listed = practice.platform.get("/deliveries?state=failed").await;
    assert_eq!(listed.assert_status(200).text_at("/items/0/deliveryId"), delivery);

    // The practice enters the number; the same delivery is tried again.
    tables
        .practice
        .execute("UPDATE USERS SET REGISTRATIONNO = 'MED9999999999       ' WHERE USERID = 1", [])
        .unwrap();
    let retried =
        practice.platform.post(&format!("/deliveries/{delivery}/retry"), &json!({})).await;
    assert_eq!(retried.assert_status(202).text_at("/state"), "accepted");
    reaches(&practice, &delivery, "delivered").await;
    assert_eq!(tables.inbox("Misaddressed").len(), 1);
    practice
        .platform
        .post(&format!("/deliveries/{delivery}/retry"), &json!({}))
        .await
        .assert_problem(409, "already-delivered");
}

#[tokio::test]
async fn a_referral_for_a_patient_whom_bp_does_not_have_fails_and_leaves_nothing() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let document = Document::pdf("nobody's");
    upload(&practice.platform, &document).await;
    let mut body = referral(&document);
    body["patientId"] = json!(1_999_999_999);
    body["subject"] = json!("Nobody's letter");
    let id = new_id();
    practice.platform.put(&format!("/referrals/{id}"), &body).await.assert_status(202);
    let failed = reaches(&practice, &format!("referral-{id}"), "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "patient-not-found");
    assert!(tables.out("Nobody's letter").is_empty());
}

#[tokio::test]
async fn two_practices_that_share_a_bp_take_turns_there_and_are_both_served() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (one, other) = (paired_practice(stack, &bp).await, paired_practice(stack, &bp).await);
    let tables = Tables::open(stack, &bp).await;
    let flood = async |practice: &TestPractice, whose: &str| {
        let mut sent = Vec::new();
        for at in 0..8 {
            let mut body = message("other");
            body["subject"] = json!(format!("Shared {whose} {at}"));
            sent.push(send(practice, &body).await);
        }
        sent
    };
    let (ones, others) = tokio::join!(flood(&one, "one"), flood(&other, "other"));
    for (practice, sent) in [(&one, ones), (&other, others)] {
        for delivery in sent {
            reaches(practice, &delivery, "delivered").await;
        }
    }
    for whose in ["one", "other"] {
        for at in 0..8 {
            assert_eq!(tables.inbox(&format!("Shared {whose} {at}")).len(), 1, "{whose} {at}");
        }
    }
    // Both writers have left, so either practice can take the site over.
    let lanes = [&one, &other].map(|practice| format!("WORK#{}", practice.practice_id));
    let is_held = |item: &Value| {
        let of_both = item["pk"]["S"].as_str().is_some_and(|key| lanes.iter().any(|it| it == key));
        of_both && item["sk"]["S"] == "LANE" && !item["leaseUntil"].is_null()
    };
    until("both lanes are free", PATIENCE, async || {
        if stack.table().await.iter().any(is_held) { Err("one is held") } else { Ok(()) }
    })
    .await;
}

/// Runs the job that checks messages until the message is removed. In production it runs regularly.
async fn looks_until_removed(stack: &TestStack, practice: &TestPractice, delivery: &str) -> Answer {
    until("the message is removed", PATIENCE, async || {
        stack.run_job("checked", Some(&practice.practice_id)).await;
        let read = practice.platform.get(&format!("/deliveries/{delivery}")).await;
        if *read.at("/state") == json!("removed") { Ok(read) } else { Err(read.text) }
    })
    .await
}

#[tokio::test]
async fn a_message_that_is_moved_names_its_new_owner_and_one_that_is_deleted_is_removed() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let delivery = send(&practice, &message("advice")).await;
    let delivered = reaches(&practice, &delivery, "delivered").await;
    assert_eq!(*delivered.at("/inboxUserId"), Value::Null, "nobody has looked yet");
    let record = delivered.at("/bpRecordId").as_i64().unwrap();
    let change = |sql: &str| {
        assert_eq!(tables.practice.execute(sql, [record]).unwrap(), 1, "{sql}");
    };
    change("UPDATE INCOMINGREPORTS SET USERID = 3 WHERE REPORTID = ?1");
    let path = format!("/deliveries/{delivery}");
    let moved = until("the message has its new owner", PATIENCE, async || {
        stack.run_job("checked", Some(&practice.practice_id)).await;
        let read = practice.platform.get(&path).await;
        if *read.at("/inboxUserId") == json!(3) { Ok(read) } else { Err(read.text) }
    })
    .await;
    assert_eq!(moved.text_at("/state"), "delivered");
    change("DELETE FROM INCOMINGREPORTS WHERE REPORTID = ?1");
    let removed = looks_until_removed(stack, &practice, &delivery).await;
    let listed = practice.platform.get("/deliveries?state=removed").await;
    assert_eq!(listed.at("/items/0/deliveryId"), removed.at("/deliveryId"));
    // A retry does not send it again, because it was delivered.
    let retried = practice.platform.post(&format!("{path}/retry"), &json!({})).await;
    retried.assert_problem(409, "already-delivered");
}

#[tokio::test]
async fn a_message_that_nobody_has_checked_for_two_weeks_is_told_once() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let delivery = send(&practice, &message("advice")).await;
    let delivered = reaches(&practice, &delivery, "delivered").await;
    platform.hears("delivery.delivered delivered").await;
    // It was delivered fifteen days ago.
    let steps = delivered.at("/history").as_array().unwrap().clone();
    let step = steps.iter().position(|step| step["state"] == "delivered").unwrap();
    let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(15 * 24);
    let update = json!({
        "TableName": stack.file().aws.table,
        "Key": { "pk": { "S": format!("WORK#{}", practice.practice_id) },
            "sk": { "S": format!("DELIVERY#{delivery}") } },
        "UpdateExpression": format!("SET body.history[{step}].#at = :at"),
        "ExpressionAttributeNames": { "#at": "at" },
        "ExpressionAttributeValues": { ":at": { "S": long_ago.to_string() } },
    });
    stack.aws().call("dynamodb", "DynamoDB_20120810.UpdateItem", &update).await.unwrap();
    stack.run_job("checked", Some(&practice.practice_id)).await;
    platform.hears("delivery.unchecked delivered").await;
    let tables = Tables::open(stack, &bp).await;
    let record = delivered.at("/bpRecordId").as_i64().unwrap();
    let delete = "DELETE FROM INCOMINGREPORTS WHERE REPORTID = ?1";
    assert_eq!(tables.practice.execute(delete, [record]).unwrap(), 1);
    looks_until_removed(stack, &practice, &delivery).await;
    platform.hears("delivery.removed removed").await;
}
