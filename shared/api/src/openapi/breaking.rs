//! Finds the changes of a document that break its callers. New members, operations, problem types and enum
//! values of answers break nobody: the document says that callers must ignore what they do not know. What the earlier
//! document marked as deprecated may go: CONTRIBUTING.md says when.

use std::collections::BTreeSet;

use serde_json::Value;

/// Who reads a value that a schema describes.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Reader {
    Caller,
    Service,
}

struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
    seen: BTreeSet<(String, bool)>,
    found: Vec<String>,
}

/// The breaking changes, one line each.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<String> {
    let mut comparison = Comparison { before, after, seen: BTreeSet::new(), found: Vec::new() };
    for (path, methods) in before["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let at = format!("{} {path}", method.to_uppercase());
            comparison.operation(&at, operation, &after["paths"][path][method]);
        }
    }
    comparison.found
}

impl<'a> Comparison<'a> {
    fn tell(&mut self, at: &str, what: &str) {
        self.found.push(format!("{at}: {what}"));
    }

    fn gone(&mut self, at: &str, before: &Value) {
        if before["deprecated"] != true {
            self.tell(at, "is gone");
        }
    }

    fn operation(&mut self, at: &str, before: &'a Value, after: &'a Value) {
        if after.is_null() {
            return self.gone(at, before);
        }
        if before["operationId"] != after["operationId"] {
            self.tell(at, "has another operationId");
        }
        self.parameters(at, &before["parameters"], &after["parameters"]);
        let json = "application/json";
        let body = |operation: &'a Value| &operation["requestBody"]["content"][json]["schema"];
        self.schema(&format!("{at} request"), body(before), body(after), Reader::Service);
        for (status, response) in before["responses"].as_object().into_iter().flatten() {
            if !status.starts_with('2') {
                continue;
            }
            let at = format!("{at} {status}");
            if after["responses"][status].is_null() {
                self.tell(&at, "is gone");
                continue;
            }
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                let answer = &after["responses"][status]["content"][media]["schema"];
                self.schema(&at, &content["schema"], answer, Reader::Caller);
            }
        }
    }

    fn parameters(&mut self, at: &str, before: &'a Value, after: &'a Value) {
        let list = |value: &'a Value| value.as_array().map(Vec::as_slice).unwrap_or_default();
        let same = |one: &Value, two: &Value| one["name"] == two["name"] && one["in"] == two["in"];
        for old in list(before) {
            let at = format!("{at} parameter {}", old["name"]);
            match list(after).iter().find(|new| same(old, new)) {
                None => self.gone(&at, old),
                Some(new) => self.schema(&at, &old["schema"], &new["schema"], Reader::Service),
            }
        }
        for new in list(after).iter().filter(|new| new["required"] == true) {
            let was_required =
                list(before).iter().any(|old| same(old, new) && old["required"] == true);
            if !was_required {
                self.tell(&format!("{at} parameter {}", new["name"]), "is now required");
            }
        }
    }

    fn schema(&mut self, at: &str, before: &'a Value, after: &'a Value, reader: Reader) {
        if before.is_null() {
            return;
        }
        if after.is_null() {
            return self.gone(at, before);
        }
        if let Some(name) = before["$ref"].as_str() {
            let place = (name.to_owned(), reader == Reader::Caller);
            let moved = before["$ref"] != after["$ref"];
            if !moved && !self.seen.insert(place) {
                return;
            }
        }
        let (before, after) = (resolve(self.before, before), resolve(self.after, after));
        let (old, new) = (types(before), types(after));
        let is_wrong = match reader {
            Reader::Caller => !new.is_subset(&old),
            Reader::Service => !old.is_subset(&new),
        };
        if is_wrong && !old.is_empty() && !new.is_empty() {
            self.tell(at, "has another type");
        }
        self.values(at, before, after, reader);
        self.members(at, before, after, reader);
        for key in ["items", "additionalProperties"] {
            if before[key].is_object() {
                self.schema(&format!("{at}/{key}"), &before[key], &after[key], reader);
            }
        }
        for key in ["oneOf", "allOf", "anyOf"] {
            let parts = |value: &'a Value| {
                let all = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
                all.iter().filter(|part| part["type"] != "null").collect::<Vec<_>>()
            };
            let (old, new) = (parts(before), parts(after));
            if new.len() < old.len() && reader == Reader::Service {
                self.tell(at, "has fewer forms");
            }
            for (index, (old, new)) in old.iter().zip(&new).enumerate() {
                self.schema(&format!("{at}/{key}/{index}"), old, new, reader);
            }
        }
    }

    /// Values and limits that requests may have.
    fn values(&mut self, at: &str, before: &Value, after: &Value, reader: Reader) {
        if reader == Reader::Caller {
            return;
        }
        let values = |schema: &Value| schema["enum"].as_array().cloned();
        match (values(before), values(after)) {
            (Some(old), Some(new)) => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.tell(at, &format!("no longer takes {value}"));
                }
            }
            (None, Some(_)) => self.tell(at, "takes only some values now"),
            _ => {}
        }
        for (limit, is_lower) in [
            ("minimum", true),
            ("minLength", true),
            ("minItems", true),
            ("maximum", false),
            ("maxLength", false),
            ("maxItems", false),
        ] {
            let Some(new) = after[limit].as_i64() else { continue };
            let is_narrower = before[limit]
                .as_i64()
                .is_none_or(|old| if is_lower { new > old } else { new < old });
            if is_narrower {
                self.tell(at, &format!("has a narrower {limit}"));
            }
        }
        if !after["pattern"].is_null() && before["pattern"] != after["pattern"] {
            self.tell(at, "has another pattern");
        }
    }

    fn members(&mut self, at: &str, before: &'a Value, after: &'a Value, reader: Reader) {
        let required = |schema: &Value, name: &str| {
            schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
        };
        for (name, old) in before["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            self.schema(&at, old, &after["properties"][name], reader);
            let was_sent = required(before, name);
            let is_going = old["deprecated"] == true;
            if reader == Reader::Caller && was_sent && !required(after, name) && !is_going {
                self.tell(&at, "is not always sent any more");
            }
        }
        if reader == Reader::Service {
            for name in after["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                if !required(before, name) {
                    self.tell(&format!("{at}/{name}"), "is now required");
                }
            }
        }
    }
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

