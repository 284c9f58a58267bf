//! A grant connects a practice only while the practice that granted is connected as it was.

use aws_double::{Answer, Aws, Call};
use domain::grant::Grant;
use domain::ids::{PlatformId, PracticeId};
use domain::pairing::Attempt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{AuditItem, Store};

use crate::newer::connection;

#[tokio::test]
async fn the_use_of_a_grant_depends_on_the_connection_of_the_practice_that_granted() {
    let aws = Aws::answering(|_: &Call| Answer::of(json!({})));
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    let now: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let acme = PlatformId::parse("acme").unwrap();
    let granting = PracticeId::parse("bluegum-hollow").unwrap();
    let grant = Grant::new(acme.clone(), granting, &connection(), now).unwrap();
    let record = json!({ "at": now, "subject": "acme", "action": "grantUsed", "patients": [],
        "requestId": "r-1" });
    let record = serde_json::from_value(record).unwrap();
    let line = AuditItem { record, retention: SignedDuration::from_hours(24) };
    let attempt = Attempt::new(grant.site_id.clone(), now);
    let practice = PracticeId::of(&acme, "its-own").unwrap();
    let made = connection();
    let used = (&grant, &line);
    store.complete_granted(&practice, &attempt, &made, false, used).await.unwrap();

    let calls = aws.calls();
    let together = calls.iter().find(|call| call.operation == "TransactWriteItems").unwrap();
    let writes = together.body["TransactItems"].as_array().unwrap();
    let on_granting = writes.iter().map(|write| &write["Update"]);
    let mut on_granting =
        on_granting.filter(|it| it["Key"]["pk"]["S"] == "PRACTICE#bluegum-hollow");
    let condition = on_granting.next().unwrap()["ConditionExpression"].as_str().unwrap();
    for needed in ["#body.pairedAt = :pairedAt", "#body.standing = :paired"] {
        assert!(condition.contains(needed), "{condition}");
    }
}
