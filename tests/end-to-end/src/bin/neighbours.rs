//! Measures whether a practice that is offline slows the others down: `cargo run -p end-to-end --bin
//! neighbours -- [messages [rounds]]`.
//!
//! Starts its own stack. In each round some practices, each with its own site, get text messages. Meanwhile
//! a neighbour at another site is in one of three states: it has nothing to do, it is online and gets as
//! many messages, or it is offline and as many messages wait. The order changes from round to round. The
//! program compares medians.
#![expect(clippy::expect_used, reason = "run by hand: a panic says what is wrong")]
#![expect(clippy::print_stdout, reason = "the numbers are what this is for")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use end_to_end::{Bp, TestPractice, TestStack};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

/// The sites of the measured practices.
const MEASURED: [&str; 3] = ["71001", "71003", "71004"];
/// The site of the neighbour.
const ELSEWHERE: &str = "71002";
const PATIENCE: Duration = Duration::from_secs(600);

/// What the neighbour does during a round.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Neighbour {
    Idle,
    Online,
    Offline,
}

impl Neighbour {
    const ALL: [Self; 3] = [Self::Idle, Self::Online, Self::Offline];

    fn described(self) -> &'static str {
        match self {
            Self::Idle => "all online, the neighbour has nothing to do",
            Self::Online => "all online, the neighbour gets as many",
            Self::Offline => "the neighbour is offline with as many waiting",
        }
    }
}

/// A practice that gets messages.
struct Destination {
    practice: TestPractice,
    doctor: i64,
    patient: i64,
    /// The patients database of its Bp.
    tables: PathBuf,
}

/// The measurements of one round.
struct Round {
    handed_over: Duration,
    in_bp: Duration,
    /// Calls about the measured sites, by operation.
    calls: BTreeMap<String, usize>,
}

