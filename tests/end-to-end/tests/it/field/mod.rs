//! Inputs from real clinics, letters and telephones, taken from public bug reports. Each input was once
//! tried on a running stack (commit 5392c73, November 2026). A report prints the former and the present
//! result, and fails if the present one is not right:
//!
//! `cargo test --workspace --test it -- --nocapture field::`

mod book;
mod clinical;
mod decided;
mod documents;
mod names;

use std::fmt::Write as _;
use std::time::Duration;

use end_to_end::{Answer, Bp, Caller, TestPractice, TestStack};
use rusqlite::types::{Null, Value as Cell};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::steps::{LARGE, databases, paired_practice};

/// More than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The former result of a case that was not tried then.
const NOT_TRIED: &str = "not tried";

/// The cases of one kind, with former and present results.
struct Report {
    text: String,
    wrong: Vec<String>,
}

impl Report {
    fn new(title: &str) -> Self {
        Self { text: format!("\n== {title}\n"), wrong: Vec::new() }
    }

    /// One case: its input, its former result, its present result and the right result.
    fn case(&mut self, input: &str, before: &str, now: &str, right: &str) {
        let _ = writeln!(self.text, "{input}\n    before: {before}\n    now:    {now}");
        if now != right {
            self.wrong.push(format!("{input}: {now} instead of {right}"));
        }
    }

    /// Prints all cases at once, so that the reports of parallel tests do not mix.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "the table is what the command is for")]
    fn finish(self) {
        println!("{}", self.text);
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
    }
}

/// The practice's databases, which people at the practice change.
struct Clinic {
    practice: Connection,
    documents: Connection,
}

impl Clinic {
    async fn open(stack: &TestStack, bp: &Bp<'_>) -> Self {
        let (practice, documents) = databases(stack, bp).await;
        Self { practice, documents }
    }

    /// Copies a row with some columns changed, and returns the copy's number.
    fn like(&self, table: &str, key: &str, id: i64, changed: &[(&str, Cell)]) -> i64 {
        let sql = format!("SELECT * FROM {table} WHERE {key} = ?1");
        let mut statement = self.practice.prepare(&sql).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let row: Vec<Cell> = statement
            .query_row([id], |row| (0..columns.len()).map(|index| row.get(index)).collect())
            .unwrap();
        let mut cells: Vec<(&str, Cell)> = columns.iter().map(String::as_str).zip(row).collect();
        cells.retain(|(column, _)| !column.eq_ignore_ascii_case(key));
        for (column, value) in changed {
            let found = cells.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(column));
            found.unwrap().1 = value.clone();
        }
        let names: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
        let values = cells.into_iter().map(|(_, value)| value);
        self.practice.execute(&sql, params_from_iter(values)).unwrap();
        self.practice.last_insert_rowid()
    }

    /// A made-up patient.
    fn patient(&self, last: &str, first: &str, born: &str) -> i64 {
        self.patient_with(last, first, born, &[])
    }

    fn patient_with(&self, last: &str, first: &str, born: &str, more: &[(&str, Cell)]) -> i64 {
        let born = format!("{born}T00:00:00");
        let mut changed = vec![
            ("SURNAME", Cell::from(last.to_owned())),
            ("FIRSTNAME", Cell::from(first.to_owned())),
            ("DOB", Cell::from(born)),
            // With the original's numbers they would be the same person.
            ("MEDICARENO", Cell::from(Null)),
            ("MEDICARELINENO", Cell::from(Null)),
        ];
        changed.extend_from_slice(more);
        self.like("PATIENTS", "INTERNALID", 1, &changed)
    }

    /// A person at the practice changes something.
    fn change(&self, sql: &str) {
        assert!(self.practice.execute(sql, []).unwrap() > 0, "{sql} changed nothing");
    }

    fn number(&self, sql: &str) -> i64 {
        self.practice.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// Waits until an answer meets the condition.
async fn until(caller: &Caller, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    support::until("the answer is as wanted", PATIENCE, async || {
        let answer = caller.get(path).await;
        answer.assert_status(200);
        if wanted(&answer) { Ok(answer) } else { Err(answer.text) }
    })
    .await
}

async fn search(practice: &TestPractice, last: &str, born: &str) -> Answer {
    let body = json!({ "lastName": last, "dateOfBirth": born });
    practice.clinician.post("/patients/search", &body).await
}

/// Sends a letter and waits until it has arrived or failed.
async fn letter(practice: &TestPractice, patient: Value, addressee: Value) -> Answer {
    let body = json!({
        "patient": patient, "addressee": addressee, "kind": "advice", "subject": "Knee", "text": "Rest it.",
    });
    let id = Uuid::new_v4().simple().to_string();
    let accepted = practice.platform.put(&format!("/correspondence/{id}"), &body).await;
    if accepted.status != 202 {
        return accepted;
    }
    let path = format!("/deliveries/message-{id}");
    until(&practice.platform, &path, |it| ["delivered", "failed"].contains(&it.text_at("/state")))
        .await
}
