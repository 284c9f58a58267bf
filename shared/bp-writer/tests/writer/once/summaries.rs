//! A referral with the patient's summary: both are in Bp once, and Bp and the platform get the same facts.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws::events::{Event, EventKind};
use aws_double::{Answer, Aws, Call};
use best_practice::StatementPack;
use bp_writer::deliveries::{Deliveries, Summaries};
use document_bucket::DocumentBucket;
use domain::Sha256;
use domain::delivery::{
    AnnouncedDocument, Chosen, ChosenPatient, ClientId, Delivery, DeliveryId, DeliveryState,
    DocumentType, KeptSummary, Letter, RecipientName, Referral, ReferralSubject, StoredDocument,
};
use domain::ids::{PatientId, SiteId, Subject};
use domain::problem::ProblemType;
use domain::settings::Settings;
use domain::time_zone::PracticeTimeZone;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};
use store::Store;
use store::deliveries::listing;
use store::work::{BodyHash, Entry, WorkKey};

use crate::once::bench::Bench;
use crate::once::kills::killed_turn;

mod moved;
mod reads;

const PDF: &[u8] = b"%PDF-1.7 made up";

/// A practice, and a bucket and an audit trail in memory.
struct Scene {
    bench: Bench,
    objects: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    aws: Aws,
    /// The practice's items in the table.
    items: Arc<Mutex<Vec<Value>>>,
    audit_is_down: Arc<AtomicBool>,
}

