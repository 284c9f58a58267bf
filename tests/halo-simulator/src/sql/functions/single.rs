//! The value of a subquery that stands for a value.

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};

use super::super::SqlError;
use super::super::convert::Val;
use super::raise;

/// `ts_single(value)`: the value of the only row. NULL without a row, an error with two.
struct Single;

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_aggregate_function("ts_single", 1, FunctionFlags::SQLITE_UTF8, Single)
}

impl Aggregate<Option<Val>, Val> for Single {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<Val>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, found: &mut Option<Val>) -> rusqlite::Result<()> {
        if found.is_some() {
            return Err(raise(SqlError::new(
                512,
                "Subquery returned more than 1 value. This is not permitted when the subquery follows \
                 =, !=, <, <= , >, >= or when the subquery is used as an expression.",
            )));
        }
        *found = Some(context.get(0)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, found: Option<Option<Val>>) -> rusqlite::Result<Val> {
        Ok(found.flatten().unwrap_or(Val::Null))
    }
}
