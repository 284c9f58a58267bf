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
pub(crate) use reset::Resettable;
pub use reset::{Pristine, reset};
pub use seed::REFERENCE_DATE;

/// The demonstration practices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demonstration {
    /// Three locations, 12 practitioners, 2,000 patients.
    Large,
    /// One location, few people.
    Small,
    /// One location, four practitioners, and a clock that is Melbourne's.
    QuandongFlat,
    /// One location, three practitioners, and a clock that is half an hour off its neighbours'.
    MalleeCrossing,
    /// One location, five practitioners, and a clock that knows no summer time.
    LakeTarrawonga,
}

impl Demonstration {
    /// All of them: the large one first, then the small one, then those that are there for whoever needs
    /// several practices at once.
    pub const ALL: [Self; 5] =
        [Self::Large, Self::Small, Self::QuandongFlat, Self::MalleeCrossing, Self::LakeTarrawonga];

    /// The practice's Site ID, as the practice's own software shows it.
    #[must_use]
    pub fn site_id(self) -> &'static str {
        match self {
            Self::Large => "71001",
            Self::Small => "71002",
            Self::QuandongFlat => "71003",
            Self::MalleeCrossing => "71004",
            Self::LakeTarrawonga => "71005",
        }
    }

    /// The practice's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Large => "Bluegum Hollow Family Practice",
            Self::Small => "Saltbush Point Surgery",
            Self::QuandongFlat => "Quandong Flat Medical Centre",
            Self::MalleeCrossing => "Mallee Crossing Doctors",
            Self::LakeTarrawonga => "Lake Tarrawonga Clinic",
        }
    }

    /// The IANA name of the practice's time zone.
    #[must_use]
    pub fn time_zone(self) -> &'static str {
        match self {
            Self::Large => "Australia/Sydney",
            Self::Small => "Australia/Brisbane",
            Self::QuandongFlat => "Australia/Melbourne",
            Self::MalleeCrossing => "Australia/Adelaide",
            Self::LakeTarrawonga => "Australia/Perth",
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
/// name resolution), the documents database as `BPSDocuments`, the vendor's drugs as `BPSDrugs` (in
/// memory: nobody changes it), collations and functions registered.
///
/// # Errors
/// Whatever SQLite says, and a path that does not exist: opening never creates a practice.
pub fn open(files: &PracticeFiles) -> rusqlite::Result<Connection> {
    attach([(&files.patients, "dbo"), (&files.documents, "BPSDocuments")])
}

/// Opens a practice's documents database: it is what `dbo.` means, and the patients database is
/// attached as `BPSPatients`.
pub(crate) fn open_documents(files: &PracticeFiles) -> rusqlite::Result<Connection> {
    attach([(&files.documents, "dbo"), (&files.patients, "BPSPatients")])
}

fn attach(databases: [(&PathBuf, &str); 2]) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    crate::sql::register(&connection)?;
    for (path, name) in databases {
        if !path.exists() {
            return Err(rusqlite::Error::InvalidPath(path.clone()));
        }
        connection.execute("ATTACH DATABASE ?1 AS ?2", params![path_text(path)?, name])?;
        // The journal of a document of 60 MB is not worth keeping once it is in the database.
        connection.execute_batch(&format!("PRAGMA {name}.journal_size_limit = 4194304"))?;
    }
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; ATTACH DATABASE ':memory:' AS BPSDrugs;")?;
    schema::create_drugs(&connection)?;
    seed::drugs::fill(&connection)?;
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
