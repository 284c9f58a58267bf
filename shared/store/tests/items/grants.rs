//! A grant connects a practice only while the practice that granted is connected as it was.

use std::sync::{Arc, Mutex};

use aws_double::{Answer, Aws, Call};
use domain::connection::Connection;
use domain::grant::Grant;
use domain::ids::{PlatformId, PracticeId, SiteId};
use domain::pairing::Attempt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
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

#[tokio::test]
async fn a_practice_finds_its_grants_at_every_site_where_it_has_granted() {
    let now: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let granting = PracticeId::parse("bluegum-hollow").unwrap();
    let written = Arc::new(Mutex::new(Vec::<Value>::new()));
    let table = Arc::clone(&written);
    let aws = Aws::answering(move |call: &Call| {
        let mut items = table.lock().unwrap();
        if call.operation == "TransactWriteItems" {
            let writes = call.body["TransactItems"].as_array().unwrap();
            items.extend(writes.iter().map(|write| write["Put"]["Item"].clone()));
            return Answer::of(json!({}));
        }
        let values = &call.body["ExpressionAttributeValues"];
        let prefix = values[":prefix"]["S"].as_str().unwrap_or_default();
        let is_found = |item: &&Value| {
            item["pk"] == values[":pk"] && item["sk"]["S"].as_str().unwrap().starts_with(prefix)
        };
        let found: Vec<_> = items.iter().filter(is_found).cloned().collect();
        Answer::of(json!({ "Items": found }))
    });
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    let record = json!({ "at": now, "subject": "account-1", "action": "accessGranted",
        "patients": [], "requestId": "r-1" });
    let record = serde_json::from_value(record).unwrap();
    let line = AuditItem { record, retention: SignedDuration::from_hours(24) };
    let acme = PlatformId::parse("acme").unwrap();
    let mut given = Vec::new();
    for (practice, site) in
        [("bluegum-hollow", "70999"), ("bluegum-hollow", "71000"), ("other", "71000")]
    {
        let connection = Connection { site_id: SiteId::parse(site).unwrap(), ..connection() };
        let practice = PracticeId::parse(practice).unwrap();
        let grant = Grant::new(acme.clone(), practice, &connection, now).unwrap();
        store.save_grant(&grant, None, &line).await.unwrap();
        given.push(grant);
    }
    assert_eq!(store.grants_by(&granting, None).await.unwrap(), given[..2]);
    // Its present site counts once, whether it has granted there or not.
    for here in ["70999", "71001"] {
        let here = SiteId::parse(here).unwrap();
        assert_eq!(store.grants_by(&granting, Some(&here)).await.unwrap(), given[..2]);
    }
}
