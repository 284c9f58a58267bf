//! Restores the seeded state in the same files, even while others read them. A file without changes is left
//! alone, because most tests only read and the large practice has 130 MB.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, ffi};

use super::PracticeFiles;

/// A copy of a practice's seeded state, to which a reset returns.
#[derive(Clone, Debug)]
pub struct Pristine {
    files: PracticeFiles,
}

impl Pristine {
    /// Copies the present state of a practice to files beside its own (`name.pristine`). Nobody may have the
    /// practice open: SQLite's locks end when another part of the process closes the same file.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn keep(files: &PracticeFiles) -> rusqlite::Result<Self> {
        let pristine = PracticeFiles {
            patients: beside(&files.patients),
            documents: beside(&files.documents),
        };
        for (from, to) in
            [(&files.patients, &pristine.patients), (&files.documents, &pristine.documents)]
        {
            fs::copy(from, to).map_err(|_| rusqlite::Error::InvalidPath(to.clone()))?;
        }
        Ok(Self { files: pristine })
    }
}

/// Restores the pristine state in the practice's files. Readers in the middle of a transaction keep seeing
/// the old state. This function waits for a writer to finish, and later writers wait for the reset.
///
/// # Errors
/// Any error of SQLite or the disk. SQLite reports busy if a writer does not finish within ten seconds.
pub fn reset(files: &PracticeFiles, pristine: &Pristine) -> rusqlite::Result<()> {
    copy(&pristine.files.patients, &files.patients)?;
    copy(&pristine.files.documents, &files.documents)
}

/// A practice's files, their pristine copy, and a watch on each file.
#[derive(Debug)]
pub(crate) struct Resettable {
    patients: Watched,
    documents: Watched,
}

/// A file that knows whether it has changed since its last pristine state.
#[derive(Debug)]
struct Watched {
    file: PathBuf,
    pristine: PathBuf,
    /// Used only to read the data version, by which SQLite counts the commits of all other connections.
    watch: Connection,
    version: i64,
}

impl Resettable {
    /// The files must be in the state that `pristine` holds.
    pub(crate) fn new(files: &PracticeFiles, pristine: &Pristine) -> rusqlite::Result<Self> {
        Ok(Self {
            patients: Watched::new(&files.patients, &pristine.files.patients)?,
            documents: Watched::new(&files.documents, &pristine.files.documents)?,
        })
    }

    /// Restores the pristine state of every file that has changed, see [`reset`].
    pub(crate) fn reset(&mut self) -> rusqlite::Result<()> {
        self.patients.reset()?;
        self.documents.reset()
    }
}

impl Watched {
    fn new(file: &Path, pristine: &Path) -> rusqlite::Result<Self> {
        let watch = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = data_version(&watch)?;
        Ok(Self { file: file.to_owned(), pristine: pristine.to_owned(), watch, version })
    }

    fn reset(&mut self) -> rusqlite::Result<()> {
        if data_version(&self.watch)? == self.version {
            return Ok(());
        }
        copy(&self.pristine, &self.file)?;
        self.version = data_version(&self.watch)?;
        Ok(())
    }
}

/// A number that changes if another connection, in any process, has committed since.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
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
    // If the machine fails during this, nothing is lost: the next start seeds the files again.
    target.pragma_update(Some("main"), "synchronous", "OFF")?;
    let backup = Backup::new(&source, &mut target)?;
    // Copies all pages in one step, which waits for the lock until the target's timeout.
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_BUSY),
            Some("a writer has not finished".to_owned()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(file: &Path) -> i64 {
        let connection = Connection::open(file).unwrap();
        connection.query_row("SELECT v FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_a_file_that_somebody_has_changed_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let files = PracticeFiles {
            patients: folder.path().join("patients.sqlite"),
            documents: folder.path().join("documents.sqlite"),
        };
        for file in [&files.patients, &files.documents] {
            let connection = Connection::open(file).unwrap();
            connection.pragma_update(None, "journal_mode", "WAL").unwrap();
            connection.execute_batch("CREATE TABLE t (v int); INSERT INTO t VALUES (1)").unwrap();
        }
        let pristine = Pristine::keep(&files).unwrap();
        let mut resettable = Resettable::new(&files, &pristine).unwrap();
        let reader = Connection::open(&files.documents).unwrap();
        let untouched = data_version(&reader).unwrap();
        for _ in 0..3 {
            let other = Connection::open(&files.patients).unwrap();
            other.execute("UPDATE t SET v = 2", []).unwrap();
            resettable.reset().unwrap();
            assert_eq!((value(&files.patients), value(&files.documents)), (1, 1));
        }
        assert_eq!(data_version(&reader).unwrap(), untouched, "an unchanged file was copied");
        Connection::open(&files.documents).unwrap().execute("DELETE FROM t", []).unwrap();
        resettable.reset().unwrap();
        assert_eq!(value(&files.documents), 1);
    }
}
