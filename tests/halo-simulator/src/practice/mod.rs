//! The schema and content of a practice's Bp database: deterministic and made up.

mod cast;
mod highlights;
mod reset;
mod schema;
mod seed;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

pub use cast::{CAST, CROWD_BORN, CROWD_SIZE, CROWD_SURNAME, Role, patient};
pub use highlights::{HighlightedPatient, HighlightedUser, Highlights, highlights};
pub use reset::{Pristine, reset};
pub use seed::REFERENCE_DATE;

/// The two demonstration practices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demonstration {
    /// Three locations, 12 practitioners, 2,000 patients.
    Large,
    /// One location, few people.
    Small,
}

impl Demonstration {
    /// Both, the large one first.
    pub const ALL: [Self; 2] = [Self::Large, Self::Small];

    /// The practice's Site ID, as the practice's own software shows it.
    #[must_use]
    pub fn site_id(self) -> &'static str {
        match self {
            Self::Large => "71001",
            Self::Small => "71002",
        }
    }

    /// The practice's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Large => "Bluegum Hollow Family Practice",
            Self::Small => "Saltbush Point Surgery",
        }
    }
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
/// Whatever SQLite says, and a path that does not exist: opening never creates a practice.
pub fn open(files: &PracticeFiles) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    crate::sql::register(&connection)?;
    for (path, name) in [(&files.patients, "dbo"), (&files.documents, "BPSDocuments")] {
        if !path.exists() {
            return Err(rusqlite::Error::InvalidPath(path.clone()));
        }
        connection.execute("ATTACH DATABASE ?1 AS ?2", params![path_text(path)?, name])?;
        // The journal of a document of 60 MB is not worth keeping once it is in the database.
        connection.execute_batch(&format!("PRAGMA {name}.journal_size_limit = 4194304"))?;
    }
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    Ok(connection)
}

/// Creates both files with the seeded content; the same seed gives the same bytes. Files that are there
/// are replaced; nobody may have them open (see [`reset`] for that).
///
/// # Errors
/// Whatever SQLite or the disk says.
pub fn seed(which: Demonstration, folder: &Path, seed: u64) -> rusqlite::Result<PracticeFiles> {
    let files = PracticeFiles {
        patients: folder.join("patients.sqlite"),
        documents: folder.join("documents.sqlite"),
    };
    seed::create(which, &files, seed)?;
    Ok(files)
}

/// SQLite takes paths as UTF-8 text.
fn path_text(path: &Path) -> rusqlite::Result<&str> {
    path.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(path.to_path_buf()))
}
