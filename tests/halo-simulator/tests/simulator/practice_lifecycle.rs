//! Seeding again, opening, and restoring the seeded state.

use std::path::Path;

use halo_simulator::practice::{self, Demonstration, PracticeFiles, Pristine};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A digest of every table's content.
fn digests(practice: &Connection) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for schema in ["dbo", "BPSDocuments"] {
        let mut statement = practice
            .prepare(&format!(
                "SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' ORDER BY name"
            ))
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        names.extend(rows.map(|name| format!("{schema}.{}", name.unwrap())));
    }
    names.into_iter().map(|name| (name.clone(), digest(practice, &name))).collect()
}

fn digest(practice: &Connection, table: &str) -> String {
    let mut statement = practice.prepare(&format!("SELECT * FROM {table} ORDER BY rowid")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut hash = Sha256::new();
    while let Some(row) = rows.next().unwrap() {
        for index in 0..columns {
            match row.get_ref(index).unwrap() {
                ValueRef::Null => hash.update([0]),
                ValueRef::Integer(value) => hash.update(value.to_le_bytes()),
                ValueRef::Real(value) => hash.update(value.to_le_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    hash.update((bytes.len() as u64).to_le_bytes());
                    hash.update(bytes);
                }
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seeded(folder: &Path, seed: u64) -> PracticeFiles {
    practice::seed(Demonstration::Small, folder, seed).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_practice_and_another_seed_another_one() {
    let (first, second, third) =
        (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let open = |folder: &TempDir, seed| practice::open(&seeded(folder.path(), seed)).unwrap();
    let original = digests(&open(&first, 5));
    assert_eq!(original, digests(&open(&second, 5)));
    assert_ne!(original, digests(&open(&third, 6)));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (one, other) = (seeded(first.path(), 5), seeded(second.path(), 5));
    assert!(
        std::fs::read(&one.patients).unwrap() == std::fs::read(&other.patients).unwrap(),
        "patients"
    );
    assert!(
        std::fs::read(&one.documents).unwrap() == std::fs::read(&other.documents).unwrap(),
        "documents"
    );
}

#[test]
fn seeding_replaces_what_was_there() {
    let folder = TempDir::new().unwrap();
    let files = seeded(folder.path(), 5);
    let before = {
        let practice = practice::open(&files).unwrap();
        let before = digests(&practice);
        practice.execute("DELETE FROM dbo.APPOINTMENTS", []).unwrap();
        before
    };
    let practice = practice::open(&seeded(folder.path(), 5)).unwrap();
    assert_eq!(before, digests(&practice));
}

#[test]
fn opening_what_does_not_exist_fails_and_creates_nothing() {
    let folder = TempDir::new().unwrap();
    let files = PracticeFiles {
        patients: folder.path().join("patients.sqlite"),
        documents: folder.path().join("documents.sqlite"),
    };
    assert!(practice::open(&files).is_err());
    assert!(!files.patients.exists());
}

#[test]
fn a_reset_brings_everything_back_while_somebody_is_reading() {
    let folder = TempDir::new().unwrap();
    let files = seeded(folder.path(), 5);
    let pristine = Pristine::keep(&files).unwrap();
    let practice = practice::open(&files).unwrap();
    let before = digests(&practice);

    practice
        .execute_batch(
            "DELETE FROM dbo.APPOINTMENTS;
             UPDATE dbo.PATIENTS SET SURNAME = 'Changed' WHERE INTERNALID > 50;
             INSERT INTO BPSDocuments.DOCUMENTS VALUES (2, 'CORRESPONDENCEIN', 999999, 1, 'txt', x'00');
             DELETE FROM BPSDocuments.DOCUMENTS WHERE KIND = 'EPCREPORT';",
        )
        .unwrap();
    assert_ne!(before, digests(&practice));

    let reader = practice::open(&files).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = "SELECT count(*) FROM dbo.APPOINTMENTS";
    assert_eq!(reader.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);

    practice::reset(&files, &pristine).unwrap();

    assert_eq!(
        reader.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(),
        0,
        "in the middle of reading"
    );
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(before, digests(&reader));
    assert_eq!(before, digests(&practice));
    let mode: String = practice.query_row("PRAGMA dbo.journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_reset_waits_for_whoever_is_writing() {
    let folder = TempDir::new().unwrap();
    let files = seeded(folder.path(), 5);
    let pristine = Pristine::keep(&files).unwrap();
    let writer = practice::open(&files).unwrap();
    let before = digests(&writer);
    writer.execute_batch("BEGIN; DELETE FROM dbo.EMAIL;").unwrap();
    let resetting = std::thread::spawn(move || practice::reset(&files, &pristine));
    // The result must be the same, whether the reset already waits or starts later.
    writer.execute_batch("COMMIT").unwrap();
    resetting.join().unwrap().unwrap();
    assert_eq!(before, digests(&writer));
}

#[test]
fn a_reset_can_be_repeated() {
    let folder = TempDir::new().unwrap();
    let files = seeded(folder.path(), 5);
    let pristine = Pristine::keep(&files).unwrap();
    let practice = practice::open(&files).unwrap();
    let before = digests(&practice);
    for _ in 0..3 {
        practice.execute("DELETE FROM dbo.EMAIL", []).unwrap();
        practice::reset(&files, &pristine).unwrap();
        assert_eq!(before, digests(&practice));
    }
}

#[test]
fn keys_of_deleted_rows_are_not_given_again() {
    let folder = TempDir::new().unwrap();
    let practice = practice::open(&seeded(folder.path(), 5)).unwrap();
    let last: i64 = practice
        .query_row("SELECT max(REPORTID) FROM dbo.INCOMINGREPORTS", [], |row| row.get(0))
        .unwrap();
    practice.execute("DELETE FROM dbo.INCOMINGREPORTS WHERE REPORTID = ?1", [last]).unwrap();
    let next: i64 = practice
        .query_row(
            "SELECT seq + 1 FROM dbo.sqlite_sequence WHERE name = 'INCOMINGREPORTS'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(next, last + 1);
}
