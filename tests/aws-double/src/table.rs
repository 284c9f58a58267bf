//! A table in memory that answers DynamoDB's calls. It knows the operations, expressions and indexes that our store
//! uses.
#![expect(clippy::expect_used, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::expression::{Item, Names, compare, holds, updated};
use crate::{Answer, Call};

type Key = (String, String);

/// A table. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Table(Arc<Mutex<BTreeMap<Key, Item>>>);

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
            json!({ "M": fields.collect::<Map<_, _>>() })
        }
    }
}

fn key_of(item: &Value) -> Key {
    let part = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    (part("pk"), part("sk"))
}

/// Why a write was refused: the item that is there.
struct Refused(Option<Item>);

impl Table {
    fn items(&self) -> MutexGuard<'_, BTreeMap<Key, Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores an item with this body, as another part of the service would.
    pub fn put(&self, pk: &str, sk: &str, body: &Value) {
        let item = json!({ "pk": { "S": pk }, "sk": { "S": sk }, "body": attribute(body) });
        let item = item.as_object().cloned().unwrap_or_default();
        self.items().insert((pk.to_owned(), sk.to_owned()), item);
    }

    /// Stores an item with these attributes.
    pub fn put_attributes(&self, pk: &str, sk: &str, attributes: &Value) {
        let mut item = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        for (name, value) in attributes.as_object().into_iter().flatten() {
            item[name] = attribute(value);
        }
        let item = item.as_object().cloned().unwrap_or_default();
        self.items().insert((pk.to_owned(), sk.to_owned()), item);
    }

    /// An item with DynamoDB's types, if it exists.
    #[must_use]
    pub fn get(&self, pk: &str, sk: &str) -> Option<Value> {
        self.items().get(&(pk.to_owned(), sk.to_owned())).cloned().map(Value::Object)
    }

    /// The answer to a call. `None` if it is not a call to DynamoDB.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Option<Answer> {
        let body = &call.body;
        let mut items = self.items();
        Some(match call.operation.as_str() {
            "GetItem" => match items.get(&key_of(&body["Key"])) {
                Some(item) => Answer::of(json!({ "Item": item })),
                None => Answer::nothing(),
            },
            "BatchGetItem" => batch(&items, body),
            "Query" => query(&items, body),
            "PutItem" | "UpdateItem" | "DeleteItem" => match write(&items, &call.operation, body) {
                Ok((key, before, after)) => {
                    let shown = match body["ReturnValues"].as_str() {
                        Some("ALL_NEW") => after.clone(),
                        Some("ALL_OLD") => before,
                        _ => None,
                    };
                    match after {
                        Some(after) => drop(items.insert(key, after)),
                        None => drop(items.remove(&key)),
                    }
                    shown.map_or_else(Answer::nothing, |it| Answer::of(json!({ "Attributes": it })))
                }
                Err(Refused(known)) => {
                    let refused = Answer::refused("ConditionalCheckFailedException");
                    match known {
                        Some(known) => refused.with("Item", Value::Object(known)),
                        None => refused,
                    }
                }
            },
            "TransactWriteItems" => transact(&mut items, body),
            _ => return None,
        })
    }
}

fn batch(items: &BTreeMap<Key, Item>, body: &Value) -> Answer {
    let mut responses = Map::new();
    for (table, wanted) in body["RequestItems"].as_object().into_iter().flatten() {
        let keys = wanted["Keys"].as_array().into_iter().flatten();
        let found: Vec<&Item> = keys.filter_map(|key| items.get(&key_of(key))).collect();
        responses.insert(table.clone(), json!(found));
    }
    Answer::of(json!({ "Responses": responses, "UnprocessedKeys": {} }))
}

