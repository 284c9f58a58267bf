//! The same document as OpenAPI 3.0.3, for tools that do not read 3.1.
//!
//! A union becomes one object that may have the members of all its choices. Many of these tools read a union so, but
//! take the members that one choice requires for required in all. Their programs then fail on every other choice.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schemas::PREFIX;

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
    flatten_unions(&mut document);
    convert(&mut document);
    let schemas = document["components"]["schemas"].clone();
    type_nullable(&mut document, &schemas);
    document
}

fn flatten_unions(document: &mut Value) {
    let used_before = used(document);
    for (name, flat) in flat_unions(&document["components"]["schemas"]) {
        document["components"]["schemas"][name] = flat;
    }
    // Removes what only the choices used.
    loop {
        let still_used = used(document);
        let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
        let Some(schemas) = schemas else { return };
        let before = schemas.len();
        schemas.retain(|name, _| !used_before.contains(name) || still_used.contains(name));
        if schemas.len() == before {
            return;
        }
    }
}

fn flat_unions(schemas: &Value) -> Vec<(String, Value)> {
    let all = schemas.as_object().into_iter().flatten();
    let unions = all.filter(|(_, schema)| schema.get("discriminator").is_some());
    let flat = unions.map(|(name, union)| {
        let mut properties = Map::new();
        for choice in union["oneOf"].as_array().into_iter().flatten() {
            merge(schemas, choice, &mut properties);
        }
        let object = json!({
            "type": "object",
            "description": union["description"],
            "required": [union["discriminator"]["propertyName"]],
            "properties": properties,
        });
        (name.clone(), object)
    });
    flat.collect()
}

/// Adds the members of a choice to those of the union.
fn merge(schemas: &Value, choice: &Value, properties: &mut Map<String, Value>) {
    let named = choice["$ref"].as_str().and_then(|reference| reference.strip_prefix(PREFIX));
    let choice = named.and_then(|name| schemas.get(name)).unwrap_or(choice);
    for part in choice["allOf"].as_array().into_iter().flatten() {
        merge(schemas, part, properties);
    }
    for (name, member) in choice["properties"].as_object().into_iter().flatten() {
        let Some(known) = properties.get_mut(name) else {
            properties.insert(name.clone(), member.clone());
            continue;
        };
        let own = known["description"].as_str().unwrap_or_default();
        let description = match member["description"].as_str() {
            Some(other) if !own.contains(other) => format!("{own} {other}"),
            _ => own.to_owned(),
        };
        let values = known.get_mut("enum").and_then(Value::as_array_mut);
        if let (Some(values), Some(more)) = (values, member["enum"].as_array()) {
            values.extend(more.iter().cloned());
        } else if known["type"] != member["type"] {
            // One choice has a few words, another any text.
            *known = json!({ "type": ["string", "null"] });
        }
        if !description.is_empty() {
            known["description"] = Value::from(description.trim());
        }
    }
}

/// The schemas that something in the document refers to.
fn used(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(document, &mut found);
    found
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, found)),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            found.extend(reference.and_then(|name| name.strip_prefix(PREFIX)).map(str::to_owned));
            members.values().for_each(|value| gather(value, found));
        }
        _ => {}
    }
}

/// In 3.0, `nullable` has a meaning only next to a `type`.
fn type_nullable(value: &mut Value, schemas: &Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| type_nullable(value, schemas)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| type_nullable(member, schemas));
            if members.contains_key("nullable") && !members.contains_key("type") {
                let kind = members.get("allOf").and_then(|parts| type_of(&parts[0], schemas));
                members.extend(kind.map(|kind| ("type".to_owned(), kind)));
            }
        }
        _ => {}
    }
}

fn type_of(schema: &Value, schemas: &Value) -> Option<Value> {
    let named = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(PREFIX));
    if let Some(name) = named {
        return type_of(schemas.get(name)?, schemas);
    }
    schema.get("type").cloned().or_else(|| type_of(schema["allOf"].get(0)?, schemas))
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
