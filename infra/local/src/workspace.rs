use std::path::{Path, PathBuf};

use crate::Error;

/// The checkout that the current folder is in.
///
/// # Errors
/// When it is in none.
pub fn checkout() -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(Error::file("finding", Path::new(".")))?;
    here.ancestors()
        .find(|folder| {
            folder.join("template.yaml").is_file() && folder.join("infra/local").is_dir()
        })
        .map(Path::to_owned)
        .ok_or(Error::NoCheckout)
}
