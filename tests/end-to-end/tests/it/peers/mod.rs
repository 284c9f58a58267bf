//! The functions' peers in Python and TypeScript (`tests/benchmark/peers`) do the same work. Each gets the events that our
//! functions get, on the same stack, and must give the same answers and leave the same items in the table.

mod process;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use end_to_end::{Answer, Bp, TestPractice, TestStack};
use local::Language;
use serde_json::{Value, json};
use support::until;
use uuid::Uuid;

use self::process::Peer;
use crate::steps::{databases, paired_practice};

/// A patient with documents in every folder.
const SHOWCASE: i64 = 1;

/// An event of API Gateway's for a clinician of the practice.
fn event(practice: &TestPractice, method: &str, resource: &str) -> Value {
    let token = practice.clinician.token().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    json!({
        "resource": format!("/v1/practices/{{practiceId}}{resource}"),
        "httpMethod": method,
        "headers": { "content-type": "application/json" },
        "pathParameters": { "practiceId": practice.practice_id },
        "queryStringParameters": null,
        "requestContext": {
            "requestId": Uuid::new_v4(),
            "authorizer": {
                "subject": claims["sub"],
                "platform": "home",
                "kind": "person",
                "practiceId": practice.practice_id,
                "groups": "clinician",
                "expiresAt": claims["exp"].to_string(),
            },
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

/// Compares a peer's answer with ours. The moment of reading differs. The texts of problems are not compared.
#[track_caller]
fn assert_same(ours: &Answer, peers: &Value) {
    let mut theirs: Value = serde_json::from_str(peers["body"].as_str().unwrap()).unwrap();
    let mut ours_read = ours.json.clone();
    assert_eq!(peers["statusCode"], ours.status.as_u16(), "{} and {theirs}", ours.text);
    if !ours.status.is_success() {
        assert_eq!(theirs["type"], ours.json["type"]);
        return;
    }
    for answer in [&mut ours_read, &mut theirs] {
        answer.as_object_mut().unwrap().remove("readAt");
    }
    assert_eq!(theirs, ours_read);
}

/// What requests of a practice have left in the table: the audit lines by their form, the patients that were shown,
/// and the queries that were counted.
async fn traces(stack: &TestStack, practice: &TestPractice) -> BTreeMap<String, u64> {
    let mut traces = BTreeMap::new();
    for item in stack.table().await {
        let [pk, sk] = ["pk", "sk"].map(|key| item[key]["S"].as_str().unwrap_or_default());
        let Some((kind, of)) = pk.split_once('#') else { continue };
        if of != practice.practice_id {
            continue;
        }
        let mut count = |name: String, more: u64| *traces.entry(name).or_default() += more;
        let members = || {
            let body = item["body"]["M"].as_object().unwrap();
            body.keys().cloned().collect::<Vec<_>>().join(" ")
        };
        match kind {
            "AUDIT" => count(format!("{} {}", item["body"]["M"]["action"]["S"], members()), 1),
            // The same account is shown the same patient again: one item.
            "SHOWN" => count(format!("{sk} {}", members()), 0),
            "USAGE" => {
                for (name, value) in item.as_object().unwrap() {
                    if name == "queries" || name.starts_with("of#") {
                        count(name.clone(), value["N"].as_str().unwrap().parse().unwrap());
                    }
                }
            }
            _ => {}
        }
    }
    traces
}

async fn searches_alike(language: Language) {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut peer = Peer::start(stack, language, "patient-search").await;
    let bodies = [
        json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" }),
        json!({ "lastName": " w", "dateOfBirth": "1957-03-14" }),
        json!({ "lastName": "Nguyễn", "dateOfBirth": "1984-02-29" }),
        json!({ "lastName": "Nobody", "dateOfBirth": "1984-02-29" }),
        json!({ "lastName": "Wattle%", "dateOfBirth": "1957-02-29" }),
        json!({ "lastName": "Wattleford" }),
    ];
    let before = traces(stack, &practice).await;
    let mut ours = Vec::new();
    for body in &bodies {
        ours.push(practice.clinician.post("/patients/search", body).await);
    }
    let after_ours = traces(stack, &practice).await;
    for (body, ours) in bodies.iter().zip(&ours) {
        let mut event = event(&practice, "POST", "/patients/search");
        event["body"] = body.to_string().into();
        assert_same(ours, &peer.invoke(event).await);
    }
    assert!(ours[0].at("/matches/0").is_object(), "{}", ours[0].text);
    assert_left_alike(&before, &after_ours, &traces(stack, &practice).await);
}

/// The peer's requests left as much as ours.
#[track_caller]
fn assert_left_alike(
    before: &BTreeMap<String, u64>,
    ours: &BTreeMap<String, u64>,
    both: &BTreeMap<String, u64>,
) {
    for (name, sum) in both {
        let of = |traces: &BTreeMap<String, u64>| traces.get(name).copied();
        let [first, second] = [of(before), of(ours)].map(Option::unwrap_or_default);
        assert_eq!(sum - second, second - first, "{name}");
        assert!(of(ours).is_some(), "only the peer leaves {name}");
    }
}

/// Gives the patient a record of more than 2,000 rows: what is there, again and again.
async fn enlarge_record(stack: &TestStack, bp: &Bp<'_>) {
    let (bp_file, _) = databases(stack, bp).await;
    for table in ["PASTHISTORY", "CURRENTRX", "IMMUNISATIONS"] {
        let again = format!(
            "CREATE TEMP TABLE again AS SELECT * FROM {table} WHERE INTERNALID = {SHOWCASE};
             UPDATE again SET RECORDID = NULL;"
        );
        bp_file.execute_batch(&again).unwrap();
        let mut rows = 0;
        while rows < 700 {
            let insert = format!("INSERT INTO {table} SELECT * FROM again");
            let more = bp_file.execute(&insert, []).unwrap();
            assert!(more > 0, "the patient has nothing in {table}");
            rows += more;
        }
        bp_file.execute_batch("DROP TABLE again").unwrap();
    }
}

async fn imports_records_alike(language: Language) {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    enlarge_record(stack, &bp).await;
    let mut peer = Peer::start(stack, language, "clinical-import").await;
    let chosen =
        |patient: &str, sections: Option<&str>| (patient.to_owned(), sections.map(str::to_owned));
    let mut requests: Vec<_> = (1..=30).map(|patient| chosen(&patient.to_string(), None)).collect();
    requests.push(chosen("1", Some("observations,allergies")));
    requests.push(chosen("1", Some("everything")));
    requests.push(chosen("1000000", None));
    requests.push(chosen("x", None));
    let before = traces(stack, &practice).await;
    let mut ours = Vec::new();
    for (patient, sections) in &requests {
        let sections = sections.as_ref().map(|it| format!("?sections={it}")).unwrap_or_default();
        let path = format!("/patients/{patient}/clinical-summary{sections}");
        ours.push(practice.clinician.get(&path).await);
    }
    let rows: usize = ["pastHistory", "medications", "immunisations"]
        .map(|section| ours[0].at(&format!("/sections/{section}/items")).as_array().unwrap().len())
        .into_iter()
        .sum();
    assert!(rows > 2000, "{rows} rows are no large record");
    let after_ours = traces(stack, &practice).await;
    for ((patient, sections), ours) in requests.iter().zip(&ours) {
        let mut event = event(&practice, "GET", "/patients/{patientId}/clinical-summary");
        event["pathParameters"]["patientId"] = patient.as_str().into();
        if let Some(sections) = sections {
            event["queryStringParameters"] = json!({ "sections": sections });
        }
        assert_same(ours, &peer.invoke(event).await);
    }
    assert_left_alike(&before, &after_ours, &traces(stack, &practice).await);
}

/// Asks for an import of one document and waits until our importer has ended it.
async fn import(practice: &TestPractice, id: &str, document: &Value) -> Answer {
    let path = format!("/patients/{SHOWCASE}/attachment-imports");
    let request = json!({ "importId": id, "items": [document] });
    practice.clinician.post(&path, &request).await.assert_status(202);
    until("the import ends", Duration::from_secs(120), async || {
        let answer = practice.clinician.get(&format!("/attachment-imports/{id}")).await;
        if answer.at("/state") == "running" { Err(answer.text) } else { Ok(answer) }
    })
    .await
}

/// Stores the same import under another id, as if nobody had worked on it.
async fn store_again(stack: &TestStack, practice: &TestPractice, id: &str, again: &str) {
    let [from, to] = [id, again].map(|id| format!("IMPORT#{}#{id}", practice.practice_id));
    let nothing = json!({ "NULL": true });
    for mut item in stack.table().await.into_iter().filter(|item| item["pk"]["S"] == from) {
        item["pk"] = json!({ "S": to });
        if item["sk"]["S"] != "HEAD" {
            item["version"] = json!({ "N": "0" });
            item["body"]["M"]["state"] = json!({ "M": {
                "state": { "S": "queued" }, "since": { "S": "2026-01-01T00:00:00Z" }, "spoiled": { "N": "0" },
                "obstacle": nothing, "nextLook": nothing, "query": nothing, "place": nothing,
                "about": { "M": { "dated": nothing, "fileType": nothing } },
            } });
        }
        let request = json!({ "TableName": stack.file().aws.table, "Item": item });
        stack.aws().call("dynamodb", "DynamoDB_20120810.PutItem", &request).await.unwrap();
    }
}

async fn stages_alike(language: Language) {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut peer = Peer::start(stack, language, "attachment-importer").await;
    let path = format!("/patients/{SHOWCASE}/attachments?folder=correspondenceIn&limit=50");
    let listed = practice.clinician.get(&path).await;
    let (mut large, mut small) = (0, 0);
    for document in listed.at("/items").as_array().unwrap() {
        let document =
            json!({ "folder": document["folder"], "documentId": document["documentId"] });
        let [id, again] = ["ours", "peers"].map(|of| format!("{of}-{}", Uuid::new_v4().simple()));
        let ours = import(&practice, &id, &document).await;
        let item = ours.at("/items/0");
        // The peers neither bind a scan's pages nor extract a letter's words.
        if item["state"] != "staged" || item.get("rendition").is_some() {
            continue;
        }
        store_again(stack, &practice, &id, &again).await;
        let wake = json!({ "practiceId": practice.practice_id, "importId": again, "item": 0 });
        let event = json!({ "Records": [{ "messageId": "1", "body": wake.to_string() }] });
        assert_eq!(peer.invoke(event).await, json!({ "batchItemFailures": [] }));
        let theirs = practice.clinician.get(&format!("/attachment-imports/{again}")).await;
        let copied = theirs.at("/items/0");
        if copied["problem"]["type"] == "document-in-parts" {
            continue;
        }
        for member in ["state", "bytes", "contentType", "sha256", "fileName"] {
            assert_eq!(copied[member], item[member], "{member} of {document}: {}", theirs.text);
        }
        assert!(copied["downloadUrl"].is_string(), "{}", theirs.text);
        let bytes = copied["bytes"].as_u64().unwrap();
        *(if bytes > 5 << 20 { &mut large } else { &mut small }) += 1;
    }
    assert!(large > 0 && small > 1, "{large} large and {small} small documents were compared");
}

#[tokio::test]
async fn the_python_peer_finds_the_same_patients() {
    searches_alike(Language::Python).await;
}

#[tokio::test]
async fn the_typescript_peer_finds_the_same_patients() {
    searches_alike(Language::TypeScript).await;
}

#[tokio::test]
async fn the_python_peer_imports_the_same_records() {
    imports_records_alike(Language::Python).await;
}

#[tokio::test]
async fn the_typescript_peer_imports_the_same_records() {
    imports_records_alike(Language::TypeScript).await;
}

#[tokio::test]
async fn the_python_peer_stages_the_same_copies() {
    stages_alike(Language::Python).await;
}

#[tokio::test]
async fn the_typescript_peer_stages_the_same_copies() {
    stages_alike(Language::TypeScript).await;
}