impl Scene {
    async fn new() -> Self {
        let objects: Arc<Mutex<HashMap<String, Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&objects);
        let items: Arc<Mutex<Vec<Value>>> = Arc::default();
        let audit_is_down: Arc<AtomicBool> = Arc::default();
        let (stored, down) = (Arc::clone(&items), Arc::clone(&audit_is_down));
        let aws = Aws::answering(move |call: &Call| match call.operation.split_once(' ') {
            Some(("PUT", path)) => {
                kept.lock().unwrap().insert(path.to_owned(), call.bytes.clone());
                Answer::nothing()
            }
            Some(("GET", path)) => {
                kept.lock().unwrap().get(path).cloned().map_or(Answer::no_object(), Answer::bytes)
            }
            None if call.operation == "PutItem" && down.load(Ordering::SeqCst) => {
                Answer::refused("InternalServerError")
            }
            _ => Answer::of(json!({ "Items": *stored.lock().unwrap() })),
        });
        let config = aws.config();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let bucket = DocumentBucket::new(aws_sdk_s3::Client::from_conf(s3), "bucket");
        bucket.put("documents/letter", PDF.into()).await.unwrap();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&config), "table");
        let bench = Bench::with_asking(|bp| {
            let pack = StatementPack::load(None).unwrap();
            let summaries = Summaries {
                bp: bp.clone(),
                store,
                bucket,
                audit_retention: SignedDuration::from_hours(1),
                observations_per_code: NonZeroU16::new(5).unwrap(),
            };
            Deliveries::new(pack, summaries)
        });
        let scene = Self { bench: bench.await, objects, aws, items, audit_is_down };
        scene.keep_linked(&["clinician"]);
        scene
    }

    /// The practice as it is in the table: connected, with these accounts linked.
    fn keep_linked(&self, accounts: &[&str]) {
        let connection = self.bench.memory.connection_of(&self.bench.practice);
        let brisbane = PracticeTimeZone::parse("Australia/Brisbane").unwrap();
        let settings = Settings { time_zone: Some(brisbane), ..Settings::default() };
        let clinician = json!({ "userId": 1, "firstName": "Alan", "lastName": "Harrow" });
        let mut items = vec![item("CONNECTION", &connection), item("SETTINGS", &settings)];
        let link = |account: &&str| item(&format!("CLINICIAN#ACCOUNT#{account}"), &clinician);
        items.extend(accounts.iter().map(link));
        *self.items.lock().unwrap() = items;
    }

    /// Accepts a referral. With a summary, that is accepted as well, and begins later.
    fn accept(&self, id: &str, summary: bool) -> (WorkKey, WorkKey) {
        self.accept_for(id, summary, Chosen::NumberOnly)
    }

    fn accept_for(&self, id: &str, summary: bool, chosen: Chosen) -> (WorkKey, WorkKey) {
        let delivery = self.referral(id, summary, chosen);
        let practice = &self.bench.practice;
        if let Some(summary) = delivery.summary(practice) {
            let mut dormant = entry(summary);
            dormant.due = None;
            self.bench.memory.accept(practice, &dormant);
        }
        let referral = entry(delivery);
        self.bench.memory.accept(practice, &referral);
        let own = ClientId::parse(id).unwrap();
        (referral.key, WorkKey::delivery(DeliveryId::of_summary(&own).as_str()))
    }

    fn referral(&self, id: &str, summary: bool, chosen: Chosen) -> Delivery {
        let (practice, now) = (&self.bench.practice, self.bench.now());
        let own = ClientId::parse(id).unwrap();
        let letter = Letter::Referral(Referral {
            patient: PatientId(1),
            document: StoredDocument {
                announced: AnnouncedDocument {
                    document_id: ClientId::parse("d-1").unwrap(),
                    content_type: DocumentType::Pdf,
                    bytes: PDF.len() as u64,
                    sha256: Sha256::of(PDF),
                },
                key: "documents/letter".to_owned(),
                announced_at: now,
            },
            subject: ReferralSubject::parse("Left knee").unwrap(),
            recipient: RecipientName::parse("Dr O’Leary").unwrap(),
            date: None,
            sender: None,
            chosen,
            acknowledged: Vec::new(),
            summary,
        });
        let site = SiteId::parse("71001").unwrap().into();
        let subject = Subject("clinician".to_owned());
        let delivery_id = DeliveryId::of_referral(&own);
        Delivery::accept(practice, site, delivery_id, letter, subject, now)
    }

    fn delivery(&self, key: &WorkKey) -> Delivery {
        self.bench.memory.entry(&self.bench.practice, key).read::<Delivery>().unwrap().body
    }

    fn object(&self, key: &str) -> Vec<u8> {
        self.objects.lock().unwrap()[&format!("/bucket/{key}")].clone()
    }

    /// The document in Bp with a delivery's token.
    fn in_bp(&self, delivery: &Delivery) -> Vec<u8> {
        let practice = &self.bench.running.practices()[0];
        let documents = rusqlite::Connection::open(&practice.documents_file).unwrap();
        let record = delivery.bp_record_id.unwrap();
        let sql =
            "SELECT CONTENT FROM DOCUMENTS WHERE KIND = 'CORRESPONDENCEOUT' AND RECORDID = ?1";
        documents.query_row(sql, [record], |row| row.get(0)).unwrap()
    }

    /// Asserts that both are in Bp once, and that Bp has the PDF that was kept.
    fn assert_once(&self, (referral, summary): &(WorkKey, WorkKey), story: &str) -> KeptSummary {
        let records = self.bench.records();
        for key in [referral, summary] {
            let delivery = self.delivery(key);
            assert_eq!(delivery.state, DeliveryState::Delivered, "{story}: {delivery:?}");
            let count = records.get(delivery.token.as_str()).copied().unwrap_or_default();
            assert_eq!(count, 1, "{story}: {key} is in Bp {count} times");
        }
        let delivery = self.delivery(summary);
        let kept = delivery.delivered_summary().unwrap().clone();
        let pdf = self.in_bp(&delivery);
        assert_eq!(Sha256::of(&pdf), kept.pdf.sha256, "{story}: Bp has another document");
        let fhir: Value = serde_json::from_slice(&self.object(&kept.fhir.key)).unwrap();
        assert_eq!(fhir["resourceType"], "Bundle", "{story}");
        kept
    }

    fn audit_lines(&self) -> usize {
        self.aws.operations().iter().filter(|it| *it == "PutItem").count()
    }
}

