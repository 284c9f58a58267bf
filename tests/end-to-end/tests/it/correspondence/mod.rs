//! "Sending a referral": documents that are written to Bp, and their results when something fails on the
//! way.

mod british;
mod chosen;
mod doubt;
mod fallback;
mod messages;
mod referral;
mod requests;
mod summary;

use std::time::Duration;

use end_to_end::{Answer, Bp, Caller, TestPractice, TestStack};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};
use sha2::Digest as _;
use uuid::Uuid;

use crate::steps::{LARGE, becomes, databases};

/// A patient with everything filled in, and a doctor.
const PATIENT: i64 = 1;
const DOCTOR: &str = "MED9990000001";
/// More than any delivery takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A file, and how it is announced.
struct Document {
    id: String,
    bytes: Vec<u8>,
    content_type: &'static str,
}

impl Document {
    fn pdf(words: &str) -> Self {
        let bytes = format!("%PDF-1.7\n% {words}\n%%EOF\n").into_bytes();
        Self { id: new_id(), bytes, content_type: "application/pdf" }
    }

    /// A file of this size that does not compress.
    fn large(size: usize) -> Self {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut seed = 0x9e37_79b9_u32;
        while bytes.len() < size {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            bytes.extend(seed.to_le_bytes());
        }
        bytes.truncate(size);
        Self { id: new_id(), bytes, content_type: "application/pdf" }
    }

    fn announcement(&self) -> Value {
        json!({
            "documentId": self.id,
            "contentType": self.content_type,
            "bytes": self.bytes.len(),
            "sha256": sha256(&self.bytes),
        })
    }
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Uploads these bytes with the headers of an announced document.
async fn put_bytes(announced: &Answer, bytes: Vec<u8>) -> u16 {
    let client = local::loopback_client().unwrap();
    let mut request = client.put(announced.text_at("/uploadUrl"));
    for (name, value) in announced.at("/uploadHeaders").as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.body(bytes).send().await.unwrap().status().as_u16()
}

async fn upload(caller: &Caller, document: &Document) {
    let announced = caller.post("/documents", &document.announcement()).await;
    announced.assert_status(201);
    assert_eq!(put_bytes(&announced, document.bytes.clone()).await, 200);
}

fn referral(document: &Document) -> Value {
    json!({
        "patientId": PATIENT,
        "documentId": document.id,
        "subject": "Referral – “left knee”",
        "recipientName": "Dr Óscar O’Leary, Orthopaedics",
    })
}

fn message(kind: &str) -> Value {
    json!({
        "patient": { "patientId": PATIENT },
        "addressee": { "ahpraNumber": DOCTOR },
        "kind": kind,
        "subject": "Left knee",
        "senderName": "Harbour Orthopaedics",
        "text": "Thank you – we have received your referral.\nIt’s in triage.",
    })
}

/// Waits until a delivery is in a state.
async fn reaches(practice: &TestPractice, delivery: &str, state: &str) -> Answer {
    becomes(&practice.platform, &format!("/deliveries/{delivery}"), "/state", state).await
}

/// The practice's databases, opened directly.
struct Tables {
    practice: Connection,
    documents: Connection,
}

/// A letter or message in Bp.
#[derive(Debug, PartialEq)]
struct Kept {
    record: i64,
    patient: i64,
    user: i64,
    subject: String,
    bytes: Vec<u8>,
    file_type: String,
}

impl Tables {
    async fn open(stack: &TestStack, bp: &Bp<'_>) -> Self {
        let (practice, documents) = databases(stack, bp).await;
        Self { practice, documents }
    }

    fn kept(&self, table: &str, key: &str, kind: &str, subject: &str) -> Vec<Kept> {
        let sql = format!(
            "SELECT {key}, INTERNALID, USERID, rtrim(SUBJECT), length(rtrim(USERREFERENCE)) FROM {table} \
             WHERE rtrim(SUBJECT) = ?1 AND rtrim(USERREFERENCE) LIKE 'PB%' ORDER BY {key}"
        );
        let mut statement = self.practice.prepare(&sql).unwrap();
        let rows = statement.query_map([subject.trim_end()], |row| {
            assert_eq!(row.get::<_, i64>(4)?, 25, "the mark is not whole");
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        rows.unwrap()
            .map(|row| {
                let (record, patient, user, subject) = row.unwrap();
                let (bytes, file_type) = self
                    .documents
                    .query_row(
                        "SELECT CONTENT, rtrim(FILETYPE) FROM DOCUMENTS WHERE rtrim(KIND) = ?1 AND RECORDID = ?2",
                        (kind, record),
                        |row| Ok((row.get(0)?, row.get(1)?)),
                    )
                    .optional()
                    .unwrap()
                    .unwrap_or_default();
                Kept { record, patient, user, subject, bytes, file_type }
            })
            .collect()
    }

    fn out(&self, subject: &str) -> Vec<Kept> {
        self.kept("CORRESPONDENCEOUT", "RECORDID", "CORRESPONDENCEOUT", subject)
    }

    /// Messages that no doctor has checked.
    fn inbox(&self, subject: &str) -> Vec<Kept> {
        let unchecked = "(SELECT * FROM INCOMINGREPORTS WHERE CHECKEDBY = 0 AND CHECKSTATUS = 0)";
        self.kept(unchecked, "REPORTID", "INCOMINGREPORT", subject)
    }

    fn filed(&self, subject: &str) -> Vec<Kept> {
        self.kept("CORRESPONDENCEIN", "DOCUMENTID", "CORRESPONDENCEIN", subject)
    }
}
