//! The large practice, and statements that run on it.

use std::fs;
use std::path::Path;

use halo_simulator::practice::{self, PracticeFiles, large};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, EndedTransaction, Environment, ExecutionMode, Parameter,
    SqlError, Value, execute, execute_counted,
};
use rusqlite::Connection;

use crate::Failure;

/// The seed of the large practice.
const SEED: u64 = 7;

/// SQLite's machine needs at least this many steps for a row that it reads and tests.
const STEPS_PER_ROW: u64 = 3;

/// Shorter statements of a batch are not explained.
const WORTH_A_PLAN: u64 = 2_000;

/// One set of parameters.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) parameters: Vec<Parameter>,
}

/// What a case of a statement reads and locks.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// At most this many rows were read: the steps of SQLite's machine, divided by the fewest per row.
    pub(super) rows: u64,
    /// Exactly this many rows were read one after the other, without any key.
    pub(super) scanned: u64,
    /// How many locks its transactions held when they ended.
    pub(super) locks: u64,
    /// How the tables are read.
    pub(super) plan: Vec<String>,
}

/// The files of the large practice. Nobody may change them.
pub(super) fn kept() -> Result<PracticeFiles, Failure> {
    large::large(&cache(), SEED).map_err(|error| Failure::Catalogue(error.to_string()))
}

fn cache() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/large-practice")
}

/// The large practice, opened for statements that write. The files that are kept stay as they are.
pub(super) struct Bench {
    database: Connection,
    _room: tempfile::TempDir,
}

impl Bench {
    pub(super) fn open() -> Result<Self, Failure> {
        let failed = |error: rusqlite::Error| Failure::Catalogue(error.to_string());
        let kept = kept()?;
        let cache = cache();
        fs::create_dir_all(&cache).map_err(crate::file(&cache))?;
        let room = tempfile::tempdir_in(&cache).map_err(crate::file(&cache))?;
        let files = large::copy_of(&kept, room.path()).map_err(failed)?;
        Ok(Self { database: practice::open(&files).map_err(failed)?, _room: room })
    }

    /// Runs a case. An error of the statement is an error here: it would hide what is read.
    pub(super) fn run(&mut self, text: &str, case: &Case) -> Result<Measured, SqlError> {
        let command = command(text, case.parameters.clone());
        let examined = execute_counted(&mut self.database, &command, &environment());
        examined.outcome?;
        let (mut measured, mut steps) = (Measured::default(), 0);
        for part in examined.counted {
            measured.scanned += part.scanned;
            steps += part.steps;
            if part.scanned + part.steps > WORTH_A_PLAN {
                measured.plan.push(format!("{:>9} scanned, {:>9} steps", part.scanned, part.steps));
                measured.plan.extend(part.plan.into_iter().map(|line| format!("    {line}")));
            }
        }
        measured.rows = steps.div_ceil(STEPS_PER_ROW);
        measured.locks = examined.transactions.iter().map(held).sum();
        Ok(measured)
    }

    /// The rows that a query finds, each value as text.
    pub(super) fn rows(&mut self, text: &str) -> Result<Vec<Vec<String>>, Failure> {
        let outcome = execute(&mut self.database, &command(text, Vec::new()), &environment())?;
        let rows = outcome.result_sets.into_iter().next().map(|set| set.rows).unwrap_or_default();
        let shown = |value| match value {
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text,
            _ => String::new(),
        };
        Ok(rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect())
    }
}

/// The locks of a transaction. A range or a table is one lock.
fn held(transaction: &EndedTransaction) -> u64 {
    let rows = transaction.locks.iter().map(|lock| lock.rows.unwrap_or(1));
    rows.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX)).sum()
}

fn command(text: &str, parameters: Vec<Parameter>) -> Command {
    Command {
        text: text.to_owned(),
        kind: CommandKind::Text,
        execution_mode: ExecutionMode::Reader,
        parameters,
    }
}

fn environment() -> Environment {
    Environment {
        now: practice::REFERENCE_DATE.at(9, 30, 0, 0),
        denied_objects: Vec::new(),
        missing_columns: Vec::new(),
        booking: BookingWeather::default(),
    }
}
