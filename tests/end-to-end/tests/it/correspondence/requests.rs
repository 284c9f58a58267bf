//! Requests that are refused, and repeated requests.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::steps::paired_practice;

#[tokio::test]
async fn the_same_request_again_is_the_same_answer_and_another_one_is_refused() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let document = Document::pdf("twice");
    upload(&practice.platform, &document).await;
    // The same announcement again returns a link to the same place. Another one under the same id is
    // refused.
    upload(&practice.platform, &document).await;
    let mut other = document.announcement();
    other["bytes"] = json!(document.bytes.len() + 1);
    practice.platform.post("/documents", &other).await.assert_problem(409, "id-in-use");

    let id = new_id();
    let path = format!("/referrals/{id}");
    let mut body = referral(&document);
    body["subject"] = json!("Pressed twice");
    let (one, two, three) = tokio::join!(
        practice.platform.put(&path, &body),
        practice.platform.put(&path, &body),
        practice.platform.put(&path, &body),
    );
    for answer in [one, two, three] {
        answer.assert_status(202);
    }
    let delivery = format!("referral-{id}");
    reaches(&practice, &delivery, "delivered").await;
    let again = practice.platform.put(&path, &body).await;
    assert_eq!(again.assert_status(202).text_at("/state"), "delivered");
    assert_eq!(tables.out("Pressed twice").len(), 1);
    body["recipientName"] = json!("Somebody else");
    practice.platform.put(&path, &body).await.assert_problem(409, "id-in-use");

    // Messages have their own ids.
    let mut note = message("other");
    note["subject"] = json!("Same id");
    practice.platform.put(&format!("/correspondence/{id}"), &note).await.assert_status(202);
    reaches(&practice, &format!("message-{id}"), "delivered").await;
    assert_eq!(tables.inbox("Same id").len(), 1);
}

#[tokio::test]
async fn a_document_must_be_what_was_announced() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let send = async |document: &Document| {
        let path = format!("/referrals/{}", new_id());
        practice.platform.put(&path, &referral(document)).await
    };

    let unknown = Document::pdf("never announced");
    send(&unknown).await.assert_problem(422, "document-not-found");

    let announced = Document::pdf("announced only");
    practice.platform.post("/documents", &announced.announcement()).await.assert_status(201);
    let early = send(&announced).await;
    early.assert_problem(409, "document-not-uploaded");
    assert_ne!(early.at("/detail"), early.at("/title"));

    // Other bytes are refused: by S3, or by us when the referral arrives or before it is written to Bp.
    for wrong in [b"%PDF-1.7 other".to_vec(), announced.bytes.iter().rev().copied().collect()] {
        let document = Document::pdf(&new_id());
        let terms = practice.platform.post("/documents", &document.announcement()).await;
        terms.assert_status(201);
        put_bytes(&terms, wrong).await;
        let mut body = referral(&document);
        body["subject"] = json!("Wrong bytes");
        let id = new_id();
        let answer = practice.platform.put(&format!("/referrals/{id}"), &body).await;
        match answer.status.as_u16() {
            202 => {
                let failed = reaches(&practice, &format!("referral-{id}"), "failed").await;
                assert_eq!(failed.text_at("/problem/type"), "document-mismatch");
            }
            409 => drop(answer.assert_problem(409, "document-not-uploaded")),
            _ => drop(answer.assert_problem(422, "document-mismatch")),
        }
    }

    // Bytes of another type than announced.
    let program = Document {
        id: new_id(),
        bytes: b"MZ\x90\0\x03\0\0\0".to_vec(),
        content_type: "application/pdf",
    };
    upload(&practice.platform, &program).await;
    let mut body = referral(&program);
    body["subject"] = json!("Wrong bytes");
    let id = new_id();
    let refused = practice.platform.put(&format!("/referrals/{id}"), &body).await;
    refused.assert_problem(422, "document-mismatch");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/documentId");
    let message = refused.text_at("/errors/0/message").to_owned();
    assert!(message.contains("no type that is known"), "what was found is not said: {message}");
    let left = practice.platform.get(&format!("/deliveries/referral-{id}")).await;
    left.assert_problem(404, "not-found");
    assert!(tables.out("Wrong bytes").is_empty());

    let mut large = announced.announcement();
    large["documentId"] = json!(new_id());
    large["bytes"] = json!(26_214_401);
    let refused = practice.platform.post("/documents", &large).await;
    refused.assert_problem(413, "document-too-large");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/bytes");
    let mut zip = announced.announcement();
    zip["documentId"] = json!(new_id());
    zip["contentType"] = json!("application/zip");
    let refused = practice.platform.post("/documents", &zip).await;
    refused.assert_problem(400, "invalid-request");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/contentType");
}

