//! Builds the functions and puts them where `template.yaml` expects them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::folders::Folders;
use crate::program::run;
use crate::{Error, Progress};

/// What was built.
#[derive(Clone, Debug)]
pub(crate) struct Binaries(BTreeMap<String, PathBuf>);

/// All stacks of a process use the same build, even if they start at the same time.
static BUILT: OnceCell<Binaries> = OnceCell::const_new();

impl Binaries {
    /// Builds the workspace's binaries and puts the functions' where the template expects them. Only the
    /// first call in a process builds.
    pub(crate) async fn build_once(
        checkout: &Path,
        folders: &Folders,
        progress: &Progress,
    ) -> Result<&'static Self, Error> {
        BUILT
            .get_or_try_init(async || {
                let binaries = Self::build(checkout, folders, progress).await?;
                binaries.place(checkout)?;
                Ok(binaries)
            })
            .await
    }

    /// Builds every binary of the workspace. Cargo chooses the features of every dependency by what is
    /// built together, so `--workspace` makes this build share its dependencies with `cargo test`.
    async fn build(checkout: &Path, folders: &Folders, progress: &Progress) -> Result<Self, Error> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(checkout).args([
            "build",
            "--workspace",
            "--bins",
            "--message-format=json-render-diagnostics",
        ]);
        // Cargo sets these variables for a running test. Some build scripts read them: they would build
        // their crates again, and everything that depends on those crates.
        for (name, _) in std::env::vars_os() {
            let said = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
            });
            if said {
                command.env_remove(name);
            }
        }
        let lines = run(progress, "cargo build", &mut command, &folders.log("build")).await?;
        let mut binaries = BTreeMap::new();
        for line in lines {
            if let Ok(Artifact { target, profile, executable: Some(path) }) =
                serde_json::from_str(&line)
                && !profile.test
            {
                binaries.insert(target.name, path);
            }
        }
        Ok(Self(binaries))
    }

    pub(crate) fn simulator(&self) -> Result<&Path, Error> {
        self.0
            .get("halo-simulator")
            .map(PathBuf::as_path)
            .ok_or(Error::Lacks { what: "the build", field: "halo-simulator" })
    }

    /// Puts each function's binary where `cargo lambda build` would put it, so that the same template
    /// serves here and in production.
    fn place(&self, checkout: &Path) -> Result<(), Error> {
        let functions = checkout.join("functions");
        let entries =
            fs::read_dir(&functions).map_err(Error::file("listing the functions", &functions))?;
        for entry in entries {
            let entry = entry.map_err(Error::file("listing the functions", &functions))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(binary) = self.0.get(&name) {
                place(binary, &checkout.join("target/lambda").join(&name))?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Artifact {
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Distinguishes the binary from its unit tests, which are an executable of the same name.
#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Copies the binary unless the same one is already there. Another stack may be reading the file, so
/// the copy replaces the file instead of writing into it.
fn place(binary: &Path, folder: &Path) -> Result<(), Error> {
    let bootstrap = folder.join("bootstrap");
    let built = fs::metadata(binary).map_err(Error::file("reading", binary))?;
    let built_at = built.modified().map_err(Error::file("reading", binary))?;
    if let Ok(placed) = fs::metadata(&bootstrap)
        && placed.len() == built.len()
        && placed.modified().is_ok_and(|placed_at| placed_at == built_at)
    {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(Error::file("creating the folder", folder))?;
    let fresh = folder.with_extension(format!("{}.new", std::process::id()));
    let placing = || -> std::io::Result<()> {
        fs::copy(binary, &fresh)?;
        fs::File::options().append(true).open(&fresh)?.set_modified(built_at)?;
        fs::rename(&fresh, &bootstrap)
    };
    placing().map_err(Error::file("placing the function", &bootstrap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_replaced_when_it_was_built_again_and_left_alone_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let (binary, lambda) =
            (folder.path().join("pairing"), folder.path().join("lambda/pairing"));
        let bootstrap = lambda.join("bootstrap");
        let identity = |path: &Path| {
            use std::os::unix::fs::MetadataExt as _;
            fs::metadata(path).unwrap().ino()
        };
        fs::write(&binary, "first").unwrap();
        place(&binary, &lambda).unwrap();
        let first = identity(&bootstrap);
        place(&binary, &lambda).unwrap();
        assert_eq!(identity(&bootstrap), first, "an unchanged function was copied again");
        fs::write(&binary, "other").unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        fs::File::options().append(true).open(&binary).unwrap().set_modified(later).unwrap();
        place(&binary, &lambda).unwrap();
        assert_eq!(fs::read_to_string(&bootstrap).unwrap(), "other");
        assert_ne!(identity(&bootstrap), first, "a file that may be in use was written to");
    }
}
