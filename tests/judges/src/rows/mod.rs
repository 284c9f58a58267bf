//! Counts what each statement reads at a practice of the size of a large real one.
//!
//! SQLite executes the statements, and its own counters say what it read. The practice has no index that Bp
//! is not known to have.

mod bench;
mod cases;
mod times;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use halo_simulator::sql::SqlError;

use crate::{Failure, say};
use bench::{Bench, Case, Measured};

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

/// A statement with a case of it: what it reads, what it may read, and what an older text reads.
struct Line {
    name: String,
    now: Result<Measured, SqlError>,
    most: Option<u64>,
    before: Option<Result<Measured, SqlError>>,
}

impl Line {
    /// What is wrong. An older text may be wrong.
    fn fault(&self) -> Option<String> {
        match &self.now {
            Err(error) => Some(format!("CANNOT RUN: {error}")),
            Ok(now) if self.most.is_none_or(|most| now.rows > most) => Some("TOO MANY".to_owned()),
            Ok(_) => None,
        }
    }

    fn shown(&self) -> String {
        let number = |from: fn(&Measured) -> u64, measured: Option<&Result<Measured, SqlError>>| {
            let measured = measured.and_then(|it| it.as_ref().ok());
            measured.map_or_else(|| "-".to_owned(), |it| grouped(from(it)))
        };
        let both = |from| [number(from, self.before.as_ref()), number(from, Some(&self.now))];
        let [scanned_before, scanned] = both(|it| it.scanned);
        let [rows_before, rows] = both(|it| it.rows);
        let [locks_before, locks] = both(|it| it.locks);
        let most = self.most.map_or_else(|| "-".to_owned(), grouped);
        let older = match &self.before {
            Some(Err(error)) => format!("  (before: cannot run: {error})"),
            _ => String::new(),
        };
        let fault = self.fault().map(|fault| format!("  {fault}")).unwrap_or_default();
        format!(
            "{:38} {scanned_before:>10} {scanned:>10}   {rows_before:>10} {rows:>10} {most:>10}   {locks_before:>6} {locks:>6}{older}{fault}",
            self.name
        )
    }
}

/// Measures every case of our statements. A statement without a case is a fault.
fn measured(before: Option<&Path>) -> Result<Vec<Line>, Failure> {
    let old = before.map(statements).transpose()?.unwrap_or_default();
    let mut bench = Bench::open()?;
    // A statement that writes would find what the older one has written.
    let mut older_bench = before.map(|_| Bench::open()).transpose()?;
    let cases = cases::all(&mut bench)?;
    let mut lines = Vec::new();
    for (name, text) in statements(&our_pack())? {
        let most = declared(&text);
        let of_statement: &[Case] = cases.get(name.as_str()).map_or(&[], Vec::as_slice);
        if of_statement.is_empty() {
            return Err(Failure::Catalogue(format!("{name} has no case")));
        }
        for case in of_statement {
            let before = match (&mut older_bench, old.get(&name)) {
                (Some(bench), Some(text)) => Some(bench.run(text, case)),
                _ => None,
            };
            let now = bench.run(&text, case);
            lines.push(Line { name: format!("{name}: {}", case.name), now, most, before });
        }
    }
    Ok(lines)
}

/// Prints what each statement reads, what it may read, and what it locks. With an older pack, also what
/// that one does, and the times of both. Returns false if a statement reads more than its header says.
pub(crate) async fn report(before: Option<&Path>, plans: bool) -> Result<bool, Failure> {
    let lines = measured(before)?;
    let title = |a, b, c, d, e, f, g, h| {
        say(&format!("{a:38} {b:>10} {c:>10}   {d:>10} {e:>10} {f:>10}   {g:>6} {h:>6}"));
    };
    title(
        "Rows that statements read",
        "no key",
        "no key",
        "at most",
        "at most",
        "",
        "locks",
        "locks",
    );
    title("statement: case", "before", "now", "before", "now", "declared", "before", "now");
    for line in &lines {
        say(&line.shown());
        if let (true, Ok(now)) = (plans, &line.now) {
            now.plan.iter().for_each(|part| say(&format!("    {part}")));
        }
    }
    if let Some(before) = before {
        times::report(before).await?;
    }
    Ok(lines.iter().all(|line| line.fault().is_none()))
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
        let lines = measured(None).unwrap();
        let wrong = lines.iter().filter(|line| line.fault().is_some());
        let wrong: Vec<String> =
            wrong.map(|line| format!("{}\n{:?}", line.shown(), line.now)).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
