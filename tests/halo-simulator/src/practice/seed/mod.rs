//! Made-up content. The same seed gives the same content, and nothing here reads a clock.

mod appointments;
mod bytes;
mod clinical;
mod contacts;
mod dice;
pub(super) mod drugs;
mod form;
mod growth;
mod inbox;
mod lookups;
mod measurements;
mod names;
mod numbers;
mod papers;
mod patients;
mod results;
mod showcase;
mod social;
mod staff;
mod store;
mod table;
mod teams;
mod visits;

use std::path::Path;

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use rusqlite::{Connection, params};

use super::{Demonstration, PracticeFiles, cast::Sex, path_text, schema};
use dice::Dice;
pub use growth::{DOCUMENTS, PATIENTS};
use staff::Staff;
use table::Table;

/// The reference date, a Monday. All dates in the content are relative to it.
pub const REFERENCE_DATE: Date = date(2026, 11, 2);

/// The amounts of content.
struct Plan {
    which: Demonstration,
    patients: i64,
    crowd: i64,
    long_history: i64,
    letters: i64,
    /// The size of the largest document.
    largest: usize,
    weeks_ahead: i64,
    /// Mixed into the seed, so that each practice has different people.
    salt: u64,
}

impl Plan {
    fn of(which: Demonstration) -> Self {
        match which {
            Demonstration::Large => Self {
                which,
                patients: 2_000,
                crowd: super::CROWD_SIZE,
                long_history: 3_000,
                letters: 10_000,
                largest: 60 << 20,
                weeks_ahead: 10,
                salt: 0,
            },
            Demonstration::Small => Self {
                which,
                patients: 120,
                crowd: 0,
                long_history: 300,
                letters: 0,
                largest: 1 << 20,
                weeks_ahead: 10,
                salt: 0,
            },
            Demonstration::QuandongFlat => Self::neighbour(which, 70, 1),
            Demonstration::MalleeCrossing => Self::neighbour(which, 60, 2),
            Demonstration::LakeTarrawonga => Self::neighbour(which, 80, 3),
        }
    }

    /// What a practice of the size of a large real one grows from.
    fn to_grow() -> Self {
        Self {
            patients: 2_100,
            letters: 4_000,
            largest: 16 << 10,
            weeks_ahead: 26,
            ..Self::of(Demonstration::Large)
        }
    }

    /// A further practice beside the others. It must be cheap to seed.
    fn neighbour(which: Demonstration, patients: i64, salt: u64) -> Self {
        Self {
            which,
            patients,
            crowd: 0,
            long_history: 50,
            letters: 0,
            largest: 16 << 10,
            weeks_ahead: 6,
            salt: salt << 32,
        }
    }
}

/// A patient, with the fields that the patient's other rows need.
struct Person {
    id: i64,
    first_name: String,
    last_name: String,
    born: Option<Date>,
    sex: Sex,
    doctor: i64,
    medicare: Option<String>,
}

impl Person {
    fn age(&self) -> i64 {
        self.born.map_or(30, |born| i64::from(REFERENCE_DATE.year()) - i64::from(born.year()))
    }
}

/// What every part of the content needs.
struct Seeding<'c> {
    connection: &'c Connection,
    plan: Plan,
    seed: u64,
}

impl<'c> Seeding<'c> {
    /// A table to fill. `columns` names the values that `Table::add` will get, in that order.
    fn table(&self, name: &str, columns: &str) -> rusqlite::Result<Table<'c>> {
        Table::new(self.connection, name, columns)
    }

    /// Each part has its own dice, so that a change to one part leaves the others unchanged.
    fn dice(&self, part: Part) -> Dice {
        Dice::new(self.seed ^ self.plan.salt, part as u64)
    }
}

/// The parts of the content with random choices.
#[derive(Clone, Copy)]
enum Part {
    Patients = 1,
    Clinical,
    Measurements,
    Social,
    Results,
    Papers,
    Inbox,
    Appointments,
    Staff,
    Visits,
    Contacts,
}

/// Fills both files.
pub(super) fn create(
    which: Demonstration,
    files: &PracticeFiles,
    seed: u64,
) -> rusqlite::Result<()> {
    create_as(Plan::of(which), files, seed, |_| Ok(()))
}

/// Fills both files with a practice of the size of a large real one.
pub(super) fn create_large(files: &PracticeFiles, seed: u64) -> rusqlite::Result<()> {
    create_as(Plan::to_grow(), files, seed, growth::grow)
}

fn create_as(
    plan: Plan,
    files: &PracticeFiles,
    seed: u64,
    then: fn(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    for path in [&files.patients, &files.documents] {
        clear(path)?;
    }
    schema::create_documents(&Connection::open(&files.documents)?)?;
    let connection = Connection::open(&files.patients)?;
    connection
        .execute("ATTACH DATABASE ?1 AS BPSDocuments", params![path_text(&files.documents)?])?;
    // If seeding fails, it starts again from nothing. So it needs no journal and no sync to disk.
    connection.execute_batch(
        "PRAGMA main.journal_mode = OFF; PRAGMA BPSDocuments.journal_mode = OFF;
         PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -16384;",
    )?;
    schema::create_patients(&connection)?;
    connection.execute_batch("BEGIN")?;
    fill(&Seeding { connection: &connection, plan, seed })?;
    then(&connection)?;
    connection.execute_batch(
        "COMMIT; PRAGMA main.journal_mode = WAL; PRAGMA BPSDocuments.journal_mode = WAL;",
    )
}

fn fill(seeding: &Seeding<'_>) -> rusqlite::Result<()> {
    lookups::fill(seeding)?;
    contacts::fill(seeding)?;
    let staff = Staff::hire(seeding)?;
    let people = patients::register(seeding, &staff)?;
    clinical::record(seeding, &people)?;
    visits::record(seeding, &people)?;
    measurements::record(seeding, &people)?;
    social::record(seeding, &people)?;
    results::file(seeding, &people)?;
    papers::file(seeding, &people)?;
    showcase::file(seeding, &people, &staff)?;
    inbox::receive(seeding, &people, &staff)?;
    appointments::book(seeding, &people, &staff)
}

/// Removes a database with its side files.
fn clear(path: &Path) -> rusqlite::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_os_string();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(rusqlite::Error::InvalidPath(name.into()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The `datetime` of a day at midnight.
fn midnight(day: Date) -> String {
    format!("{day}T00:00:00")
}

/// The day this many days after the reference date, or before it if negative.
fn day(offset: i64) -> Date {
    shifted(REFERENCE_DATE, offset.days())
}

fn shifted(from: Date, span: Span) -> Date {
    from.saturating_add(span)
}