/// The types that a value may have.
fn types(schema: &Value) -> BTreeSet<&str> {
    let mut types: BTreeSet<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let nullable = |choice: &&Value| choice["type"] == "null";
    if schema["oneOf"].as_array().is_some_and(|all| all.iter().any(|it| nullable(&it))) {
        types.extend(["null", "other"]);
    }
    types
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": { "/things/{id}": { "put": {
                "operationId": "saveThing",
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Wanted" } } } },
                "responses": { "200": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Thing" } } } } },
            } } },
            "components": { "schemas": {
                "Wanted": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {
                        "kind": { "type": "string", "enum": ["a", "b"] },
                        "text": { "type": ["string", "null"], "maxLength": 9 },
                    },
                },
                "Thing": {
                    "type": "object",
                    "required": ["at"],
                    "properties": { "at": { "type": "string" }, "state": { "type": "string", "enum": ["x"] } },
                },
            } },
        })
    }

    /// The changes after the value at this pointer is replaced.
    fn after(pointer: &str, value: Value) -> Vec<String> {
        let mut changed = document();
        *changed.pointer_mut(pointer).unwrap() = value;
        changes(&document(), &changed)
    }

    #[test]
    fn each_change_that_breaks_a_caller_is_found() {
        let (wanted, thing) = ("/components/schemas/Wanted", "/components/schemas/Thing");
        let put = "/paths/~1things~1{id}/put";
        for (pointer, value) in [
            ("/paths", json!({})),
            (&format!("{put}/operationId"), json!("storeThing")),
            (&format!("{put}/parameters"), json!([])),
            (&format!("{put}/parameters/0/schema"), json!({ "type": "integer" })),
            (&format!("{put}/responses"), json!({ "202": {} })),
            (&format!("{wanted}/required"), json!(["kind", "text"])),
            (&format!("{wanted}/properties/kind/enum"), json!(["a"])),
            (&format!("{wanted}/properties/text/maxLength"), json!(8)),
            (&format!("{wanted}/properties/text/type"), json!("string")),
            (&format!("{wanted}/properties"), json!({ "kind": { "type": "string" } })),
            (&format!("{thing}/required"), json!([])),
            (&format!("{thing}/properties/at/type"), json!(["string", "null"])),
            (&format!("{thing}/properties"), json!({ "at": { "type": "string" } })),
        ] {
            assert!(!after(pointer, value.clone()).is_empty(), "{pointer} {value}");
        }
    }

    #[test]
    fn what_was_deprecated_in_the_last_release_may_go() {
        let mut released = document();
        let text = "/components/schemas/Wanted/properties/text";
        let at = "/components/schemas/Thing/properties/at";
        for pointer in ["/paths/~1things~1{id}/put/parameters/0", text, at] {
            released.pointer_mut(pointer).unwrap()["deprecated"] = json!(true);
        }
        let mut present = document();
        *present.pointer_mut("/paths/~1things~1{id}/put/parameters").unwrap() = json!([]);
        present.pointer_mut("/components/schemas/Thing").unwrap()["required"] = json!([]);
        for schema in ["Wanted", "Thing"] {
            let properties = format!("/components/schemas/{schema}/properties");
            let properties = present.pointer_mut(&properties).unwrap().as_object_mut().unwrap();
            properties.remove("text");
            properties.remove("at");
        }
        assert_eq!(changes(&released, &present), Vec::<String>::new());
        released["paths"]["/things/{id}"]["put"]["deprecated"] = json!(true);
        assert_eq!(changes(&released, &json!({ "paths": {} })), Vec::<String>::new());
    }

    #[test]
    fn what_callers_need_not_notice_is_no_break() {
        let (wanted, thing) = ("/components/schemas/Wanted", "/components/schemas/Thing");
        for (pointer, value) in [
            (format!("{wanted}/properties/kind/enum"), json!(["a", "b", "c"])),
            (format!("{wanted}/properties/text/maxLength"), json!(10)),
            (format!("{wanted}/required"), json!([])),
            (format!("{thing}/required"), json!(["at", "state"])),
            (format!("{thing}/properties/state/enum"), json!(["x", "y"])),
            (format!("{thing}/description"), json!("words")),
        ] {
            let mut changed = document();
            match changed.pointer_mut(&pointer) {
                Some(place) => *place = value.clone(),
                None => changed["components"]["schemas"]["Thing"]["description"] = value.clone(),
            }
            let found = changes(&document(), &changed);
            assert!(found.is_empty(), "{pointer}: {found:?}");
        }
    }
}
