//! One DynamoDB table in memory. It evaluates expressions, keeps the indexes of `template.yaml`, and counts the capacity
//! units that AWS would bill.
#![expect(clippy::expect_used, reason = "a double: a panic is a failed test")]

mod expression;
mod made;
mod size;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::expression::{Condition, Given, update};
use self::size::{bytes_of, half_reads, writes};
use crate::{Answer, Call};

pub use self::expression::Item;

/// The most bytes that one query reads.
const PAGE: u64 = 1 << 20;

/// An index: its name and its keys. An item without these attributes is not in it.
struct Index {
    name: &'static str,
    partition: &'static str,
    sort: &'static str,
    keys_only: bool,
}

/// The indexes of `template.yaml`.
const INDEXES: [Index; 3] = [
    Index { name: "open", partition: "pk", sort: "open", keys_only: false },
    Index { name: "listed", partition: "pk", sort: "listed", keys_only: false },
    Index { name: "due", partition: "dueShard", sort: "dueAt", keys_only: true },
];

/// What the table has cost so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Units {
    /// Requests.
    pub calls: u64,
    /// Read capacity units, in halves: an eventually consistent read of up to 4 KB costs one half.
    pub half_reads: u64,
    /// Write capacity units, of the indexes too.
    pub writes: u64,
    /// Those of them that are for the index over all partitions. Few partition keys share them.
    pub due_writes: u64,
}

/// The place of an item.
type Key = (String, String);

#[derive(Default)]
struct Items {
    items: BTreeMap<Key, Item>,
    /// The items of the index over all partitions, in its order.
    due: BTreeSet<(String, String, Key)>,
    units: Units,
}

/// The table. It has one name, whatever a request calls it.
#[derive(Default)]
pub struct Table(Mutex<Items>);

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Table").field("items", &self.kept().items.len()).finish()
    }
}

impl Table {
    /// Answers a request as DynamoDB does. `None` if the request is not for DynamoDB.
    ///
    /// # Panics
    /// If the request is not understood: no test may rely on a wrong answer.
    pub fn answer(&self, call: &Call) -> Option<Answer> {
        let Call { operation, body, .. } = call;
        let mut kept = self.kept();
        let answer = match operation.as_str() {
            "GetItem" => kept.get(body),
            "PutItem" | "UpdateItem" | "DeleteItem" => kept.write_one(operation, body),
            "Query" => kept.query(body),
            "BatchGetItem" => kept.batch_get(body),
            "BatchWriteItem" => kept.batch_write(body),
            "TransactWriteItems" => kept.transact(body),
            _ => return None,
        };
        kept.units.calls += 1;
        Some(answer)
    }

    /// Puts an item without counting.
    pub fn put(&self, item: Item) {
        self.kept().replace(&key_of(&item), Some(item));
    }

