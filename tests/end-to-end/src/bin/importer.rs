//! Measures how fast large documents are copied, and how much memory that takes: `cargo run -p end-to-end
//! --bin importer`.
//!
//! Starts its own stack and copies two documents: the demonstration practice's largest one, and an even
//! larger one, which it first adds to the practice's documents. A new process copies each document, so that
//! each has its own peak memory.
#![expect(clippy::expect_used, reason = "run by hand: a panic says what is wrong")]
#![expect(clippy::print_stdout, reason = "the numbers are what this is for")]

use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::{Bp, TestPractice, TestStack};
use local::Worker;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const SITE: &str = "71001";
/// The patient whose documents are copied.
const PATIENT: i64 = 1;
const FOLDER: &str = "correspondenceIn";
const FUNCTION: &str = "AttachmentImporter";
const MIB: usize = 1 << 20;
/// The size of the largest document in the seeded practice.
const LARGEST: usize = 60 * MIB;
/// The size of the document that this program adds.
const MADE: usize = 100 * MIB;
/// The memory budget of the deployed function, in MiB.
const BUDGET: u64 = 64;
const PATIENCE: Duration = Duration::from_secs(600);

/// The measurements of one copy.
struct Copied {
    bytes: u64,
    sha256: String,
    took: Duration,
    peak_kilobytes: u64,
}

/// The documents to copy, by their numbers in Bp.
struct Chosen {
    small: i64,
    large: i64,
    made: i64,
    sha256: [String; 2],
}

#[tokio::main]
async fn main() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired(stack, &bp).await;
    let chosen = choose(stack, &bp).await;
    println!(
        "Copying documents, attachment-importer of the dev profile on the local stack: \
         from asking until the copy can be downloaded."
    );
    for (number, what, sha256) in
        [(chosen.large, "seeded", &chosen.sha256[0]), (chosen.made, "made", &chosen.sha256[1])]
    {
        fresh_process(stack, &practice, chosen.small).await;
        let copied = copy(stack, &practice, number).await;
        assert_eq!(&copied.sha256, sha256, "the copy has other bytes");
        tell(what, &copied);
    }
}

async fn paired(stack: &TestStack, bp: &Bp<'_>) -> TestPractice {
    let practice = stack.new_practice().await;
    let form = json!({
        "siteId": SITE,
        "pairingCode": bp.pairing_code(SITE).await,
        "clinician": { "firstName": "Amelia", "lastName": "Thornbury" },
    });
    practice.clinician.put("/connection", &form).await.assert_status(200);
    practice
}

/// Finds a small and the largest of the patient's letters, and adds an even larger one.
async fn choose(stack: &TestStack, bp: &Bp<'_>) -> Chosen {
    let there = bp.practice(SITE).await;
    let found = stack.file().practices.iter().find(|it| it.site_id == SITE);
    let patients = open(&found.expect("the large practice").database_file);
    let documents = open(Path::new(there["documentsFile"].as_str().expect("a file")));
    let sizes: Vec<(i64, usize)> = letters(&patients)
        .into_iter()
        .filter_map(|number| Some((number, size(&documents, number)?)))
        .collect();
    let mut small = sizes.iter().filter(|(_, bytes)| (1..MIB / 4).contains(bytes));
    let mut next = || small.next().expect("a small letter").0;
    let (small, made) = (next(), next());
    let large = sizes.iter().find(|(_, bytes)| *bytes == LARGEST).expect("the large letter").0;
    let content = incompressible(MADE);
    let changed = documents.execute(
        "UPDATE DOCUMENTS SET CONTENT = ?1 WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?2",
        (&content, made),
    );
    assert_eq!(changed.expect("the letter is made large"), 1);
    let seeded: Vec<u8> = documents
        .query_row(
            "SELECT CONTENT FROM DOCUMENTS WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?1",
            [large],
            |row| row.get(0),
        )
        .expect("the large letter's bytes");
    Chosen { small, large, made, sha256: [hash(&seeded), hash(&content)] }
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the practice's database");
    connection.busy_timeout(Duration::from_secs(10)).expect("patience");
    connection
}

fn letters(patients: &Connection) -> Vec<i64> {
    patients
        .prepare(
            "SELECT DOCUMENTID FROM CORRESPONDENCEIN \
             WHERE INTERNALID = ?1 AND STORED > 0 ORDER BY DOCUMENTID",
        )
        .and_then(|mut found| found.query_map([PATIENT], |row| row.get(0))?.collect())
        .expect("the patient's letters")
}

/// The size of a letter in one file.
fn size(documents: &Connection, number: i64) -> Option<usize> {
    let (pages, bytes) = documents
        .query_row(
            "SELECT count(*), ifnull(max(length(CONTENT)), 0) FROM DOCUMENTS \
             WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?1",
            [number],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
        .expect("a size");
    if pages == 1 { usize::try_from(bytes).ok() } else { None }
}

/// Bytes that do not compress.
fn incompressible(size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    bytes.extend_from_slice(b"%PDF-1.7\n");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Ends the function's processes and starts a new one with a document that is not counted.
async fn fresh_process(stack: &TestStack, practice: &TestPractice, small: i64) {
    for worker in Worker::of(stack.aws().endpoint(), FUNCTION) {
        worker.kill();
    }
    copy(stack, practice, small).await;
}

async fn copy(stack: &TestStack, practice: &TestPractice, number: i64) -> Copied {
    let id = format!("import-{}", Uuid::new_v4().simple());
    let request = json!({ "importId": id, "items": [{ "folder": FOLDER, "documentId": number }] });
    let began = Instant::now();
    let path = format!("/patients/{PATIENT}/attachment-imports");
    practice.clinician.post(&path, &request).await.assert_status(202);
    loop {
        let answer = practice.clinician.get(&format!("/attachment-imports/{id}")).await;
        let took = began.elapsed();
        if answer.assert_status(200).at("/state") != "running" {
            assert_eq!(answer.text_at("/state"), "complete", "{}", answer.text);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return Copied {
                bytes: answer.at("/items/0/bytes").as_u64().expect("a size"),
                sha256: text(answer.at("/items/0/sha256")),
                took,
                peak_kilobytes: peak(stack),
            };
        }
        assert!(took < PATIENCE, "it takes too long: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The process that copied still runs: MiniStack keeps a function's processes for the next message.
fn peak(stack: &TestStack) -> u64 {
    let workers = Worker::of(stack.aws().endpoint(), FUNCTION);
    workers.iter().filter_map(Worker::peak_kilobytes).max().unwrap_or(0)
}

fn tell(what: &str, copied: &Copied) {
    let seconds = copied.took.as_secs_f64();
    let peak = copied.peak_kilobytes as f64 / 1024.0;
    let verdict = match copied.peak_kilobytes {
        0 => "no process was seen",
        held if held <= BUDGET * 1024 => "kept",
        _ => "exceeded",
    };
    println!(
        "{what} document: {} bytes, {seconds:.1} s, {:.1} MB/s, peak RSS {peak:.1} MiB; \
         budget {BUDGET} MiB: {verdict}",
        copied.bytes,
        copied.bytes as f64 / 1e6 / seconds,
    );
}