fn query(items: &BTreeMap<Key, Item>, body: &Value) -> Answer {
    let names = names(body);
    let condition = body["KeyConditionExpression"].as_str().unwrap_or_default();
    let sort = match body["IndexName"].as_str() {
        None => "sk",
        Some("due") => "dueAt",
        Some(index) => index,
    };
    let pk = body["ExpressionAttributeValues"][":pk"]["S"].as_str();
    let first = (pk.unwrap_or_default().to_owned(), String::new());
    let mut found: Vec<&Item> = items
        .range(first..)
        .take_while(|((of, _), _)| pk.is_none_or(|pk| of == pk))
        .map(|(_, item)| item)
        .filter(|item| item.contains_key(sort) && holds(condition, &names, item))
        .collect();
    found.sort_by(|one, other| {
        let order = compare(&one[sort], &other[sort]).expect("sort keys are texts");
        order.then_with(|| key_of(&json!(one)).cmp(&key_of(&json!(other))))
    });
    if body["ScanIndexForward"] == json!(false) {
        found.reverse();
    }
    if let Some(start) = body.get("ExclusiveStartKey") {
        let at = found.iter().position(|item| key_of(&json!(item)) == key_of(start));
        found.drain(..at.map_or(0, |at| at + 1));
    }
    let limit =
        body["Limit"].as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let mut answer = json!({ "Items": found, "Count": found.len() });
    if let Some(last) = found.last().filter(|_| more) {
        let parts = ["pk", "sk", sort, "dueShard"].into_iter();
        let key: Item =
            parts.filter_map(|part| Some((part.to_owned(), last.get(part)?.clone()))).collect();
        answer["LastEvaluatedKey"] = Value::Object(key);
    }
    Answer::of(answer)
}

fn names(body: &Value) -> Names<'_> {
    Names { names: &body["ExpressionAttributeNames"], values: &body["ExpressionAttributeValues"] }
}

type Written = (Key, Option<Item>, Option<Item>);

/// What a write would leave, if its condition holds.
fn write(items: &BTreeMap<Key, Item>, operation: &str, body: &Value) -> Result<Written, Refused> {
    let named = if operation.starts_with("Put") { &body["Item"] } else { &body["Key"] };
    let key = key_of(named);
    let before = items.get(&key).cloned();
    let empty = Item::new();
    let seen = before.as_ref().unwrap_or(&empty);
    let names = names(body);
    if let Some(condition) = body["ConditionExpression"].as_str()
        && !holds(condition, &names, seen)
    {
        let shows = body["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD";
        return Err(Refused(before.filter(|_| shows)));
    }
    let after = match operation {
        "PutItem" | "Put" => body["Item"].as_object().cloned(),
        "DeleteItem" | "Delete" => None,
        "ConditionCheck" => before.clone(),
        _ => {
            let mut base = seen.clone();
            base.extend(body["Key"].as_object().cloned().unwrap_or_default());
            Some(updated(body["UpdateExpression"].as_str().unwrap_or_default(), &names, &base))
        }
    };
    Ok((key, before, after))
}

fn transact(items: &mut BTreeMap<Key, Item>, body: &Value) -> Answer {
    let writes = body["TransactItems"].as_array().into_iter().flatten();
    let writes = writes.flat_map(|write| write.as_object().into_iter().flatten());
    let outcomes: Vec<_> = writes.map(|(name, of)| write(items, name, of)).collect();
    if outcomes.iter().any(Result::is_err) {
        let codes: Vec<&str> = outcomes
            .iter()
            .map(|outcome| if outcome.is_err() { "ConditionalCheckFailed" } else { "None" })
            .collect();
        let mut answer = Answer::cancelled(&codes);
        for (index, outcome) in outcomes.into_iter().enumerate() {
            if let Err(Refused(Some(known))) = outcome {
                answer.body["CancellationReasons"][index]["Item"] = Value::Object(known);
            }
        }
        return answer;
    }
    for (key, _, after) in outcomes.into_iter().flatten() {
        match after {
            Some(after) => drop(items.insert(key, after)),
            None => drop(items.remove(&key)),
        }
    }
    Answer::nothing()
}
