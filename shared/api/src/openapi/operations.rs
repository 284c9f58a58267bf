//! Completes the operations: names, callers, responses and ids.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::problems;
use crate::caller::{Role, Scope};
use crate::conditional::ASK_FIRST;
use crate::demands::Demands;
use crate::limits::kind_of;
use crate::problem::{Problem, ProblemType};
use crate::routes;

/// Our callers' ids and practices' ids.
const CLIENT_ID: &str = "^[A-Za-z0-9_-]{1,64}$";
/// Ids of documents and of what is delivered may have full stops.
const DELIVERED_ID: &str = "^[A-Za-z0-9._-]{1,64}$";

/// What is known about a path parameter: its description and its pattern. Numbers have no pattern.
const PATH_PARAMETERS: [(&str, &str, Option<&str>); 11] = [
    ("platformId", "The other platform.", Some("^[a-z0-9_-]{1,32}$")),
    ("practiceId", "The practice.", Some(CLIENT_ID)),
    ("patientId", "The patient's number in Bp.", None),
    ("userId", "The user's number in Bp.", None),
    ("importId", "Your own id of the import.", Some(CLIENT_ID)),
    ("bookingId", "Your own id of the booking.", Some(CLIENT_ID)),
    ("endpointId", "Your own id of the endpoint.", Some(CLIENT_ID)),
    ("referralId", "Your own id of the referral.", Some(DELIVERED_ID)),
    ("messageId", "Your own id of the message.", Some(DELIVERED_ID)),
    (
        "deliveryId",
        "The delivery's id, as the answer to the referral or message names it.",
        Some("^(referral|message|summary)-[A-Za-z0-9._-]{1,64}$"),
    ),
    ("operation", "The only operation is `$summary`.", Some(r"^\$summary$")),
];

/// What the headers of conditional requests mean.
const HEADER_PARAMETERS: [(&str, &str); 2] = [
    (
        "If-None-Match",
        "The `ETag` of an earlier answer. If nothing has changed, the answer is 304.",
    ),
    ("If-Match", "The `ETag` of the version to replace. If it has changed, the answer is 412."),
];

/// Answers that may be kept, with their `Cache-Control`. All others may not be stored: see `serve::no_store`.
const CACHED: [(&str, &str); 4] = [
    ("read_settings", ASK_FIRST),
    ("read_staff", ASK_FIRST),
    ("read_health", routes::HEALTH),
    ("read_openapi", routes::DOCUMENT),
];

/// Names that a handler's own name would not give.
const NAMES: [(&str, &str); 3] = [
    ("read_demographics", "getPatient"),
    ("read_openapi", "getOpenApiDocument"),
    ("receive_notification", "receiveHaloNotification"),
];

pub(super) fn complete(document: &mut Value) {
    let demands: BTreeMap<&str, Demands> = routes::demands().into_iter().collect();
    let (mut used, mut alone) = (Vec::new(), Vec::new());
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.flat_map(|(path, operations)| {
        let operations = operations.as_object_mut().into_iter().flatten();
        operations.filter_map(move |(method, operation)| {
            Some((path, method.to_uppercase(), operation.as_object_mut()?))
        })
    });
    for (path, method, operation) in operations {
        let handler = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let demands = demands.get(handler.as_str()).cloned().unwrap_or_default();
        operation["operationId"] = Value::from(name(&handler));
        permit(operation, &demands);
        describe_parameters(operation);
        let has_caller = demands.problems.contains(&ProblemType::Unauthenticated);
        if let (true, Ok(method)) = (has_caller, Method::from_bytes(method.as_bytes())) {
            let kind = kind_of(&method, path, None);
            operation.insert("x-request-kind".to_owned(), Value::from(kind.name()));
        }
        if operation["tags"][0] == "Halo" {
            operation.insert("x-internal".to_owned(), Value::Bool(true));
        }
        used.extend(respond(operation, &handler, demands, &mut alone));
    }
    if let Some(components) = document["components"].as_object_mut() {
        let is_used = |kind: &&ProblemType| used.contains(*kind);
        let examples = ProblemType::ALL.iter().filter(is_used).map(example).collect();
        components.insert("examples".to_owned(), Value::Object(examples));
        let response = |kind: &ProblemType| {
            let status = Problem::new(*kind).body().status;
            (response_name(*kind), failure(status, &[*kind]))
        };
        let responses = alone.iter().map(response).collect();
        components.insert("responses".to_owned(), Value::Object(responses));
        components.insert("headers".to_owned(), headers());
    }
}

