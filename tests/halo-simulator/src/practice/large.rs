//! A practice of the size of a large real one. It is made once for each content and kept in a folder.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use super::seed::{DOCUMENTS, PATIENTS};
use super::{PracticeFiles, schema, seed};

/// The program that makes the content. When it changes, the practice is made again.
const SOURCES: [&str; 25] = [
    include_str!("cast.rs"),
    include_str!("seed/appointments.rs"),
    include_str!("seed/bytes.rs"),
    include_str!("seed/clinical.rs"),
    include_str!("seed/contacts.rs"),
    include_str!("seed/dice.rs"),
    include_str!("seed/drugs.rs"),
    include_str!("seed/form.rs"),
    include_str!("seed/growth.rs"),
    include_str!("seed/inbox.rs"),
    include_str!("seed/lookups.rs"),
    include_str!("seed/measurements.rs"),
    include_str!("seed/mod.rs"),
    include_str!("seed/names.rs"),
    include_str!("seed/numbers.rs"),
    include_str!("seed/papers.rs"),
    include_str!("seed/patients.rs"),
    include_str!("seed/results.rs"),
    include_str!("seed/showcase.rs"),
    include_str!("seed/social.rs"),
    include_str!("seed/staff.rs"),
    include_str!("seed/store.rs"),
    include_str!("seed/table.rs"),
    include_str!("seed/teams.rs"),
    include_str!("seed/visits.rs"),
];

/// The files of the large practice under `cache`. They are made if they are not there, which takes some
/// seconds and 550 MB. Practices with an older content are removed. Nobody may change the files: a writer
/// takes a copy.
///
/// # Errors
/// Any error of SQLite or the disk.
pub fn large(cache: &Path, seed: u64) -> rusqlite::Result<PracticeFiles> {
    let mut key = Sha256::new();
    key.update(seed.to_le_bytes());
    SOURCES.into_iter().chain(schema::texts()).for_each(|text| key.update(text));
    let key: String = key.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache.join(format!("{KEPT}{key}"));
    if !folder.exists() {
        remove_older(cache);
        // It gets its name when it is complete, so an interrupted run leaves nothing that looks complete.
        let room = cache.join(format!("making-{}", std::process::id()));
        disk(&room, std::fs::create_dir_all(&room))?;
        seed::create_large(&PracticeFiles::in_folder(&room), seed)?;
        if std::fs::rename(&room, &folder).is_err() {
            // Another process was faster.
            disk(&room, std::fs::remove_dir_all(&room))?;
        }
    }
    Ok(PracticeFiles::in_folder(&folder))
}

/// The names of complete practices begin so.
const KEPT: &str = "practice-";

/// Frees the disk. What cannot be removed stays.
fn remove_older(cache: &Path) {
    for entry in std::fs::read_dir(cache).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(KEPT) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_any_file_that_makes_the_content_makes_the_practice_again() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/practice/seed");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
        assert_eq!(SOURCES.len(), files.len() + 1);
        for file in files {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(SOURCES.contains(&text.as_str()), "{}", file.display());
        }
    }
}
