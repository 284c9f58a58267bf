//! How connections are stored, and that newer values of others are not overwritten.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use aws_double::{Answer, Aws};
use domain::account_links::UserAccounts;
use domain::clinician::Clinician;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{BpUserId, HaloGuid, PracticeId, SiteId, Subject};
use domain::pairing::{Attempt, LimitScope};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{AccountLink, AuditItem, LinkKey, Store, StoreError};

fn seen() -> Connection {
    Connection {
        site_id: SiteId::parse("70999").unwrap(),
        site: Site {
            halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
            practice_name: Some("Bluegum Hollow Family Practice".to_owned()),
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        },
        standing: Standing::Paired,
        paired_at: Timestamp::UNIX_EPOCH,
        generation: 0,
        edition: 0,
    }
}

/// The calls that `refresh` makes to the table.
async fn asked(site: &Site, standing: Standing, answer: Answer) -> (Aws, Result<(), StoreError>) {
    let aws = Aws::answering(move |_| answer.clone());
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    let practice = PracticeId::parse("bluegum-hollow").unwrap();
    let outcome = store.refresh(&practice, &seen(), site, standing, now()).await;
    (aws, outcome)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000).unwrap()
}

/// The condition of a write, without the condition that the item has no newer format.
fn condition(write: &Value) -> String {
    let whole = write["ConditionExpression"].as_str().unwrap();
    let format = ") AND (attribute_not_exists(#format) OR #format <= :format)";
    let own = whole.strip_suffix(format).and_then(|own| own.strip_prefix('('));
    own.unwrap_or_else(|| panic!("{whole}")).to_owned()
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
        let attempt = Attempt::new(seen.site_id.clone(), Timestamp::UNIX_EPOCH);
        let completed = store.complete_pairing(&practice, &attempt, &seen, false).await;
        assert_eq!(completed, outcome, "{code}");
    }
}

