//! "Import attachments": chosen documents become copies that can be downloaded, whatever fails on the way.

mod faults;
mod fhir;
mod lifecycle;
mod lost;
mod opens;
mod requests;
mod whole;

use std::time::Duration;

use end_to_end::{Answer, Bp, TestPractice, TestStack};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};
use sha2::Digest as _;
use support::until;
use uuid::Uuid;

use crate::steps::{LARGE, databases};

/// A patient with documents in every folder.
const SHOWCASE: i64 = 1;
/// More than any import takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A document in Bp's own tables.
#[derive(Clone, Debug)]
struct Document {
    folder: String,
    id: i64,
    subject: String,
    pages: i64,
    content: Vec<u8>,
}

impl Document {
    fn chosen(&self) -> Value {
        json!({ "folder": self.folder, "documentId": self.id })
    }
}

/// The practice's databases, opened directly.
struct Tables {
    practice: Connection,
    documents: Connection,
}

impl Tables {
    async fn open(stack: &TestStack, bp: &Bp<'_>) -> Self {
        let (practice, documents) = databases(stack, bp).await;
        Self { practice, documents }
    }

    fn document(&self, folder: &str, id: i64) -> Document {
        let (table, key, kind, body) = match folder {
            "investigations" => ("INVESTIGATIONS", "REPORTID", "INVESTIGATION", "REPORTBODY"),
            "correspondenceOut" => ("CORRESPONDENCEOUT", "RECORDID", "CORRESPONDENCEOUT", "NULL"),
            "enhancedPrimaryCare" => ("EPCREPORTS", "REPORTID", "EPCREPORT", "NULL"),
            _ => ("CORRESPONDENCEIN", "DOCUMENTID", "CORRESPONDENCEIN", "NULL"),
        };
        let (store, body) = self
            .practice
            .query_row(
                &format!("SELECT STORED, {body} FROM {table} WHERE {key} = ?1"),
                [id],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)),
            )
            .unwrap();
        let stored = "FROM DOCUMENTS WHERE STORE = ?1 AND KIND = ?2 AND RECORDID = ?3";
        let pages: i64 = self
            .documents
            .query_row(&format!("SELECT count(*) {stored}"), (store, kind, id), |row| row.get(0))
            .unwrap();
        let content: Option<Vec<u8>> = self
            .documents
            .query_row(&format!("SELECT CONTENT {stored} LIMIT 1"), (store, kind, id), |row| {
                row.get(0)
            })
            .optional()
            .unwrap();
        let in_row = body.filter(|body| store == 0 && !body.is_empty());
        Document {
            folder: folder.to_owned(),
            id,
            subject: String::new(),
            pages: if in_row.is_some() { 1 } else { pages },
            content: in_row.or(content).unwrap_or_default(),
        }
    }

    /// Every document in the API's list for a patient.
    async fn of_patient(&self, practice: &TestPractice, patient: i64) -> Vec<Document> {
        let list =
            practice.clinician.get(&format!("/patients/{patient}/attachments?limit=200")).await;
        let items = list.assert_status(200).at("/items").as_array().unwrap().clone();
        items
            .iter()
            .map(|item| {
                let folder = item["folder"].as_str().unwrap();
                let mut document = self.document(folder, item["documentId"].as_i64().unwrap());
                document.subject = item["subject"].as_str().unwrap_or_default().to_owned();
                document
            })
            .collect()
    }

    /// Documents of one file each, with a size between these two.
    async fn between(&self, practice: &TestPractice, least: usize, most: usize) -> Vec<Document> {
        let mut found = self.of_patient(practice, SHOWCASE).await;
        found.retain(|it| it.pages == 1 && (least..=most).contains(&it.content.len()));
        assert!(!found.is_empty(), "the showcase has no such document");
        found
    }
}

fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn new_id() -> String {
    format!("import-{}", Uuid::new_v4().simple())
}

fn request(id: &str, documents: &[Document]) -> Value {
    let items: Vec<Value> = documents.iter().map(Document::chosen).collect();
    json!({ "importId": id, "items": items })
}

async fn start(practice: &TestPractice, id: &str, documents: &[Document]) -> Answer {
    let path = format!("/patients/{SHOWCASE}/attachment-imports");
    practice.clinician.post(&path, &request(id, documents)).await
}

