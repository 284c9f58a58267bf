//! The patients that a person is shown are stored. The person's referrals are checked against them.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::Arc;
use std::time::Duration;

use api::caller::{Caller, Role, Scope};
use api::routes;
use api::{App, Cursors, Parts, Uploads, lazy_bucket, lazy_queues};
use aws::SecretText;
use aws::clients;
use aws_double::{Answer, Aws, Call};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use best_practice::{BpClient, StatementPack};
use config::{DocumentsConfig, QueueConfig};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PlatformId, PracticeId, SiteId, Subject};
use domain::patient::PatientStatus;
use domain::shown::ShownPatient;
use domain::surname::SurnameKey;
use domain::usage::Caps;
use halo::{Deadline, FixedKeys, HaloClient, Keys, PmsName, Uuid};
use halo_simulator::{Options, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::Store;
use tower::ServiceExt as _;
use usage::Counter;

const ACCOUNT: &str = "an-account";

fn practice() -> PracticeId {
    PracticeId::parse("bluegum-hollow").unwrap()
}

fn site(number: &str) -> SiteId {
    SiteId::parse(number).unwrap()
}

fn store(aws: &Aws) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table")
}

fn halo(url: &str, key: &str) -> HaloClient {
    let keys = Keys { primary: key.to_owned().into(), secondary: None };
    let http = clients::http().unwrap();
    HaloClient::new(http, url.parse().unwrap(), Arc::new(FixedKeys(keys)))
}

fn app(aws: &Aws, halo: HaloClient) -> App {
    let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
    let counter = Counter::new(store(aws), Caps::default());
    App::new(bp, store(aws), counter, SignedDuration::from_hours(1))
}

fn correspondence(aws: &Aws) -> App {
    let config = aws.config();
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let uploads = DocumentsConfig {
        bucket: "made-up".to_owned(),
        kept: Duration::from_secs(30 * 24 * 3600),
        largest_bytes: 1000,
        upload: Duration::from_secs(60),
    };
    let parts = Parts {
        cursors: Some(Cursors::new(SecretText::new(secrets, "made up".to_owned()))),
        writer_queue: Some(lazy_queues(config.clone(), QueueConfig::default())),
        uploads: Some(Uploads {
            config: uploads,
            bucket: lazy_bucket(config, "made-up".to_owned()),
        }),
        ..Parts::default()
    };
    App { parts, ..app(aws, halo("http://halo.invalid", "made up")) }
}

fn clinician() -> Caller {
    Caller::Person {
        subject: Subject(ACCOUNT.to_owned()),
        practice: practice(),
        roles: vec![Role::Clinician],
    }
}

fn platform() -> Caller {
    let scopes = vec![Scope::CorrespondenceWrite];
    Caller::Platform {
        subject: Subject("the platform".to_owned()),
        platform: PlatformId::home(),
        scopes,
    }
}

/// A value as DynamoDB writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(truth) => json!({ "BOOL": truth }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(items) => json!({ "L": items.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), attribute(value)));
            json!({ "M": fields.collect::<serde_json::Map<_, _>>() })
        }
    }
}

/// The practice's connection, as the table has it.
fn connection(guid: Uuid) -> Value {
    let connection = Connection {
        site_id: site("71001"),
        site: Site {
            halo_guid: HaloGuid(guid),
            practice_name: None,
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        },
        standing: Standing::Paired,
        paired_at: Timestamp::UNIX_EPOCH,
        generation: 0,
        edition: 0,
    };
    let body = attribute(&serde_json::to_value(connection).unwrap());
    json!({ "pk": { "S": "PRACTICE#x" }, "sk": { "S": "CONNECTION" }, "body": body })
}

/// The connection and the clinician's link, read together.
fn connected(guid: Uuid) -> Answer {
    let link = json!({
        "pk": { "S": "PRACTICE#x" }, "sk": { "S": format!("CLINICIAN#ACCOUNT#{ACCOUNT}") },
        "body": attribute(&json!({ "userId": 1, "firstName": "Amelia", "lastName": "Thornbury" })),
    });
    Answer::of(json!({ "Responses": { "table": [connection(guid), link] } }))
}

fn shown(status: PatientStatus, at: &str, ago: SignedDuration) -> ShownPatient {
    ShownPatient {
        surname: Some(SurnameKey::parse("Wattleford").unwrap()),
        date_of_birth: Some("1957-03-14".parse().unwrap()),
        status,
        site: site(at).into(),
        shown_at: Timestamp::now() - ago,
    }
}

fn partition(call: &Call) -> &str {
    call.body["Key"]["pk"]["S"].as_str().unwrap_or_default()
}

/// A connected practice without documents, where patient 7 was shown to the caller like this.
fn table(shown: ShownPatient) -> Aws {
    let shown = attribute(&serde_json::to_value(shown).unwrap());
    Aws::answering(move |call| match (call.operation.as_str(), partition(call)) {
        ("GetItem", key) if key.starts_with("SHOWN#") => {
            assert_eq!(call.body["Key"]["sk"]["S"], format!("{ACCOUNT}#7"));
            Answer::of(json!({ "Item": { "body": shown } }))
        }
        ("BatchGetItem", _) => connected(Uuid::nil()),
        ("GetItem", key) if key.starts_with("PRACTICE#") => {
            match call.body["Key"]["sk"]["S"].as_str() {
                Some("CONNECTION") => Answer::of(json!({ "Item": connection(Uuid::nil()) })),
                _ => Answer::nothing(),
            }
        }
        ("GetItem", _) => Answer::nothing(),
        (other, _) => panic!("{other}: nothing is to be written"),
    })
}