/// The operation's id: the handler's name as client authors write it.
fn name(handler: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(of, _)| *of == handler) {
        return (*name).to_owned();
    }
    let handler = match handler.strip_prefix("read_") {
        Some(what) => format!("get_{what}"),
        None => handler.to_owned(),
    };
    let (first, rest) = handler.split_once('_').unwrap_or((&handler, ""));
    format!("{first}{}", capitals(rest.split('_')))
}

/// Says who may call: in the security requirement, of which one is enough, and in words.
fn permit(operation: &mut Map<String, Value>, demands: &Demands) {
    let Some((roles, scopes)) = demands.callers else { return };
    let roles: Vec<&str> = roles.iter().map(|role| role_name(*role)).collect();
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope_name(*scope)).collect();
    let quoted = |names: &[&str]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
    };
    let mut sentences = Vec::new();
    if !roles.is_empty() {
        sentences.push(format!("People need the role {}.", quoted(&roles)));
    }
    if !scopes.is_empty() {
        sentences.push(format!("Platforms' servers need the scope {}.", quoted(&scopes)));
    }
    let alternatives = roles.iter().chain(&scopes).map(|name| json!({ "bearer": [name] }));
    operation.insert("security".to_owned(), alternatives.collect());
    operation.insert("x-roles".to_owned(), json!(roles));
    operation.insert("x-scopes".to_owned(), json!(scopes));
    let words = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let words = format!("{words}\n\n{}", sentences.join(" "));
    operation.insert("description".to_owned(), Value::from(words.trim()));
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::PracticeAdmin => "practice-admin",
        Role::Clinician => "clinician",
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::PracticesAdmin => "practice-bridge/practices.admin",
        Scope::CorrespondenceWrite => "practice-bridge/correspondence.write",
        Scope::BookingsWrite => "practice-bridge/bookings.write",
    }
}

fn describe_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        // A parameter may be left out. It is never null.
        let types = parameter.pointer_mut("/schema/type");
        if let Some(Value::Array(types)) = types {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                parameter["schema"]["type"] = only.clone();
            }
        }
        let header = HEADER_PARAMETERS.iter().find(|known| parameter["name"] == known.0);
        if let (Some((_, description)), true) = (header, parameter["in"] == "header") {
            parameter["description"] = Value::from(*description);
        }
        let known = PATH_PARAMETERS.iter().find(|known| parameter["name"] == known.0);
        if let (Some((_, description, pattern)), true) = (known, parameter["in"] == "path") {
            parameter["description"] = Value::from(*description);
            match pattern {
                Some(pattern) => parameter["schema"]["pattern"] = Value::from(*pattern),
                None => {
                    parameter["schema"]["minimum"] = json!(1);
                    parameter["schema"]["maximum"] = json!(i32::MAX);
                }
            }
        }
    }
}

/// Describes each response, and adds one for each status of a problem. Returns the types of the problems. `alone`
/// receives each type that is the only one of its status here.
fn respond(
    operation: &mut Map<String, Value>,
    handler: &str,
    demands: Demands,
    alone: &mut Vec<ProblemType>,
) -> Vec<ProblemType> {
    let mut kinds = demands.problems;
    let more = problems::of(handler);
    kinds.extend(more.into_iter().chain([problems::ANYWHERE]).flatten());
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned();
    let takes = |name: &str| parameters.iter().flatten().any(|it| it["name"] == name);
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return kinds;
    };
    responses.retain(|status, _| !status.ends_with("XX"));
    if takes("If-None-Match") {
        responses.insert("304".to_owned(), json!({}));
    }
    let is_tagged = takes("If-None-Match") || takes("If-Match");
    let is_limited = kinds.contains(&ProblemType::Unauthenticated);
    for (status, response) in responses.iter_mut() {
        if response["description"].as_str().unwrap_or_default().is_empty() {
            response["description"] = Value::from(success(status));
        }
        let headers = &mut response["headers"];
        headers["x-amzn-requestid"] = header("RequestId");
        headers["Cache-Control"] = match CACHED.iter().find(|(name, _)| *name == handler) {
            Some((_, value)) => told_caches(value),
            None => header("NoStore"),
        };
        if is_tagged {
            headers["ETag"] = header("ETag");
        }
        if is_limited {
            headers["RateLimit-Policy"] = header("RateLimitPolicy");
            headers["RateLimit"] = header("RateLimit");
        }
        if status == "202" {
            headers["Location"] = header("Location");
            headers["Retry-After"] = header("FirstLook");
        }
    }
    let mut by_status: BTreeMap<u16, Vec<ProblemType>> = BTreeMap::new();
    for kind in ProblemType::ALL {
        if kinds.contains(kind) {
            by_status.entry(Problem::new(*kind).body().status).or_default().push(*kind);
        }
    }
    for (status, kinds) in by_status {
        let response = match kinds.as_slice() {
            [only] => {
                alone.push(*only);
                json!({ "$ref": format!("#/components/responses/{}", response_name(*only)) })
            }
            several => failure(status, several),
        };
        responses.insert(status.to_string(), response);
    }
    kinds
}

