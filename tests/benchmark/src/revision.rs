//! A revision of the project, checked out and built beside this one, with the benchmark's authority among its roots.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::authority::Authority;
use crate::error::Error;
use crate::packages::{self, Profile};
use crate::progress;

/// A revision in a work tree of its own.
#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) commit: String,
    pub(crate) subject: String,
    tree: PathBuf,
}

/// Where work trees and their builds are kept. It is outside the checkout: cargo reads the configuration of every
/// parent folder, and a revision must be built with its own only.
pub(crate) fn folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).unwrap_or_else(std::env::temp_dir);
    cache.join("practice-bridge").join("benchmark")
}

/// The commit of what is in the checkout now, changed files included. Also says whether there are such changes.
pub(crate) async fn present(checkout: &Path) -> Result<(String, bool), Error> {
    let changed = git(checkout, &["stash", "create"]).await?;
    if changed.is_empty() {
        return Ok((git(checkout, &["rev-parse", "HEAD"]).await?, false));
    }
    Ok((changed, true))
}

impl Revision {
    /// Checks a revision out, or takes the work tree that is there.
    pub(crate) async fn check_out(
        checkout: &Path,
        name: &str,
        authority: &Authority,
    ) -> Result<Self, Error> {
        let commit =
            git(checkout, &["rev-parse", "--verify", &format!("{name}^{{commit}}")]).await?;
        let subject = git(checkout, &["log", "-1", "--format=%s", &commit]).await?;
        let tree = folder().join(&commit[..12]);
        if !tree.join("Cargo.toml").is_file() {
            let place = tree.to_string_lossy();
            git(checkout, &["worktree", "prune"]).await?;
            git(checkout, &["worktree", "add", "--detach", "--force", &place, &commit]).await?;
        }
        let revision = Self { commit, subject, tree };
        revision.trust(authority).await?;
        Ok(revision)
    }

    /// Adds the authority to the lists of roots that the product compiles in. The code stays as it is.
    async fn trust(&self, authority: &Authority) -> Result<(), Error> {
        // Older revisions have a list of Amazon's roots beside Mozilla's.
        let amazon = self.tree.join("shared/aws/roots/amazon.pem");
        if amazon.is_file() {
            let roots = fs::read_to_string(&amazon).map_err(Error::file("reading", &amazon))?;
            if !roots.contains(authority.pem()) {
                let both = format!("{}\n{}", roots.trim_end(), authority.pem());
                fs::write(&amazon, both).map_err(Error::file("writing", &amazon))?;
            }
        }
        let copy = self.mozilla();
        let anchor = anchor(authority)?;
        let made = fs::read_to_string(copy.join("src/lib.rs")).unwrap_or_default();
        if copy.join("Cargo.toml").is_file() && made.contains(&anchor) {
            return Ok(());
        }
        // A build with the copy changes what the file says of the crate.
        git(&self.tree, &["checkout", "--", "Cargo.lock"]).await?;
        let (version, source) = self.locked_roots().await?;
        let library = source.join("src/lib.rs");
        let text = fs::read_to_string(&library).map_err(Error::file("reading", &library))?;
        let text = with_anchor(&text, &anchor)?;
        let folder = copy.join("src");
        fs::create_dir_all(&folder).map_err(Error::file("creating", &folder))?;
        let library = folder.join("lib.rs");
        fs::write(&library, text).map_err(Error::file("writing", &library))?;
        let manifest = format!(
            "[package]\nname = \"webpki-roots\"\nversion = \"{version}\"\nedition = \"2021\"\n\n\
             [dependencies]\npki-types = {{ package = \"rustls-pki-types\", version = \"1.8\", \
             default-features = false }}\n\n[workspace]\n"
        );
        let file = copy.join("Cargo.toml");
        fs::write(&file, manifest).map_err(Error::file("writing", &file))
    }

    fn mozilla(&self) -> PathBuf {
        self.tree.with_extension("webpki-roots")
    }

