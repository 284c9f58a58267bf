//! Runs batches: variables, control flow, transactions, errors.

mod access;
mod application;
mod call;
mod check;
mod describe;
mod evaluate;
mod keys;
mod parts;
mod record;
mod run;
mod table;
mod transaction;

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::Connection;

use super::batch;
use super::catalog::{Catalog, Symbols};
use super::compile::{Compiled, Compiler};
use super::convert::{self, Val};
use super::counted::{self, Counted};
use super::dates;
use super::locks::Process;
use super::types::Type;
use super::undo::{Work, watch};
use super::{
    Command, CommandKind, Direction, Environment, ExecutionMode, Language, Outcome, ResultSet,
    SqlError, parameters, statement_name,
};

/// How the flow continues after a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return(i64),
}

/// NOCOUNT, XACT_ABORT, LANGUAGE, what is set about dates, and LOCK_TIMEOUT.
type Switches = (bool, bool, Language, dates::Settings, i64);

/// The variables of one batch or procedure.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) symbols: Symbols,
    pub(crate) values: HashMap<String, Val>,
}

/// The state of a connection while a command runs.
pub(crate) struct Session<'a> {
    pub(crate) database: &'a Connection,
    pub(crate) environment: &'a Environment,
    pub(crate) catalog: Catalog<'a>,
    pub(crate) frame: Frame,
    pub(crate) result_sets: Vec<ResultSet>,
    process: &'a Process,
    work: Work,
    rows_affected: i64,
    no_count: bool,
    abort_on_error: bool,
    language: Language,
    /// Whether an INSERT EXEC is running.
    inserting: bool,
    row_count: i64,
    identity: Val,
    last_error: i32,
    /// The errors that enclosing CATCH blocks are handling, innermost last.
    caught: Vec<SqlError>,
    /// How many TRY blocks are open.
    tries: usize,
    /// The nesting depth of procedures and dynamic batches, and the depth of the last error.
    depth: usize,
    failed_depth: usize,
    /// The first error that did not end the batch.
    pending: Option<SqlError>,
    temporaries: usize,
    /// The temporary tables and the depth of the batch that made each.
    temporary: Vec<(usize, String)>,
    /// If present, what SQLite reads is counted here.
    counts: Option<&'a RefCell<Vec<Counted>>>,
}

/// Executes a whole command and leaves the connection in a clean state.
pub(crate) fn execute<'a>(
    work: Work,
    process: &'a Process,
    database: &'a mut Connection,
    command: &Command,
    environment: &'a Environment,
    language: Language,
    counts: Option<&'a RefCell<Vec<Counted>>>,
) -> Result<Outcome, SqlError> {
    let mut session = start(work, process, database, command, environment, language)?;
    session.counts = counts;
    let result = session.command(command);
    let cleaned = session.reset();
    let outcome = result?;
    cleaned?;
    Ok(outcome)
}

/// Executes a command of a connection that stays open, with its transaction if there is one.
pub(crate) fn execute_in(
    work: &mut Work,
    process: &Process,
    database: &mut Connection,
    command: &Command,
    environment: &Environment,
) -> Result<Outcome, SqlError> {
    let (taken, language) = (std::mem::take(work), Language::default());
    let mut session = start(taken, process, database, command, environment, language)?;
    let mut result = session.command(command);
    // An error that ends the batch under XACT_ABORT ends the transaction too.
    if (result.is_err() && session.abort_on_error) || session.work.doomed {
        let undone = session.undo();
        result = undone.and(result);
    }
    *work = session.work;
    result
}

fn start<'a>(
    work: Work,
    process: &'a Process,
    database: &'a mut Connection,
    command: &Command,
    environment: &'a Environment,
    language: Language,
) -> Result<Session<'a>, SqlError> {
    watch(database).map_err(|error| SqlError::from_sqlite(&error, "BEGIN"))?;
    process.locks().hold().describe(process.id(), statement_name(command));
    let mut session = Session::new(database, environment, process, work);
    session.language = language;
    dates::set(language.dates());
    Ok(session)
}

