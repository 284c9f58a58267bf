//! The events of the scenarios, as API Gateway and SQS send them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) const PRACTICE: &str = "bluegum-hollow";
pub(crate) const ACCOUNT: &str = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";

/// A request of a clinician of the practice.
pub(crate) fn clinician(method: &str, path: &str, body: Option<&Value>) -> Value {
    rest(
        method,
        path,
        body,
        &caller("person", &[("practiceId", PRACTICE), ("groups", "clinician")]),
    )
}

/// A request of the platform's server.
pub(crate) fn platform(method: &str, path: &str, body: Option<&Value>) -> Value {
    let scopes = "practice-bridge/bookings.write practice-bridge/correspondence.write";
    rest(method, path, body, &caller("platform", &[("scopes", scopes)]))
}

fn caller(kind: &str, more: &[(&str, &str)]) -> Value {
    let mut caller = Map::new();
    let expires = (Timestamp::now().as_second() + 86_400).to_string();
    let every = [("kind", kind), ("subject", ACCOUNT), ("platform", "home")];
    for (name, value) in every.iter().chain(more).chain(&[("expiresAt", expires.as_str())]) {
        caller.insert((*name).to_owned(), Value::from(*value));
    }
    Value::Object(caller)
}

/// `path` is what follows the practice: `/patients/1?fields=all`.
fn rest(method: &str, path: &str, body: Option<&Value>, caller: &Value) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query: Map<String, Value> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    let whole = format!("/v1/practices/{PRACTICE}{path}");
    let accept =
        if path.contains("$summary") { "application/fhir+json" } else { "application/json" };
    // API Gateway names a route's variables. The functions take them from the path.
    let mut parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let patient = (parts.len() > 1 && parts[0] == "patients" && parts[1] != "search").then(|| {
        let patient = parts[1];
        parts[1] = "{patientId}";
        patient
    });
    let mut parameters = json!({ "practiceId": PRACTICE });
    if let Some(patient) = patient {
        parameters["patientId"] = patient.into();
    }
    let resource = format!("/v1/practices/{{practiceId}}/{}", parts.join("/"));
    let repeated: Map<String, Value> =
        query.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": resource,
        "path": whole,
        "httpMethod": method,
        "headers": { "Accept": accept, "Content-Type": "application/json", "Host": "127.0.0.1" },
        "multiValueHeaders": {
            "Accept": [accept], "Content-Type": ["application/json"], "Host": ["127.0.0.1"],
        },
        "queryStringParameters": (!query.is_empty()).then_some(query),
        "multiValueQueryStringParameters": (!repeated.is_empty()).then_some(repeated),
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "madeup",
            "authorizer": caller,
            "domainName": "127.0.0.1",
            "httpMethod": method,
            "identity": { "sourceIp": "127.0.0.1", "userAgent": "benchmark" },
            "path": format!("/local{whole}"),
            "protocol": "HTTP/1.1",
            "requestId": "00000000-0000-4000-8000-000000000000",
            "requestTimeEpoch": Timestamp::now().as_millisecond(),
            "resourceId": "madeup",
            "resourcePath": resource,
            "stage": "local",
        },
        "body": body.map(Value::to_string),
        "isBase64Encoded": false,
    })
}

/// A batch of messages of one queue.
pub(crate) fn messages(bodies: impl IntoIterator<Item = String>) -> Value {
    let records = bodies.into_iter().enumerate().map(|(number, body)| {
        json!({
            "messageId": format!("00000000-0000-4000-8000-{number:012}"),
            "receiptHandle": "made-up",
            "body": body,
            "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {},
            "md5OfBody": "made-up",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:ap-southeast-2:000000000000:made-up",
            "awsRegion": "ap-southeast-2",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_route_its_practice_and_its_caller() {
        let event = clinician("GET", "/patients/7/attachments?limit=5", None);
        assert_eq!(
            event["resource"],
            "/v1/practices/{practiceId}/patients/{patientId}/attachments"
        );
        assert_eq!(event["pathParameters"], json!({ "practiceId": PRACTICE, "patientId": "7" }));
        assert_eq!(event["queryStringParameters"]["limit"], "5");
        assert_eq!(event["requestContext"]["authorizer"]["groups"], "clinician");
        let event = platform("POST", "/patients/search", None);
        assert_eq!(event["resource"], "/v1/practices/{practiceId}/patients/search");
        assert_eq!(event["requestContext"]["authorizer"]["practiceId"], Value::Null);
    }
}
