//! Inserts rows as Bp stores them.

use std::fmt::Write;

use rusqlite::{Connection, Params, Statement};

/// Longer than the widest `char` column.
const BLANKS: usize = 120;

/// The default for `CREATED`.
const CREATED: &str = "2024-02-05T09:00:00";

/// A table to fill.
///
/// We know no defaults of Bp's columns. A column that a row does not give is NULL if that is allowed,
/// otherwise 0 or blanks. `RECORDSTATUS` is 1, and `CREATED` is a fixed day, by user 1. `char` columns are
/// padded.
pub(super) struct Table<'c> {
    connection: &'c Connection,
    name: String,
    statement: Statement<'c>,
}

impl<'c> Table<'c> {
    /// `columns` names the values that [`Table::add`] will get, separated by blanks.
    pub(super) fn new(
        connection: &'c Connection,
        name: &str,
        columns: &str,
    ) -> rusqlite::Result<Self> {
        let given: Vec<&str> = columns.split_whitespace().collect();
        let (mut names, mut values, mut found) = (String::new(), String::new(), 0);
        let mut described = connection.prepare(&format!("PRAGMA table_info({name})"))?;
        let mut rows = described.query([])?;
        while let Some(row) = rows.next()? {
            let (column, declared): (String, String) = (row.get(1)?, row.get(2)?);
            let (required, key): (bool, bool) = (row.get(3)?, row.get(5)?);
            let position = given.iter().position(|one| *one == column);
            // SQLite reports some types in its own spelling.
            let declared = declared.to_ascii_lowercase();
            if position.is_none() && (!required || (key && declared == "integer")) {
                continue;
            }
            found += usize::from(position.is_some());
            let divider = if names.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(names, "{divider}{column}");
            let _ = write!(values, "{divider}{}", value(&column, &declared, position));
        }
        if found != given.len() {
            return Err(rusqlite::Error::InvalidColumnName(format!("{name}: {columns}")));
        }
        let statement =
            connection.prepare(&format!("INSERT INTO {name} ({names}) VALUES ({values})"))?;
        Ok(Self { connection, name: name.to_owned(), statement })
    }

    /// Inserts a row and returns its key.
    pub(super) fn add(&mut self, values: impl Params) -> rusqlite::Result<i64> {
        self.statement.execute(values)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Replaces NULL texts in some rows by blanks.
    pub(super) fn blank_text(&self, rows: &str) -> rusqlite::Result<()> {
        let name = &self.name;
        let mut described = self.connection.prepare(&format!(
            "SELECT name, lower(type) FROM pragma_table_info('{name}') WHERE type LIKE '%char(%'"
        ))?;
        let columns = described.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for column in columns {
            let (column, declared): (String, String) = column?;
            let blank = value(&column, &declared, None);
            self.connection.execute(
                &format!("UPDATE {name} SET {column} = {blank} WHERE {column} IS NULL AND {rows}"),
                [],
            )?;
        }
        Ok(())
    }
}

fn value(column: &str, declared: &str, position: Option<usize>) -> String {
    let width = declared.strip_prefix("char(").and_then(|rest| rest.strip_suffix(')'));
    match (position, width) {
        // NULL stays NULL. A text that is too long is cut, because Bp's own screens would not have accepted
        // it.
        (Some(at), Some(width)) => {
            format!("substr(?{} || '{}', 1, {width})", at + 1, " ".repeat(BLANKS))
        }
        (Some(at), None) => format!("?{}", at + 1),
        (None, Some(width)) => format!("'{}'", " ".repeat(width.parse().unwrap_or(1))),
        (None, None) if column == "RECORDSTATUS" || column == "CREATEDBY" => "1".to_owned(),
        (None, None) if declared == "datetime" => format!("'{CREATED}'"),
        (None, None) if matches!(declared, "int" | "tinyint") => "0".to_owned(),
        (None, None) => "''".to_owned(),
    }
}
