//! The functions' peers in Python and TypeScript (`tests/benchmark/peers`), with what they run on.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::environments::{Node, copy};
use crate::tools::{Tools, lock};
use crate::typescript::{files, hash};
use crate::{Error, Progress};

const PYTHON: &str = "tests/benchmark/peers/python";
const TYPESCRIPT: &str = "tests/benchmark/peers/typescript";
/// What the bundles contain of the statement pack.
const PACK: [&str; 3] = ["statements/public", "statements/assumed", "data"];
const BEST_PRACTICE: &str = "shared/best-practice";

/// The language that a peer is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    Python,
    TypeScript,
}

/// The peers, installed under `.local/tools/peers`.
#[derive(Clone, Debug)]
pub struct Peers {
    python: PathBuf,
    script: PathBuf,
    /// Node itself. The `node` of its package is a Python program that starts it.
    node: PathBuf,
    bundles: PathBuf,
}

impl Peers {
    /// Installs what the peers run on, and bundles those in TypeScript.
    ///
    /// # Errors
    /// When an installation or the bundling fails.
    pub async fn install(checkout: &Path, progress: &Progress) -> Result<Self, Error> {
        let tools = Tools::install(checkout, progress).await?;
        let requirements = checkout.join(PYTHON).join("requirements.txt");
        let python = tools.environment("peers/python", &requirements, None, progress).await?;
        let node = tools.node(progress).await?;
        // The sources name the statements by a relative path, so they are copied with the same folders.
        let name = format!("peers/{TYPESCRIPT}");
        let folder = node.packages(&name, &checkout.join(TYPESCRIPT), progress).await?;
        let copied = tools.folder().join("peers");
        let bundles = folder.join("dist");
        progress
            .step("Bundling the peers in TypeScript", async {
                let _lock = lock(&folder.join("build.lock"), progress).await?;
                bundle(&node, checkout, &copied, &folder, progress).await
            })
            .await?;
        let script = checkout.join(PYTHON).join("peer.py");
        Ok(Self { python, script, node: executable(&node).await?, bundles })
    }

    /// The program and the arguments of a peer of `patient-search`, `clinical-import` or `attachment-importer`.
    #[must_use]
    pub fn program(&self, language: Language, function: &str) -> (PathBuf, Vec<OsString>) {
        match language {
            Language::Python => {
                (self.python.clone(), vec![self.script.clone().into(), function.into()])
            }
            Language::TypeScript => {
                let bundle = self.bundles.join(format!("{function}.mjs"));
                (self.node.clone(), vec![bundle.into()])
            }
        }
    }
}

async fn bundle(
    node: &Node,
    checkout: &Path,
    copied: &Path,
    folder: &Path,
    progress: &Progress,
) -> Result<(), Error> {
    let mut sources = vec![PathBuf::from(TYPESCRIPT).join("tsconfig.json")];
    let sources_of = |part: PathBuf| -> Result<Vec<PathBuf>, Error> {
        let names = files(&checkout.join(&part))?;
        Ok(names.into_iter().map(|name| part.join(name)).collect())
    };
    sources.extend(sources_of(PathBuf::from(TYPESCRIPT).join("src"))?);
    for part in PACK {
        sources.extend(sources_of(PathBuf::from(BEST_PRACTICE).join(part))?);
    }
    let sources: Vec<(PathBuf, PathBuf)> =
        sources.into_iter().map(|path| (checkout.join(&path), path)).collect();
    let wanted = hash(&sources)?;
    let stamp = folder.join("built.txt");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    for part in [folder.join("src"), copied.join(BEST_PRACTICE), folder.join("dist")] {
        // A file that is no longer there must not be bundled.
        let _ = fs::remove_dir_all(part);
    }
    for (from, inside) in &sources {
        let to = copied.join(inside);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::file("creating the folder", parent))?;
        }
        copy(from, &to)?;
    }
    for script in ["check", "build"] {
        let mut npm = node.command("npm");
        npm.args(["run", "--silent", script]).current_dir(folder);
        node.run("npm", &mut npm, progress).await?;
    }
    fs::write(&stamp, wanted).map_err(Error::file("writing", &stamp))
}

/// The program that Node runs as.
async fn executable(node: &Node) -> Result<PathBuf, Error> {
    let mut ask = node.command("node");
    ask.args(["-p", "process.execPath"]).kill_on_drop(true);
    let answer = ask.output().await.map_err(Error::file("starting", node.programs()))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()))
}
