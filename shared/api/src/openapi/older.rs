//! The same document as OpenAPI 3.0.3, for tools that do not read 3.1.

use serde_json::{Value, json};

/// Rewrites a document of OpenAPI 3.1 with what 3.0 has.
pub(super) fn rendition(document: &Value) -> Value {
    let mut document = document.clone();
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
    }
    for path in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in path.as_object_mut().into_iter().flat_map(|methods| methods.values_mut()) {
            // 3.0 allows no roles here. `x-roles` and `x-scopes` still name them.
            let needs_token = operation["security"][0].get("bearer").is_some();
            if needs_token {
                operation["security"] = json!([{ "bearer": [] }]);
            }
        }
    }
    // 3.0 has no webhooks. The schemas of the events stay.
    remove(&mut document, "webhooks");
    convert(&mut document);
    document
}

fn convert(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(convert),
        Value::Object(members) => {
            // Examples are data, in which nothing is rewritten.
            let schemas = members.iter_mut().filter(|(name, member)| {
                *name != "example" && !(*name == "examples" && member.is_object())
            });
            schemas.for_each(|(_, member)| convert(member));
            convert_schema(value);
        }
        _ => {}
    }
}

fn convert_schema(schema: &mut Value) {
    let is_null = |value: &Value| *value == "null" || *value == json!({ "type": "null" });
    if let Some(types) = schema["type"].as_array() {
        let mut types: Vec<Value> = types.clone();
        let all = types.len();
        types.retain(|kind| !is_null(kind));
        if types.len() < all {
            schema["nullable"] = json!(true);
        }
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let mut choices: Vec<Value> = choices.clone();
        let all = choices.len();
        choices.retain(|choice| !is_null(choice));
        if choices.len() < all {
            schema["nullable"] = json!(true);
        }
        match choices.as_slice() {
            [only] => {
                let only = json!([only]);
                remove(schema, "oneOf");
                schema["allOf"] = only;
            }
            _ => schema["oneOf"] = Value::from(choices),
        }
    }
    if let Some(value) = schema.get("const").cloned() {
        schema["enum"] = json!([value]);
        remove(schema, "const");
    }
    if let Some(first) = schema.get("examples").and_then(|examples| examples.get(0)).cloned() {
        schema["example"] = first;
        remove(schema, "examples");
    }
    // Nothing may stand beside a reference.
    if schema.as_object().is_some_and(|members| members.len() > 1)
        && let Some(reference) = remove(schema, "$ref")
    {
        schema["allOf"] = json!([{ "$ref": reference }]);
    }
    remove(schema, "propertyNames");
}

fn remove(schema: &mut Value, member: &str) -> Option<Value> {
    schema.as_object_mut()?.remove(member)
}
