//! The scalar and aggregate functions that the rewritten SQL calls.

mod date;
mod json;
mod number;
mod single;
mod text;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::convert::{self, Val};
use super::error::Raised;
use super::storing::{self, Target};
use super::types::Type;
use super::{SqlError, declared, like};

pub(crate) use json::Specification;

type Body = fn(&[Val]) -> Result<Val, SqlError>;

/// Registers the collation `BP` and all functions that translated statements use.
///
/// # Errors
/// Any error of SQLite.
pub fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation("BP", like::compare)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    for (name, body) in text::FUNCTIONS.iter().chain(number::FUNCTIONS).chain(date::FUNCTIONS) {
        scalar(connection, name, true, *body)?;
    }
    for (name, body) in CONVERSIONS {
        scalar(connection, name, true, *body)?;
    }
    scalar(connection, "ts_newid", false, |_| {
        Ok(Val::Text(uuid::Uuid::new_v4().to_string().to_uppercase()))
    })?;
    single::register(connection)?;
    json::register(connection)
}

fn scalar(
    connection: &Connection,
    name: &str,
    deterministic: bool,
    body: Body,
) -> rusqlite::Result<()> {
    let mut flags = FunctionFlags::SQLITE_UTF8;
    if deterministic {
        flags |= FunctionFlags::SQLITE_DETERMINISTIC;
    }
    connection.create_scalar_function(name, -1, flags, move |context| {
        body(&arguments(context)?).map_err(raise)
    })
}

fn arguments(context: &Context<'_>) -> rusqlite::Result<Vec<Val>> {
    (0..context.len()).map(|at| context.get(at)).collect()
}

pub(crate) fn raise(error: SqlError) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(Box::new(Raised(error)))
}

const CONVERSIONS: &[(&str, Body)] = &[
    ("ts_cast", |arguments| cast(arguments)),
    ("ts_try_cast", |arguments| Ok(cast(arguments).unwrap_or(Val::Null))),
    ("ts_store", store),
    ("ts_declared", declared::property),
    ("ts_computed", |arguments| {
        Ok(text_at(arguments, 0)?
            .and_then(|column| declared::computed(&column))
            .map_or(Val::Null, |kind| Val::Text(kind.to_owned())))
    }),
];

fn at(arguments: &[Val], index: usize) -> &Val {
    arguments.get(index).unwrap_or(&Val::Null)
}

fn type_at(arguments: &[Val], index: usize) -> Type {
    match at(arguments, index) {
        Val::Text(name) => Type::parse(name).unwrap_or(Type::Unknown),
        _ => Type::Unknown,
    }
}

/// `ts_cast(value, source, target, style)`
fn cast(arguments: &[Val]) -> Result<Val, SqlError> {
    let style = integer_at(arguments, 3)?.unwrap_or(0);
    convert::convert(at(arguments, 0).clone(), type_at(arguments, 1), type_at(arguments, 2), style)
}

/// `ts_store(value, source, target, table, column, not null, verb)`
fn store(arguments: &[Val]) -> Result<Val, SqlError> {
    let word = |index| match at(arguments, index) {
        Val::Text(text) => text.as_str(),
        _ => "",
    };
    let place = Target {
        table: word(3),
        column: word(4),
        not_null: at(arguments, 5) == &Val::Integer(1),
        verb: word(6),
    };
    storing::store(at(arguments, 0).clone(), type_at(arguments, 1), type_at(arguments, 2), &place)
}

/// The argument as text. `None` for NULL.
fn text_at(arguments: &[Val], index: usize) -> Result<Option<String>, SqlError> {
    match at(arguments, index) {
        Val::Null => Ok(None),
        Val::Text(text) => Ok(Some(text.clone())),
        other => convert::to_text(other, Type::Unknown, 0).map(Some),
    }
}

/// The argument as a whole number. `None` for NULL.
fn integer_at(arguments: &[Val], index: usize) -> Result<Option<i64>, SqlError> {
    match convert::convert(at(arguments, index).clone(), Type::Unknown, Type::BigInt, 0) {
        Ok(Val::Integer(number)) => Ok(Some(number)),
        Ok(_) => Ok(None),
        Err(_) => convert::convert(at(arguments, index).clone(), Type::Unknown, Type::Int, 0)
            .map(|_| None),
    }
}

/// The argument as a float. `None` for NULL.
fn float_at(arguments: &[Val], index: usize) -> Result<Option<f64>, SqlError> {
    match convert::convert(at(arguments, index).clone(), Type::Unknown, Type::Float, 0)? {
        Val::Real(number) => Ok(Some(number)),
        _ => Ok(None),
    }
}