#[tokio::test]
async fn a_document_that_would_be_gone_before_an_offline_practice_comes_back_is_not_taken() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let document = Document::pdf("announced long ago");
    upload(&practice.platform, &document).await;
    let long_ago = Timestamp::now() - SignedDuration::from_hours(17 * 24);
    let expires = long_ago + SignedDuration::from_hours(30 * 24);
    let age = json!({
        "TableName": stack.file().aws.table,
        "Key": { "pk": { "S": format!("DOCUMENT#{}", practice.practice_id) }, "sk": { "S": document.id } },
        "UpdateExpression": "SET #body.announcedAt = :then, expiresAt = :expires",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeNames": { "#body": "body" },
        "ExpressionAttributeValues": { ":then": { "S": long_ago.to_string() },
            ":expires": { "N": expires.as_second().to_string() } },
    });
    stack.aws().call("dynamodb", "DynamoDB_20120810.UpdateItem", &age).await.unwrap();
    let id = new_id();
    let path = format!("/referrals/{id}");
    let refused = practice.platform.put(&path, &referral(&document)).await;
    refused.assert_problem(422, "document-too-old");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/documentId");
    let left = practice.platform.get(&format!("/deliveries/referral-{id}")).await;
    left.assert_problem(404, "not-found");

    // Announced again under the same id, it is a new upload.
    let announced = practice.platform.post("/documents", &document.announcement()).await;
    announced.assert_status(201);
    practice
        .platform
        .put(&path, &referral(&document))
        .await
        .assert_problem(409, "document-not-uploaded");
    assert_eq!(put_bytes(&announced, document.bytes.clone()).await, 200);
    practice.platform.put(&path, &referral(&document)).await.assert_status(202);
    reaches(&practice, &format!("referral-{id}"), "delivered").await;
}

#[tokio::test]
async fn text_that_bp_cannot_hold_is_refused_with_a_pointer_and_leaves_no_trace() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    for (field, value) in [
        ("subject", json!("Łódź")),
        ("subject", json!("x".repeat(61))),
        ("text", json!("日本語")),
        ("kind", json!("fax")),
        ("senderName", json!("Nguyễn")),
    ] {
        let id = new_id();
        let mut body = message("report");
        body[field] = value;
        let refused = practice.platform.put(&format!("/correspondence/{id}"), &body).await;
        refused.assert_problem(400, "invalid-request");
        assert_eq!(refused.text_at("/errors/0/pointer"), format!("/{field}"));
        practice
            .platform
            .get(&format!("/deliveries/message-{id}"))
            .await
            .assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn anothers_deliveries_do_not_exist_and_cursors_stay_with_their_list() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut sent = Vec::new();
    for at in 0..3 {
        let id = new_id();
        let mut body = message("other");
        body["subject"] = json!(format!("Listed {at}"));
        practice.platform.put(&format!("/correspondence/{id}"), &body).await.assert_status(202);
        sent.push(format!("message-{id}"));
    }
    for delivery in &sent {
        reaches(&practice, delivery, "delivered").await;
    }
    let mut seen = Vec::new();
    let mut path = "/deliveries?state=delivered&limit=2".to_owned();
    loop {
        let page = practice.practice_admin.get(&path).await;
        page.assert_status(200);
        let items = page.at("/items").as_array().unwrap().clone();
        seen.extend(items.iter().map(|item| item["deliveryId"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.at("/nextCursor").as_str() else { break };
        let other = format!("/deliveries?state=failed&cursor={cursor}");
        practice.practice_admin.get(&other).await.assert_problem(400, "invalid-request");
        path = format!("/deliveries?state=delivered&limit=2&cursor={cursor}");
    }
    seen.sort();
    sent.sort();
    assert_eq!(seen, sent);

    let stranger = stack.new_practice().await;
    let path = format!("/deliveries/{}", sent[0]);
    stranger.clinician.get(&path).await.assert_problem(404, "not-found");
    stranger.clinician.at(&practice.practice_id).get(&path).await.assert_problem(404, "not-found");
    practice.stranger.get(&path).await.assert_status(401);
    let id = new_id();
    stranger
        .platform
        .put(&format!("/correspondence/{id}"), &message("other"))
        .await
        .assert_problem(409, "not-connected");
    practice
        .practice_admin
        .put(&format!("/correspondence/{id}"), &message("other"))
        .await
        .assert_problem(403, "forbidden");
}
