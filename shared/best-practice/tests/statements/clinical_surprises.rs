//! Unexpected content of a practice's Bp. It costs a value or a row, and at worst a section.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use best_practice::{BpClient, PairingOutcome, StatementPack};
use domain::clinical::SectionName;
use domain::ids::{HaloGuid, PairingCode, PatientId, SiteId};
use halo::{Deadline, FixedKeys, HaloClient, Keys};
use halo_simulator::{Options, Running, Simulator, local_client};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

/// Has something in every section.
const PATIENT: i64 = 1;
/// Bp says "Nil known", and lists no reactions.
const NIL_KNOWN: i64 = 25;
/// Nobody recorded anything about allergies.
const NOT_ASKED: i64 = 28;

fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

struct Bench {
    running: Running,
    bp: BpClient,
    guid: HaloGuid,
    http: reqwest::Client,
}

impl Bench {
    async fn open() -> Self {
        let running = Simulator::start(Options::default()).await.expect("the simulator starts");
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let halo = HaloClient::new(
            local_client().unwrap(),
            running.url().parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
        let site_id = running.practices()[0].site_id.clone();
        let mut bench =
            Self { running, bp, guid: HaloGuid(halo::Uuid::nil()), http: local_client().unwrap() };
        let issued =
            bench.control(Method::POST, &format!("/practices/{site_id}/pairing-codes"), None).await;
        let code = PairingCode::parse(issued["pairingCode"].as_str().unwrap()).unwrap();
        let paired = bench.bp.pair(&SiteId::parse(&site_id).unwrap(), &code, ample()).await;
        let PairingOutcome::Paired(site) = paired else { panic!("not paired: {paired:?}") };
        bench.guid = site.halo_guid;
        bench
    }

    async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.running.control_url());
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let bytes = request.send().await.unwrap().error_for_status().unwrap().bytes().await;
        serde_json::from_slice(&bytes.unwrap()).unwrap_or(Value::Null)
    }

    async fn deny(&self, objects: &[&str]) {
        let path = format!("/practices/{}", self.running.practices()[0].site_id);
        self.control(Method::PUT, &path, Some(json!({ "deniedObjects": objects }))).await;
    }

    fn database(&self) -> Connection {
        Connection::open(&self.running.practices()[0].database_file).unwrap()
    }

    fn change(&self, sql: &str) {
        assert!(self.database().execute(sql, []).unwrap() > 0, "nothing changed: {sql}");
    }

    /// Replaces a text in a view of Bp.
    fn reword(&self, view: &str, old: &str, new: &str) {
        let database = self.database();
        let find = "SELECT sql FROM sqlite_master WHERE name = ?1";
        let text: String = database.query_row(find, [view], |row| row.get(0)).unwrap();
        assert!(text.contains(old), "{view} has no {old}");
        let text = text.replace(old, new);
        database.execute_batch(&format!("DROP VIEW {view}; {text}")).unwrap();
    }

    /// The sections as callers get them.
    async fn sections(&self, patient: i64) -> Value {
        let few = NonZeroU16::new(5).unwrap();
        let all = &SectionName::ALL;
        let found =
            self.bp.clinical_summary(self.guid, PatientId(patient), all, few, ample()).await;
        serde_json::to_value(found.unwrap().expect("the patient exists")).unwrap()
    }

    async fn allergies(&self, patient: i64) -> Value {
        self.sections(patient).await["allergies"].clone()
    }
}

/// Fails unless all sections but one are what they were.
#[track_caller]
fn assert_others_unchanged(before: &Value, after: &Value, section: &str) {
    for (name, was) in before.as_object().unwrap() {
        if name != section {
            assert_eq!(&after[name], was, "{name} changed");
        }
    }
}

fn says(section: &Value, words: &str) -> bool {
    section["note"].as_str().is_some_and(|note| note.contains(words))
}

#[tokio::test]
async fn an_impossible_time_costs_that_time_and_neither_its_reading_nor_the_record() {
    let bench = Bench::open().await;
    let before = bench.sections(PATIENT).await;
    for impossible in [86_400, -1] {
        bench.change(&format!(
            "UPDATE OBSERVATIONS SET OBSTIME = {impossible} WHERE RECORDID = (SELECT RECORDID
             FROM OBSERVATIONS WHERE INTERNALID = {PATIENT} AND RECORDSTATUS = 1 AND DATACODE = 2
             ORDER BY OBSDATE DESC, RECORDID LIMIT 1)"
        ));
        let after = bench.sections(PATIENT).await;
        assert_others_unchanged(&before, &after, "observations");
        let section = &after["observations"];
        assert_eq!(section["status"], "recorded");
        assert!(says(section, "could not be read"), "{}", section["note"]);
        let items = section["items"].as_array().unwrap();
        let odd: Vec<&Value> =
            items.iter().filter(|item| item["unreadable"] == json!(["observedAt"])).collect();
        assert_eq!(odd.len(), 1, "{impossible}");
        assert_eq!(odd[0]["observedAt"].as_str().map(str::len), Some("2026-05-23".len()));
        assert_eq!(odd[0]["code"], "pulse");
        assert!(odd[0]["value"].is_string());
    }
}

