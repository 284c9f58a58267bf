//! Links of several accounts to one user of Bp, at moments at which a running stack cannot be stopped.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_double::{Answer, Aws, Call};
use best_practice::{BpClient, StatementPack};
use connection::{Asker, AuditLine, Connecting, Entered, NamedClinician, NotConnected, Trail};
use domain::audit::AuditedAction;
use domain::clinician::{ClinicianName, NotLinked, ProviderNumberPrefix};
use domain::ids::{PracticeId, SiteId, Subject};
use domain::pairing::LimitScope;
use halo::{Deadline, FixedKeys, HaloClient, Keys, PmsName, Uuid};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{AuditItem, Store, StoreError};

const SITE: &str = "71001";

/// An audit trail whose lines name only the action and the account.
struct Lines;

impl Trail for Lines {
    fn line(&self, line: AuditLine) -> AuditItem {
        let resource = line.former_account.map(|account| account.0);
        let record = json!({ "at": Timestamp::UNIX_EPOCH, "subject": "me", "action": line.action,
            "patients": [], "resource": resource, "requestId": "r-1" });
        let record = serde_json::from_value(record).unwrap();
        AuditItem { record, retention: SignedDuration::from_hours(1) }
    }

    async fn record(&self, line: AuditLine) -> Result<(), StoreError> {
        assert_eq!(line.action, AuditedAction::PairingFailed, "written apart from the link");
        Ok(())
    }
}

struct Bench {
    _running: Running,
    bp: BpClient,
    guid: Uuid,
}

impl Bench {
    /// A practice that is paired.
    async fn new() -> Self {
        let running = Simulator::start(Options::default()).await.unwrap();
        let http = local_client().unwrap();
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let url = running.url().parse().unwrap();
        let halo = HaloClient::new(http.clone(), url, Arc::new(FixedKeys(keys)));
        let issue = format!("{}/practices/{SITE}/pairing-codes", running.control_url());
        let issued: Value = http.post(issue).send().await.unwrap().json().await.unwrap();
        let code = issued["pairingCode"].as_str().unwrap();
        let ample = Deadline::after(Duration::from_secs(60));
        let paired = halo.pair_site(PmsName::BestPractice, SITE, Some(code), ample).await;
        let guid = paired.unwrap().id;
        Self {
            _running: running,
            bp: BpClient::new(halo, StatementPack::load(None).unwrap()),
            guid,
        }
    }

    /// The first digits of user 1's provider number.
    async fn digits(&self) -> String {
        let name = ClinicianName { first: "Amelia".to_owned(), last: "Thornbury".to_owned() };
        let ample = Deadline::after(Duration::from_secs(60));
        let users = self.bp.users_named(domain::ids::HaloGuid(self.guid), &name, ample).await;
        users.unwrap()[0].provider_numbers[0][..6].to_owned()
    }

    /// Links the account `me` to user 1 by the name, and perhaps by the digits.
    async fn link(&self, table: &Table, digits: Option<&str>) -> Result<(), NotConnected> {
        let store = Store::new(aws_sdk_dynamodb::Client::new(&table.aws.config()), "table");
        let connecting = Connecting { store: &store, bp: &self.bp, trail: &Lines };
        let asker = Asker {
            practice: PracticeId::parse("bluegum-hollow").unwrap(),
            subject: Subject("me".to_owned()),
            scope: LimitScope::Person,
            is_administrator: false,
        };
        let entered = Entered {
            site_id: SiteId::parse(SITE).unwrap(),
            code: None,
            clinician: Some(NamedClinician {
                name: ClinicianName { first: "Amelia".to_owned(), last: "Thornbury".to_owned() },
                prefix: digits.map(|digits| ProviderNumberPrefix::parse(digits).unwrap()),
            }),
        };
        connecting.connect(&asker, &entered).await
    }
}

/// Answers as the table does, one step after the other.
struct Table {
    aws: Aws,
}

/// The links to user 1 at the account's first, second, … read.
#[derive(Clone, Copy)]
struct Look {
    /// The revision of the user's item.
    revision: u32,
    /// Whether a query returns the other account's link.
    queried: bool,
}

impl Table {
    /// A table in which another account is linked, and its link is returned by a query or not. The first
    /// `refused` transactions end with a conflict.
    fn new(guid: Uuid, looks: &'static [Look], refused: usize) -> Self {
        let look = Arc::new(AtomicUsize::new(0));
        let transactions = AtomicUsize::new(0);
        let aws = Aws::answering(move |call| {
            let now = looks[look.load(Ordering::SeqCst).min(looks.len() - 1)];
            match call.operation.as_str() {
                "GetItem" if sort_key(call) == "CONNECTION" => {
                    Answer::of(json!({ "Item": connection(guid) }))
                }
                "GetItem" if sort_key(call) == "ACCOUNTS#0#1" && now.revision > 0 => {
                    Answer::of(json!({ "Item": { "body": { "M": {
                        "revision": { "N": now.revision.to_string() },
                        "ended": { "L": [] }, "linked": { "L": [{ "S": "other" }] },
                    } } } }))
                }
                "Query" => {
                    let mut items = vec![connection(guid)];
                    items.extend(now.queried.then(other));
                    Answer::of(json!({ "Items": items }))
                }
                "TransactWriteItems" => {
                    look.fetch_add(1, Ordering::SeqCst);
                    if transactions.fetch_add(1, Ordering::SeqCst) < refused {
                        Answer::cancelled(&["None", "ConditionalCheckFailed"])
                    } else {
                        Answer::nothing()
                    }
                }
                _ => Answer::nothing(),
            }
        });
        Self { aws }
    }

