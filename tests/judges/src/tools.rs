//! The judges' programs, installed under `.local/tools`.

use std::fs;
use std::path::{Path, PathBuf};

use local::{Node, Progress, Tools as LocalTools};

use crate::{Failure, file};

/// Where the judges are, and where they install what they need.
pub(crate) struct Tools {
    pub(crate) checkout: PathBuf,
    /// The folder of this crate.
    pub(crate) judges: PathBuf,
    pub(crate) progress: Progress,
    local: LocalTools,
}

impl Tools {
    pub(crate) async fn install() -> Result<Self, Failure> {
        let judges = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let checkout = judges.join("../..");
        let checkout = fs::canonicalize(&checkout).map_err(file(&checkout))?;
        let progress = Progress::shown();
        let local = LocalTools::install(&checkout, &progress).await?;
        Ok(Self { checkout, judges, progress, local })
    }

    /// The Python in a judge's own environment. `libraries` names a second list of packages, of which only the
    /// libraries are used.
    pub(crate) async fn python(
        &self,
        name: &str,
        room: &Path,
        libraries: Option<&str>,
    ) -> Result<PathBuf, Failure> {
        let requirements = room.join("requirements.txt");
        let libraries = libraries.map(|name| room.join(name));
        let installed =
            self.local.environment(name, &requirements, libraries.as_deref(), &self.progress);
        Ok(installed.await?)
    }

    /// Node, and the folder that has a judge's packages of npm in `node_modules`. The judge's scripts are copied
    /// there.
    pub(crate) async fn node(&self, name: &str, room: &Path) -> Result<(Node, PathBuf), Failure> {
        let node = self.local.node(&self.progress).await?;
        let folder = node.packages(name, room, &self.progress).await?;
        for entry in fs::read_dir(room).map_err(file(room))? {
            let path = entry.map_err(file(room))?.path();
            if path.extension().is_some_and(|extension| extension == "mjs") {
                let name = path.file_name().unwrap_or_default();
                fs::copy(&path, folder.join(name)).map_err(file(&path))?;
            }
        }
        Ok((node, folder))
    }
}
