//! A practice of the size of a large real one. It is made once for each content and kept in a folder.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use super::seed::{DOCUMENTS, PATIENTS};
use super::{PracticeFiles, schema, seed};

/// Change it when the other parts of the seeding change what the large practice contains.
const VERSION: u32 = 1;

/// The files of the large practice under `cache`. They are made if they are not there, which takes some
/// seconds and 700 MB. Nobody may change them: a writer takes a copy.
///
/// # Errors
/// Any error of SQLite or the disk.
pub fn large(cache: &Path, seed: u64) -> rusqlite::Result<PracticeFiles> {
    let mut key = Sha256::new();
    key.update(format!("{VERSION} {seed}"));
    key.update(include_str!("seed/growth.rs"));
    schema::texts().for_each(|text| key.update(text));
    let key: String = key.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache.join(key);
    let files = |folder: &Path| PracticeFiles {
        patients: folder.join("patients.sqlite"),
        documents: folder.join("documents.sqlite"),
    };
    if !folder.exists() {
        // It gets its name when it is complete, so an interrupted run leaves nothing that looks complete.
        let room = cache.join(format!("making-{}", std::process::id()));
        disk(&room, std::fs::create_dir_all(&room))?;
        seed::create_large(&files(&room), seed)?;
        if std::fs::rename(&room, &folder).is_err() {
            // Another process was faster.
            disk(&room, std::fs::remove_dir_all(&room))?;
        }
    }
    Ok(files(&folder))
}

/// A copy of the files in another folder, to write to.
///
/// # Errors
/// Any error of the disk.
pub fn copy_of(files: &PracticeFiles, folder: &Path) -> rusqlite::Result<PracticeFiles> {
    let copied = |from: &PathBuf| {
        let to = folder.join(from.file_name().unwrap_or_default());
        disk(&to, std::fs::copy(from, &to)).map(|_| to)
    };
    Ok(PracticeFiles { patients: copied(&files.patients)?, documents: copied(&files.documents)? })
}

fn disk<T>(path: &Path, result: std::io::Result<T>) -> rusqlite::Result<T> {
    result.map_err(|_| rusqlite::Error::InvalidPath(path.to_path_buf()))
}