    fn transactions(&self) -> Vec<Value> {
        let calls = self.aws.calls();
        let written = calls.iter().filter(|call| call.operation == "TransactWriteItems");
        written.map(|call| call.body["TransactItems"].clone()).collect()
    }
}

fn sort_key(call: &Call) -> String {
    call.body["Key"]["sk"]["S"].as_str().unwrap_or_default().to_owned()
}

fn connection(guid: Uuid) -> Value {
    json!({ "pk": { "S": "PRACTICE#bluegum-hollow" }, "sk": { "S": "CONNECTION" }, "body": { "M": {
        "siteId": { "S": SITE }, "standing": { "S": "paired" },
        "pairedAt": { "S": "2026-01-01T00:00:00Z" },
        "site": { "M": { "haloGuid": { "S": guid }, "availability": { "S": "online" } } },
    } } })
}

/// Another account's link to user 1.
fn other() -> Value {
    json!({ "pk": { "S": "PRACTICE#bluegum-hollow" }, "sk": { "S": "CLINICIAN#ACCOUNT#other" },
        "body": { "M": { "userId": { "N": "1" }, "firstName": { "S": "Amelia" },
            "lastName": { "S": "Thornbury" } } } })
}

const NOBODY: Look = Look { revision: 0, queried: false };
const NOT_SHOWN_YET: Look = Look { revision: 1, queried: false };
const SHOWN: Look = Look { revision: 1, queried: true };

#[tokio::test]
async fn somebody_whose_link_a_query_does_not_show_yet_is_not_overlooked() {
    let bench = Bench::new().await;
    let table = Table::new(bench.guid, &[NOT_SHOWN_YET], 0);
    let linked = bench.link(&table, None).await;
    assert_eq!(linked, Err(NotConnected::NotLinked(NotLinked::ProofNeeded)));
    assert_eq!(table.transactions(), [] as [Value; 0]);
}

#[tokio::test]
async fn whoever_was_second_looks_again_and_the_trail_says_nothing_of_the_first_try() {
    let bench = Bench::new().await;
    let table = Table::new(bench.guid, &[NOBODY, SHOWN], 1);
    let linked = bench.link(&table, None).await;
    assert_eq!(linked, Err(NotConnected::NotLinked(NotLinked::ProofNeeded)));
    assert_eq!(table.transactions().len(), 1);
    let apart = table.aws.calls().iter().filter(|call| call.operation == "PutItem").count();
    assert_eq!(apart, 0, "a line without its link");
}

#[tokio::test]
async fn digits_end_the_link_of_whoever_was_first_with_both_lines_in_one_transaction() {
    let bench = Bench::new().await;
    for (looks, tries) in [(&[NOBODY, SHOWN] as &[Look], 2), (&[NOT_SHOWN_YET], 1)] {
        let table = Table::new(bench.guid, looks, tries - 1);
        let digits = bench.digits().await;
        bench.link(&table, Some(&digits)).await.unwrap();
        let transactions = table.transactions();
        assert_eq!(transactions.len(), tries);
        let last = transactions.last().unwrap().as_array().unwrap();
        let deleted: Vec<_> = last.iter().map(|write| &write["Delete"]["Key"]["sk"]["S"]).collect();
        assert!(deleted.contains(&&json!("CLINICIAN#ACCOUNT#other")), "{last:?}");
        let lines = last.iter().map(|write| &write["Put"]["Item"]);
        let lines = lines.filter(|item| item["pk"]["S"] == "AUDIT#bluegum-hollow");
        let actions: Vec<_> = lines.map(|line| &line["body"]["M"]["action"]["S"]).collect();
        assert_eq!(actions, [&json!("clinicianLinked"), &json!("clinicianUnlinked")]);
    }
}

#[tokio::test]
async fn a_user_whose_links_never_keep_still_is_a_conflict_and_nothing_is_linked() {
    let bench = Bench::new().await;
    let table = Table::new(bench.guid, &[NOBODY], usize::MAX);
    let linked = bench.link(&table, None).await;
    assert_eq!(linked, Err(NotConnected::Store(StoreError::Conflict)));
    assert_eq!(table.transactions().len(), 5);
}
