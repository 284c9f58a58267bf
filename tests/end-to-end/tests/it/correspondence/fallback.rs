//! A message whose addressee has left goes to the fallback addressee.

use support::until;

use super::*;
use crate::steps::{named, paired_practice};

/// Another doctor of the practice.
const OTHER: i64 = 3;

#[tokio::test]
async fn a_message_whose_addressee_cannot_get_it_is_in_the_fallbacks_inbox_and_says_why() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let put = async |id: &str, body: &Value| {
        practice.platform.put(&format!("/correspondence/{id}"), body).await
    };
    let body = |subject: &str, addressee: Value| {
        let mut body = message("advice");
        body["subject"] = json!(subject);
        body["addressee"] = addressee;
        body["fallbackAddressee"] = json!({ "userId": OTHER });
        body
    };
    let today = "strftime('%Y-%m-%dT00:00:00', 'now', '-2 days'), strftime('%Y-%m-%dT00:00:00', 'now', '+2 days')";
    tables
        .practice
        .execute_batch(&format!(
            "DELETE FROM DAYSAWAY; INSERT INTO DAYSAWAY (RECORDSTATUS, USERID, STARTDATE, FINISHDATE, CREATED, CREATEDBY) \
             VALUES (1, 1, {today}, '2026-01-01T00:00:00', 1)"
        ))
        .unwrap();
    let cases = [
        ("Left", json!({ "ahpraNumber": "MED9999999999" }), OTHER, json!("addressee-not-found")),
        ("On leave", json!({ "userId": 1 }), OTHER, json!("addressee-away")),
        ("There", json!({ "userId": 2 }), 2, Value::Null),
    ];
    let mark = bp.mark().await;
    for (subject, addressee, whose, why) in &cases {
        let id = new_id();
        let body = body(subject, addressee.clone());
        put(&id, &body).await.assert_status(202);
        let delivered = reaches(&practice, &format!("message-{id}"), "delivered").await;
        let told = json!({ "userId": whose, "fallback": !why.is_null() });
        assert_eq!(*delivered.at("/addressedTo"), told, "{subject}");
        assert_eq!(*delivered.at("/problem"), Value::Null, "{subject}");
        let steps = delivered.at("/history").as_array().unwrap();
        let last = steps.last().unwrap();
        assert_eq!(last.get("reason").unwrap_or(&Value::Null), why, "{subject}: {last}");
        let inbox = tables.inbox(subject);
        assert_eq!(inbox.len(), 1, "{subject}");
        assert_eq!(inbox[0].user, *whose, "{subject}");
        // The fallback is part of the body.
        put(&id, &body).await.assert_status(202);
        let mut other = body.clone();
        other["fallbackAddressee"] = json!({ "userId": 4 });
        put(&id, &other).await.assert_problem(409, "id-in-use");
    }
    let asked = named(&bp.queries_since(mark).await);
    let writes = asked.iter().filter(|name| *name == "asyncQuery:inbox_write").count();
    assert_eq!(writes, cases.len(), "{asked:?}");

    // The answer is lost, and the addressee is back before Bp is asked again.
    let lost = json!([{ "operation": "asyncQuery", "effect": "dropAfter", "times": 1 }]);
    bp.faults(lost).await;
    let id = new_id();
    put(&id, &body("Lost answer", json!({ "userId": 1 }))).await.assert_status(202);
    until("the message arrives", PATIENCE, async || {
        if tables.inbox("Lost answer").is_empty() { Err("not yet") } else { Ok(()) }
    })
    .await;
    bp.no_faults().await;
    tables.practice.execute("DELETE FROM DAYSAWAY", []).unwrap();
    let found = reaches(&practice, &format!("message-{id}"), "delivered").await;
    assert_eq!(*found.at("/addressedTo"), json!({ "userId": OTHER, "fallback": true }));
    let inbox = tables.inbox("Lost answer");
    assert_eq!((inbox.len(), inbox[0].user), (1, OTHER));

    let same = json!({ "userId": 1 });
    let mut wrong = body("The same", same.clone());
    wrong["fallbackAddressee"] = same;
    let refused = put(&new_id(), &wrong).await;
    refused.assert_problem(400, "invalid-request");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/fallbackAddressee");
}
