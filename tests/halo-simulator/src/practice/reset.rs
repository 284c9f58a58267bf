//! Bringing the seeded state back into the same files, while others may be reading them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, ffi};

use super::PracticeFiles;

/// A copy of a practice in the state it is to be reset to.
#[derive(Clone, Debug)]
pub struct Pristine {
    files: PracticeFiles,
}

impl Pristine {
    /// Copies the practice as it is now beside its files (`name.pristine`).
    ///
    /// # Errors
    /// Whatever SQLite or the disk says.
    pub fn keep(files: &PracticeFiles) -> rusqlite::Result<Self> {
        let pristine = PracticeFiles {
            patients: beside(&files.patients),
            documents: beside(&files.documents),
        };
        copy(&files.patients, &pristine.patients)?;
        copy(&files.documents, &pristine.documents)?;
        Ok(Self { files: pristine })
    }
}

/// Brings the pristine state back into the practice's files. Readers that are in the middle of
/// something keep seeing what they saw; writers wait, and are waited for.
///
/// # Errors
/// Whatever SQLite or the disk says; among it busy, when a writer does not finish within ten seconds.
pub fn reset(files: &PracticeFiles, pristine: &Pristine) -> rusqlite::Result<()> {
    copy(&pristine.files.patients, &files.patients)?;
    copy(&pristine.files.documents, &files.documents)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".pristine");
    path.with_file_name(name)
}

fn copy(from: &Path, to: &Path) -> rusqlite::Result<()> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut target = Connection::open(to)?;
    target.busy_timeout(Duration::from_secs(10))?;
    target.pragma_update(Some("main"), "journal_size_limit", 4_194_304)?;
    let backup = Backup::new(&source, &mut target)?;
    // All pages in one step, which waits for its lock as long as the target's timeout says.
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_BUSY),
            Some("a writer has not finished".to_owned()),
        )),
    }
}
