//! Runs T-SQL on SQLite as SQL Server would run it for a partner's login.

mod batch;
mod bytes;
mod catalog;
mod compile;
mod convert;
mod counted;
mod dates;
mod declared;
mod error;
mod functions;
mod like;
mod locks;
mod objects;
mod parameters;
mod procedures;
mod reserved;
mod session;
mod statement_name;
mod storing;
mod types;
mod undo;

use std::sync::Arc;

use jiff::civil::DateTime;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub use counted::{Counted, Examined};
pub use functions::register;
pub use locks::{EndedTransaction, Ending, HeldLock, Interrupter, Locks, OpenTransaction, Process};
pub use statement_name::statement_name;

/// The command to execute: Halo's `command`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// SQL text, or the procedure's name.
    pub text: String,
    /// Whether `text` is SQL or a procedure's name.
    #[serde(default, rename = "type")]
    pub kind: CommandKind,
    /// What the caller gets back.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// The inputs and outputs.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

impl Command {
    /// A batch of T-SQL without parameters.
    #[must_use]
    pub fn batch(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kind: CommandKind::default(),
            execution_mode: ExecutionMode::default(),
            parameters: Vec::new(),
        }
    }
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
    /// The rows are returned.
    #[default]
    Reader,
    /// Only the number of affected rows is returned.
    NonQuery,
    /// The first column of the first row is returned.
    Scalar,
}

/// One of Halo's `command.parameters`. Outputs are returned in the same shape.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The name, with the leading `@`.
    pub name: String,
    /// The direction. If absent, input.
    #[serde(default)]
    pub direction: Direction,
    /// A `SqlDbType` name, or `String`.
    #[serde(rename = "type", default = "default_type")]
    pub sql_type: String,
    /// The value. It is always text or null, even for numbers and dates.
    #[serde(default)]
    pub value: Option<String>,
    /// The maximum number of bytes of the value.
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
    /// From the caller to the database.
    #[default]
    Input,
    /// From the database to the caller.
    Output,
    /// In both directions.
    InputOutput,
    /// The RETURN code of a procedure.
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
    /// Character types. Also dates, in ISO form (`2026-03-01T00:00:00` for `datetime`).
    Text(String),
    /// Binary types.
    Bytes(Vec<u8>),
}

/// One result set, with the statement's own column order and casing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultSet {
    /// Column names. As in SQL Server, there can be duplicates and empty names.
    pub columns: Vec<String>,
    /// The rows. Each is as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// The result of a command.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All result sets, in order.
    pub result_sets: Vec<ResultSet>,
    /// The number of affected rows. As in ADO.NET it is -1 under `SET NOCOUNT ON`, or if nothing was
    /// written.
    pub rows_affected: i64,
    /// Output and return values, in the order of the command's parameters.
    pub parameters: Vec<Parameter>,
}

/// An error as SQL Server raises it (`errorType` is `mssql` in Halo's answers).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{number}: {message}")]
pub struct SqlError {
    /// SQL Server's message number. 50000 for a RAISERROR or THROW without one.
    pub number: i32,
    /// SQL Server's message text.
    pub message: String,
}

/// The circumstances of an execution: the practice's clock, and what this login and this release can see.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The practice server's local time, as `GETDATE()` returns it.
    pub now: DateTime,
    /// Objects (without schema) that this login may not access.
    pub denied_objects: Vec<String>,
    /// Columns that this Bp release lacks, as (object, column) pairs.
    pub missing_columns: Vec<(String, String)>,
    /// The faults of the next booking procedures.
    pub booking: BookingWeather,
}

/// Faults of the appointment procedures.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BookingWeather {
    /// Whether `BP_GetFreeAppointments` answers as for an absent practitioner, with an SQL error.
    pub away: bool,
    /// What happens when an appointment is added to an occupied slot. `None` is the normal behaviour.
    pub slot_taken: Option<SlotTaken>,
}

/// The assumed answers for an occupied slot. What Bp really does is not public.
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
    /// The procedure adds the appointment and leaves a transaction of its own open. SQL Server gives no
    /// error for this under XACT_ABORT.
    OpensTransaction,
    /// `BP_GetFreeAppointments` leaves a transaction of its own open.
    OpensTransactionEarly,
}

/// The language of a login. It determines how SQL Server reads dates in strings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Language {
    /// The month comes before the day.
    #[default]
    #[serde(rename = "us_english")]
    English,
    /// The day comes before the month: `datetime` reads `2026-05-06` as 5 June.
    British,
}

impl Language {
    /// SQL Server's name for the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "us_english",
            Self::British => "British",
        }
    }

    fn dates(self) -> dates::Settings {
        match self {
            Self::English => dates::Settings { order: dates::Order::MonthFirst, first_weekday: 7 },
            Self::British => dates::Settings { order: dates::Order::DayFirst, first_weekday: 1 },
        }
    }
}

/// Executes a command on a practice's database, with an English login.
///
/// # Errors
/// The error that SQL Server would raise. Also an error for an unsupported construct, which the message
/// names.
pub fn execute(
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    execute_as(Language::default(), database, command, environment)
}

/// Executes a command on a practice's database, with a login in this language.
///
/// # Errors
/// The same as for [`execute`].
pub fn execute_as(
    language: Language,
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    let locks = Arc::new(Locks::default());
    execute_on(&locks.process(), language, database, command, environment)
}

/// Executes a command on a practice's database, beside the other sessions of the server.
///
/// # Errors
/// The same as for [`execute`].
pub fn execute_on(
    process: &Process,
    language: Language,
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    let work = undo::Work::default();
    session::execute(work, process, database, command, environment, language, None)
}

/// Executes a command as [`execute`] does, and counts what SQLite reads for it and what it locks.
pub fn execute_counted(
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Examined {
    let counts = std::cell::RefCell::new(Vec::new());
    let (locks, language) = (Arc::new(Locks::default()), Language::default());
    let (work, process) = (undo::Work::default(), locks.process());
    let outcome =
        session::execute(work, &process, database, command, environment, language, Some(&counts));
    Examined { outcome, counted: counts.into_inner(), transactions: locks.ended() }
}

/// A connection that stays open over several commands, as Bp's own are.
#[derive(Debug)]
pub struct OpenConnection {
    process: Process,
    work: undo::Work,
}

impl OpenConnection {
    /// A connection to the server.
    #[must_use]
    pub fn new(process: Process) -> Self {
        Self { process, work: undo::Work::default() }
    }

    /// Executes a command. Its transaction stays open.
    ///
    /// # Errors
    /// The same as for [`execute`].
    pub fn execute(
        &mut self,
        database: &mut Connection,
        command: &Command,
        environment: &Environment,
    ) -> Result<Outcome, SqlError> {
        session::execute_in(&mut self.work, &self.process, database, command, environment)
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.work.is_open()
    }

    /// The server's number for it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.process.id()
    }
}
