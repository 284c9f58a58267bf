//! Bp's stored procedures, as far as public callers show them.
//!
//! A body is T-SQL or Rust. Free times, bookings and most changes of patients are in Rust.

mod appointments;
mod book;
mod patients;
mod people;

use super::convert::Val;
use super::session::Session;
use super::{SqlError, Value};

/// The body of a procedure.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Batch(&'static str),
    Rust(fn(&mut Session<'_>) -> Result<i64, SqlError>),
}

/// A stored procedure.
pub(crate) struct Procedure {
    pub(crate) name: &'static str,
    /// As in CREATE PROCEDURE. Parameters with a default are optional.
    pub(crate) parameters: &'static str,
    pub(crate) body: Body,
}

fn all() -> impl Iterator<Item = &'static Procedure> {
    patients::PROCEDURES
        .iter()
        .chain(people::PROCEDURES)
        .chain(appointments::PROCEDURES)
        .chain(book::PROCEDURES)
}

/// Every procedure's name.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|procedure| procedure.name)
}

pub(crate) fn find(name: &str) -> Option<&'static Procedure> {
    all().find(|procedure| procedure.name.eq_ignore_ascii_case(name))
}

/// Converts a result cell back to a value, for INSERT ... EXEC.
pub(crate) fn to_val(value: Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bit(bit) => Val::Integer(i64::from(bit)),
        Value::Int(number) => Val::Integer(number),
        Value::Float(number) => Val::Real(number),
        Value::Text(text) => Val::Text(text),
        Value::Bytes(bytes) => Val::Blob(bytes),
    }
}

/// Inserts a row with the given columns. All other NOT NULL columns get the code for "none". Returns the
/// new key.
fn insert(session: &mut Session<'_>, table: &str, given: &[(&str, &str)]) -> Result<i64, SqlError> {
    let parts = ["dbo".to_owned(), table.to_owned()];
    let found = session.catalog.table(&parts, &session.frame.symbols, "INSERT")?;
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for column in &found.columns {
        let value = given.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        let value = match value {
            Some((_, value)) => (*value).to_owned(),
            None if column.identity || !column.not_null => continue,
            None if column.kind.is_temporal() => "GETDATE()".to_owned(),
            None if column.kind.is_text() => "''".to_owned(),
            None => "0".to_owned(),
        };
        columns.push(format!("[{}]", column.name));
        values.push(value);
    }
    let key = found.columns.iter().find(|column| column.identity).map(|column| column.name.clone());
    session.batch(&format!(
        "INSERT INTO dbo.{table} ({}) VALUES ({})",
        columns.join(", "),
        values.join(", ")
    ))?;
    if key.is_none() {
        return Ok(0);
    }
    Ok(session.database.last_insert_rowid())
}
