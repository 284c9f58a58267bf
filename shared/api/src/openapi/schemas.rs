//! Completes the schemas: names for the items of generic lists, discriminators, and which members are always
//! sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

pub(super) const PREFIX: &str = "#/components/schemas/";
/// Schemas of numbers that Bp gives its records: see `domain::ids`.
const BP_NUMBERS: [&str; 4] = ["PatientId", "DocumentId", "BpUserId", "LocationId"];

pub(super) fn complete(document: &mut Value) {
    let answers = reached(document, |operation| vec![&operation["responses"]]);
    let requests =
        reached(document, |operation| vec![&operation["requestBody"], &operation["parameters"]]);
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    else {
        return;
    };
    for name in &answers - &requests {
        if let Some(schema) = schemas.get_mut(&name) {
            require_nullable(schema);
        }
    }
    for name in BP_NUMBERS {
        if let Some(schema) = schemas.get_mut(name) {
            schema["minimum"] = json!(1);
            schema["maximum"] = json!(i32::MAX);
        }
    }
    let renamed = name_items(schemas);
    for schema in schemas.values_mut() {
        discriminate(schema);
        describe_default(schema);
    }
    rename(document, &renamed);
    name_lone_values(document);
}

/// The names of the schemas that these parts of all operations use.
fn reached(document: &Value, parts: fn(&Value) -> Vec<&Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for operation in operations(document) {
        for part in parts(operation) {
            follow(document, part, &mut found);
        }
    }
    found
}

/// All operations.
pub(super) fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().into_iter().flat_map(Map::values);
    paths.filter_map(Value::as_object).flat_map(Map::values)
}

fn follow(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| follow(document, value, found)),
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix(PREFIX))
                && found.insert(name.to_owned())
            {
                follow(document, &document["components"]["schemas"][name], found);
            }
            members.values().for_each(|value| follow(document, value, found));
        }
        _ => {}
    }
}

/// A member of an answer that may be null is always sent. A member that may be left out is marked with
/// `nullable = false` where it is declared.
fn require_nullable(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(require_nullable),
        Value::Object(members) => {
            members.values_mut().for_each(require_nullable);
            let Some(properties) = members.get("properties").and_then(Value::as_object) else {
                return;
            };
            let nullable: Vec<String> = properties
                .iter()
                .filter(|(_, property)| is_nullable(property))
                .map(|(name, _)| name.clone())
                .collect();
            let required = members.entry("required").or_insert_with(|| json!([]));
            if let Some(required) = required.as_array_mut() {
                for name in nullable {
                    if !required.iter().any(|known| *known == *name) {
                        required.push(Value::from(name));
                    }
                }
            }
            if members["required"] == json!([]) {
                members.remove("required");
            }
        }
        _ => {}
    }
}

fn is_nullable(property: &Value) -> bool {
    let null = |value: &Value| *value == "null" || value["type"] == "null";
    ["type", "oneOf"]
        .into_iter()
        .filter_map(|key| property[key].as_array())
        .any(|values| values.iter().any(null))
}

/// utoipa writes the items of `Section<T>` inside `Section_T`. Here the items become a schema of their own, `T`,
/// and the section is named `TSection`. Returns the new names.
fn name_items(schemas: &mut Map<String, Value>) -> Vec<(String, String)> {
    let generic: Vec<String> = schemas.keys().filter(|name| name.contains('_')).cloned().collect();
    let mut renamed = Vec::new();
    for old in generic {
        let Some((outer, inner)) = old.split_once('_') else { continue };
        let Some(mut schema) = schemas.remove(&old) else { continue };
        if let Some(item) = schema.pointer_mut("/properties/items/items") {
            let reference = json!({ "$ref": format!("{PREFIX}{inner}") });
            let item = std::mem::replace(item, reference);
            schemas.entry(inner).or_insert(item);
        }
        let new = format!("{inner}{outer}");
        schemas.insert(new.clone(), schema);
        renamed.push((old, new));
    }
    renamed
}

fn rename(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                let new = names.iter().find(|(old, _)| *reference == format!("{PREFIX}{old}"));
                if let Some((_, new)) = new {
                    *reference = format!("{PREFIX}{new}");
                }
            }
            members.values_mut().for_each(|value| rename(value, names));
        }
        _ => {}
    }
}

/// Says a member's default in its description. Generators of TypeScript take a member with a `default` for one that
/// must be sent.
fn describe_default(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(describe_default),
        Value::Object(members) => {
            members.values_mut().for_each(describe_default);
            let is_schema = members.contains_key("type") || members.contains_key("$ref");
            if let Some(default) = members.remove("default").filter(|_| is_schema) {
                let description = members.get("description").and_then(Value::as_str);
                let description = format!("{} Default: `{default}`.", description.unwrap_or(""));
                members.insert("description".to_owned(), Value::from(description.trim_start()));
            }
        }
        _ => {}
    }
}

/// A choice between schemas that a `kind` tells apart gets a discriminator. The choices become schemas of
/// their own where they are built in place, because a discriminator maps to names.
fn discriminate(schema: &mut Value) {
    let Some(choices) = schema["oneOf"].as_array() else { return };
    let is_tagged = |choice: &Value| kind_of(choice).is_some();
    if choices.len() > 1 && choices.iter().all(is_tagged) {
        schema["discriminator"] = json!({ "propertyName": "kind" });
    }
}

/// The only value of a choice's `kind`.
fn kind_of(choice: &Value) -> Option<&str> {
    let own = &choice["properties"]["kind"]["enum"][0];
    own.as_str().or_else(|| choice["allOf"].as_array()?.iter().find_map(kind_of))
}

/// Gives each choice of a tagged union a name, so that the discriminator can map to it: the union's name with
/// the kind after it.
fn name_lone_values(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    else {
        return;
    };
    let unions: Vec<String> = schemas
        .iter()
        .filter(|(_, schema)| schema["discriminator"].is_object())
        .map(|(name, _)| name.clone())
        .collect();
    for union in unions {
        let Some(choices) = schemas.get_mut(&union).and_then(|it| it["oneOf"].as_array_mut())
        else {
            continue;
        };
        let choices = std::mem::take(choices);
        let (mut references, mut mapping) = (Vec::new(), Map::new());
        for choice in choices {
            let Some(kind) = kind_of(&choice).map(str::to_owned) else { continue };
            let mut initial = kind.chars();
            let first = initial.next().map(|first| first.to_ascii_uppercase());
            let name = format!("{union}{}{}", first.unwrap_or_default(), initial.as_str());
            let reference = format!("{PREFIX}{name}");
            references.push(json!({ "$ref": reference }));
            mapping.insert(kind, Value::from(reference));
            schemas.insert(name, choice);
        }
        schemas[&union]["oneOf"] = Value::from(references);
        schemas[&union]["discriminator"]["mapping"] = Value::from(mapping);
    }
}