/// An item of the table, as DynamoDB answers it.
fn item(sort_key: &str, body: &impl Serialize) -> Value {
    let body = attribute(&serde_json::to_value(body).unwrap());
    json!({ "pk": { "S": "PRACTICE" }, "sk": { "S": sort_key }, "body": body })
}

fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(truth) => json!({ "BOOL": truth }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(list) => json!({ "L": list.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(map) => {
            let map: serde_json::Map<String, Value> =
                map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            json!({ "M": map })
        }
    }
}

fn entry(delivery: Delivery) -> Entry<Delivery> {
    let (key, now) = (WorkKey::delivery(delivery.delivery_id.as_str()), delivery.accepted_at);
    let listed = listing(&delivery);
    Entry::new(key, delivery, BodyHash("same".to_owned()), &listed, now)
}

fn fault(operation: &str, effect: &str, times: u32) -> Value {
    json!({"operation": operation, "effect": effect, "times": times})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_follows_its_letter_and_costs_one_query_to_read() {
    let scene = Scene::new().await;
    let sent = scene.accept("r-1", true);
    scene.bench.until_closed().await;
    let kept = scene.assert_once(&sent, "in fine weather");
    assert_eq!(scene.bench.calls("asyncQuery").await, 2);
    assert_eq!(scene.bench.calls("immediateQuery").await, 1);
    assert_eq!(scene.audit_lines(), 1);
    let [letter, summary] = [&sent.0, &sent.1].map(|key| scene.delivery(key).bp_record_id);
    assert!(letter < summary, "the letter comes first");
    let fhir = scene.object(&kept.fhir.key);
    assert_eq!((Sha256::of(&fhir), fhir.len() as u64), (kept.fhir.sha256, kept.fhir.bytes));

    let (plain, _) = scene.accept("r-2", false);
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&plain).state, DeliveryState::Delivered);
    assert_eq!(scene.bench.calls("immediateQuery").await, 1, "no summary costs no query");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_a_letter_and_its_summary_are_in_bp_once() {
    let scene = Scene::new().await;
    let effects = [
        ("asyncQuery", "504AfterExecution"),
        ("asyncQuery", "dropAfter"),
        ("asyncQuery", "dropBefore"),
        ("asyncQuery", "503"),
        ("asyncQuery", "uploadFailed"),
        ("queryStatus", "500"),
        ("resultPage", "pageGone"),
        ("immediateQuery", "504AfterExecution"),
        ("immediateQuery", "dropBefore"),
        ("immediateQuery", "429"),
        ("immediateQuery", "malformedBody"),
        ("getSite", "500"),
    ];
    for (at, (operation, effect)) in effects.into_iter().enumerate() {
        // The first fault meets the letter only. Later ones meet the summary too. A record that cannot be read
        // three times in a row is given up.
        let most = if effect == "malformedBody" { 2 } else { 3 };
        for times in 1..=most {
            scene.bench.faults(&[fault(operation, effect, times)]).await;
            let sent = scene.accept(&format!("r-{at}-{times}"), true);
            scene.bench.until_closed().await;
            scene.assert_once(&sent, &format!("{effect} on {operation}, {times} times"));
            scene.bench.memory.advance(SignedDuration::from_mins(5));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_between_any_two_steps_writes_both_once() {
    let scene = Scene::new().await;
    let mut at = 1;
    loop {
        let sent = scene.accept(&format!("r-{at}"), true);
        let killed = killed_turn(&scene.bench, at).await;
        scene.bench.until_closed().await;
        scene.assert_once(&sent, &format!("killed at half step {at}"));
        scene.bench.memory.advance(SignedDuration::from_mins(5));
        if !killed {
            break;
        }
        at += 1;
    }
    assert!(at > 24, "the writer has more steps than {at}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_read_fails_the_summary_and_never_the_letter() {
    let scene = Scene::new().await;
    scene.bench.faults(&[fault("immediateQuery", "malformedBody", 50)]).await;
    let (referral, summary) = scene.accept("r-1", true);
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&referral).state, DeliveryState::Delivered);
    let failed = scene.delivery(&summary);
    assert_eq!(failed.state, DeliveryState::Failed);
    assert_eq!(failed.problem, Some(ProblemType::MalformedAnswer));
    assert!(scene.bench.calls("immediateQuery").await < 10, "it is not read without end");
    assert!(!scene.bench.records().contains_key(failed.token.as_str()));
}

/// The record of patient 1 belongs to somebody else.
fn somebody_else() -> Chosen {
    Chosen::Patient(ChosenPatient {
        surname: ChosenPatient::parse_last_name("Somebody").unwrap(),
        date_of_birth: "1957-03-14".parse().unwrap(),
    })
}

impl Scene {
    fn failures(&self, key: &WorkKey) -> usize {
        let of_entry =
            |event: &&Event| event.kind == EventKind::DeliveryFailed && event.subject == key.id;
        self.bench.memory.events().iter().filter(of_entry).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_summary_of_a_letter_that_is_refused_is_never_read_and_fails_once_with_its_reason() {
    let scene = Scene::new().await;
    let (referral, summary) = scene.accept_for("r-1", true, somebody_else());
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&referral).problem, Some(ProblemType::PatientChanged));
    let failed = scene.delivery(&summary);
    assert_eq!(failed.state, DeliveryState::Failed);
    assert_eq!(failed.problem, Some(ProblemType::PatientChanged));
    assert_eq!(scene.failures(&summary), 1);
    assert_eq!(scene.bench.calls("immediateQuery").await, 0);
    assert_eq!(scene.audit_lines(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_arrives_after_a_retry_brings_its_summary() {
    let scene = Scene::new().await;
    let sent = scene.accept_for("r-1", true, somebody_else());
    scene.bench.until_closed().await;
    // Somebody corrects the patient in Bp and tries the letter again.
    let (practice, now) = (&scene.bench.practice, scene.bench.now());
    let letter: Entry<Delivery> = scene.bench.memory.entry(practice, &sent.0).read().unwrap();
    let mut delivery = letter.body.clone();
    let Letter::Referral(referral) = &mut delivery.letter else { panic!("it is a referral") };
    referral.chosen = Chosen::NumberOnly;
    delivery.retry(now).unwrap();
    let mut dormant: Entry<Delivery> = scene.bench.memory.entry(practice, &sent.1).read().unwrap();
    let Letter::Summary(summary) = &mut dormant.body.letter else { panic!("it is a summary") };
    summary.chosen = Chosen::NumberOnly;
    scene.bench.memory.accept(practice, &dormant);
    let (hash, listed) = (letter.hash.clone(), listing(&delivery));
    scene.bench.memory.accept(practice, &letter.reopened(delivery, hash, &listed, now));
    scene.bench.until_closed().await;
    scene.assert_once(&sent, "after the retry");
    assert_eq!(scene.failures(&sent.1), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_killed_between_any_two_steps_fails_both() {
    let scene = Scene::new().await;
    let mut at = 1;
    loop {
        let (referral, summary) = scene.accept_for(&format!("r-{at}"), true, somebody_else());
        let killed = killed_turn(&scene.bench, at).await;
        scene.bench.until_closed().await;
        for key in [&referral, &summary] {
            let failed = scene.delivery(key);
            assert_eq!(failed.state, DeliveryState::Failed, "{key}, killed at half step {at}");
            assert_eq!(failed.problem, Some(ProblemType::PatientChanged), "{key} at {at}");
            let steps = failed.history.iter().filter(|step| step.state == DeliveryState::Failed);
            assert_eq!(steps.count(), 1, "{key} at {at}");
        }
        scene.bench.memory.advance(SignedDuration::from_mins(5));
        if !killed {
            break;
        }
        at += 1;
    }
    assert_eq!(scene.audit_lines(), 0, "no record is read");
}
