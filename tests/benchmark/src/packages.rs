//! Builds and finds the functions' packages, and measures their size.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::ValueEnum;
use serde::Deserialize;
use tokio::process::Command;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::Error;

/// The profile that the functions are built with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Profile {
    /// The profile of the local stack. It builds fast, but says little about what is deployed.
    Dev,
    /// The profile of a deployment. It builds for minutes.
    Release,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

/// Functions in which one message's panic must not end the work on the others. `Cargo.toml` has a deployed profile of
/// their own for them; with the other one they do not compile.
pub(crate) const WORKERS: [&str; 2] = ["site-writer", "webhook-sender"];

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight {
    pub(crate) binary: u64,
    pub(crate) zip: u64,
}

/// The functions of the checkout, by name.
pub(crate) fn functions(checkout: &Path) -> Result<Vec<String>, Error> {
    let folder = checkout.join("functions");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Error::file("listing", &folder))? {
        let entry = entry.map_err(Error::file("listing", &folder))?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Builds packages of the checkout and returns the path of each program.
pub(crate) async fn build(
    checkout: &Path,
    names: &[String],
    profile: Profile,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    without_own_variables(&mut command);
    command.current_dir(checkout);
    build_with(command, names, profile.name()).await
}

/// Builds packages with this cargo.
///
/// Packages that are built together share the features of their dependencies. The functions are built
/// together, as for a deployment. The bare function is built on its own.
pub(crate) async fn build_with(
    mut command: Command,
    names: &[String],
    profile: &str,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    command
        .args(["build", "--bins", "--message-format=json-render-diagnostics"])
        .args(["--profile", profile])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    match profile {
        // The same build as the local stack's. Any other would compile everything once more.
        "dev" => command.arg("--workspace"),
        _ => command.args(names.iter().flat_map(|name| ["--package", name])),
    };
    // Not `output`, because it would hide what cargo prints while it runs.
    let failed = || Error::file("running", Path::new("cargo"));
    let output = command.spawn().map_err(failed())?.wait_with_output().await.map_err(failed())?;
    if !output.status.success() {
        return Err(Error::Command(format!("cargo build of {}", names.join(", "))));
    }
    let mut built: BTreeMap<_, _> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect();
    if let Some(missing) = names.iter().find(|name| !built.contains_key(*name)) {
        return Err(Error::NoProgram(missing.clone()));
    }
    built.retain(|name, _| names.contains(name));
    Ok(built)
}

/// Takes away the variables that describe this package. Some build scripts read those variables, and their
/// crates would be built again each time.
pub(crate) fn without_own_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let said = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if said {
            command.env_remove(name);
        }
    }
}

#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The size of a program, and of its Lambda package.
pub(crate) fn weigh(program: &Path) -> Result<Weight, Error> {
    let mut file = File::open(program).map_err(Error::file("reading", program))?;
    let binary = file.metadata().map_err(Error::file("reading", program))?.len();
    let package =
        zipped(&mut file).map_err(|source| Error::Zip { path: program.to_owned(), source })?;
    Ok(Weight { binary, zip: package.len() as u64 })
}

/// The zip package with the program as `bootstrap`, at the strongest compression of deflate.
fn zipped(program: &mut impl io::Read) -> zip::result::ZipResult<Vec<u8>> {
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .unix_permissions(0o755);
    package.start_file("bootstrap", options)?;
    io::copy(program, &mut package)?;
    package.flush()?;
    let mut package = package.finish()?;
    package.rewind()?;
    Ok(package.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_package_holds_the_program_as_an_executable_bootstrap_and_is_weighed_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("pairing");
        // Half of the bytes are random and do not compress. The other half compresses to almost nothing.
        let mut number = 1_u32;
        let noise = std::iter::repeat_with(|| {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            number.to_be_bytes()[0]
        });
        let contents: Vec<u8> = noise.take(10_000).chain([0; 10_000]).collect();
        fs::write(&program, &contents).unwrap();

        let weight = weigh(&program).unwrap();
        assert_eq!(weight.binary, 20_000);
        assert!((10_000..10_300).contains(&weight.zip), "{} bytes", weight.zip);

        let package = zipped(&mut contents.as_slice()).unwrap();
        assert_eq!(package.len() as u64, weight.zip);
        let mut archive = zip::ZipArchive::new(Cursor::new(package)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut bootstrap = archive.by_name("bootstrap").unwrap();
        assert_eq!(bootstrap.unix_mode().unwrap() & 0o777, 0o755);
        let mut unpacked = Vec::new();
        bootstrap.read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, contents);
    }

    #[test]
    fn every_function_of_the_checkout_is_found() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let functions = functions(&checkout).unwrap();
        assert!(functions.is_sorted());
        for name in ["authorizer", "patient-search"] {
            assert!(functions.iter().any(|function| function == name), "{name} is missing");
        }
    }
}
