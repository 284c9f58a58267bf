//! No write changes an item that a newer release wrote in a format that this release does not know.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::{Arc, Mutex};

use aws_double::{Answer, Aws, Call};
use domain::account_links::UserAccounts;
use domain::clinician::Clinician;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::delivery::ClientId;
use domain::ids::{BpUserId, HaloGuid, PracticeId, SiteId, Subject};
use domain::imports::ImportId;
use domain::pairing::{Attempt, LimitScope};
use domain::schedule::Job;
use domain::settings::Settings;
use domain::usage::Usage;
use domain::waiting::Waiter;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ledger::{Holder, Lease};
use serde_json::{Value, json};
use store::work::{BodyHash, Entry, LaneRelease, Listing, WorkKey};
use store::{AccountLink, AuditItem, DueJob, LinkKey, Store, StoreError};
use uuid::Uuid;

const NEWER: Result<(), StoreError> = Err(StoreError::NewerFormat);

/// A table whose items all have format 2. It lists the keys of items that a write changed nevertheless.
struct Newer {
    store: Store,
    changed: Arc<Mutex<Vec<String>>>,
}

/// How the table answers a write.
enum Judged {
    /// The write checks the format.
    Refused,
    /// The write needs what only this release wrote, or what it has read.
    NotMet,
    /// The item is a new one.
    New,
    /// The write changes an item of the newer release.
    Changes(String),
}

fn judge(write: &Value) -> Judged {
    let key = if write["Item"].is_object() { &write["Item"] } else { &write["Key"] };
    let (pk, sk) = (key["pk"]["S"].as_str().unwrap(), key["sk"]["S"].as_str().unwrap());
    let condition = write["ConditionExpression"].as_str().unwrap_or_default();
    let asks_format = condition.contains("#format <= :format")
        && write["ExpressionAttributeNames"]["#format"] == "format"
        && write["ExpressionAttributeValues"][":format"]["N"] == "1"
        && write["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD";
    let of_what_was_read = ["version = :seen", "#body.revision = :revision", "#body.id = :id"];
    if pk.starts_with("AUDIT#") || sk.starts_with("RELINKED#") {
        Judged::New
    } else if asks_format {
        Judged::Refused
    } else if condition == "attribute_not_exists(pk)" || of_what_was_read.contains(&condition) {
        Judged::NotMet
    } else {
        Judged::Changes(format!("{pk} {sk}"))
    }
}

fn newer() -> Newer {
    let changed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changed);
    let item = json!({ "format": { "N": "2" } });
    let aws = Aws::answering(move |call: &Call| match call.operation.as_str() {
        "GetItem" => Answer::of(json!({ "Item": item })),
        "Query" => Answer::of(json!({ "Items": [] })),
        "TransactWriteItems" => {
            let mut reasons = Vec::new();
            for write in call.body["TransactItems"].as_array().unwrap() {
                let write = write.as_object().unwrap().values().next().unwrap();
                reasons.push(match judge(write) {
                    Judged::Refused => json!({ "Code": "ConditionalCheckFailed", "Item": item }),
                    Judged::NotMet => json!({ "Code": "ConditionalCheckFailed" }),
                    Judged::New => json!({ "Code": "None" }),
                    Judged::Changes(key) => {
                        seen.lock().unwrap().push(key);
                        json!({ "Code": "None" })
                    }
                });
            }
            let cancelled = Answer::refused("TransactionCanceledException");
            cancelled.with("CancellationReasons", reasons.into())
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            let refused = Answer::refused("ConditionalCheckFailedException");
            match judge(&call.body) {
                Judged::Refused => refused.with("Item", item.clone()),
                Judged::NotMet => refused,
                Judged::New => Answer::nothing(),
                Judged::Changes(key) => {
                    seen.lock().unwrap().push(key);
                    Answer::of(json!({ "Attributes": item }))
                }
            }
        }
        other => panic!("{other}"),
    });
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
    Newer { store, changed }
}

impl Newer {
    fn changed(&self) -> Vec<String> {
        self.changed.lock().unwrap().clone()
    }
}

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn now() -> Timestamp {
    "2026-11-02T00:00:00Z".parse().unwrap()
}

pub(crate) fn connection() -> Connection {
    Connection {
        site_id: SiteId::parse("70999").unwrap(),
        site: Site {
            halo_guid: HaloGuid(Uuid::from_u128(7)),
            practice_name: None,
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        },
        standing: Standing::Paired,
        paired_at: now(),
        generation: 0,
        edition: 0,
    }
}

fn clinician() -> Clinician {
    Clinician {
        user_id: BpUserId(3),
        first_name: "Jane".to_owned(),
        last_name: "Made-Up".to_owned(),
        provider_number_prefix: None,
    }
}

fn line() -> AuditItem {
    let record = json!({ "at": now(), "subject": "somebody", "action": "clinicianUnlinked",
        "patients": [], "requestId": "r-1" });
    let retention = SignedDuration::from_hours(24);
    AuditItem { record: serde_json::from_value(record).unwrap(), retention }
}

fn entry() -> Entry<Value> {
    let key = WorkKey::delivery("message-m-1");
    Entry::new(key, json!({}), BodyHash("hash".to_owned()), &Listing::state("accepted"), now())
}

fn lease() -> Lease {
    Lease { holder: Holder("turn-2".to_owned()), until: now() + SignedDuration::from_mins(1) }
}