/// The type of the problem that the referral is refused with.
async fn refer(aws: &Aws, caller: Caller, more: &Value) -> String {
    let mut body = json!({
        "patientId": 7, "documentId": "d-1", "subject": "Left knee", "recipientName": "Dr Z",
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let request = Request::put(format!("/v1/practices/{}/referrals/r-1", practice().as_str()))
        .header("content-type", "application/json")
        .extension(caller)
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer =
        routes::correspondence(correspondence(aws)).unwrap().oneshot(request).await.unwrap();
    let answer = to_bytes(answer.into_body(), 100_000).await.unwrap();
    let problem: Value = serde_json::from_slice(&answer).unwrap();
    problem["type"].as_str().unwrap().to_owned()
}

/// The problem of a referral that passes the patient check: there is no document.
const TAKEN_SO_FAR: &str = "document-not-found";
const NOW: SignedDuration = SignedDuration::ZERO;

#[tokio::test]
async fn who_was_shown_as_deceased_or_inactive_is_referred_only_with_an_acknowledgement() {
    for (status, name) in
        [(PatientStatus::Deceased, "deceased"), (PatientStatus::Inactive, "inactive")]
    {
        let aws = table(shown(status, "71001", NOW));
        let problem = format!("patient-{name}");
        assert_eq!(refer(&aws, clinician(), &json!({})).await, problem);
        // A named patient is not an acknowledgement.
        let said = json!({ "patient": { "lastName": "Wattleford", "dateOfBirth": "1957-03-14" } });
        assert_eq!(refer(&aws, clinician(), &said).await, problem);
        let known = json!({ "acknowledge": [name] });
        assert_eq!(refer(&aws, clinician(), &known).await, TAKEN_SO_FAR);
    }
}

#[tokio::test]
async fn what_was_shown_of_another_bp_or_long_ago_says_nothing() {
    for (at, ago) in [("71002", NOW), ("71001", ShownPatient::KEPT_FOR)] {
        let aws = table(shown(PatientStatus::Deceased, at, ago));
        assert_eq!(refer(&aws, clinician(), &json!({})).await, TAKEN_SO_FAR, "{at} {ago}");
    }
}

#[tokio::test]
async fn a_platforms_server_is_shown_nobody_and_the_table_is_not_asked() {
    let aws = table(shown(PatientStatus::Deceased, "71001", NOW));
    assert_eq!(refer(&aws, platform(), &json!({})).await, TAKEN_SO_FAR);
    assert!(!aws.calls().iter().any(|call| partition(call).starts_with("SHOWN#")), "{aws:?}");
}

#[tokio::test]
async fn what_was_shown_is_read_once_by_account_and_number() {
    let aws = table(shown(PatientStatus::Active, "71001", NOW));
    assert_eq!(refer(&aws, clinician(), &json!({})).await, TAKEN_SO_FAR);
    let asked = aws.calls();
    let shown: Vec<_> = asked.iter().filter(|call| partition(call).starts_with("SHOWN#")).collect();
    assert_eq!(shown.len(), 1, "one read");
    assert_eq!(partition(shown[0]), "SHOWN#bluegum-hollow");
}

/// A search for a patient at a practice whose table refuses this operation.
async fn search(refuse: &'static str) -> (u16, Aws) {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let halo = halo(simulator.url(), simulator.primary_key());
    let site_id = simulator.practices()[0].site_id.clone();
    let issue = format!("{}/practices/{site_id}/pairing-codes", simulator.control_url());
    let issued = clients::http().unwrap().post(issue).send().await.unwrap();
    let issued: Value = serde_json::from_str(&issued.text().await.unwrap()).unwrap();
    let code = issued["pairingCode"].as_str().unwrap();
    let ample = Deadline::after(Duration::from_secs(60));
    let paired = halo.pair_site(PmsName::BestPractice, &site_id, Some(code), ample).await;
    let guid = paired.unwrap().id;
    let aws = Aws::answering(move |call| match call.operation.as_str() {
        operation if operation == refuse => Answer::refused("InternalServerError"),
        "BatchGetItem" => connected(guid),
        _ => Answer::nothing(),
    });
    let path = format!("/v1/practices/{}/patients/search", practice().as_str());
    let body = json!({ "lastName": "wattle-ford", "dateOfBirth": "1957-03-14" });
    let request = Request::post(path)
        .header("content-type", "application/json")
        .extension(clinician())
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = routes::patients(app(&aws, halo)).unwrap().oneshot(request).await.unwrap();
    (answer.status().as_u16(), aws)
}

#[tokio::test]
async fn whom_a_search_shows_is_kept_beside_the_line_of_the_trail() {
    let (status, aws) = search("nothing").await;
    assert_eq!(status, 200, "{aws:?}");
    let calls = aws.calls();
    let kept = calls.iter().find(|call| call.operation == "BatchWriteItem").unwrap();
    let item = &kept.body["RequestItems"]["table"][0]["PutRequest"]["Item"];
    assert_eq!(item["sk"]["S"], format!("{ACCOUNT}#1"));
    let body = &item["body"]["M"];
    assert_eq!(body["surname"]["S"], "WATTLEFORD");
    assert_eq!(body["dateOfBirth"]["S"], "1957-03-14");
    assert_eq!((&body["status"]["S"], &body["site"]["S"]), (&json!("active"), &json!("71001")));
    assert_eq!(calls.len(), 3, "the connection, the trail and this: {aws:?}");
}

#[tokio::test]
async fn a_search_is_answered_although_what_it_shows_cannot_be_kept_and_never_without_the_trail() {
    assert_eq!(search("BatchWriteItem").await.0, 200);
    assert_eq!(search("PutItem").await.0, 503);
}
