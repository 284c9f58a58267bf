//! A running practice, and what its files really contain.

use std::sync::Arc;
use std::time::Duration;

use best_practice::{
    BpClient, Document, DocumentError, DocumentKey, DocumentPart, DocumentProgress, DocumentStart,
    StatementPack,
};
use domain::attachments::Folder;
use domain::ids::{DocumentId, HaloGuid, PairingCode, PatientId, SiteId};
use futures::StreamExt as _;
use halo::{Deadline, FixedKeys, HaloClient, Keys, Uuid};
use halo_simulator::{Options, Running, Simulator, local_client};
use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use sha2::Digest as _;
use support::until;

/// Has a document in every folder.
pub(crate) const PATIENT: PatientId = PatientId(1);

/// Longer than anything here takes.
pub(crate) fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) bp: BpClient,
    pub(crate) guid: HaloGuid,
    http: reqwest::Client,
}

/// The length and the SHA-256 of bytes, so that 60 MB can be compared without being printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Print(pub(crate) u64, String);

impl Print {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digits = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(bytes.len() as u64, digits)
    }
}

/// A document as the practice's files have it.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) key: DocumentKey,
    pub(crate) file_type: String,
    pub(crate) pages: usize,
    pub(crate) print: Option<Print>,
    /// The pages one by one.
    pub(crate) each: Vec<Print>,
}

impl Kept {
    pub(crate) fn bytes(&self) -> u64 {
        self.print.as_ref().map_or(0, |print| print.0)
    }
}

impl Bench {
    pub(crate) async fn with(options: Options) -> Self {
        let running = Simulator::start(options).await.expect("the simulator starts");
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let halo = HaloClient::new(
            local_client().unwrap(),
            running.url().parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
        let mut bench =
            Self { running, bp, guid: HaloGuid(Uuid::nil()), http: local_client().unwrap() };
        bench.guid = bench.pair().await;
        bench
    }

    async fn pair(&self) -> HaloGuid {
        let path = format!("/practices/{}/pairing-codes", self.site_id());
        let issued = self.control(Method::POST, &path, Value::Null).await;
        let code = PairingCode::parse(issued["pairingCode"].as_str().unwrap()).unwrap();
        let site_id = SiteId::parse(self.site_id()).unwrap();
        match self.bp.pair(&site_id, &code, ample()).await {
            best_practice::PairingOutcome::Paired(site) => site.halo_guid,
            other => panic!("not paired: {other:?}"),
        }
    }

    /// The large practice.
    fn site_id(&self) -> &str {
        &self.running.practices()[0].site_id
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.running.control_url());
        let request = self.http.request(method, url);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.expect("the control API answers");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let bytes = response.bytes().await.unwrap();
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
    }

    pub(crate) async fn fault(&self, operation: &str, effect: &str, times: Option<u64>) {
        let mut fault = json!({"operation": operation, "effect": effect, "retryAfter": "0"});
        if let Some(times) = times {
            fault["times"] = json!(times);
        }
        self.control(Method::PUT, "/faults", json!([fault])).await;
    }

    pub(crate) async fn calm(&self) {
        self.control(Method::DELETE, "/faults", Value::Null).await;
    }

    pub(crate) async fn change(&self, body: Value) {
        self.control(Method::PUT, &format!("/practices/{}", self.site_id()), body).await;
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        self.control(Method::POST, "/clock/advance", json!({ "seconds": seconds })).await;
    }

    /// How many calls of an operation there were.
    pub(crate) async fn calls(&self, operation: &str) -> usize {
        let journal = self.control(Method::GET, "/queries?since=0", Value::Null).await;
        let calls = journal["queries"].as_array().unwrap();
        calls.iter().filter(|call| call["operation"] == operation).count()
    }

    pub(crate) fn database(&self) -> Connection {
        let practice = &self.running.practices()[0];
        let database =
            Connection::open_with_flags(&practice.database_file, OpenFlags::SQLITE_OPEN_READ_WRITE)
                .unwrap();
        database.execute("ATTACH ?1 AS kept", [practice.documents_file.to_str().unwrap()]).unwrap();
        database
    }

