//! Practices that a process seeds once and copies as often as it needs them. A copy takes a fraction of the
//! time: tests start a simulator hundreds of times.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Seek as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Demonstration, PracticeFiles, seed};

/// The seeded files, open. Their names are already removed, so nothing is left behind when the process ends.
struct Originals {
    patients: File,
    documents: File,
}

/// One practice's original, once somebody has asked for it.
type Place = Arc<Mutex<Option<Originals>>>;

static PLACES: Mutex<Option<HashMap<(&'static str, u64), Place>>> = Mutex::new(None);

/// Like [`seed()`], but only the first call of a process generates the content.
///
/// # Errors
/// Any error of SQLite or the disk.
pub fn seed_copy(
    which: Demonstration,
    folder: &Path,
    from: u64,
) -> rusqlite::Result<PracticeFiles> {
    let place = {
        let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        let places = places.get_or_insert_default();
        Arc::clone(places.entry((which.site_id(), from)).or_default())
    };
    let mut original = place.lock().unwrap_or_else(PoisonError::into_inner);
    let files = PracticeFiles::in_folder(folder);
    let Originals { patients, documents } = match &mut *original {
        Some(seeded) => seeded,
        none => none.insert(generate(which, folder, from)?),
    };
    copy(patients, &files.patients)?;
    copy(documents, &files.documents)?;
    Ok(files)
}

fn generate(which: Demonstration, folder: &Path, from: u64) -> rusqlite::Result<Originals> {
    let folder = folder.join("original");
    fs::create_dir_all(&folder).map_err(|_| rusqlite::Error::InvalidPath(folder.clone()))?;
    let files = seed(which, &folder, from)?;
    let open = |path: &Path| {
        File::open(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_path_buf()))
    };
    let originals =
        Originals { patients: open(&files.patients)?, documents: open(&files.documents)? };
    fs::remove_dir_all(&folder).map_err(|_| rusqlite::Error::InvalidPath(folder))?;
    Ok(originals)
}

fn copy(original: &mut File, path: &Path) -> rusqlite::Result<()> {
    let copied = original
        .rewind()
        .and_then(|()| File::create(path))
        .and_then(|mut copy| io::copy(original, &mut copy));
    copied.map(drop).map_err(|_| rusqlite::Error::InvalidPath(path.to_path_buf()))
}
