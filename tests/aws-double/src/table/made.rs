//! Items that a test stores or reads without a request.

use serde_json::{Map, Value, json};

use super::{Item, Table};

impl Table {
    /// Puts an item with this body without counting, as another part of the service would have stored it.
    pub fn put_body(&self, pk: &str, sk: &str, body: &Value) {
        self.put_attributes(pk, sk, &json!({ "body": body }));
    }

    /// Puts an item with these attributes without counting.
    pub fn put_attributes(&self, pk: &str, sk: &str, attributes: &Value) {
        let mut item = key(pk, sk);
        for (name, value) in attributes.as_object().into_iter().flatten() {
            item.insert(name.clone(), attribute(value));
        }
        self.put(item);
    }

    /// An item with DynamoDB's types, without counting.
    pub fn item(&self, pk: &str, sk: &str) -> Option<Value> {
        let found = self.kept().items.get(&(pk.to_owned(), sk.to_owned())).cloned();
        found.map(Value::Object)
    }
}

fn key(pk: &str, sk: &str) -> Item {
    Map::from_iter([("pk".to_owned(), json!({ "S": pk })), ("sk".to_owned(), json!({ "S": sk }))])
}

/// A value as DynamoDB writes it.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(truth) => json!({ "BOOL": truth }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(items) => json!({ "L": items.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), attribute(value)));
            json!({ "M": fields.collect::<Item>() })
        }
    }
}