    /// What the table has cost so far.
    pub fn units(&self) -> Units {
        self.kept().units
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.kept().items.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn kept(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Items {
    fn get(&mut self, request: &Value) -> Answer {
        let found = self.items.get(&key_in(&request["Key"]));
        let bytes = found.map_or(0, bytes_of);
        let answer = found.map_or(json!({}), |item| json!({ "Item": item }));
        self.units.half_reads += half_reads(bytes, request["ConsistentRead"] == true);
        Answer::of(answer)
    }

    fn batch_get(&mut self, request: &Value) -> Answer {
        let mut tables = serde_json::Map::new();
        for (name, wanted) in request["RequestItems"].as_object().expect("tables") {
            let mut found = Vec::new();
            for key in wanted["Keys"].as_array().expect("keys") {
                let item = self.items.get(&key_in(key)).cloned();
                let bytes = item.as_ref().map_or(0, bytes_of);
                self.units.half_reads += half_reads(bytes, wanted["ConsistentRead"] == true);
                found.extend(item);
            }
            tables.insert(name.clone(), json!(found));
        }
        Answer::of(json!({ "Responses": tables, "UnprocessedKeys": {} }))
    }

    fn batch_write(&mut self, request: &Value) -> Answer {
        for writes in request["RequestItems"].as_object().expect("tables").values() {
            for write in writes.as_array().expect("writes") {
                match write["PutRequest"]["Item"].as_object() {
                    Some(item) => self.store(&key_of(item), Some(item.clone()), 1),
                    None => self.store(&key_in(&write["DeleteRequest"]["Key"]), None, 1),
                }
            }
        }
        Answer::of(json!({ "UnprocessedItems": {} }))
    }

    fn write_one(&mut self, operation: &str, request: &Value) -> Answer {
        let (key, before) = self.before(request);
        if !holds(request, before.as_ref()) {
            // A write that its condition refuses costs as much.
            self.units.writes += writes(before.as_ref().map_or(0, bytes_of));
            let mut refused = Answer::refused("ConditionalCheckFailedException");
            if request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
                && let Some(before) = before
            {
                refused = refused.with("Item", before.into());
            }
            return refused;
        }
        let after = after(operation, request, &key, before.clone());
        let shown = match request["ReturnValues"].as_str() {
            Some("ALL_NEW") => Some(after.clone()),
            Some("ALL_OLD") => Some(before),
            _ => None,
        };
        self.store(&key, after, 1);
        Answer::of(shown.map_or(json!({}), |item| json!({ "Attributes": item })))
    }

    fn transact(&mut self, request: &Value) -> Answer {
        let parts: Vec<(&str, &Value)> = request["TransactItems"]
            .as_array()
            .expect("the parts of a transaction")
            .iter()
            .filter_map(|part| part.as_object()?.iter().next())
            .map(|(name, part)| (name.as_str(), part))
            .collect();
        let old_items: Vec<_> = parts.iter().map(|(_, part)| self.before(part)).collect();
        let codes: Vec<&str> = parts
            .iter()
            .zip(&old_items)
            .map(|((_, part), (_, before))| match holds(part, before.as_ref()) {
                true => "None",
                false => "ConditionalCheckFailed",
            })
            .collect();
        if codes.iter().any(|code| *code != "None") {
            self.units.writes += 2 * parts.len() as u64;
            return Answer::cancelled(&codes);
        }
        for ((name, part), (key, before)) in parts.into_iter().zip(old_items) {
            if name == "ConditionCheck" {
                self.units.writes += 2 * writes(before.as_ref().map_or(0, bytes_of));
                continue;
            }
            let after = after(&format!("{name}Item"), part, &key, before);
            // Each write of a transaction is made twice: prepared, and committed.
            self.store(&key, after, 2);
        }
        Answer::of(json!({}))
    }

    fn query(&mut self, request: &Value) -> Answer {
        let given = given(request);
        let text = request["KeyConditionExpression"].as_str().expect("a key condition");
        let condition = Condition::parse(text, &given);
        let name = request["IndexName"].as_str();
        let index = name.map(|name| INDEXES.iter().find(|it| it.name == name).expect("an index"));
        let mut found = match index {
            Some(index) if index.partition != "pk" => {
                let shard = condition.equal_to(index.partition).expect("a partition").to_owned();
                let from = (shard.clone(), String::new(), Key::default());
                let of_shard = self.due.range(from..).take_while(|(of, _, _)| *of == shard);
                of_shard.map(|(_, _, key)| self.items[key].clone()).collect::<Vec<_>>()
            }
            _ => {
                let pk = condition.equal_to("pk").expect("a partition").to_owned();
                let from = (pk.clone(), String::new());
                let of_pk = self.items.range(from..).take_while(|((of, _), _)| *of == pk);
                of_pk.map(|(_, item)| item.clone()).collect()
            }
        };
        let sort = index.map_or("sk", |index| index.sort);
        found.retain(|item| item.contains_key(sort) && condition.holds(item));
        found.sort_by_cached_key(|item| place(item, sort));
        if request["ScanIndexForward"] == false {
            found.reverse();
        }
        if let Some(start) = request["ExclusiveStartKey"].as_object() {
            let start = key_of(start);
            let after = found.iter().position(|item| key_of(item) == start);
            found.drain(..=after.expect("the place where the last page ended"));
        }
        self.page(request, found, index)
    }

    /// One page of what a query has found.
    fn page(&mut self, request: &Value, mut found: Vec<Item>, index: Option<&Index>) -> Answer {
        let limit = request["Limit"].as_u64().map_or(usize::MAX, |limit| limit as usize);
        let (mut bytes, mut read) = (0, 0);
        for item in found.iter().take(limit) {
            bytes += if index.is_some_and(|it| it.keys_only) { 100 } else { bytes_of(item) };
            read += 1;
            if bytes > PAGE {
                break;
            }
        }
        let last = (read < found.len()).then(|| {
            let item = &found[read - 1];
            let sort = index.map_or("sk", |index| index.sort);
            let partition = index.map_or("pk", |index| index.partition);
            let names = ["pk", "sk", partition, sort];
            names.map(|name| (name.to_owned(), item[name].clone())).into_iter().collect::<Item>()
        });
        found.truncate(read);
        self.units.half_reads += half_reads(bytes, request["ConsistentRead"] == true);
        if let Some(filter) = request["FilterExpression"].as_str() {
            let condition = Condition::parse(filter, &given(request));
            found.retain(|item| condition.holds(item));
        }
        let mut answer = json!({ "Count": found.len(), "ScannedCount": read });
        if request["Select"] != "COUNT" {
            answer["Items"] = json!(found);
        }
        if let Some(last) = last {
            answer["LastEvaluatedKey"] = last.into();
        }
        Answer::of(answer)
    }

    /// The item that a write is about, as it is.
    fn before(&self, request: &Value) -> (Key, Option<Item>) {
        let key = request["Item"].as_object().map_or_else(|| key_in(&request["Key"]), key_of);
        let before = self.items.get(&key).cloned();
        (key, before)
    }

    /// Stores an item and counts what this costs, in the table and in its indexes.
    fn store(&mut self, key: &Key, after: Option<Item>, times: u64) {
        let before = self.items.get(key);
        let [old, new] = [before, after.as_ref()].map(|item| item.map_or(0, bytes_of));
        let mut cost = writes(old.max(new));
        for index in &INDEXES {
            let of_index = index_writes(index, before, after.as_ref());
            cost += of_index;
            if index.partition != "pk" {
                self.units.due_writes += of_index;
            }
        }
        self.units.writes += times * cost;
        self.replace(key, after);
    }

    fn replace(&mut self, key: &Key, after: Option<Item>) {
        let entry = |item: &Item| {
            let text = |name: &str| item.get(name).and_then(|it| it["S"].as_str());
            Some((text("dueShard")?.to_owned(), text("dueAt")?.to_owned(), key.clone()))
        };
        if let Some(known) = self.items.get(key).and_then(entry) {
            self.due.remove(&known);
        }
        match after {
            Some(item) => {
                self.due.extend(entry(&item));
                self.items.insert(key.clone(), item);
            }
            None => drop(self.items.remove(key)),
        }
    }
}

/// What a change costs in one index.
fn index_writes(index: &Index, before: Option<&Item>, after: Option<&Item>) -> u64 {
    let keys = |item: Option<&Item>| {
        let item = item?;
        Some([item.get(index.partition)?.clone(), item.get(index.sort)?.clone()])
    };
    let bytes = |item: Option<&Item>| match item {
        Some(_) if index.keys_only => 100,
        item => item.map_or(0, bytes_of),
    };
    match (keys(before), keys(after)) {
        (None, None) => 0,
        // The entry is moved: deleted, and put elsewhere.
        (Some(old), Some(new)) if old != new => writes(bytes(before)) + writes(bytes(after)),
        (Some(_), Some(_)) if index.keys_only => 0,
        _ => writes(bytes(before).max(bytes(after))),
    }
}

fn after(operation: &str, request: &Value, key: &Key, before: Option<Item>) -> Option<Item> {
    match operation {
        "PutItem" => request["Item"].as_object().cloned(),
        "DeleteItem" => None,
        "UpdateItem" => {
            let mut item = before.unwrap_or_else(|| {
                let (pk, sk) = key;
                let text = |text: &String| json!({ "S": text });
                Item::from_iter([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
            });
            let text = request["UpdateExpression"].as_str().expect("an update");
            update(&mut item, text, &given(request));
            Some(item)
        }
        other => panic!("{other} is no write"),
    }
}

fn holds(request: &Value, before: Option<&Item>) -> bool {
    let Some(text) = request["ConditionExpression"].as_str() else { return true };
    let nothing = Item::new();
    Condition::parse(text, &given(request)).holds(before.unwrap_or(&nothing))
}

fn given(request: &Value) -> Given<'_> {
    Given {
        names: &request["ExpressionAttributeNames"],
        values: &request["ExpressionAttributeValues"],
    }
}

fn key_in(key: &Value) -> Key {
    key_of(key.as_object().expect("a key"))
}

fn key_of(item: &Item) -> Key {
    let text = |name: &str| item[name]["S"].as_str().expect("a text").to_owned();
    (text("pk"), text("sk"))
}

fn place(item: &Item, sort: &str) -> (String, Key) {
    (item[sort]["S"].as_str().unwrap_or_default().to_owned(), key_of(item))
}