impl<'a> Session<'a> {
    fn new(
        database: &'a Connection,
        environment: &'a Environment,
        process: &'a Process,
        work: Work,
    ) -> Self {
        Self {
            database,
            environment,
            catalog: Catalog::new(database, environment),
            frame: Frame::default(),
            result_sets: Vec::new(),
            process,
            work,
            rows_affected: -1,
            no_count: false,
            abort_on_error: false,
            language: Language::default(),
            inserting: false,
            row_count: 0,
            identity: Val::Null,
            last_error: 0,
            caught: Vec::new(),
            tries: 0,
            depth: 0,
            failed_depth: 0,
            pending: None,
            temporaries: 0,
            counts: None,
            temporary: Vec::new(),
        }
    }

    fn command(&mut self, command: &Command) -> Result<Outcome, SqlError> {
        let mut returned = 0;
        match command.kind {
            CommandKind::Text => {
                for parameter in &command.parameters {
                    if parameter.direction == Direction::ReturnValue {
                        continue;
                    }
                    let (kind, value) = parameters::decode(parameter, command.kind)?;
                    self.declare(&at_name(&parameter.name), kind, value);
                }
                self.batch(&command.text)?;
            }
            CommandKind::StoredProcedure => {
                returned = self.procedure_command(command)?;
            }
        }
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        if self.work.doomed {
            return Err(SqlError::new(
                3998,
                "Uncommittable transaction is detected at the end of the batch. The transaction is \
                 rolled back.",
            ));
        }
        let mut outputs = Vec::new();
        for parameter in &command.parameters {
            let value = match parameter.direction {
                Direction::Input => continue,
                Direction::ReturnValue => match command.kind {
                    CommandKind::StoredProcedure => Some(returned.to_string()),
                    CommandKind::Text => None,
                },
                Direction::Output | Direction::InputOutput => {
                    let name = at_name(&parameter.name).to_lowercase();
                    let kind =
                        self.frame.symbols.variables.get(&name).copied().unwrap_or(Type::Unknown);
                    self.frame.values.get(&name).and_then(|value| parameters::encode(value, kind))
                }
            };
            outputs.push(super::Parameter { value, ..parameter.clone() });
        }
        let mut result_sets = std::mem::take(&mut self.result_sets);
        if command.execution_mode == ExecutionMode::NonQuery {
            result_sets.clear();
        }
        Ok(Outcome { result_sets, rows_affected: self.rows_affected, parameters: outputs })
    }

    /// Parses, checks and runs a batch in the current frame.
    pub(crate) fn batch(&mut self, text: &str) -> Result<Flow, SqlError> {
        let statements = batch::parse(text)?;
        self.check(&statements)?;
        self.run(&statements)
    }

    /// The settings that SET changes only until the end of a batch or procedure.
    fn switches(&self) -> Switches {
        (
            self.no_count,
            self.abort_on_error,
            self.language,
            dates::settings(),
            self.work.lock_timeout,
        )
    }

    fn switch_back(&mut self, before: Switches) {
        let dates;
        (self.no_count, self.abort_on_error, self.language, dates, self.work.lock_timeout) = before;
        dates::set(dates);
    }

    /// Drops the temporary tables of a batch or procedure that has ended.
    fn drop_temporary_tables(&mut self) {
        let depth = self.depth;
        let gone: Vec<String> = self
            .temporary
            .extract_if(.., |(made, _)| *made > depth)
            .map(|(_, name)| name)
            .collect();
        for name in gone {
            // The batch may have dropped it already.
            let _ = self.drop_table(&name, true);
        }
    }

    /// Declares a variable of the current frame.
    pub(crate) fn declare(&mut self, name: &str, kind: Type, value: Val) {
        let name = name.to_lowercase();
        self.frame.symbols.variables.insert(name.clone(), kind);
        self.frame.values.insert(name, value);
    }

    /// A variable's value.
    pub(crate) fn value(&self, name: &str) -> Val {
        self.frame.values.get(name).cloned().unwrap_or(Val::Null)
    }

    /// A variable's value as a number. 0 for NULL.
    pub(crate) fn number(&self, name: &str) -> i64 {
        match self.value(name) {
            Val::Integer(number) => number,
            _ => 0,
        }
    }