async fn read(practice: &TestPractice, id: &str) -> Answer {
    practice.clinician.get(&format!("/attachment-imports/{id}")).await
}

/// Reads an import until it meets the condition.
async fn wait_for(
    practice: &TestPractice,
    id: &str,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    until(&format!("the import is {what}"), PATIENCE, async || {
        let import = read(practice, id).await.assert_status(200).json.clone();
        if wanted(&import) { Ok(import) } else { Err(import) }
    })
    .await
}

async fn finished(practice: &TestPractice, id: &str) -> Value {
    wait_for(practice, id, "finished", |import| import["state"] != "running").await
}

fn states(import: &Value) -> Vec<&str> {
    let items = import["items"].as_array().unwrap();
    items.iter().map(|item| item["state"].as_str().unwrap()).collect()
}

/// A fault that makes a large document slow enough to be observed on its way.
fn slow_pages() -> Value {
    json!([{ "operation": "streamPage", "effect": "slow", "delayMs": 60 }])
}

/// Whether a part of the document has arrived, but not all of it.
fn is_coming(item: &Value) -> bool {
    item["state"] == "fetching" && item["bytes"].as_u64().is_some_and(|bytes| bytes > 0)
}

/// Fails unless the caller can download the item and it equals the document, byte for byte.
async fn assert_is_copy(item: &Value, document: &Document) {
    assert_eq!(item["state"], "staged", "{item}");
    assert_eq!(item["documentId"], document.id);
    assert_eq!(item["bytes"], document.content.len(), "{item}");
    assert_eq!(item["sha256"], sha256(&document.content), "{item}");
    let url = item["downloadUrl"].as_str().unwrap();
    let answer = local::loopback_client().unwrap().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), item["contentType"].as_str().unwrap());
    let name = item["fileName"].as_str().unwrap();
    assert_eq!(header("content-disposition"), format!("attachment; filename=\"{name}\""));
    let folder = item["folder"].as_str().unwrap().to_lowercase();
    assert!(name.replace(' ', "").to_lowercase().starts_with(&folder), "{name}");
    assert!(answer.bytes().await.unwrap() == document.content, "other bytes: {item}");
}

async fn assert_are_copies(import: &Value, documents: &[Document]) {
    let items = import["items"].as_array().unwrap();
    assert_eq!(items.len(), documents.len());
    for (item, document) in items.iter().zip(documents) {
        assert_is_copy(item, document).await;
    }
}

/// The items of an import in the table.
async fn stored(stack: &TestStack, practice: &TestPractice, id: &str) -> Vec<Value> {
    let pk = format!("IMPORT#{}#{id}", practice.practice_id);
    stack.table().await.into_iter().filter(|item| item["pk"]["S"] == pk).collect()
}

fn bucket(stack: &TestStack) -> &str {
    stack.file().aws.bucket.as_deref().unwrap()
}

/// Waits until the queues are empty, and fails if there is a dead letter.
async fn assert_queues_run_dry(stack: &TestStack) {
    let queue = stack.file().aws.queues["import"].clone();
    until("the import queue is empty", PATIENCE, async || {
        match stack.aws().queued(&queue).await.unwrap() {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    stack.assert_no_dead_letters().await;
}

/// Waits until the bucket has an import's objects, and nothing else of the import.
async fn assert_bucket_has(stack: &TestStack, before: &[String], more: usize) {
    let aws = stack.aws();
    let uploads = aws.open_uploads(bucket(stack)).await.unwrap();
    assert_eq!(uploads, Vec::<String>::new(), "uploads are left open");
    let mut objects = aws.objects(bucket(stack)).await.unwrap();
    objects.retain(|key| !before.contains(key));
    // The text of a letter is stored next to it.
    let (texts, objects): (Vec<String>, Vec<String>) =
        objects.into_iter().partition(|key| key.ends_with(".txt"));
    let has_original = |text: &String| objects.contains(&text.replace(".txt", ""));
    assert!(texts.iter().all(has_original), "texts without their letters: {texts:?}");
    assert_eq!(objects.len(), more, "objects beyond those that are staged: {objects:?}");
    assert!(objects.iter().all(|key| {
        key.strip_prefix("attachments/").is_some_and(|name| name.parse::<Uuid>().is_ok())
    }));
}