#[tokio::test]
async fn a_parents_word_that_nobody_knows_is_not_known_and_says_so() {
    let bench = Bench::open().await;
    let before = bench.sections(PATIENT).await;
    bench.reword("BPS_FamilyHistory", "'Yes'", "'Alive'");
    bench.reword("BPS_FamilyHistory", "'No'", "'Deceased'");
    let after = bench.sections(PATIENT).await;
    assert_others_unchanged(&before, &after, "familyHistory");
    let section = &after["familyHistory"];
    assert_eq!(section["status"], "recorded");
    let odd: Vec<&Value> = section["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["unreadable"] == json!(["alive"]))
        .collect();
    assert!(!odd.is_empty(), "{section}");
    assert!(odd.iter().all(|item| item["kind"] == "parent" && item["alive"].is_null()));
}

#[tokio::test]
async fn a_tick_box_that_says_neither_yes_nor_no_is_never_taken_for_no() {
    let bench = Bench::open().await;
    let before = bench.sections(PATIENT).await;
    bench.reword("BPS_CurrentRx", "'Yes  '", "'Y    '");
    let after = bench.sections(PATIENT).await;
    assert_others_unchanged(&before, &after, "medications");
    let was = before["medications"]["items"].as_array().unwrap();
    let is = after["medications"]["items"].as_array().unwrap();
    assert_eq!(was.len(), is.len());
    let mut odd = 0;
    for (was, is) in was.iter().zip(is) {
        assert_eq!(was["name"], is["name"]);
        if was["whenNeeded"] == true {
            assert!(is["whenNeeded"].is_null(), "{is}");
            assert_eq!(is["unreadable"], json!(["whenNeeded"]));
            odd += 1;
        } else {
            assert_eq!(was, is);
        }
    }
    assert!(odd > 0, "nothing is taken when needed");
}

#[tokio::test]
async fn null_in_a_number_costs_that_number() {
    let bench = Bench::open().await;
    let before = bench.sections(PATIENT).await;
    bench.reword("BPS_All_Immunisations", "i.CONSENTCODE AS", "NULL AS");
    let after = bench.sections(PATIENT).await;
    assert_others_unchanged(&before, &after, "immunisations");
    for item in after["immunisations"]["items"].as_array().unwrap() {
        assert!(item["consentCode"].is_null());
        assert_eq!(item["unreadable"], json!(["consentCode"]));
        assert!(item["vaccine"].is_string());
    }
}

#[tokio::test]
async fn only_bps_own_code_or_a_known_word_says_nil_known() {
    let bench = Bench::open().await;
    // The view's word for code 0. Its word for code 1 stays "Nil known".
    let mut old = "ELSE ''".to_owned();
    for word in ["Nil recorded", "None", "Not recorded", "None rec''d", "nil"] {
        let new = format!("ELSE '{word}'");
        let view = format!("'Recorded' {old} END) COLLATE RTRIM AS KnownAllergies");
        bench.reword("BPS_Clinical", &view, &view.replace(&old, &new));
        old = new;
        bench.deny(&["CLINICAL"]).await;
        let by_word = bench.allergies(NOT_ASKED).await;
        assert_eq!(by_word["status"], "notRecorded", "{word}");
        assert!(says(&by_word, "not known") && says(&by_word, "Ask the patient"), "{by_word}");
        assert_eq!(bench.allergies(NIL_KNOWN).await["status"], "nilKnown", "by the word");
        bench.deny(&[]).await;
        let by_code = bench.allergies(NOT_ASKED).await;
        assert_eq!(by_code, json!({ "status": "notRecorded", "items": [] }), "{word}");
    }
    // The code decides if the word is unknown.
    bench.reword("BPS_Clinical", "'Nil known'", "'Nil on file'");
    assert_eq!(bench.allergies(NIL_KNOWN).await["status"], "nilKnown", "by the code");
    bench.deny(&["CLINICAL"]).await;
    assert_eq!(bench.allergies(NIL_KNOWN).await["status"], "notRecorded");
    bench.deny(&["CLINICAL", "BPS_Clinical"]).await;
    let neither = bench.allergies(NIL_KNOWN).await;
    assert_eq!(neither["status"], "unavailable");
    assert_eq!(neither["problem"]["unreadable"], json!(["BPS_Clinical", "CLINICAL"]));
    bench.deny(&["BPS_Clinical"]).await;
    assert_eq!(bench.allergies(NIL_KNOWN).await["status"], "nilKnown", "by the code alone");
}

#[tokio::test]
async fn an_unknown_word_about_past_or_family_history_is_not_recorded_with_a_note() {
    let bench = Bench::open().await;
    // A patient with a row of markers of which neither is set.
    let find = "SELECT min(INTERNALID) FROM CLINICAL WHERE NOSIGNIFICANTPASTHISTORY = 0
        AND NOSIGNIFICANTFAMILYHISTORY = 0 AND INTERNALID NOT IN (SELECT INTERNALID FROM PASTHISTORY)
        AND INTERNALID NOT IN (SELECT INTERNALID FROM FAMILYHISTORY)
        AND INTERNALID NOT IN (SELECT INTERNALID FROM FAMILYHISTORYDETAIL)
        AND INTERNALID IN (SELECT INTERNALID FROM PATIENTS WHERE RECORDSTATUS = 1)";
    let patient: i64 = bench.database().query_row(find, [], |row| row.get(0)).unwrap();
    let empty = bench.sections(patient).await;
    for column in ["NoSignificantPastHistory", "NoSignificantFamilyHistory"] {
        let view = format!("'No   ') COLLATE RTRIM AS {column}");
        bench.reword("BPS_Clinical", &view, &view.replace("No   ", "N/A  "));
    }
    let after = bench.sections(patient).await;
    for section in ["pastHistory", "familyHistory"] {
        assert_eq!(empty[section], json!({ "status": "notRecorded", "items": [] }));
        assert_eq!(after[section]["status"], "notRecorded");
        assert!(says(&after[section], "not known"), "{}", after[section]);
    }
    assert_eq!(after["medications"], empty["medications"]);
}