#[tokio::main]
async fn main() {
    let number = |at: usize, otherwise: usize| {
        std::env::args().nth(at).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (messages, rounds) = (number(1, 40), number(2, 3));
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let measured = [
        destination(stack, &bp, MEASURED[0]).await,
        destination(stack, &bp, MEASURED[1]).await,
        destination(stack, &bp, MEASURED[2]).await,
    ];
    let neighbour = destination(stack, &bp, ELSEWHERE).await;

    println!("{} practices get {messages} text messages each, {rounds} rounds", measured.len());
    // A warm-up, which is not counted.
    round(&bp, &measured, &neighbour, Neighbour::Online, messages.min(5)).await;
    let mut found: BTreeMap<Neighbour, Vec<Round>> = BTreeMap::new();
    for at in 0..rounds {
        for step in 0..Neighbour::ALL.len() {
            let mode = Neighbour::ALL[(at + step) % Neighbour::ALL.len()];
            let round = round(&bp, &measured, &neighbour, mode, messages).await;
            println!(
                "round {}: {}: handed over in {:.1} s, in Bp after {:.1} s",
                at + 1,
                mode.described(),
                round.handed_over.as_secs_f64(),
                round.in_bp.as_secs_f64()
            );
            found.entry(mode).or_default().push(round);
        }
    }
    tell(&found, measured.len() * messages);
}

async fn destination(stack: &TestStack, bp: &Bp<'_>, site: &str) -> Destination {
    let practice = stack.new_practice().await;
    let there = bp.practice(site).await;
    let doctor = there["users"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|user| {
            user["active"] == true && user["group"].as_str().unwrap_or_default().contains("Doctor")
        })
        .expect("a doctor");
    let form = json!({
        "siteId": site,
        "pairingCode": bp.pairing_code(site).await,
        "clinician": { "firstName": doctor["firstName"], "lastName": doctor["lastName"] },
    });
    practice.clinician.put("/connection", &form).await.assert_status(200);
    Destination {
        practice,
        doctor: doctor["userId"].as_i64().expect("a doctor's number"),
        patient: there["patients"][0]["patientId"].as_i64().expect("a patient's number"),
        tables: PathBuf::from(there["databaseFile"].as_str().expect("a file")),
    }
}

async fn round(
    bp: &Bp<'_>,
    measured: &[Destination; 3],
    neighbour: &Destination,
    mode: Neighbour,
    messages: usize,
) -> Round {
    let run = Uuid::new_v4().simple().to_string();
    let elsewhere = format!("Elsewhere {}", &run[..12]);
    let subject = format!("Measured {}", &run[..12]);
    let mut besides = Vec::new();
    if mode == Neighbour::Offline {
        bp.set_practice(ELSEWHERE, json!({ "availability": "offline" })).await;
        besides = hand_over(neighbour, &elsewhere, messages).await;
        reach(neighbour, &besides, "waiting").await;
    }
    let mark = bp.mark().await;
    let began = Instant::now();
    let work = async {
        let [first, second, third] = measured;
        let handed_over = tokio::join!(
            hand_over(first, &subject, messages),
            hand_over(second, &subject, messages),
            hand_over(third, &subject, messages),
        );
        let took = began.elapsed();
        let wanted = measured.len() * messages;
        while arrived(measured, &subject) < wanted {
            assert!(began.elapsed() < PATIENCE, "not all of {subject} arrive");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (handed_over, took, began.elapsed())
    };
    let more = if mode == Neighbour::Online { messages } else { 0 };
    let ((sent, handed_over, in_bp), now) =
        tokio::join!(work, hand_over(neighbour, &elsewhere, more));
    besides.extend(now);
    for (destination, deliveries) in measured.iter().zip([sent.0, sent.1, sent.2]) {
        reach(destination, &deliveries, "delivered").await;
    }
    assert_eq!(arrived(measured, &subject), measured.len() * messages, "a message is there twice");
    let calls = calls_since(bp, mark).await;
    if mode == Neighbour::Offline {
        let listed = state_of(neighbour, besides.last().expect("a delivery")).await;
        assert_eq!(listed, "waiting", "the neighbour was not off all the while");
        bp.set_practice(ELSEWHERE, json!({ "availability": "online" })).await;
    }
    // Finishes this round's messages before the next round begins.
    reach(neighbour, &besides, "delivered").await;
    Round { handed_over, in_bp, calls }
}

/// Sends messages one after another, as a platform does. Returns their ids.
async fn hand_over(to: &Destination, subject: &str, messages: usize) -> Vec<String> {
    let mut deliveries = Vec::new();
    for at in 0..messages {
        let body = json!({
            "patient": { "patientId": to.patient },
            "addressee": { "userId": to.doctor },
            "kind": "report",
            "subject": format!("{subject} {at}"),
            "senderName": "Harbour Orthopaedics",
            "text": "Thank you. We have received your referral and will write again.",
        });
        let path = format!("/correspondence/{}", Uuid::new_v4());
        let answer = to.practice.platform.put(&path, &body).await;
        deliveries.push(answer.assert_status(202).text_at("/deliveryId").to_owned());
    }
    deliveries
}

/// How many messages are in the practices' Bp. Reads the database directly, so that the measured stack does
/// no work for it.
fn arrived(measured: &[Destination], subject: &str) -> usize {
    measured.iter().map(|one| arrived_at(&one.tables, subject)).sum()
}

fn arrived_at(tables: &Path, subject: &str) -> usize {
    let connection = Connection::open(tables).expect("the practice's database");
    connection.busy_timeout(Duration::from_secs(10)).expect("patience");
    let found: i64 = connection
        .query_row(
            "SELECT count(*) FROM INCOMINGREPORTS WHERE SUBJECT LIKE ?1 || ' %'",
            [subject],
            |row| row.get(0),
        )
        .expect("a count");
    usize::try_from(found).expect("a count")
}

async fn state_of(of: &Destination, delivery: &str) -> String {
    let answer = of.practice.platform.get(&format!("/deliveries/{delivery}")).await;
    answer.assert_status(200).text_at("/state").to_owned()
}

async fn reach(of: &Destination, deliveries: &[String], state: &str) {
    let began = Instant::now();
    for delivery in deliveries {
        while state_of(of, delivery).await != state {
            assert!(began.elapsed() < PATIENCE, "{delivery} is never {state}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Calls to Halo about the measured sites, by operation.
async fn calls_since(bp: &Bp<'_>, mark: u64) -> BTreeMap<String, usize> {
    let journal = bp.control(Method::GET, &format!("/queries?since={mark}"), None).await;
    let mut calls = BTreeMap::new();
    for call in journal["queries"].as_array().into_iter().flatten() {
        if call["siteId"].as_str().is_some_and(|site| MEASURED.contains(&site)) {
            let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            *calls.entry(name(&call["operation"])).or_default() += 1;
        }
    }
    calls
}

fn tell(found: &BTreeMap<Neighbour, Vec<Round>>, documents: usize) {
    let documents = documents as f64;
    let median = |mode: Neighbour| {
        let mut rates: Vec<f64> =
            found[&mode].iter().map(|round| documents / round.in_bp.as_secs_f64()).collect();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    for mode in Neighbour::ALL {
        let rounds = &found[&mode];
        let mut calls = BTreeMap::<&str, f64>::new();
        for (name, count) in rounds.iter().flat_map(|round| &round.calls) {
            *calls.entry(name).or_default() += *count as f64 / (documents * rounds.len() as f64);
        }
        let calls: Vec<String> =
            calls.iter().map(|(name, count)| format!("{name} {count:.2}")).collect();
        println!(
            "{}: {:.2} deliveries per second (median); Halo calls per delivered document: {}",
            mode.described(),
            median(mode),
            calls.join(", ")
        );
    }
    for other in [Neighbour::Idle, Neighbour::Online] {
        println!(
            "a neighbour that is offline instead of {}: {:+.1} %",
            match other {
                Neighbour::Idle => "without work",
                _ => "online with work",
            },
            (median(Neighbour::Offline) / median(other) - 1.0) * 100.0
        );
    }
}
