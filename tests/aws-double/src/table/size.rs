//! The sizes of items, and the capacity units that they cost.
//!
//! Source: Amazon DynamoDB developer guide, "DynamoDB item sizes and formats" and "Read/write capacity mode".

use serde_json::Value;

use super::expression::Item;

/// How many bytes DynamoDB counts for an item.
pub(super) fn bytes_of(item: &Item) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + bytes_of_value(value)).sum()
}

fn bytes_of_value(value: &Value) -> u64 {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return 0;
    };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len() as u64,
        // Two digits in a byte, and one byte more.
        ("N", Value::String(digits)) => digits.len().div_ceil(2) as u64 + 1,
        ("B", Value::String(text)) => text.len() as u64 * 3 / 4,
        ("M", Value::Object(map)) => 3 + map.len() as u64 + bytes_of(map),
        ("L", Value::Array(list)) => {
            3 + list.len() as u64 + list.iter().map(bytes_of_value).sum::<u64>()
        }
        _ => 1,
    }
}

/// Units of half a consistent read, for this many bytes.
pub(super) fn half_reads(bytes: u64, consistent: bool) -> u64 {
    bytes.div_ceil(4096).max(1) * if consistent { 2 } else { 1 }
}

/// Units of a write, for this many bytes.
pub(super) fn writes(bytes: u64) -> u64 {
    bytes.div_ceil(1024).max(1)
}
