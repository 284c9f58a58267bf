//! Compares every answer that a test receives with the OpenAPI document: its status, the type of its problem, what it
//! tells caches, and the shape of its body. A request that is answered with a success must have the documented shape too.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let document = include_str!("../../../shared/api/openapi.json");
    serde_json::from_str(document).expect("the document is JSON")
});

static VALIDATORS: LazyLock<Mutex<BTreeMap<String, &'static Validator>>> =
    LazyLock::new(Mutex::default);

/// What a test received.
pub(crate) struct Received<'a> {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'a str,
    pub(crate) cache_control: Option<&'a str>,
    pub(crate) body: &'a Value,
}

/// Fails the test if the document does not describe this request and its answer. `path` has no host and no query.
/// A path that the document does not have is not judged.
#[track_caller]
pub(crate) fn assert_described(
    method: &Method,
    path: &str,
    sent: Option<&[u8]>,
    answer: &Received<'_>,
) {
    let Some(operation) = operation(method, path) else { return };
    let name = operation["operationId"].as_str().unwrap_or_default();
    let status = answer.status.as_u16();
    let response = resolved(&operation["responses"][status.to_string()]);
    assert!(!response.is_null(), "{name} does not document {status}: {}", answer.body);
    if answer.status.is_success() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let Some(Ok(body)) = sent.map(serde_json::from_slice::<Value>) {
            assert_valid(&format!("the request of {name}"), schema, &body);
        }
    } else if status != 304 {
        let kind = &answer.body["type"];
        let documented = response["x-problem-types"].as_array();
        let is_documented = documented.is_some_and(|kinds| kinds.contains(kind));
        assert!(is_documented, "{name} does not document {status} {kind}: {}", answer.body);
    }
    // Whatever may contain a patient's data is kept nowhere.
    let told = &resolved(&response["headers"]["Cache-Control"])["schema"]["const"];
    assert_eq!(answer.cache_control, told.as_str(), "{name} {status}: what caches are told");
    let media = answer.content_type.split(';').next().unwrap_or_default();
    let schema = &response["content"][media]["schema"];
    assert_valid(&format!("the answer of {name}"), schema, answer.body);
}

/// The operation of this path. A path without variables comes first.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object()?;
    let fits = |template: &str| {
        let (wanted, given) = (template.split('/'), path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(wanted, given)| {
                wanted == given || (wanted.starts_with('{') && !given.is_empty())
            })
    };
    let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    fitting.first()?.1.get(method.as_str().to_ascii_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    let name = value["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    name.and_then(|name| DOCUMENT.pointer(name)).unwrap_or(value)
}

#[track_caller]
fn assert_valid(what: &str, schema: &Value, value: &Value) {
    if schema.is_null() {
        return;
    }
    let validator = {
        let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *validators.entry(schema.to_string()).or_insert_with(|| {
            let whole = json!({ "components": DOCUMENT["components"], "allOf": [schema] });
            let built = jsonschema::options().should_validate_formats(true).build(&whole);
            Box::leak(Box::new(built.expect("the document's schemas are valid")))
        })
    };
    let wrong: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{what} is not as documented:\n{}\n{value}", wrong.join("\n"));
}
