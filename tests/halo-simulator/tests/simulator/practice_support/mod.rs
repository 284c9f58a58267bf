//! Practices that are seeded once for all tests.

use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use halo_simulator::practice::{self, Demonstration, PracticeFiles};
use rusqlite::Connection;

/// The seed of the practices in the tests.
pub(crate) const SEED: u64 = 71;

/// The files of a practice, and the lock against other runs of this test.
struct Seeded {
    files: PracticeFiles,
    _lock: File,
}

/// Seeds into Cargo's own folder for tests. Otherwise every run would leave a hundred megabytes in a new
/// place.
fn seeded(which: Demonstration) -> Seeded {
    let folder: PathBuf =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME")).join(which.site_id());
    create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    Seeded { files: practice::seed(which, &folder, SEED).unwrap(), _lock: lock }
}

/// A practice's files. The first use seeds them.
fn files(which: Demonstration) -> &'static PracticeFiles {
    static ALL: [OnceLock<Seeded>; Demonstration::ALL.len()] =
        [const { OnceLock::new() }; Demonstration::ALL.len()];
    let at = Demonstration::ALL.into_iter().position(|one| one == which).unwrap();
    &ALL[at].get_or_init(|| seeded(which)).files
}

/// The large practice's files.
pub(crate) fn large_files() -> &'static PracticeFiles {
    files(Demonstration::Large)
}

/// Each practice, with a new connection to it.
pub(crate) fn all() -> impl Iterator<Item = (Demonstration, Connection)> {
    let open = |which| (which, practice::open(files(which)).unwrap());
    Demonstration::ALL.into_iter().map(open)
}

/// A new connection to the large practice.
pub(crate) fn large() -> Connection {
    practice::open(large_files()).unwrap()
}

/// A new connection to the small practice.
pub(crate) fn small() -> Connection {
    practice::open(files(Demonstration::Small)).unwrap()
}

/// A copy of the small practice's files in this folder.
pub(crate) fn small_copy(folder: &Path) -> PracticeFiles {
    let copy = |from: &Path, name: &str| {
        let to = folder.join(name);
        std::fs::copy(from, &to).unwrap();
        to
    };
    let files = files(Demonstration::Small);
    PracticeFiles {
        patients: copy(&files.patients, "patients.sqlite"),
        documents: copy(&files.documents, "documents.sqlite"),
    }
}

/// The first column of every row.
pub(crate) fn texts(practice: &Connection, sql: &str) -> Vec<String> {
    let mut statement = practice.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// The only value of the only row.
pub(crate) fn number(practice: &Connection, sql: &str) -> i64 {
    practice.query_row(sql, [], |row| row.get(0)).unwrap()
}
