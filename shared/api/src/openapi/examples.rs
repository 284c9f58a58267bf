//! Adds examples of requests and answers. A test checks each against its schema. The people are invented.

use serde_json::{Map, Value};

pub(super) fn add(document: &mut Value) {
    let examples: Value = serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let known = operation["operationId"].as_str().and_then(|name| examples.get(name));
        let Some(known) = known else { continue };
        if let Some(request) = known.get("request") {
            operation["requestBody"]["content"]["application/json"]["example"] = request.clone();
        }
        if let Some(answer) = known.get("answer")
            && let Some(responses) = operation["responses"].as_object_mut()
            && let Some(success) = responses.values_mut().find(|it| it.get("content").is_some())
            && let Some(content) = success["content"].as_object_mut()
        {
            for media in content.values_mut() {
                media["example"] = answer.clone();
            }
        }
    }
}
