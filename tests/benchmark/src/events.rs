//! The event that each program gets: one that it can answer completely without calling anything.

use serde_json::{Value, json};

/// The event for a program, and a description of it. `None` for a function that this benchmark does not
/// know.
pub(crate) fn for_program(name: &str) -> Option<(&'static str, Value)> {
    const PRACTICE: &str = "/v1/practices/{practiceId}";
    match name {
        "authorizer" => Some((
            "a token that is none, which is refused",
            json!({
                "type": "TOKEN",
                "authorizationToken": "Bearer made-up.made-up.made-up",
                "methodArn": "arn:aws:execute-api:ap-southeast-2:000000000000:madeup/local/GET/v1/health",
            }),
        )),
        "attachment-importer" => Some(("a batch without messages", json!({ "Records": [] }))),
        "attachments" => Some((
            "`GET …/patients/{patientId}/attachments` without a caller",
            rest("GET", &format!("{PRACTICE}/patients/{{patientId}}/attachments"), None),
        )),
        "appointments" => Some((
            "`GET …/bookings` without a caller",
            rest("GET", &format!("{PRACTICE}/bookings"), None),
        )),
        "clinical-import" => Some((
            "`GET …/patients/{patientId}/clinical-summary` without a caller",
            rest("GET", &format!("{PRACTICE}/patients/{{patientId}}/clinical-summary"), None),
        )),
        "correspondence" => Some((
            "`GET …/deliveries` without a caller",
            rest("GET", &format!("{PRACTICE}/deliveries"), None),
        )),
        "pairing" => Some((
            "`GET …/connection` without a caller",
            rest("GET", &format!("{PRACTICE}/connection"), None),
        )),
        "patient-search" => Some((
            "`POST …/patients/search` without a caller",
            rest(
                "POST",
                &format!("{PRACTICE}/patients/search"),
                Some(&json!({ "lastName": "Madeup", "dateOfBirth": "1970-01-01" })),
            ),
        )),
        "halo-webhook" => Some((
            "`POST /v1/halo/webhook` with more than any notification has",
            rest("POST", "/v1/halo/webhook", Some(&json!({ "padding": "x".repeat(20_000) }))),
        )),
        "dispatcher" => Some((
            "a job that there is not, which it refuses by failing",
            json!({ "job": "made-up" }),
        )),
        "site-writer" => Some(("a batch without messages", json!({ "Records": [] }))),
        "service-info" => Some(("`GET /v1/openapi.json`", rest("GET", "/v1/openapi.json", None))),
        "bare-function" | "peer.py" => {
            Some(("`GET /v1/health`, answered with a constant", rest("GET", "/v1/health", None)))
        }
        _ => None,
    }
}

/// A request as API Gateway's REST API sends it to a function.
fn rest(method: &str, resource: &str, body: Option<&Value>) -> Value {
    const PRACTICE_ID: &str = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";
    const PATIENT_ID: &str = "1";
    let path = resource.replace("{practiceId}", PRACTICE_ID).replace("{patientId}", PATIENT_ID);
    let parameters = resource
        .contains('{')
        .then(|| json!({ "practiceId": PRACTICE_ID, "patientId": PATIENT_ID }));
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": { "Content-Type": "application/json", "Host": "127.0.0.1" },
        "multiValueHeaders": { "Content-Type": ["application/json"], "Host": ["127.0.0.1"] },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "madeup",
            "authorizer": {},
            "domainName": "127.0.0.1",
            "httpMethod": method,
            "identity": { "sourceIp": "127.0.0.1", "userAgent": "benchmark" },
            "path": format!("/local{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "00000000-0000-4000-8000-000000000000",
            "requestTimeEpoch": 1_700_000_000_000_u64,
            "resourceId": "madeup",
            "resourcePath": resource,
            "stage": "local",
        },
        "body": body.map(Value::to_string),
        "isBase64Encoded": false,
    })
}
