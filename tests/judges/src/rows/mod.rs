//! Counts what each statement reads at a practice of the size of a large real one.
//!
//! SQLite executes the statements, and its own counters say what it read. The practice has no index that Bp
//! is not known to have.

mod cases;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use halo_simulator::practice::{self, large};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Environment, ExecutionMode, Parameter, execute_counted,
};
use rusqlite::Connection;

use crate::Failure;
use cases::Case;

/// The seed of the large practice.
const SEED: u64 = 7;

/// SQLite's machine needs at least this many steps for a row that it reads and tests.
const STEPS_PER_ROW: u64 = 3;

/// What a case of a statement reads.
#[derive(Clone, Debug, Default)]
struct Measured {
    /// At most this many rows were read: the steps of SQLite's machine, divided by the fewest per row.
    rows: u64,
    /// Exactly this many rows were read one after the other, without any key.
    scanned: u64,
    /// How the tables are read.
    plan: Vec<String>,
}

/// The large practice, opened for statements that write. The file that is kept stays as it is.
struct Bench {
    database: Connection,
    _room: tempfile::TempDir,
}

impl Bench {
    fn open() -> Result<Self, Failure> {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/large-practice");
        let failed = |error: rusqlite::Error| Failure::Catalogue(error.to_string());
        let kept = large::large(&cache, SEED).map_err(failed)?;
        let room = tempfile::tempdir_in(&cache).map_err(|error| Failure::File(cache, error))?;
        let files = large::copy_of(&kept, room.path()).map_err(failed)?;
        Ok(Self { database: practice::open(&files).map_err(failed)?, _room: room })
    }

    /// Runs a case. An error of the statement is an error here: it would hide what is read.
    fn run(&mut self, text: &str, case: &Case) -> Result<Measured, Failure> {
        let command = command(text, case.parameters.clone());
        let (outcome, counted) = execute_counted(&mut self.database, &command, &environment());
        outcome.map_err(|error| Failure::Catalogue(format!("{}: {error}", case.name)))?;
        let (mut measured, mut steps) = (Measured::default(), 0);
        for part in counted {
            measured.scanned += part.scanned;
            steps += part.steps;
            if part.scanned + part.steps > 2_000 {
                measured.plan.push(format!("{:>9} scanned, {:>9} steps", part.scanned, part.steps));
                measured.plan.extend(part.plan.into_iter().map(|line| format!("    {line}")));
            }
        }
        measured.rows = steps.div_ceil(STEPS_PER_ROW);
        Ok(measured)
    }
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

/// The statements of a pack by name.
fn statements(pack: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for folder in ["assumed", "public"].map(|folder| pack.join(folder)) {
        let file = |path: &Path| {
            let path = path.to_owned();
            move |error| Failure::File(path, error)
        };
        for entry in fs::read_dir(&folder).map_err(file(&folder))? {
            let path = entry.map_err(file(&folder))?.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            let text = fs::read_to_string(&path).map_err(file(&path))?;
            found.insert(name.unwrap_or_default(), text);
        }
    }
    Ok(found)
}

fn our_pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/best-practice/statements")
}

/// What a statement's header allows: `-- Reads:      at most 60,000 rows: why.`
fn declared(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("-- Reads:"))?;
    let number = line.trim().strip_prefix("at most ")?.split(' ').next()?;
    number.replace(',', "").parse().ok()
}

/// Prints what each statement reads, and what it may read. With an older pack, also what that one reads.
/// Returns false if a statement reads more than its header says.
#[expect(clippy::print_stdout, reason = "this is a command")]
pub(crate) fn report(before: Option<&Path>, plans: bool) -> Result<bool, Failure> {
    let pack = statements(&our_pack())?;
    let old = before.map(statements).transpose()?.unwrap_or_default();
    let mut bench = Bench::open()?;
    // A statement that writes would find what the older one has written.
    let mut older_bench = before.map(|_| Bench::open()).transpose()?;
    let cases = cases::all(&mut bench)?;
    println!("{:44} {:>23}   {:>35}", "", "rows without any key", "rows read, at most");
    println!(
        "{:44} {:>11} {:>11}   {:>11} {:>11} {:>11}",
        "statement: case", "before", "now", "before", "now", "declared"
    );
    let mut is_within = true;
    for (name, text) in &pack {
        let most = declared(text);
        for case in cases.get(name.as_str()).map_or(&[][..], Vec::as_slice) {
            let earlier = match (&mut older_bench, old.get(name)) {
                (Some(bench), Some(text)) => Some(bench.run(text, case)?),
                _ => None,
            };
            let now = bench.run(text, case)?;
            let shown = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), grouped);
            let verdict = if most.is_some_and(|most| now.rows <= most) { "" } else { "  TOO MANY" };
            is_within &= verdict.is_empty();
            println!(
                "{:44} {:>11} {:>11}   {:>11} {:>11} {:>11}{verdict}",
                format!("{name}: {}", case.name),
                shown(earlier.as_ref().map(|it| it.scanned)),
                grouped(now.scanned),
                shown(earlier.as_ref().map(|it| it.rows)),
                grouped(now.rows),
                shown(most),
            );
            if plans {
                now.plan.iter().for_each(|line| println!("    {line}"));
            }
        }
    }
    if let Some(older) = old.get("clinical_summary") {
        println!();
        for case in cases.get("clinical_summary").map_or(&[][..], Vec::as_slice) {
            let [before, now] = paired(&mut bench, [older, &pack["clinical_summary"]], case)?;
            println!("time of clinical_summary, {}: {before:.1?} before, {now:.1?} now", case.name);
        }
    }
    Ok(is_within)
}

/// The median times of two statements that run in turn.
fn paired(bench: &mut Bench, texts: [&String; 2], case: &Case) -> Result<[Duration; 2], Failure> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..11 {
        for (text, times) in texts.iter().zip(&mut times) {
            let start = Instant::now();
            bench.run(text, case)?;
            times.push(start.elapsed());
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    }))
}

/// A number with a comma before each group of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_how_many_rows_its_statement_may_read() {
        let text = "-- Does: x\n-- Reads:      at most 1,050 rows: all users.\nSELECT 1";
        assert_eq!(declared(text), Some(1_050));
        assert_eq!(declared("-- Reads:      few rows\nSELECT 1"), None);
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn no_statement_reads_more_at_a_large_practice_than_its_header_says() {
        let mut bench = Bench::open().unwrap();
        let cases = cases::all(&mut bench).unwrap();
        let mut wrong = Vec::new();
        for (name, text) in statements(&our_pack()).unwrap() {
            let most = declared(&text);
            let of_statement = cases.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            if of_statement.is_empty() {
                wrong.push(format!("{name} has no case"));
            }
            for case in of_statement {
                let measured = bench.run(&text, case).unwrap();
                if most.is_none_or(|most| measured.rows > most) {
                    let read = grouped(measured.rows);
                    wrong.push(format!("{name}, {}: {read} rows, declared {most:?}", case.name));
                    wrong.extend(measured.plan);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
