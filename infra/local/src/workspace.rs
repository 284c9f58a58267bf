use std::path::{Path, PathBuf};

use crate::Error;

/// The checkout that contains the current folder.
///
/// # Errors
/// When no checkout contains it.
pub fn checkout() -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(Error::file("finding", Path::new(".")))?;
    here.ancestors()
        .find(|folder| {
            folder.join("template.yaml").is_file() && folder.join("infra/local").is_dir()
        })
        .map(Path::to_owned)
        .ok_or(Error::NoCheckout)
}