    fn compiler(&self) -> Compiler<'_> {
        Compiler::new(&self.catalog, &self.frame.symbols)
    }

    /// Runs a compiled statement and collects its rows.
    fn fetch(&self, compiled: &Compiled, verb: &str) -> Result<Vec<Vec<Val>>, SqlError> {
        let failed = |error: rusqlite::Error| SqlError::from_sqlite(&error, verb);
        let mut statement = self.database.prepare_cached(&compiled.sql).map_err(failed)?;
        let values: Vec<Val> = compiled.binds.iter().map(|name| self.bound(name)).collect();
        let width = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
        let mut result = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let cells: rusqlite::Result<Vec<Val>> =
                (0..width).map(|index| row.get(index)).collect();
            result.push(cells.map_err(failed)?);
        }
        drop(rows);
        if let Some(counts) = self.counts.filter(|_| !self.catalog.as_owner.get()) {
            let counted = counted::of(self.database, &statement, &compiled.sql).map_err(failed)?;
            counts.borrow_mut().push(counted);
        }
        Ok(result)
    }

    /// The value of `?n`: a variable, or a value of the session.
    fn bound(&self, name: &str) -> Val {
        if let Some(value) = self.frame.values.get(name) {
            return value.clone();
        }
        let moment = |kind| convert::write_moment(self.environment.now, kind);
        let utc = |kind| {
            let utc = self
                .environment
                .now
                .in_tz("Australia/Sydney")
                .map(|zoned| zoned.with_time_zone(jiff::tz::TimeZone::UTC).datetime());
            convert::write_moment(utc.unwrap_or(self.environment.now), kind)
        };
        let text = |text: &str| Val::Text(text.to_owned());
        let caught = self.caught.last();
        match name {
            "@@rowcount" | "@@rowcount_big()" => Val::Integer(self.row_count),
            "@@error" => Val::Integer(i64::from(self.last_error)),
            "@@trancount" => Val::Integer(self.work.transactions),
            "@@xact_state()" => Val::Integer(match (self.work.doomed, self.work.transactions) {
                (true, _) => -1,
                (false, 0) => 0,
                _ => 1,
            }),
            "@@identity" | "@@scope_identity()" => self.identity.clone(),
            "@@spid" => Val::Integer(i64::try_from(self.process.id()).unwrap_or(i64::MAX)),
            "@@lock_timeout" => Val::Integer(self.work.lock_timeout),
            "@@fetch_status" => Val::Integer(-1),
            "@@datefirst" => Val::Integer(i64::from(dates::settings().first_weekday)),
            "@@version" => {
                text("Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64), simulated over SQLite")
            }
            "@@servername" => text("PRACTICE\\BPSINSTANCE"),
            "@@language" => text(self.language.name()),
            "@@getdate()" | "@@current_timestamp()" => moment(Type::DateTime),
            "@@sysdatetime()" => moment(Type::DateTime2),
            "@@getutcdate()" => utc(Type::DateTime),
            "@@sysutcdatetime()" => utc(Type::DateTime2),
            "@@error_number()" => {
                caught.map_or(Val::Null, |error| Val::Integer(i64::from(error.number)))
            }
            "@@error_message()" => caught.map_or(Val::Null, |error| text(&error.message)),
            "@@error_severity()" => caught.map_or(Val::Null, |_| Val::Integer(16)),
            "@@error_state()" | "@@error_line()" => caught.map_or(Val::Null, |_| Val::Integer(1)),
            "@@db_name()" => text(self.catalog.current()),
            "@@schema_name()" | "@@user_name()" | "@@current_user()" => text("dbo"),
            "@@suser_sname()" | "@@suser_name()" | "@@original_login()" | "@@system_user()" => {
                text("BPSPartner")
            }
            "@@host_name()" => text("PRACTICE"),
            "@@app_name()" => text("Halo Link"),
            _ => Val::Null,
        }
    }
}

fn at_name(name: &str) -> String {
    if name.starts_with('@') { name.to_owned() } else { format!("@{name}") }
}
