//! The statement that lists documents, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use halo_simulator::sql::Value;
use support::input;

const STATEMENT: &str = include_str!("../../statements/public/attachments.sql");
/// A patient with something in every folder.
const PATIENT: i64 = 1;

struct Practice {
    bp: support::Practice,
}

/// Which documents to list, and after which one.
#[derive(Clone)]
struct Wanted {
    patient: i64,
    folder: i64,
    from: String,
    to: String,
    after: (String, i64, i64),
    take: i64,
}

impl Wanted {
    fn of(patient: i64) -> Self {
        Self {
            patient,
            folder: 0,
            from: "0000-00-00".to_owned(),
            to: "9999-99-99".to_owned(),
            after: ("9999-99-99".to_owned(), 0, 0),
            take: 1000,
        }
    }
}

/// Kind, folder, problem, document and day of each row.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Line(i64, i64, Option<i64>, i64, Option<String>);

impl Practice {
    fn open() -> Self {
        Self { bp: support::Practice::open() }
    }

    fn list(&mut self, wanted: &Wanted) -> Vec<Line> {
        let parameters = vec![
            input("@patientId", "Int", wanted.patient.to_string()),
            input("@folder", "Int", wanted.folder.to_string()),
            input("@from", "VarChar", wanted.from.clone()),
            input("@to", "VarChar", wanted.to.clone()),
            input("@afterDay", "VarChar", wanted.after.0.clone()),
            input("@afterFolder", "Int", wanted.after.1.to_string()),
            input("@afterDocument", "Int", wanted.after.2.to_string()),
            input("@take", "Int", wanted.take.to_string()),
        ];
        let outcome = self.bp.run(STATEMENT, parameters).unwrap();
        let set = outcome.result_sets.last().unwrap();
        let number = |value: &Value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        };
        set.rows
            .iter()
            .map(|row| {
                let day = match &row[4] {
                    Value::Text(day) => Some(day.trim().to_owned()),
                    _ => None,
                };
                Line(
                    number(&row[0]).unwrap(),
                    number(&row[1]).unwrap(),
                    number(&row[2]),
                    number(&row[3]).unwrap(),
                    day,
                )
            })
            .collect()
    }

    /// Removes the date of every letter to the patient.
    fn without_dates(&self) {
        self.bp.connection
            .execute(
                "UPDATE dbo.CORRESPONDENCEIN SET CORRESPONDENCEDATE = NULL WHERE INTERNALID = ?1 AND CLINICALIMAGE = 0",
                [PATIENT],
            )
            .unwrap();
    }
}

fn documents(lines: &[Line]) -> Vec<Line> {
    lines.iter().filter(|line| line.0 == 2).cloned().collect()
}

#[test]
fn every_folder_is_read_and_the_newest_document_comes_first() {
    let mut practice = Practice::open();
    let lines = practice.list(&Wanted::of(PATIENT));
    assert_eq!(lines[0].0, 0);
    assert!(lines.iter().all(|line| line.0 != 1), "{lines:?}");
    let found = documents(&lines);
    for folder in 1..=5 {
        assert!(found.iter().any(|line| line.1 == folder), "nothing of folder {folder}");
    }
    let days: Vec<_> = found.iter().map(|line| line.4.clone().unwrap_or_default()).collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "{days:?}");
}

#[test]
fn somebody_without_documents_is_told_apart_from_nobody() {
    let mut practice = Practice::open();
    // Patient 0 is Bp's dummy row.
    for nobody in [0, -1, 1_999_999_999] {
        assert!(practice.list(&Wanted::of(nobody)).is_empty());
    }
    practice.bp.connection.execute("UPDATE dbo.CORRESPONDENCEIN SET RECORDSTATUS = 2", []).unwrap();
    let lines = practice.list(&Wanted { folder: 2, ..Wanted::of(PATIENT) });
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn pages_of_every_size_show_each_document_once_and_undated_ones_last() {
    let mut practice = Practice::open();
    practice.without_dates();
    let all = documents(&practice.list(&Wanted::of(PATIENT)));
    assert!(all.last().unwrap().4.is_none(), "{all:?}");
    for take in 1..=4 {
        let mut seen = Vec::new();
        let mut wanted = Wanted { take, ..Wanted::of(PATIENT) };
        loop {
            let page = documents(&practice.list(&wanted));
            let Some(last) = page.last() else { break };
            assert!(page.len() <= usize::try_from(take).unwrap());
            let day = last.4.clone().unwrap_or_else(|| "0000-00-00".to_owned());
            wanted.after = (day, last.1, last.3);
            seen.extend(page);
        }
        assert_eq!(seen, all, "in pages of {take}");
    }
}

#[test]
fn a_span_of_days_includes_both_ends_and_leaves_undated_documents_out() {
    let mut practice = Practice::open();
    practice.without_dates();
    let all = documents(&practice.list(&Wanted::of(PATIENT)));
    let day = all[all.len() / 3].4.clone().unwrap();
    let wanted = Wanted { from: day.clone(), to: day.clone(), ..Wanted::of(PATIENT) };
    let found = documents(&practice.list(&wanted));
    let expected: Vec<Line> =
        all.iter().filter(|line| line.4.as_deref() == Some(&day)).cloned().collect();
    assert_eq!(found, expected);
    let until = Wanted { from: "0001-01-01".to_owned(), ..Wanted::of(PATIENT) };
    assert!(documents(&practice.list(&until)).iter().all(|line| line.4.is_some()));
}

#[test]
fn a_folder_that_may_not_be_read_or_is_not_there_costs_that_folder_only() {
    let mut practice = Practice::open();
    let all = documents(&practice.list(&Wanted::of(PATIENT)));
    practice.bp.environment.denied_objects = vec!["BPS_EPCReports".to_owned()];
    practice.bp.environment.missing_columns =
        vec![("BPS_ClinicalImages".to_owned(), "Category".to_owned())];
    let lines = practice.list(&Wanted::of(PATIENT));
    let unread: Vec<_> =
        lines.iter().filter(|line| line.0 == 1).map(|line| (line.1, line.2)).collect();
    assert_eq!(unread, [(4, Some(229)), (5, Some(207))]);
    let expected: Vec<Line> = all.into_iter().filter(|line| line.1 < 4).collect();
    assert_eq!(documents(&lines), expected);
}

#[test]
fn a_result_reported_on_a_day_that_means_none_has_the_day_on_which_it_was_collected() {
    let mut practice = Practice::open();
    for none in ["1900-01-01", "1899-12-30"] {
        practice
            .bp
            .connection
            .execute(
                "UPDATE dbo.INVESTIGATIONS SET REPORTDATE = ?1 || 'T00:00:00',
                 COLLECTIONDATE = '2024-03-05T00:00:00' WHERE INTERNALID = ?2",
                rusqlite::params![none, PATIENT],
            )
            .unwrap();
        let found = documents(&practice.list(&Wanted { folder: 1, ..Wanted::of(PATIENT) }));
        assert!(!found.is_empty());
        assert!(found.iter().all(|line| line.4.as_deref() == Some("2024-03-05")), "{found:?}");
    }
}
