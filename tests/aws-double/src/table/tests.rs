//! The table as DynamoDB's developer guide describes it.

use serde_json::{Value, json};

use super::Table;
use crate::{Answer, Call};

fn ask(table: &Table, operation: &str, body: Value) -> Answer {
    let call = Call { operation: operation.to_owned(), body, bytes: Vec::new() };
    table.answer(&call).unwrap()
}

fn key(sk: &str) -> Value {
    json!({ "pk": { "S": "WORK#a" }, "sk": { "S": sk } })
}

fn item(sk: &str, more: Value) -> Value {
    let mut item = key(sk);
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn stored(table: &Table, sk: &str) -> Value {
    ask(table, "GetItem", json!({ "Key": key(sk) })).body["Item"].clone()
}

#[test]
fn a_condition_decides_whether_an_item_is_written() {
    let table = Table::default();
    let put = |version: &str, condition: &str| {
        let more =
            json!({ "version": { "N": version }, "body": { "M": { "state": { "S": "open" } } } });
        let body = json!({
            "Item": item("LANE", more), "ConditionExpression": condition,
            "ExpressionAttributeNames": { "#body": "body" },
            "ExpressionAttributeValues": { ":seen": { "N": "1" }, ":open": { "S": "open" } },
        });
        ask(&table, "PutItem", body).status.is_success()
    };
    assert!(put("1", "attribute_not_exists(pk)"));
    assert!(!put("2", "attribute_not_exists(pk)"));
    assert!(put("2", "version = :seen AND (#body.state = :open OR attribute_not_exists(pk))"));
    assert!(!put("3", "version = :seen"));
    assert!(!put("1", "version > :seen AND NOT begins_with(#body.state, :open)"));
    assert!(put("1", "version > :seen AND begins_with(#body.state, :open)"));
    assert!(put("1", "#body.missing <> :open"), "a missing attribute differs from everything");
}

#[test]
fn an_update_sets_adds_and_removes() {
    let table = Table::default();
    let update = |text: &str| {
        let body = json!({
            "Key": key("LANE"), "UpdateExpression": text,
            "ExpressionAttributeValues": { ":one": { "N": "1" }, ":now": { "S": "now" } },
        });
        assert!(ask(&table, "UpdateItem", body).status.is_success());
    };
    update("ADD arrivals :one SET dueAt = if_not_exists(dueAt, :now), dueShard = :now");
    update("ADD arrivals :one SET tries = arrivals + :one REMOVE dueShard");
    let lane = stored(&table, "LANE");
    assert_eq!(lane["arrivals"]["N"], "2");
    assert_eq!(lane["tries"]["N"], "2", "every value is of the item before the update");
    assert_eq!((&lane["dueAt"]["S"], lane.get("dueShard")), (&json!("now"), None));
}

#[test]
fn a_transaction_writes_all_or_nothing() {
    let table = Table::default();
    let put = |sk: &str| json!({ "Put": { "Item": item(sk, json!({})), "ConditionExpression": "attribute_not_exists(pk)" } });
    assert!(
        ask(&table, "TransactWriteItems", json!({ "TransactItems": [put("A")] }))
            .status
            .is_success()
    );
    let refused =
        ask(&table, "TransactWriteItems", json!({ "TransactItems": [put("B"), put("A")] }));
    assert_eq!(refused.body["CancellationReasons"][1]["Code"], "ConditionalCheckFailed");
    assert_eq!(stored(&table, "B"), Value::Null);
}

#[test]
fn an_index_has_the_items_that_have_its_attributes_in_its_order() {
    let table = Table::default();
    for (sk, due) in [("A", "3"), ("B", "1"), ("C", "2")] {
        let more = json!({ "dueShard": { "S": "0" }, "dueAt": { "S": due } });
        ask(&table, "PutItem", json!({ "Item": item(sk, more) }));
    }
    ask(&table, "PutItem", json!({ "Item": item("D", json!({})) }));
    let query = |start: Value| {
        let mut body = json!({
            "IndexName": "due", "Limit": 1,
            "KeyConditionExpression": "dueShard = :shard AND dueAt <= :now",
            "ExpressionAttributeValues": { ":shard": { "S": "0" }, ":now": { "S": "2" } },
        });
        if !start.is_null() {
            body["ExclusiveStartKey"] = start;
        }
        ask(&table, "Query", body).body
    };
    let first = query(Value::Null);
    assert_eq!(first["Items"][0]["sk"]["S"], "B");
    let second = query(first["LastEvaluatedKey"].clone());
    assert_eq!(second["Items"][0]["sk"]["S"], "C");
    assert_eq!(second.get("LastEvaluatedKey"), None);
}

#[test]
fn units_are_counted_as_aws_bills_them() {
    let table = Table::default();
    let text = |bytes: usize| json!({ "text": { "S": "a".repeat(bytes) } });
    ask(&table, "PutItem", json!({ "Item": item("A", text(3000)) }));
    assert_eq!(table.units().writes, 3, "a unit for each kilobyte that has begun");
    let put = json!({ "Put": { "Item": item("B", text(10)) } });
    ask(&table, "TransactWriteItems", json!({ "TransactItems": [put] }));
    assert_eq!(table.units().writes, 5, "twice as many in a transaction");
    let listed = json!({ "open": { "S": "1" }, "dueShard": { "S": "0" }, "dueAt": { "S": "1" } });
    ask(&table, "PutItem", json!({ "Item": item("C", listed) }));
    assert_eq!(table.units().writes, 8, "and one for each index that it is in");
    assert_eq!(table.units().due_writes, 1);
    ask(&table, "GetItem", json!({ "Key": key("A") }));
    ask(&table, "GetItem", json!({ "Key": key("A"), "ConsistentRead": true }));
    assert_eq!(table.units().half_reads, 3, "a consistent read costs twice as much");
    ask(
        &table,
        "BatchGetItem",
        json!({ "RequestItems": { "table": { "Keys": [key("A"), key("none")] } } }),
    );
    assert_eq!((table.units().half_reads, table.units().calls), (5, 6));
}