    /// The version and the folder of the locked crate with Mozilla's roots.
    async fn locked_roots(&self) -> Result<(String, PathBuf), Error> {
        let mut command = self.cargo();
        command.args(["metadata", "--format-version", "1", "--locked"]);
        let output = command.output().await.map_err(Error::file("running", Path::new("cargo")))?;
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
        let roots = packages.iter().find(|package| package["name"] == "webpki-roots");
        let text = |name: &str| roots.and_then(|package| package[name].as_str());
        let (Some(version), Some(manifest)) = (text("version"), text("manifest_path")) else {
            return Err(Error::Command("cargo metadata".to_owned()));
        };
        let folder = Path::new(manifest).parent().unwrap_or(Path::new("/"));
        Ok((version.to_owned(), folder.to_owned()))
    }

    /// Builds these packages together as for a deployment, by the revision's own settings.
    pub(crate) async fn build(&self, names: &[String]) -> Result<BTreeMap<String, PathBuf>, Error> {
        progress(&format!("Building {} at {}", names.join(", "), &self.commit[..12]));
        let manifest = self.tree.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(Error::file("reading", &manifest))?;
        // Older revisions build all functions with one profile.
        let apart = |name: &String| {
            text.contains("[profile.worker]") && packages::WORKERS.contains(&name.as_str())
        };
        let (workers, others): (Vec<String>, Vec<String>) = names.iter().cloned().partition(apart);
        let patch = format!("patch.crates-io.webpki-roots.path='{}'", self.mozilla().display());
        let mut built = BTreeMap::new();
        for (names, profile) in [(others, Profile::Release.name()), (workers, "worker")] {
            if !names.is_empty() {
                let mut command = self.cargo();
                command.args(["--config", &patch]);
                built.extend(packages::build_with(command, &names, profile).await?);
            }
        }
        Ok(built)
    }

    pub(crate) fn functions(&self) -> Result<Vec<String>, Error> {
        packages::functions(&self.tree)
    }

    /// The cargo of the revision's own toolchain, in its tree.
    fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        packages::without_own_variables(&mut command);
        for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_TARGET_DIR"] {
            command.env_remove(name);
        }
        command.current_dir(&self.tree);
        command
    }
}

/// The authority as an entry of the source of Mozilla's roots.
fn anchor(authority: &Authority) -> Result<String, Error> {
    let anchor = authority.anchor()?;
    let bytes = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\x{byte:02x}");
            text
        })
    };
    Ok(format!(
        "  TrustAnchor {{\n    subject: Der::from_slice(b\"{}\"),\n    \
         subject_public_key_info: Der::from_slice(b\"{}\"),\n    name_constraints: None\n  }},\n",
        bytes(&anchor.subject),
        bytes(&anchor.subject_public_key_info)
    ))
}

/// The source of Mozilla's roots with one anchor more.
fn with_anchor(source: &str, anchor: &str) -> Result<String, Error> {
    let end = source.rfind("];").ok_or(Error::NoAnchor)?;
    let mut with = source.to_owned();
    with.insert_str(end, anchor);
    Ok(with)
}

async fn git(folder: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().await.map_err(Error::file("running", Path::new("git")))?;
    if !output.status.success() {
        return Err(Error::Command(format!("git {}", arguments.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_of_a_revision_keep_all_anchors_and_get_one_more() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::kept_in(folder.path()).unwrap();
        let source = "pub const ROOTS: &[TrustAnchor] = &[\n  TrustAnchor { a },\n\n];\n";
        let with = with_anchor(source, &anchor(&authority).unwrap()).unwrap();
        assert_eq!(with.matches("TrustAnchor {").count(), 2);
        assert!(with.starts_with("pub const ROOTS: &[TrustAnchor] = &[\n  TrustAnchor { a },\n"));
        assert!(with.ends_with("  },\n];\n"), "{with}");
    }
}
