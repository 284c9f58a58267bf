//! What is kept of a connection, and what is left to those who know better.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use aws_double::{Answer, Aws};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId, SiteId};
use jiff::Timestamp;
use serde_json::Value;
use store::{Begun, Store, StoreError};

fn seen() -> Connection {
    Connection {
        site_id: SiteId::parse("70999").unwrap(),
        site: Site {
            halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
            practice_name: Some("Bluegum Hollow Family Practice".to_owned()),
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            availability: Availability::Online,
        },
        standing: Standing::Paired,
        paired_at: Timestamp::UNIX_EPOCH,
        generation: 0,
    }
}

/// What `refresh` asks the table to do.
async fn asked(site: &Site, standing: Standing, answer: Answer) -> (Aws, Result<(), StoreError>) {
    let aws = Aws::answering(move |_| answer.clone());
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    let practice = PracticeId::parse("bluegum-hollow").unwrap();
    let outcome = store.refresh(&practice, &seen(), site, standing).await;
    (aws, outcome)
}

fn expressions(aws: &Aws) -> (String, String) {
    let call = &aws.calls()[0].body;
    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
    (text("UpdateExpression"), text("ConditionExpression"))
}

#[tokio::test]
async fn what_was_known_before_is_not_written_again() {
    let (aws, outcome) = asked(&seen().site, Standing::Paired, Answer::nothing()).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(aws.operations(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_site_that_was_looked_at_leaves_alone_how_we_stand() {
    let site = Site { availability: Availability::Offline, ..seen().site };
    let (aws, outcome) = asked(&site, Standing::Paired, Answer::nothing()).await;
    assert_eq!(outcome, Ok(()));
    let (update, condition) = expressions(&aws);
    assert_eq!(update, "SET #body.#site = :site");
    assert!(condition.contains("#body.standing <> :disconnected"), "{condition}");
    assert_eq!(aws.operations(), ["UpdateItem"], "nobody is told anything");
}

#[tokio::test]
async fn a_standing_is_changed_only_from_the_one_that_was_seen_and_leaves_the_site_alone() {
    let (aws, outcome) = asked(&seen().site, Standing::Revoked, Answer::nothing()).await;
    assert_eq!(outcome, Ok(()));
    let (update, condition) = expressions(&aws);
    assert_eq!(update, "SET #body.standing = :standing");
    assert!(condition.contains("#body.standing = :seen "), "{condition}");
    assert!(condition.contains("#body.pairedAt = :pairedAt"), "{condition}");
    let values = &aws.calls()[0].body["ExpressionAttributeValues"];
    assert_eq!(values[":seen"]["S"], "paired");
    assert_eq!(values[":standing"]["S"], "revoked");
    assert_eq!(values[":site"], Value::Null);
    assert_eq!(aws.operations(), ["UpdateItem", "PutItem"], "the site's look comes soon");
}

#[tokio::test]
async fn whoever_comes_second_neither_changes_anything_nor_has_it_told() {
    let refused = Answer::refused("ConditionalCheckFailedException");
    let (aws, outcome) = asked(&seen().site, Standing::Revoked, refused).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    assert_eq!(aws.operations(), ["UpdateItem"]);
}

#[tokio::test]
async fn a_pairing_that_met_another_write_is_completed_and_one_that_is_not_ours_is_not() {
    for (code, outcome) in [
        ("TransactionConflict", Ok(())),
        ("ThrottlingError", Ok(())),
        ("ConditionalCheckFailed", Err(StoreError::Conflict)),
    ] {
        let first = std::sync::Mutex::new(Some(Answer::cancelled(&["None", "None", code])));
        let aws = Aws::answering(move |call| match call.operation.as_str() {
            "TransactWriteItems" => first.lock().unwrap().take().unwrap_or_else(Answer::nothing),
            _ => Answer::nothing(),
        });
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
        let (practice, seen) = (PracticeId::parse("bluegum-hollow").unwrap(), seen());
        let now = Timestamp::UNIX_EPOCH;
        let begun = store.begin_pairing(&practice, &seen.site_id, now).await.unwrap();
        let Begun::Mine { attempt, .. } = begun else { panic!("{begun:?}") };
        let completed = store.complete_pairing(&practice, &attempt, &seen, false).await;
        assert_eq!(completed, outcome, "{code}");
    }
}
