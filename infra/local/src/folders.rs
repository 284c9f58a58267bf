//! The folders of a run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

/// The folders of a run.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) root: PathBuf,
}

impl Folders {
    pub(crate) fn create(root: &Path) -> Result<Self, Error> {
        let folders = Self { root: root.to_owned() };
        for folder in [folders.logs(), folders.state()] {
            fs::create_dir_all(&folder).map_err(Error::file("creating the folder", &folder))?;
        }
        Ok(folders)
    }

    /// Empties the state folder, so that this run sees nothing of an earlier one.
    pub(crate) fn clear_state(&self) -> Result<(), Error> {
        let state = self.state();
        if state.exists() {
            fs::remove_dir_all(&state).map_err(Error::file("emptying the folder", &state))?;
        }
        for folder in [state.join("home"), state.join("tmp"), state.join("simulator")] {
            fs::create_dir_all(&folder).map_err(Error::file("creating the folder", &folder))?;
        }
        Ok(())
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }
}