fn table(answer: impl Fn(&aws_double::Call) -> Answer + Send + Sync + 'static) -> (Aws, Store) {
    let aws = Aws::answering(answer);
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    (aws, store)
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

#[tokio::test]
async fn a_yes_is_kept_only_for_the_attempt_that_is_still_the_current_one() {
    let (aws, store) = table(|_| Answer::nothing());
    let attempt = Attempt::new(seen().site_id, Timestamp::UNIX_EPOCH);
    store.complete_pairing(&practice(), &attempt, &seen(), false).await.unwrap();
    assert_eq!(aws.operations(), ["GetItem", "TransactWriteItems"]);
    let writes = aws.calls()[1].body["TransactItems"].as_array().unwrap().clone();
    let ended = writes.iter().find(|write| write["Delete"].is_object()).unwrap();
    assert_eq!(ended["Delete"]["Key"]["sk"]["S"], "PAIRING");
    assert_eq!(ended["Delete"]["ConditionExpression"], "#body.id = :id");
    let id = &ended["Delete"]["ExpressionAttributeValues"][":id"]["S"];
    assert_eq!(*id, json!(attempt.id.to_string()));
}

#[tokio::test]
async fn disconnecting_ends_an_attempt_in_the_same_transaction() {
    let (aws, store) = table(|_| Answer::nothing());
    store.disconnect(&practice(), now()).await.unwrap();
    let writes = aws.calls()[0].body["TransactItems"].as_array().unwrap().clone();
    assert_eq!(writes[0]["Delete"]["Key"]["sk"]["S"], "PAIRING");
    assert_eq!(writes[1]["Update"]["Key"]["sk"]["S"], "CONNECTION");
}

#[tokio::test]
async fn disconnecting_what_never_was_connected_ends_the_attempt_all_the_same() {
    let refused = std::sync::atomic::AtomicBool::new(false);
    let (aws, store) = table(move |_| {
        if refused.swap(true, std::sync::atomic::Ordering::SeqCst) {
            Answer::nothing()
        } else {
            Answer::cancelled(&["None", "ConditionalCheckFailed"])
        }
    });
    store.disconnect(&practice(), now()).await.unwrap();
    assert_eq!(aws.operations(), ["TransactWriteItems", "TransactWriteItems", "GetItem"]);
    let ended = &aws.calls()[1].body["TransactItems"][0]["Delete"]["Key"]["sk"]["S"];
    assert_eq!(*ended, "PAIRING");
}

/// A practice that moved once, with one link from before and one from after.
fn moved() -> Value {
    let clinician = |user: i64| {
        json!({ "M": { "userId": { "N": user.to_string() }, "firstName": { "S": "Made" },
            "lastName": { "S": "Up" } } })
    };
    let pk = json!({ "S": "PRACTICE#bluegum-hollow" });
    let connection = json!({ "M": {
        "siteId": { "S": "70999" }, "standing": { "S": "paired" },
        "pairedAt": { "S": "2026-01-01T00:00:00Z" }, "generation": { "N": "1" },
        "site": { "M": { "haloGuid": { "S": uuid::Uuid::from_u128(7) },
            "availability": { "S": "online" } } },
    } });
    json!([
        { "pk": pk, "sk": { "S": "CLINICIAN#ACCOUNT#before" }, "body": clinician(1) },
        { "pk": pk, "sk": { "S": "CLINICIAN#ACCOUNT#after" }, "body": clinician(2),
            "generation": { "N": "1" } },
        { "pk": pk, "sk": { "S": "CONNECTION" }, "body": connection },
    ])
}

#[tokio::test]
async fn links_of_an_earlier_site_hold_no_more_on_whichever_page_they_come() {
    let (aws, store) = table(|call| {
        let items = moved();
        if call.body["ExclusiveStartKey"].is_object() {
            Answer::of(json!({ "Items": items.as_array().unwrap()[1..] }))
        } else {
            let last = json!({ "pk": items[0]["pk"], "sk": items[0]["sk"] });
            Answer::of(json!({ "Items": [items[0]], "LastEvaluatedKey": last }))
        }
    });
    let record = store.practice(&practice()).await.unwrap();
    assert_eq!(aws.operations(), ["Query", "Query"]);
    let users: Vec<_> = record.clinicians(|_| false).iter().map(|one| one.user_id).collect();
    assert_eq!(users, [BpUserId(2)]);
    assert_eq!(record.linked(&Subject("before".to_owned())), None);
    let others = |account: &str| record.others_linked_to(BpUserId(2), &Subject(account.to_owned()));
    assert_eq!(others("somebody"), [Subject("after".to_owned())]);
    assert_eq!(others("after"), []);
}

#[tokio::test]
async fn who_calls_is_read_together_with_the_connection() {
    for (account, linked) in [("before", None), ("after", Some(BpUserId(2)))] {
        let (aws, store) = table(move |_| {
            let items = moved();
            let own = if account == "before" { 0 } else { 1 };
            Answer::of(json!({ "Responses": { "table": [items[own], items[2]] } }))
        });
        let account = Subject(account.to_owned());
        let (connection, link) = store.connection_and_link(&practice(), &account).await.unwrap();
        assert!(connection.is_some());
        assert_eq!(link.map(|link| link.user_id), linked);
        assert_eq!(aws.operations(), ["BatchGetItem"]);
        let request = &aws.calls()[0].body["RequestItems"]["table"];
        assert_eq!(request["ConsistentRead"], true);
    }
}

#[tokio::test]
async fn what_the_table_was_too_busy_to_read_is_not_taken_for_nobody() {
    let (_, store) = table(|_| {
        Answer::of(json!({ "Responses": { "table": [] },
            "UnprocessedKeys": { "table": { "Keys": [{ "pk": { "S": "x" }, "sk": { "S": "y" } }] } } }))
    });
    let read = store.connection_and_link(&practice(), &Subject("after".to_owned())).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
}

fn clinician() -> Clinician {
    Clinician {
        user_id: BpUserId(3),
        first_name: "Made".to_owned(),
        last_name: "Up".to_owned(),
        provider_number_prefix: None,
    }
}

#[tokio::test]
async fn a_link_names_its_generation_and_what_its_maker_saw_and_leaves_word() {
    let impostor = Subject("before".to_owned());
    let never = UserAccounts::default();
    let once =
        UserAccounts { revision: 1, ended: vec![Subject("after".to_owned())], linked: Vec::new() };
    for (relinked, displaced, seen, writes) in [
        (false, &[][..], &never, 2),
        (true, &[], &once, 4),
        (true, std::slice::from_ref(&impostor), &once, 5),
    ] {
        let (aws, store) = table(|_| Answer::nothing());
        let link = AccountLink {
            account: &Subject("after".to_owned()),
            clinician: &clinician(),
            generation: 4,
            former: None,
            displaced,
            seen,
            relinked,
            lines: &[],
        };
        store.link_account(&practice(), &link, now()).await.unwrap();
        let written = aws.calls().last().unwrap().body["TransactItems"].as_array().unwrap().clone();
        assert_eq!(written.len(), writes);
        assert_eq!(written[0]["Put"]["Item"]["generation"]["N"], "4");
        let accounts = &written[1]["Put"];
        assert_eq!(accounts["Item"]["sk"]["S"], "ACCOUNTS#4#3");
        let revision = accounts["Item"]["body"]["M"]["revision"]["N"].as_str().unwrap();
        let condition = accounts["ConditionExpression"].as_str().unwrap();
        if seen.revision == 0 {
            assert_eq!((revision, condition), ("1", "attribute_not_exists(pk)"));
        } else {
            assert_eq!((revision, condition), ("2", "#body.revision = :revision"));
            assert_eq!(accounts["ExpressionAttributeValues"][":revision"]["N"], "1");
        }
        let ended = accounts["Item"]["body"]["M"]["ended"]["L"].as_array().unwrap();
        assert_eq!(ended.len(), displaced.len(), "{ended:?}");
        let deleted = written.iter().map(|write| &write["Delete"]["Key"]["sk"]["S"]);
        let deleted = deleted.filter(|sk| *sk == "CLINICIAN#ACCOUNT#before").count();
        assert_eq!(deleted, displaced.len());
    }
}

#[tokio::test]
async fn an_accounts_link_is_replaced_only_as_it_was_read() {
    let never_read = "attribute_not_exists(pk)";
    let none_of_now =
        "attribute_not_exists(pk) OR attribute_not_exists(generation) OR generation < :generation";
    let the_former =
        "#body.userId = :user AND (attribute_not_exists(generation) OR generation <= :generation)";
    let of_former = UserAccounts { revision: 3, ..UserAccounts::default() };
    for (former, generation, expected) in [
        (None, 0, never_read),
        (None, 4, none_of_now),
        (Some((BpUserId(3), &of_former)), 4, the_former),
        (Some((BpUserId(7), &of_former)), 4, the_former),
    ] {
        let (aws, store) = table(|_| Answer::cancelled(&["ConditionalCheckFailed", "None"]));
        let link = AccountLink {
            account: &Subject("after".to_owned()),
            clinician: &clinician(),
            generation,
            former,
            displaced: &[],
            seen: &UserAccounts::default(),
            relinked: false,
            lines: &[],
        };
        let refused = store.link_account(&practice(), &link, now()).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
        let written = aws.calls()[0].body["TransactItems"].clone();
        assert_eq!(condition(&written[0]["Put"]), expected);
        // The item of the user whom the account leaves changes as well.
        let left = &written[2]["Put"];
        if former.is_some_and(|(former, _)| former == BpUserId(7)) {
            assert_eq!(left["Item"]["sk"]["S"], "ACCOUNTS#4#7");
            assert_eq!(left["ExpressionAttributeValues"][":revision"]["N"], "3");
        } else {
            assert!(left.is_null(), "{written}");
        }
    }
}

fn line() -> AuditItem {
    let record = json!({ "at": "2026-03-02T01:00:00Z", "subject": "somebody",
        "action": "clinicianUnlinked", "patients": [], "requestId": "r-1" });
    AuditItem {
        record: serde_json::from_value(record).unwrap(),
        retention: jiff::SignedDuration::from_hours(24),
    }
}

#[tokio::test]
async fn an_ended_link_is_remembered_with_its_line_of_the_trail_unless_it_went_elsewhere() {
    let account = LinkKey::Account(Subject("before".to_owned()));
    let user = (1, BpUserId(1));
    let (aws, store) = table(|_| Answer::nothing());
    assert!(store.unlink(&practice(), &account, user, &line()).await.unwrap());
    assert_eq!(aws.operations(), ["GetItem", "TransactWriteItems"]);
    let written = &aws.calls()[1].body["TransactItems"];
    let expected = "#body.userId = :user AND generation = :generation";
    assert_eq!(condition(&written[0]["Delete"]), expected);
    assert_eq!(written[1]["Put"]["Item"]["pk"]["S"], "AUDIT#bluegum-hollow");
    let ended = &written[2]["Put"]["Item"]["body"]["M"]["ended"]["L"];
    assert_eq!(*ended, json!([{ "S": "before" }]));
    // A platform's own link changes no account's link.
    let (aws, store) = table(|_| Answer::nothing());
    store.unlink(&practice(), &LinkKey::User(BpUserId(1)), user, &line()).await.unwrap();
    assert_eq!(aws.operations(), ["TransactWriteItems"]);
    // The link or the practice was moved meanwhile: tried again several times, or given up.
    for (at, operations) in [((1, 1), 24), ((1, 9), 3), ((2, 1), 3)] {
        let (aws, store) = table(move |call| match call.operation.as_str() {
            "TransactWriteItems" => Answer::cancelled(&["ConditionalCheckFailed", "None"]),
            _ if call.body["Key"]["sk"]["S"] == "CLINICIAN#ACCOUNT#before" => {
                let mut link = moved()[0].clone();
                link["generation"] = json!({ "N": at.0.to_string() });
                link["body"]["M"]["userId"]["N"] = json!(at.1.to_string());
                Answer::of(json!({ "Item": link }))
            }
            _ => Answer::nothing(),
        });
        let ended = store.unlink(&practice(), &account, user, &line()).await;
        assert_eq!(ended.ok(), (operations == 3).then_some(false));
        assert_eq!(aws.operations().len(), operations);
    }
}

#[tokio::test]
async fn an_ended_account_is_allowed_again_only_where_it_was_ended() {
    let account = Subject("before".to_owned());
    for ended in [true, false] {
        let (aws, store) = table(move |call| match call.operation.as_str() {
            "GetItem" if ended => Answer::of(json!({ "Item": { "body": { "M": {
                "revision": { "N": "5" }, "ended": { "L": [{ "S": "other" }, { "S": "before" }] },
            } } } })),
            _ => Answer::nothing(),
        });
        let allowed = store.allow_link(&practice(), &account, (1, BpUserId(1)), &line()).await;
        assert_eq!(allowed.unwrap(), ended);
        if !ended {
            assert_eq!(aws.operations(), ["GetItem"]);
            continue;
        }
        let written = &aws.calls()[1].body["TransactItems"];
        let accounts = &written[0]["Put"];
        assert_eq!(accounts["Item"]["body"]["M"]["ended"]["L"], json!([{ "S": "other" }]));
        assert_eq!(accounts["ExpressionAttributeValues"][":revision"]["N"], "5");
        assert_eq!(written[1]["Put"]["Item"]["pk"]["S"], "AUDIT#bluegum-hollow");
    }
}

#[tokio::test]
async fn a_platforms_link_of_a_former_bp_does_not_replace_one_of_now() {
    let (aws, store) = table(|_| Answer::nothing());
    store.link_user(&practice(), &clinician(), 4, &line()).await.unwrap();
    let written = aws.calls()[0].body["TransactItems"].clone();
    let put = &written[0]["Put"];
    assert_eq!(written[1]["Put"]["Item"]["pk"]["S"], "AUDIT#bluegum-hollow");
    let expected = "attribute_not_exists(generation) OR generation <= :generation";
    assert_eq!(condition(put), expected);
    assert_eq!(put["Item"]["sk"]["S"], "CLINICIAN#USER#3");
}

#[tokio::test]
async fn a_disconnection_outlives_the_first_pairing_that_succeeds_beside_it() {
    let tries = std::sync::atomic::AtomicU32::new(0);
    let (aws, store) = table(move |call| match call.operation.as_str() {
        // At first there is no connection; then there is.
        "TransactWriteItems" if tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => {
            Answer::cancelled(&["None", "ConditionalCheckFailed"])
        }
        "GetItem" => Answer::of(json!({ "Item": moved()[2] })),
        _ => Answer::nothing(),
    });
    store.disconnect(&practice(), now()).await.unwrap();
    let done: Vec<_> = aws.operations();
    assert_eq!(
        done[..4],
        ["TransactWriteItems", "TransactWriteItems", "GetItem", "TransactWriteItems"]
    );
}

#[tokio::test]
async fn an_attempt_whose_beginning_was_written_twice_is_still_ours() {
    let (aws, store) = table(|_| Answer::nothing());
    let now = Timestamp::from_second(1_000).unwrap();
    let attempt = domain::pairing::Attempt::new(SiteId::parse("70999").unwrap(), now);
    assert!(store.begin_pairing(&practice(), &attempt, now).await.unwrap());
    let put = &aws.calls()[0].body;
    assert!(condition(put).ends_with("OR #body.id = :id"), "{put}");
    assert_eq!(put["ExpressionAttributeValues"][":id"]["S"], attempt.id.to_string());
}

#[tokio::test]
async fn tries_are_counted_until_the_window_ends() {
    let now = Timestamp::from_second(1_000).unwrap();
    let ends = now.as_millisecond() + 60_000;
    let window = move |failures: u32, ends: i64| {
        json!({ "Item": { "failures": { "N": failures.to_string() },
            "windowEnds": { "N": ends.to_string() } } })
    };
    // There is room for one more try. It is counted on the condition that there still is.
    let (aws, store) = table(move |call| match call.operation.as_str() {
        "GetItem" => Answer::of(window(9, ends)),
        _ => Answer::nothing(),
    });
    store.reserve_try(LimitScope::Practice, "ours", now).await.unwrap().unwrap();
    let counted = aws.calls()[1].body.clone();
    assert_eq!(condition(&counted), "failures < :most AND windowEnds = :ends");
    assert_eq!(counted["ExpressionAttributeValues"][":most"]["N"], "10");
    // There is no room for another try.
    let (aws, store) = table(move |_| Answer::of(window(10, ends)));
    let limited = store.reserve_try(LimitScope::Practice, "ours", now).await.unwrap();
    assert_eq!(limited.unwrap_err().until.as_millisecond(), ends);
    assert_eq!(aws.operations(), ["GetItem"]);
    // A window that has ended is replaced.
    let (aws, store) = table(move |call| match call.operation.as_str() {
        "GetItem" => Answer::of(window(10, now.as_millisecond())),
        _ => Answer::nothing(),
    });
    store.reserve_try(LimitScope::Practice, "ours", now).await.unwrap().unwrap();
    assert_eq!(aws.operations(), ["GetItem", "PutItem"]);
}
