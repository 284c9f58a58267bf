//! Every operation of the OpenAPI document by every kind of caller, with ids that exist at the home platform.
//! An operation that is added to the document is in this table, too.

use std::collections::BTreeSet;

use end_to_end::{Answer, Caller, TestPractice, TestStack};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::steps::{LARGE, becomes, paired_practice};

/// An operation whose path names a practice.
struct Operation {
    name: String,
    method: Method,
    /// The path after the practice's id, with ids that exist at the home platform.
    path: String,
    media: String,
    body: Option<Value>,
}

/// Ids that exist at the home platform's practice.
struct Ids {
    import: String,
    booking: String,
    message: String,
    referral: String,
}

impl Ids {
    fn of(&self, parameter: &str) -> &str {
        match parameter {
            "importId" => &self.import,
            "bookingId" => &self.booking,
            "messageId" => &self.message,
            "referralId" => &self.referral,
            "deliveryId" => "message-m-1",
            "userId" | "patientId" => "1",
            "operation" => "$summary",
            "platformId" => "third",
            new => panic!("this table needs an id that exists for {new}"),
        }
    }
}

fn operations(ids: &Ids) -> Vec<Operation> {
    const BEFORE: &str = "/v1/practices/{practiceId}/";
    let path = |path: &str| {
        let segments = path.strip_prefix(BEFORE)?.split('/').map(|segment| {
            let parameter = segment.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            parameter.map_or(segment, |parameter| ids.of(parameter))
        });
        Some(format!("/{}", segments.collect::<Vec<_>>().join("/")))
    };
    let operations = operations_at(path);
    assert!(operations.len() > 35, "only {} operations", operations.len());
    operations
}

/// The operations whose paths name no practice, for this webhook endpoint.
fn operations_outside_practices(endpoint: &str) -> Vec<Operation> {
    let outside = |path: &str| {
        let is_outside = !path.starts_with("/v1/practices/");
        is_outside.then(|| path.replace("{endpointId}", endpoint))
    };
    let operations = operations_at(outside);
    assert!(operations.len() > 10, "only {} operations", operations.len());
    operations
}

/// The operations of the document for whose path there is one here.
fn operations_at(path_of: impl Fn(&str) -> Option<String>) -> Vec<Operation> {
    let document: Value =
        serde_json::from_str(include_str!("../../../../../shared/api/openapi.json")).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(path) = path_of(path) else { continue };
        for (method, operation) in methods.as_object().unwrap() {
            let Some(name) = operation["operationId"].as_str() else { continue };
            let content = operation["requestBody"]["content"].as_object();
            let content = content.and_then(|content| content.iter().next());
            operations.push(Operation {
                name: name.to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                media: content.map(|(media, _)| media.clone()).unwrap_or_default(),
                body: content.map(|(_, content)| body(name, content)),
            });
        }
    }
    operations
}

fn body(name: &str, content: &Value) -> Value {
    let mut body = content["example"].clone();
    assert!(!body.is_null(), "{name} has no example of its body");
    if name == "saveWebhookEndpoint" {
        // Nothing listens there.
        body["url"] = json!("http://127.0.0.1:9/events");
    }
    if name == "connectPractice" {
        // With a code, Halo would rightly be asked.
        body["siteId"] = json!(LARGE);
        body.as_object_mut().unwrap().remove("pairingCode");
    }
    body
}

async fn call(caller: &Caller, operation: &Operation) -> Answer {
    let request = caller.request(operation.method.clone(), &operation.path);
    let request = match &operation.body {
        Some(body) => request.header("content-type", &operation.media).body(body.to_string()),
        None => request,
    };
    caller.send(request).await
}

/// An answer without what differs between any two calls: times, links, and the practice's own id.
fn comparable(answer: &Answer, practice: &str) -> (u16, Value) {
    fn plain(value: &Value, practice: &str) -> Value {
        match value {
            Value::String(text) if text.parse::<Timestamp>().is_ok() => json!("an instant"),
            Value::String(text) if text.starts_with("http") => json!("a link"),
            Value::String(text) if text.starts_with("whsec_") => json!("a secret"),
            Value::String(text) if text.starts_with("evt_") => json!("an event"),
            Value::String(text) => json!(text.replace(practice, "the practice")),
            Value::Array(items) => items.iter().map(|item| plain(item, practice)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), plain(value, practice))).collect()
            }
            other => other.clone(),
        }
    }
    (answer.status.as_u16(), plain(&answer.json, practice))
}

/// Every stored item of the home platform's practice, without what regular work changes.
async fn stored(stack: &TestStack, practice: &str) -> BTreeSet<String> {
    let of_practice = |item: &&Value| {
        item["pk"]["S"].as_str().is_some_and(|key| key.split('#').nth(1) == Some(practice))
    };
    let stored: BTreeSet<_> =
        stack.table().await.iter().filter(of_practice).map(Value::to_string).collect();
    assert!(stored.len() > 10, "the practice has hardly anything stored: {}", stored.len());
    stored
}

