//! T-SQL as SQL Server would run it for a partner login, over SQLite.

mod batch;
mod bytes;
mod catalog;
mod compile;
mod convert;
mod dates;
mod declared;
mod error;
mod functions;
mod like;
mod objects;
mod parameters;
mod procedures;
mod session;
mod statement_name;
mod storing;
mod types;

use jiff::civil::DateTime;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub use functions::register;
pub use statement_name::statement_name;

/// What is to be executed: Halo's `command`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// SQL text, or the procedure's name.
    pub text: String,
    /// Whether `text` is SQL or a procedure's name.
    #[serde(default, rename = "type")]
    pub kind: CommandKind,
    /// What the caller wants back.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// Inputs and outputs.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

/// Halo's `command.type`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CommandKind {
    /// A batch of T-SQL.
    #[default]
    Text,
    /// A procedure called by name.
    StoredProcedure,
}

/// Halo's `command.executionMode`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExecutionMode {
    /// Rows come back.
    #[default]
    Reader,
    /// Only the number of affected rows comes back.
    NonQuery,
    /// The first column of the first row comes back.
    Scalar,
}

/// One of Halo's `command.parameters`; the same shape comes back for outputs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// With the leading `@`.
    pub name: String,
    /// Input when absent.
    #[serde(default)]
    pub direction: Direction,
    /// A `SqlDbType` name, or `String`.
    #[serde(rename = "type", default = "default_type")]
    pub sql_type: String,
    /// Always text or null, also for numbers and dates.
    #[serde(default)]
    pub value: Option<String>,
    /// Maximum bytes of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
}

fn default_type() -> String {
    "String".to_owned()
}

/// Halo's parameter directions.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Caller to database.
    #[default]
    Input,
    /// Database to caller.
    Output,
    /// Both ways.
    InputOutput,
    /// A procedure's RETURN code.
    ReturnValue,
}

/// A value in a result set.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// `bit`.
    Bit(bool),
    /// Any integer type.
    Int(i64),
    /// Decimal and floating types.
    Float(f64),
    /// Character types, and dates in ISO form (`2026-03-01T00:00:00` for `datetime`).
    Text(String),
    /// Binary types.
    Bytes(Vec<u8>),
}

/// One result set, in the statement's own column order and casing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultSet {
    /// Column names; duplicates and empty names are possible, as in SQL Server.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// What a command did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Every result set, in order.
    pub result_sets: Vec<ResultSet>,
    /// Rows affected, -1 under `SET NOCOUNT ON` or when nothing was written, as ADO.NET has it.
    pub rows_affected: i64,
    /// Output and return values, in the order of the command's parameters.
    pub parameters: Vec<Parameter>,
}

/// An error as SQL Server raises it (`errorType` `mssql` in Halo's answers).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{number}: {message}")]
pub struct SqlError {
    /// SQL Server's message number, 50000 for RAISERROR/THROW without one.
    pub number: i32,
    /// SQL Server's message text.
    pub message: String,
}

/// What surrounds one execution: the practice's clock and what this login and release may see.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The practice server's wall clock, `GETDATE()`.
    pub now: DateTime,
    /// Objects (without schema) that this login may not touch.
    pub denied_objects: Vec<String>,
    /// Columns that this Bp release lacks, as (object, column).
    pub missing_columns: Vec<(String, String)>,
    /// What the next booking procedures meet.
    pub booking: BookingWeather,
}

/// Faults of the appointment procedures.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BookingWeather {
    /// `BP_GetFreeAppointments` answers as for an absent practitioner: with an SQL error.
    pub away: bool,
    /// What adding to an occupied slot does; `None` is the practice's ordinary behaviour.
    pub slot_taken: Option<SlotTaken>,
}

/// The four ways an occupied slot has been suspected to answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SlotTaken {
    /// An SQL error.
    Error,
    /// RETURN 0 and no row.
    ReturnZero,
    /// A second row in the same slot.
    DoubleBooking,
    /// The procedure ends the caller's transaction and returns 0.
    EndsTransaction,
}

/// The language of a login, which decides how SQL Server reads dates in strings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Language {
    /// The month comes before the day.
    #[default]
    #[serde(rename = "us_english")]
    English,
    /// The day comes before the month: `datetime` takes `2026-05-06` for 5 June.
    British,
}

impl Language {
    /// The name that SQL Server gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "us_english",
            Self::British => "British",
        }
    }

    fn day_first(self) -> bool {
        self == Self::British
    }
}

/// Executes a command on a practice's database, as a login whose language is English.
///
/// # Errors
/// What SQL Server would raise, among it unsupported constructs, named in the message.
pub fn execute(
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    execute_as(Language::default(), database, command, environment)
}

/// Executes a command on a practice's database, as a login of this language.
///
/// # Errors
/// What [`execute`] raises.
pub fn execute_as(
    language: Language,
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    session::execute(database, command, environment, language)
}