/// The name of the response with only this problem: `NotFound` for `not-found`.
fn response_name(kind: ProblemType) -> String {
    capitals(kind.slug().split('-'))
}

fn capitals<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn success(status: &str) -> &'static str {
    match status {
        "201" => "Created.",
        "202" => "Accepted. The work is stored and will be done.",
        "204" => "Done. There is no body.",
        "304" => "Nothing has changed. There is no body.",
        _ => "The answer.",
    }
}

fn failure(status: u16, kinds: &[ProblemType]) -> Value {
    let names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.slug())).collect();
    let examples: Map<String, Value> = kinds
        .iter()
        .map(|kind| {
            let reference = format!("#/components/examples/{}", kind.slug());
            (kind.slug().to_owned(), json!({ "$ref": reference }))
        })
        .collect();
    let mut headers = Map::new();
    headers.insert("x-amzn-requestid".to_owned(), header("RequestId"));
    headers.insert("Cache-Control".to_owned(), header("NoStore"));
    if matches!(status, 401) {
        headers.insert("WWW-Authenticate".to_owned(), header("Authenticate"));
    }
    if status == 429 {
        headers.insert("RateLimit-Policy".to_owned(), header("RateLimitPolicy"));
        headers.insert("RateLimit".to_owned(), header("RateLimit"));
    }
    if matches!(status, 409 | 422 | 429) || status >= 500 {
        headers.insert("Retry-After".to_owned(), header("RetryAfter"));
    }
    let slugs: Vec<&str> = kinds.iter().map(|kind| kind.slug()).collect();
    json!({
        "description": format!("A problem: {}.", names.join(", ")),
        "headers": headers,
        "x-problem-types": slugs,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/ProblemBody" },
            "examples": examples,
        } },
    })
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// What an answer tells caches.
fn told_caches(value: &str) -> Value {
    json!({
        "description": "How long the answer may be kept.",
        "schema": { "type": "string", "const": value },
    })
}

fn headers() -> Value {
    json!({
        "NoStore": told_caches("no-store"),
        "ETag": {
            "description": "Identifies this version, for `If-None-Match` and `If-Match`.",
            "schema": { "type": "string" },
        },
        "Location": {
            "description": "Where to follow the work, relative to the address of the request.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
        "FirstLook": {
            "description": "After how many seconds to look for the first time. Then wait longer each time.",
            "schema": { "type": "integer", "minimum": 1 },
        },
        "RequestId": {
            "description": "The request's id, for support.",
            "schema": { "type": "string" },
        },
        "RetryAfter": {
            "description": "When to repeat the request, in seconds. Not always sent.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "RateLimitPolicy": {
            "description": "The caller's limits: each with its name, `q` requests in `w` seconds. Left out if there are none.",
            "schema": { "type": "string" },
        },
        "RateLimit": {
            "description": "What is left of each limit: `r` requests at least, for `t` seconds. Left out if there are none.",
            "schema": { "type": "string" },
        },
        "Authenticate": {
            "description": "Always `Bearer`. Not always sent.",
            "schema": { "type": "string" },
        },
    })
}

/// A problem of this type without details of one case.
fn example(kind: &ProblemType) -> (String, Value) {
    let body = serde_json::to_value(Problem::new(*kind).body()).unwrap_or_default();
    (kind.slug().to_owned(), json!({ "summary": kind.title(), "value": body }))
}