#[tokio::test]
async fn a_lane_or_a_site_of_a_newer_release_is_not_claimed_or_released() {
    let table = newer();
    let store = &table.store;
    let (holder, site) = (Holder("turn-2".to_owned()), connection().site_id);
    let claimed = store.claim_lane(&practice(), &lease(), now()).await.map(drop);
    assert_eq!(claimed, NEWER);
    let end = LaneRelease::default();
    assert_eq!(store.release_lane(&practice(), &holder, 1, &end).await.map(drop), NEWER);
    assert_eq!(store.claim_site(&practice(), &site, &lease(), now()).await.map(drop), NEWER);
    assert_eq!(table.changed(), [] as [&str; 0]);
}

#[tokio::test]
async fn work_for_a_lane_of_a_newer_release_is_refused_and_not_lost() {
    let table = newer();
    let (store, entry) = (&table.store, entry());
    assert_eq!(store.accept_work(&practice(), &entry, now()).await.map(drop), NEWER);
    assert_eq!(store.reopen_work(&practice(), &entry, now()).await, NEWER);
    assert_eq!(store.accept_together(&practice(), &[], &[entry], now()).await, NEWER);
    assert_eq!(table.changed(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_job_of_a_newer_release_keeps_its_time_and_stops_nothing() {
    let table = newer();
    let (store, practice, job) = (&table.store, practice(), Job::SiteHealth);
    assert_eq!(store.schedule(&practice, job, now()).await, Ok(()));
    assert_eq!(store.schedule_if_absent(&practice, job, now()).await, Ok(false));
    assert_eq!(store.schedule_by(&practice, job, now()).await, Ok(()));
    assert_eq!(store.bring_forward(&practice, job, now()).await, Ok(()));
    let due = DueJob { practice: practice.clone(), job, since: now() };
    assert_eq!(store.claim_job(&due, now()).await, Ok(false));
    assert_eq!(store.reschedule_job(&practice, job, now(), now()).await, Ok(()));
    assert_eq!(table.changed(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_practice_that_a_newer_release_wrote_stays_as_it_is() {
    let table = newer();
    let (store, practice, seen) = (&table.store, practice(), connection());
    let attempt = Attempt::new(seen.site_id.clone(), now());
    assert_eq!(store.begin_pairing(&practice, &attempt, now()).await.map(drop), NEWER);
    assert_eq!(store.end_pairing(&practice, &attempt).await, Ok(()));
    assert_eq!(store.complete_pairing(&practice, &attempt, &seen, false).await, NEWER);
    let offline = Site { availability: Availability::Offline, ..seen.site.clone() };
    assert_eq!(store.refresh(&practice, &seen, &offline, Standing::Revoked, now()).await, NEWER);
    assert_eq!(store.set_standing_published(&practice, Standing::Paired).await, NEWER);
    assert_eq!(store.save_settings(&practice, &Settings::default(), None).await, NEWER);
    assert_eq!(table.changed(), [] as [&str; 0]);
    // A disconnection also ends every attempt, so that nobody connects the practice afterwards, and takes the practice
    // off its platform's list. These two have no condition of their own: the connection's refusal cancels all three.
    assert_eq!(store.disconnect(&practice, now()).await, NEWER);
    let together = ["PRACTICE#bluegum-hollow PAIRING", "PLATFORM#home bluegum-hollow"];
    assert_eq!(table.changed(), together);
}

#[tokio::test]
async fn links_that_a_newer_release_made_stay_as_they_are() {
    let table = newer();
    let (store, practice, clinician) = (&table.store, practice(), clinician());
    let (account, user) = (Subject("account-1".to_owned()), BpUserId(3));
    let seen = UserAccounts::default();
    let link = AccountLink {
        account: &account,
        clinician: &clinician,
        generation: 1,
        former: None,
        displaced: &[Subject("impostor".to_owned())],
        seen: &seen,
        relinked: true,
        lines: &[],
    };
    assert_eq!(store.link_account(&practice, &link, now()).await, NEWER);
    assert_eq!(store.link_user(&practice, &clinician, 1, &line()).await, NEWER);
    let unlinked = store.unlink(&practice, &LinkKey::User(user), (1, user), &line()).await;
    assert_eq!(unlinked.map(drop), NEWER);
    let allowed = store.allow_link(&practice, &account, (1, user), &line()).await;
    assert_eq!(allowed.map(drop), NEWER);
    assert_eq!(table.changed(), [] as [&str; 0]);
}

#[tokio::test]
async fn counts_waiters_and_imports_of_a_newer_release_stay_as_they_are() {
    let table = newer();
    let (store, practice) = (&table.store, practice());
    let tried = store.reserve_try(LimitScope::Person, "account-1", now()).await;
    assert_eq!(tried.map(drop), NEWER);
    let (day, used) = (date(2026, 11, 2), Usage { queries: 1, ..Usage::default() });
    assert_eq!(store.add_usage(&practice, day, &used).await.map(drop), NEWER);
    assert_eq!(store.set_near_cap_published(&practice, day, now()).await, NEWER);
    let waiter = Waiter::Site { practice: practice.clone() };
    assert_eq!(store.await_query(Uuid::from_u128(41), &waiter, now()).await, NEWER);
    assert_eq!(store.remember_notification(Uuid::from_u128(43), now()).await, Ok(()));
    let import = ImportId::parse("import-1").unwrap();
    assert_eq!(store.cancel_import(&practice, &import, now()).await, NEWER);
    let document = ClientId::parse("doc-1").unwrap();
    assert_eq!(store.document(&practice, &document).await.map(drop), NEWER);
    assert_eq!(table.changed(), [] as [&str; 0]);
}