async fn furnished(practice: &TestPractice) -> Ids {
    let TestPractice { clinician, platform, practice_admin, .. } = practice;
    let settings = json!({
        "timeZone": "Australia/Brisbane",
        "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15 },
    });
    practice_admin.put("/settings", &settings).await.assert_status(200);
    let list = clinician.get("/patients/1/attachments?limit=1").await;
    let newest = list.assert_status(200).at("/items/0").clone();
    let import = json!({
        "importId": "i-1",
        "items": [{ "folder": newest["folder"], "documentId": newest["documentId"] }],
    });
    clinician.post("/patients/1/attachment-imports", &import).await.assert_status(202);
    let message = json!({
        "patient": { "patientId": 1 }, "addressee": { "userId": 1 }, "kind": "advice",
        "subject": "For the home platform's doctor", "text": "Made up.",
    });
    platform.put("/correspondence/m-1", &message).await.assert_status(202);
    let staff =
        json!([{ "ahpraNumber": "MED9990000001", "firstName": "Amelia", "lastName": "Thornbury" }]);
    platform.put("/staff", &staff).await.assert_status(200);
    platform.post("/staff/sync", &json!({})).await.assert_status(200);
    let visit = json!({
        "ahpraNumber": "MED9990000001", "start": "2028-05-10T10:00",
        "representative": { "name": "Zoë Made-Up", "company": "Example Labs" },
    });
    platform.put("/bookings/b-1", &visit).await.assert_status(202);
    becomes(clinician, "/attachment-imports/i-1", "/state", "complete").await;
    becomes(platform, "/deliveries/message-m-1", "/state", "delivered").await;
    becomes(platform, "/bookings/b-1", "/state", "synced").await;
    let id = |text: &str| text.to_owned();
    Ids { import: id("i-1"), booking: id("b-1"), message: id("m-1"), referral: id("r-1") }
}

#[tokio::test]
async fn no_operation_shows_or_changes_anything_of_another_platforms_practice() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let ours = paired_practice(stack, &bp).await;
    let ids = furnished(&ours).await;
    // The other platform uses the same id of a practice, and one that exists nowhere else.
    let same = stack.new_practice_of_other_platform(&ours.practice_id).await;
    let made_up = stack.new_practice_of_other_platform("made-up-by-the-other").await;
    let before = stored(stack, &ours.practice_id).await;
    let mark = bp.mark().await;

    let mut changed = 0;
    for operation in operations(&ids) {
        for (one, other) in [
            (&same.platform, &made_up.platform),
            (&same.practice_admin, &made_up.practice_admin),
            (&same.clinician, &made_up.clinician),
        ] {
            let reached = call(one, &operation).await;
            let nowhere = call(other, &operation).await;
            assert_eq!(
                comparable(&reached, &same.practice_id),
                comparable(&nowhere, &made_up.practice_id),
                "{} tells the other platform of a practice that is not its own",
                operation.name
            );
            changed += usize::from(reached.status.is_success() && operation.method != Method::GET);
        }
    }
    assert!(changed > 3, "the other platform's own practice was hardly used: {changed}");
    assert_eq!(stored(stack, &ours.practice_id).await, before, "something was changed");
    let queries = bp.queries_since(mark).await;
    assert!(queries.iter().all(|call| call.statement.is_none()), "{queries:?}");
}

#[tokio::test]
async fn for_a_person_every_other_practice_is_one_that_does_not_exist() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let ours = paired_practice(stack, &bp).await;
    let ids = furnished(&ours).await;
    let neighbour = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform("somewhere-else").await;
    let before = stored(stack, &ours.practice_id).await;
    let mark = bp.mark().await;

    for operation in operations(&ids) {
        for caller in [
            &neighbour.practice_admin,
            &neighbour.clinician,
            &theirs.practice_admin,
            &theirs.clinician,
        ] {
            let reached = call(&caller.at(&ours.practice_id), &operation).await;
            let nowhere = call(&caller.at("nowhere-at-all"), &operation).await;
            reached.assert_problem(404, "not-found");
            assert_eq!((reached.status, &reached.json), (nowhere.status, &nowhere.json));
        }
        let stranger = call(&ours.stranger, &operation).await;
        stranger.assert_problem(401, "unauthenticated");
    }
    assert_eq!(stored(stack, &ours.practice_id).await, before, "something was changed");
    assert!(bp.queries_since(mark).await.is_empty(), "Halo was asked");
}

#[tokio::test]
async fn no_operation_outside_practices_shows_or_changes_anything_of_another_platform() {
    const FOR_EVERYBODY: [&str; 3] = ["getHealth", "getOpenApiDocument", "receiveHaloNotification"];
    let stack = TestStack::shared().await;
    let _bp = stack.exclusive().await;
    let ours = stack.new_practice().await;
    let theirs = stack.new_practice_of_other_platform(&ours.practice_id).await;
    let endpoint = json!({ "url": "http://127.0.0.1:9/home" });
    ours.platform.put("/v1/webhook-endpoints/taken", &endpoint).await.assert_status(201);
    let before = ours.platform.get("/v1/webhook-endpoints").await.json;
    let listed = ours.platform.get("/v1/practices").await.json;

    let pairs = operations_outside_practices("taken").into_iter();
    for (operation, elsewhere) in pairs.zip(operations_outside_practices("unheard-of")) {
        let name = operation.name.as_str();
        if FOR_EVERYBODY.contains(&name) {
            continue;
        }
        let reached = call(&theirs.platform, &operation).await;
        let nowhere = call(&theirs.platform, &elsewhere).await;
        let without_numbers = |answer: &Answer, id: &str| {
            let (status, shown) = comparable(answer, id);
            (status, shown.to_string().replace(|it: char| it.is_ascii_digit(), ""))
        };
        assert_eq!(
            without_numbers(&reached, "taken"),
            without_numbers(&nowhere, "unheard-of"),
            "{name} tells of another platform's endpoint"
        );
        call(&ours.stranger, &operation).await.assert_problem(401, "unauthenticated");
        if name == "getMe" {
            continue;
        }
        for person in [&ours.practice_admin, &ours.clinician, &theirs.clinician] {
            call(person, &operation).await.assert_problem(403, "forbidden");
        }
    }
    assert_eq!(ours.platform.get("/v1/webhook-endpoints").await.json, before);
    assert_eq!(ours.platform.get("/v1/practices").await.json, listed);
    stack.forget_endpoints().await;
}
