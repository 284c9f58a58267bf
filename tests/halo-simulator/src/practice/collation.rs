//! How Bp's text columns compare.

use std::cmp::Ordering;

use rusqlite::Connection;

/// Registers the collation `BP`: case does not count, nor do trailing blanks.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation("BP", compare)
}

fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
    if left.is_ascii() && right.is_ascii() {
        let fold = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(fold).cmp(right.bytes().map(fold));
    }
    left.chars().flat_map(char::to_lowercase).cmp(right.chars().flat_map(char::to_lowercase))
}
