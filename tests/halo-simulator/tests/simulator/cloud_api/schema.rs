//! Checks answers against `tests/simulator/contract/schema.json`.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../contract/schema.json")).expect("the schema is JSON")
});

/// Panics with every difference between this answer and the schema.
pub(crate) fn check(operation: &str, status: u16, body: &Value) {
    let shapes = &SCHEMA["operations"][operation];
    assert!(shapes.is_object(), "the schema has no operation {operation}");
    let shape = shapes[status.to_string()]
        .as_str()
        .unwrap_or_else(|| panic!("{operation} must not answer {status}: {body}"));
    let mut problems = Vec::new();
    named(shape, body, "", &mut problems);
    assert!(problems.is_empty(), "{operation} {status} is not {shape}: {problems:#?}\n{body:#}");
}

fn named(name: &str, value: &Value, path: &str, problems: &mut Vec<String>) {
    let shape = &SCHEMA["shapes"][name];
    assert!(shape.is_object(), "the schema has no shape {name}");
    conforms(shape, value, path, problems);
}

fn conforms(shape: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
    if let Some(name) = shape["shape"].as_str() {
        return named(name, value, path, problems);
    }
    if let Some(choices) = shape["anyOf"].as_array() {
        let fits = choices.iter().filter_map(Value::as_str).any(|name| {
            let mut tried = Vec::new();
            named(name, value, path, &mut tried);
            tried.is_empty()
        });
        if !fits {
            problems.push(format!("{path}: none of {shape}"));
        }
        return;
    }
    if let Some(values) = shape["enum"].as_array()
        && !values.contains(value)
    {
        problems.push(format!("{path}: {value} is none of {values:?}"));
    }
    if !shape["type"].is_null() && !type_fits(&shape["type"], value) {
        problems.push(format!("{path}: {value} is not of type {}", shape["type"]));
    }
    if let Some(format) = shape["format"].as_str()
        && !format_fits(format, value)
    {
        problems.push(format!("{path}: {value} is not a {format}"));
    }
    if let (Some(least), Some(number)) = (shape["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        problems.push(format!("{path}: {number} is less than {least}"));
    }
    for name in shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            problems.push(format!("{path}/{name} is missing"));
        }
    }
    for (name, inner) in shape["properties"].as_object().into_iter().flatten() {
        if let Some(field) = value.get(name) {
            conforms(inner, field, &format!("{path}/{name}"), problems);
        }
    }
    if let Some(items) = value.as_array()
        && shape["items"].is_object()
    {
        for (index, item) in items.iter().enumerate() {
            conforms(&shape["items"], item, &format!("{path}/{index}"), problems);
        }
    }
}

fn type_fits(wanted: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema names an unknown type {other}"),
    };
    match wanted {
        Value::Array(choices) => choices.iter().filter_map(Value::as_str).any(fits),
        other => other.as_str().is_some_and(fits),
    }
}

fn format_fits(format: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    match format {
        "uuid" => uuid::Uuid::try_parse(text).is_ok() && text.len() == 36,
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "base64" => STANDARD.decode(text).is_ok(),
        other => panic!("the schema names an unknown format {other}"),
    }
}