    /// Every document of the patient, as the files have them.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        let database = self.database();
        let folders = [
            (Folder::Investigations, "INVESTIGATIONS", "REPORTID", "INVESTIGATION", "1"),
            (
                Folder::CorrespondenceIn,
                "CORRESPONDENCEIN",
                "DOCUMENTID",
                "CORRESPONDENCEIN",
                "r.CLINICALIMAGE = 0",
            ),
            (Folder::CorrespondenceOut, "CORRESPONDENCEOUT", "RECORDID", "CORRESPONDENCEOUT", "1"),
            (Folder::EnhancedPrimaryCare, "EPCREPORTS", "REPORTID", "EPCREPORT", "1"),
            (
                Folder::ClinicalImages,
                "CORRESPONDENCEIN",
                "DOCUMENTID",
                "CORRESPONDENCEIN",
                "r.CLINICALIMAGE = 1",
            ),
        ];
        let mut found = Vec::new();
        for (folder, table, id, kind, condition) in folders {
            let body = if folder == Folder::Investigations { "r.REPORTBODY" } else { "NULL" };
            let sql = format!(
                "SELECT r.{id}, r.STORED, {body} FROM {table} AS r
                 WHERE r.INTERNALID = ?1 AND r.RECORDSTATUS = 1 AND {condition} ORDER BY 1"
            );
            let rows: Vec<(i64, i64, Option<Vec<u8>>)> = database
                .prepare(&sql)
                .unwrap()
                .query_map([PATIENT.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            for (number, stored, body) in rows {
                let mut pages: Vec<(String, Vec<u8>)> = database
                    .prepare(
                        "SELECT FILETYPE, CONTENT FROM kept.DOCUMENTS
                         WHERE STORE = ?1 AND KIND = ?2 AND RECORDID = ?3 AND ?1 > 0
                         ORDER BY PAGENUMBER",
                    )
                    .unwrap()
                    .query_map((stored, kind, number), |row| Ok((row.get(0)?, row.get(1)?)))
                    .unwrap()
                    .map(Result::unwrap)
                    .collect();
                if let Some(body) = body.filter(|_| stored == 0) {
                    pages.push(("text".to_owned(), body));
                }
                let key = DocumentKey { patient: PATIENT, folder, document: DocumentId(number) };
                let file_type = pages.first().map_or(String::new(), |(kind, _)| kind.clone());
                let print = (pages.len() == 1).then(|| Print::of(&pages[0].1));
                let each = pages.iter().map(|(_, bytes)| Print::of(bytes)).collect();
                found.push(Kept { key, file_type, pages: pages.len(), print, each });
            }
        }
        found
    }

    /// The smallest and the largest document between two sizes.
    pub(crate) fn one_of(&self, sizes: std::ops::Range<u64>) -> Kept {
        self.kept()
            .into_iter()
            .find(|kept| sizes.contains(&kept.bytes()))
            .expect("a document of that size")
    }

    pub(crate) async fn start(&self, key: &DocumentKey, limit: u32) -> Option<DocumentStart> {
        self.found(key, limit).await.map(|found| found.start)
    }

    pub(crate) async fn found(&self, key: &DocumentKey, limit: u32) -> Option<Document> {
        self.bp.document_start(self.guid, key, limit, ample()).await.unwrap()
    }

    pub(crate) async fn request(&self, key: &DocumentKey) -> Uuid {
        let queue = Duration::from_secs(60);
        self.bp.request_document(self.guid, key, queue, ample()).await.unwrap()
    }

    /// Waits until a request is no longer running.
    pub(crate) async fn settled(&self, query: Uuid) -> DocumentProgress {
        until("the request ends", Duration::from_secs(120), async || {
            match self.bp.document_progress(self.guid, query, ample()).await.unwrap() {
                DocumentProgress::Running => Err("it still runs"),
                settled => Ok(settled),
            }
        })
        .await
    }

    pub(crate) async fn requested(&self, key: &DocumentKey) -> (Uuid, Vec<u32>) {
        let query = self.request(key).await;
        match self.settled(query).await {
            DocumentProgress::Ready { pages } => (query, pages),
            other => panic!("not ready: {other:?}"),
        }
    }

    /// What arrives of pages, and how it ends.
    pub(crate) async fn arrives(
        &self,
        query: Uuid,
        pages: Vec<u32>,
    ) -> (Vec<u8>, Result<(), DocumentError>) {
        let (parts, end) = self.parts(query, pages).await;
        assert!(parts.iter().all(|part| (part.page, part.pages) == (1, 1)), "several pages");
        (parts.iter().flat_map(|part| part.bytes.iter().copied()).collect(), end)
    }

    /// The same, with the page of each part.
    pub(crate) async fn parts(
        &self,
        query: Uuid,
        pages: Vec<u32>,
    ) -> (Vec<DocumentPart>, Result<(), DocumentError>) {
        let mut stream = Box::pin(self.bp.document_bytes(self.guid, query, pages, ample()));
        let mut parts = Vec::new();
        while let Some(part) = stream.next().await {
            match part {
                Ok(part) => {
                    assert!(part.bytes.len() <= 245_760, "a part of {} bytes", part.bytes.len());
                    parts.push(part);
                }
                Err(error) => {
                    assert!(stream.next().await.is_none(), "an error is the end");
                    return (parts, Err(error));
                }
            }
        }
        (parts, Ok(()))
    }
}
