//! The TypeScript client of the API, built from the OpenAPI document.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::environments::{Node, copy};
use crate::tools::{Tools, lock};
use crate::{Error, Progress};

/// The package and its document, from the checkout.
const PACKAGE: &str = "shared/api/typescript";
const DOCUMENT: &str = "shared/api/openapi.json";
/// The parts of the package that are copied to where it is built.
const PARTS: [&str; 3] = ["src", "test", "examples"];

/// The client, built under `.local/tools/client`: its types are made from the document, and everything is
/// compiled with the strictest settings.
#[derive(Clone, Debug)]
pub struct TypeScriptClient {
    node: Node,
    folder: PathBuf,
}

impl TypeScriptClient {
    /// Builds the client unless it is already built from these sources and this document.
    ///
    /// # Errors
    /// When the installation of a tool fails, or when the sources do not fit the document.
    pub async fn build(checkout: &Path, progress: &Progress) -> Result<Self, Error> {
        let tools = Tools::install(checkout, progress).await?;
        let node = tools.node(progress).await?;
        let package = checkout.join(PACKAGE);
        let folder = node.packages("client/typescript", &package, progress).await?;
        let client = Self { node, folder };
        progress
            .step("Building the TypeScript client", async {
                let _lock = lock(&client.folder.join("build.lock"), progress).await?;
                client.build_here(checkout, &package, progress).await
            })
            .await?;
        Ok(client)
    }

    async fn build_here(
        &self,
        checkout: &Path,
        package: &Path,
        progress: &Progress,
    ) -> Result<(), Error> {
        let document = checkout.join(DOCUMENT);
        // The package looks for the document in the folder above its own.
        let mut sources = vec![(document, PathBuf::from("../openapi.json"))];
        sources.push((checkout.join("LICENSE"), "LICENSE".into()));
        for name in files(package)? {
            let path = package.join(&name);
            sources.push((path, name.into()));
        }
        for part in PARTS {
            for name in files(&package.join(part))? {
                let inside = Path::new(part).join(name);
                sources.push((package.join(&inside), inside));
            }
        }
        let wanted = hash(&sources)?;
        let stamp = self.folder.join("built.txt");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok(());
        }
        // A file that is no longer there must not be built.
        for part in PARTS.into_iter().chain(["dist"]) {
            let _ = fs::remove_dir_all(self.folder.join(part));
        }
        for part in PARTS {
            let part = self.folder.join(part);
            fs::create_dir_all(&part).map_err(Error::file("creating the folder", &part))?;
        }
        for (from, inside) in &sources {
            copy(from, &self.folder.join(inside))?;
        }
        self.npm(&["run", "--silent", "generate"], progress).await?;
        self.npm(&["run", "--silent", "build"], progress).await?;
        self.npm(&["run", "--silent", "check"], progress).await?;
        fs::write(&stamp, wanted).map_err(Error::file("writing", &stamp))
    }

    /// Makes the package that a front end installs, in a folder.
    ///
    /// # Errors
    /// When npm fails.
    pub async fn pack(&self, into: &Path, progress: &Progress) -> Result<PathBuf, Error> {
        let destination = format!("--pack-destination={}", into.display());
        self.npm(&["pack", "--ignore-scripts", "--loglevel=error", &destination], progress).await?;
        let described = self.folder.join("package.json");
        let text = fs::read_to_string(&described).map_err(Error::file("reading", &described))?;
        let package: serde_json::Value =
            serde_json::from_str(&text).map_err(Error::malformed("package.json"))?;
        let part = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
        let name = part("name").trim_start_matches('@').replace('/', "-");
        Ok(into.join(format!("{name}-{}.tgz", part("version"))))
    }

    /// Node itself.
    #[must_use]
    pub fn tool(&self) -> &Node {
        &self.node
    }

    /// The folder in which the client is built, with the compiler in its `node_modules`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command that runs Node in the folder of the client.
    #[must_use]
    pub fn node(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut node = self.node.command("node");
        node.args(arguments).current_dir(&self.folder);
        node
    }

    async fn npm(&self, arguments: &[&str], progress: &Progress) -> Result<(), Error> {
        let mut npm = self.node.command("npm");
        self.node.run("npm", npm.args(arguments).current_dir(&self.folder), progress).await
    }
}

/// The names of the files directly in a folder, sorted.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("reading", folder))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

/// A hash of files' names and contents.
pub(crate) fn hash(sources: &[(PathBuf, PathBuf)]) -> Result<String, Error> {
    let mut hash = Sha256::new();
    for (from, inside) in sources {
        hash.update(inside.as_os_str().as_encoded_bytes());
        hash.update(fs::read(from).map_err(Error::file("reading", from))?);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
