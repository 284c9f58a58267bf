//! Letters and messages to several practices while everything fails that can fail. Seeded; the seed
//! and what was done are printed. A small size runs with all tests; `SOAK_DOCUMENTS=500 SOAK_SEED=7
//! cargo test -p end-to-end --test it -- --nocapture soak` is a large one.

#![expect(clippy::print_stdout, reason = "a random test says its seed and what it did")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use end_to_end::{Bp, TestPractice, TestStack};
use local::Worker;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::steps::{LARGE, SMALL, form};

const PRACTICES: usize = 5;
/// Documents of the small size.
const DOCUMENTS: usize = 25;
/// How long it may take after the weather has cleared, for each document.
const PATIENCE: Duration = Duration::from_secs(8);

/// A practice that documents go to.
struct Destination {
    practice: TestPractice,
    site: &'static str,
    doctor: i64,
    patients: Vec<i64>,
}

/// What was handed over.
struct Sent {
    to: usize,
    subject: String,
    patient: i64,
    letter: bool,
    sha256: String,
    delivery: String,
}

fn number_of(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn destination(stack: &TestStack, bp: &Bp<'_>, site: &'static str) -> Destination {
    let practice = stack.new_practice().await;
    let there = bp.practice(site).await;
    let doctor = there["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["active"] == true && user["group"].as_str().unwrap().contains("Doctor"))
        .unwrap();
    let code = bp.pairing_code(site).await;
    let name = |field: &str| doctor[field].as_str().unwrap().to_owned();
    let form = form(site, &code, &name("firstName"), &name("lastName"));
    practice.clinician.put("/connection", &form).await.assert_status(200);
    let patients = there["patients"].as_array().unwrap();
    Destination {
        practice,
        site,
        doctor: doctor["userId"].as_i64().unwrap(),
        patients: patients.iter().filter_map(|one| one["patientId"].as_i64()).collect(),
    }
}

/// Hands one document over, as a platform does.
async fn send(
    http: &reqwest::Client,
    to: &[Destination],
    run: &str,
    at: usize,
    dice: &mut StdRng,
) -> Sent {
    let destination = dice.random_range(0..to.len());
    let Destination { practice, doctor, patients, .. } = &to[destination];
    let patient = *patients.choose(dice).unwrap();
    let size = dice.random_range(200..60_000);
    let mut bytes = format!("%PDF-1.4\nsoak {run} {at}\n").into_bytes();
    bytes.extend((0..size).map(|_| dice.random::<u8>()));
    let sha256 = hash(&bytes);
    let id = format!("{run}-{at}");
    let document = json!({
        "documentId": id, "contentType": "application/pdf", "bytes": bytes.len(), "sha256": sha256,
    });
    let upload = practice.platform.post("/documents", &document).await;
    upload.assert_status(201);
    let mut put = http.put(upload.text_at("/uploadUrl")).body(bytes);
    for (name, value) in upload.at("/uploadHeaders").as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    assert!(put.send().await.unwrap().status().is_success(), "the upload was refused");
    let subject = format!("Soak {run} {at}");
    let letter = dice.random_bool(0.5);
    let (path, body) = if letter {
        (
            format!("/referrals/{id}"),
            json!({ "patientId": patient, "documentId": id, "subject": subject,
                    "recipientName": "Wattlebird Heart Clinic" }),
        )
    } else {
        (
            format!("/correspondence/{id}"),
            json!({ "patient": { "patientId": patient }, "addressee": { "userId": doctor },
                    "kind": "report", "subject": subject, "documentId": id }),
        )
    };
    let accepted = practice.platform.put(&path, &body).await;
    accepted.assert_status(202);
    // A platform that lost the answer asks again.
    if dice.random_bool(0.2) {
        practice.platform.put(&path, &body).await.assert_status(202);
    }
    let delivery = accepted.text_at("/deliveryId").to_owned();
    Sent { to: destination, subject, patient, letter, sha256, delivery }
}

/// Everything that Halo and a practice's server may do to a write and to what follows it.
fn weather(seed: u64) -> Value {
    const EFFECTS: [(&str, &str, f64); 22] = [
        ("asyncQuery", "503", 0.04),
        ("asyncQuery", "429", 0.04),
        ("asyncQuery", "500", 0.04),
        ("asyncQuery", "502", 0.02),
        ("asyncQuery", "504BeforeExecution", 0.04),
        ("asyncQuery", "504AfterExecution", 0.05),
        ("asyncQuery", "dropBefore", 0.04),
        ("asyncQuery", "dropAfter", 0.05),
        ("asyncQuery", "expiredInQueue", 0.04),
        ("asyncQuery", "executionFailed", 0.04),
        ("asyncQuery", "uploadFailed", 0.04),
        ("asyncQuery", "malformedBody", 0.03),
        ("asyncQuery", "slow", 0.05),
        ("queryStatus", "500", 0.05),
        ("queryStatus", "wrongShape", 0.03),
        ("queryStatus", "dropAfter", 0.05),
        ("resultPage", "pageGone", 0.04),
        ("resultPage", "truncatedBody", 0.05),
        ("getSite", "503", 0.03),
        ("getSite", "dropBefore", 0.03),
        ("webhook", "webhookLost", 0.3),
        ("webhook", "webhookTwice", 0.3),
    ];
    let faults = EFFECTS.iter().zip(seed..).map(|((operation, effect, probability), seed)| {
        let mut fault = json!({ "operation": operation, "effect": effect,
                                "probability": probability, "seed": seed });
        match *effect {
            "slow" => fault["delayMs"] = json!(1500),
            "429" => fault["retryAfter"] = json!("1"),
            _ => {}
        }
        fault
    });
    faults.collect()
}

/// One thing that goes wrong beside Halo's answers; what it was.
async fn mishap(
    stack: &TestStack,
    bp: &Bp<'_>,
    to: &[Destination],
    dice: &mut StdRng,
) -> &'static str {
    let unlucky = to.choose(dice).unwrap();
    match dice.random_range(0..4) {
        0 => {
            bp.set_practice(unlucky.site, json!({ "availability": "offline" })).await;
            "site offline"
        }
        1 => {
            for site in [LARGE, SMALL] {
                bp.set_practice(site, json!({ "availability": "online" })).await;
            }
            "sites online"
        }
        2 => {
            for worker in Worker::of(&stack.file().aws.endpoint_url, "SiteWriter") {
                worker.kill();
            }
            "workers killed"
        }
        _ => {
            let body = json!({ "practiceId": unlucky.practice.practice_id }).to_string();
            let wake =
                json!({ "QueueUrl": stack.file().aws.queues["siteWork"], "MessageBody": body });
            for _ in 0..3 {
                stack.aws().call("sqs", "AmazonSQS.SendMessage", &wake).await.unwrap();
            }
            "wakes tripled"
        }
    }
}

/// Waits until every delivery has arrived; what has not, by its state.
async fn settle(to: &[Destination], sent: &[Sent]) -> Vec<String> {
    let patience = Instant::now() + PATIENCE * u32::try_from(sent.len().max(20)).unwrap();
    let mut missing: Vec<&Sent> = sent.iter().collect();
    let mut states = Vec::new();
    while !missing.is_empty() && Instant::now() < patience {
        states.clear();
        let mut still = Vec::new();
        for one in missing {
            let path = format!("/deliveries/{}", one.delivery);
            let answer = to[one.to].practice.platform.get(&path).await;
            if answer.text_at("/state") != "delivered" {
                states.push(answer.at("").to_string());
                still.push(one);
            }
        }
        missing = still;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    if missing.is_empty() { Vec::new() } else { states }
}

/// How often each subject of this run is in a practice's Bp, and what is wrong with it.
fn hold_against_bp(there: &Value, site: &str, to: &[Destination], sent: &[Sent]) {
    let open = |path: &Value| {
        let connection = Connection::open(path.as_str().unwrap()).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    };
    let (patients, documents) = (open(&there["databaseFile"]), open(&there["documentsFile"]));
    for one in sent.iter().filter(|one| to[one.to].site == site) {
        let (table, key, kind) = if one.letter {
            ("CORRESPONDENCEOUT", "RECORDID", "CORRESPONDENCEOUT")
        } else {
            ("INCOMINGREPORTS", "REPORTID", "INCOMINGREPORT")
        };
        let rows: Vec<(i64, i64, i64)> = patients
            .prepare(&format!(
                "SELECT {key}, INTERNALID, USERID FROM {table} WHERE rtrim(SUBJECT) = ?1"
            ))
            .unwrap()
            .query_map([&one.subject], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let [(record, patient, user)] = rows[..] else {
            panic!("{} is in {table} {} times", one.subject, rows.len())
        };
        assert_eq!(patient, one.patient, "{} is filed under another patient", one.subject);
        if !one.letter {
            assert_eq!(user, to[one.to].doctor, "{} went to another doctor", one.subject);
        }
        let contents: Vec<Vec<u8>> = documents
            .prepare("SELECT CONTENT FROM DOCUMENTS WHERE rtrim(KIND) = ?1 AND RECORDID = ?2")
            .unwrap()
            .query_map((kind, record), |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let hashes: Vec<String> = contents.iter().map(|content| hash(content)).collect();
        assert_eq!(hashes, std::slice::from_ref(&one.sha256), "{} has other bytes", one.subject);
    }
}

#[tokio::test]
async fn whatever_fails_each_document_is_in_bp_exactly_once() {
    let seed = number_of("SOAK_SEED", rand::rng().random());
    let documents = usize::try_from(number_of("SOAK_DOCUMENTS", DOCUMENTS as u64)).unwrap();
    println!("soak: SOAK_SEED={seed} SOAK_DOCUMENTS={documents}");
    let mut dice = StdRng::seed_from_u64(seed);
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let http = local::loopback_client().unwrap();
    let run = format!("{seed:x}");
    let mut to = Vec::new();
    for at in 0..PRACTICES {
        to.push(destination(stack, &bp, if at % 2 == 0 { LARGE } else { SMALL }).await);
    }
    bp.faults(weather(seed)).await;
    let (mut sent, mut mishaps) = (Vec::new(), BTreeMap::<_, usize>::new());
    for at in 0..documents {
        sent.push(send(&http, &to, &run, at, &mut dice).await);
        if dice.random_bool(0.3) {
            *mishaps.entry(mishap(stack, &bp, &to, &mut dice).await).or_default() += 1;
        }
    }
    // Some more of it while nothing new arrives.
    for _ in 0..(documents / 8).max(4) {
        *mishaps.entry(mishap(stack, &bp, &to, &mut dice).await).or_default() += 1;
        tokio::time::sleep(Duration::from_millis(dice.random_range(200..1500))).await;
    }
    let faults = bp.control(reqwest::Method::GET, "/faults", None).await;
    let fired: BTreeMap<String, i64> = faults["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let text = |field: &str| fault[field].as_str().unwrap_or_default().to_owned();
            (format!("{} {}", text("operation"), text("effect")), fault["fired"].as_i64().unwrap())
        })
        .collect();
    println!("soak: mishaps {mishaps:?}\nsoak: faults {fired:?}");
    assert!(fired.values().sum::<i64>() > 0, "nothing went wrong at all");

    bp.no_faults().await;
    for site in [LARGE, SMALL] {
        bp.set_practice(site, json!({ "availability": "online" })).await;
    }
    let missing = settle(&to, &sent).await;
    assert!(missing.is_empty(), "not delivered: {missing:#?}");
    for site in [LARGE, SMALL] {
        hold_against_bp(&bp.practice(site).await, site, &to, &sent);
    }
    println!("soak: {} documents, each in Bp once", sent.len());
}
