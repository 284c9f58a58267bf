//! The schema and content of a practice's Bp database. The content is made up and the same every time.

mod cast;
mod copies;
mod highlights;
pub mod large;
mod reset;
mod schema;
mod seed;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::sql::Language;

pub use cast::{CAST, CROWD_BORN, CROWD_SIZE, CROWD_SURNAME, Role, patient};
pub use copies::seed_copy;
pub use highlights::{HighlightedPatient, HighlightedUser, Highlights, highlights};
pub(crate) use reset::Resettable;
pub use reset::{Pristine, reset};
pub use seed::REFERENCE_DATE;

/// The demonstration practices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demonstration {
    /// Three locations, 12 practitioners, 2,000 patients.
    Large,
    /// One location and few people.
    Small,
    /// One location and four practitioners, in Melbourne's time zone.
    QuandongFlat,
    /// One location and three practitioners, in a time zone half an hour off its neighbours'. The login's
    /// language is British English.
    MalleeCrossing,
    /// One location and five practitioners, in a time zone without summer time.
    LakeTarrawonga,
}

impl Demonstration {
    /// All demonstration practices: first the large one, then the small one, then those for tests with
    /// several practices.
    pub const ALL: [Self; 5] =
        [Self::Large, Self::Small, Self::QuandongFlat, Self::MalleeCrossing, Self::LakeTarrawonga];

    /// The practice's Site ID, as Bp shows it.
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

    /// The language of the integrator's login on the practice's server. SQL Server takes it from the
    /// server's installation, so a practice with British English is likely.
    #[must_use]
    pub fn login_language(self) -> Language {
        match self {
            Self::MalleeCrossing => Language::British,
            _ => Language::English,
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
    /// The patients database (`BPSPatients`), which statements name `dbo.`.
    pub patients: PathBuf,
    /// The documents database, attached under `BPSDocuments`.
    pub documents: PathBuf,
}

impl PracticeFiles {
    fn in_folder(folder: &Path) -> Self {
        Self {
            patients: folder.join("patients.sqlite"),
            documents: folder.join("documents.sqlite"),
        }
    }
}

/// Opens a practice. The main database is `:memory:`. The patients database is attached as `dbo`, so it
/// comes first when a name is resolved. The documents database is attached as `BPSDocuments`. The vendor's
/// drugs are attached as `BPSDrugs`, in memory, because nobody changes them. Collations and functions are
/// registered.
///
/// # Errors
/// Any error of SQLite, and a path that does not exist: this function never creates a practice.
pub fn open(files: &PracticeFiles) -> rusqlite::Result<Connection> {
    attach([(&files.patients, "dbo"), (&files.documents, "BPSDocuments")])
}

/// Opens a practice's documents database. Here statements name it `dbo.`, and the patients database is
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
        // The journal of a 60 MB document is useless once the document is in the database.
        connection.execute_batch(&format!("PRAGMA {name}.journal_size_limit = 4194304"))?;
    }
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; ATTACH DATABASE ':memory:' AS BPSDrugs;")?;
    schema::create_drugs(&connection)?;
    seed::drugs::fill(&connection)?;
    Ok(connection)
}

/// Creates both files with the seeded content. The same seed gives the same bytes. Existing files are
/// replaced, so nobody may have them open (see [`reset`] for that).
///
/// # Errors
/// Any error of SQLite or the disk.
pub fn seed(which: Demonstration, folder: &Path, seed: u64) -> rusqlite::Result<PracticeFiles> {
    let files = PracticeFiles::in_folder(folder);
    seed::create(which, &files, seed)?;
    Ok(files)
}

/// A path as UTF-8 text, which SQLite needs.
fn path_text(path: &Path) -> rusqlite::Result<&str> {
    path.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(path.to_path_buf()))
}
