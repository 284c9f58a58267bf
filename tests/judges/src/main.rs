//! `cargo run -p judges`: checks what this project makes with programs by others, and fails on any error
//! that they find.
//!
//! - Microsoft's own parser and schema model check every T-SQL statement (`tsql/judge.py`).
//! - moto, a second emulator of AWS, checks uploads and events (`storage.rs`).

mod schema;
mod storage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use halo_simulator::sql::SqlError;
use local::{Progress, Tools};
use serde_json::{Value, json};
use tokio::process::Command;

/// Why the check could not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error(transparent)]
    Tools(#[from] local::Error),
    #[error("{0} ended with {1}")]
    Program(PathBuf, std::process::ExitStatus),
    #[error("moto named no port")]
    NoPort,
    #[error(transparent)]
    Client(#[from] aws::clients::ClientError),
    #[error("the practice's catalogue cannot be read: {0}")]
    Catalogue(String),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Catalogue(error.to_string())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match judge().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            // The judges print to standard output. This error goes to standard error.
            #[expect(clippy::print_stderr, reason = "this is a command")]
            {
                eprintln!("The judges gave no verdict: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints a verdict.
fn say(verdict: &str) {
    #[expect(clippy::print_stdout, reason = "this is a command")]
    {
        println!("{verdict}");
    }
}

async fn judge() -> Result<bool, Failure> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = room.join("../..");
    let are_statements_well = judge_statements(room, &checkout).await?;
    let python = environment(&checkout, "moto", &room.join("storage"), None).await?;
    let is_storage_well = storage::judge(&python, &room.join("storage")).await?;
    Ok(are_statements_well && is_storage_well)
}

async fn judge_statements(room: &Path, checkout: &Path) -> Result<bool, Failure> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::File(path, error)
    };
    let python = environment(checkout, "judges", &room.join("tsql"), Some("openssl.txt")).await?;
    let mut statements = Vec::new();
    for folder in ["assumed", "public"] {
        let folder = checkout.join("shared/best-practice/statements").join(folder);
        for entry in fs::read_dir(&folder).map_err(file(&folder))? {
            let path = entry.map_err(file(&folder))?.path();
            let text = fs::read_to_string(&path).map_err(file(&path))?;
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            statements.push(json!({ "name": name, "text": text }));
        }
    }
    statements.sort_by_key(|statement| statement["name"].to_string());
    let folder = tempfile::tempdir().map_err(file(room))?;
    let work: Value =
        json!({ "statements": statements, "schema": schema::of_a_practice(folder.path())? });
    let input = folder.path().join("work.json");
    fs::write(&input, work.to_string()).map_err(file(&input))?;
    let status = Command::new(&python)
        .arg(room.join("tsql/judge.py"))
        .arg(&input)
        .stdin(Stdio::null())
        .status()
        .await
        .map_err(file(&python))?;
    Ok(status.success())
}

/// The Python in a judge's own environment. Creates the environment if it does not exist. `libraries` names a
/// second list of packages, of which only the libraries are used.
async fn environment(
    checkout: &Path,
    name: &str,
    judge: &Path,
    libraries: Option<&str>,
) -> Result<PathBuf, Failure> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| Failure::File(path.to_owned(), error))
    };
    let checkout =
        fs::canonicalize(checkout).map_err(|error| Failure::File(checkout.to_owned(), error))?;
    let tools = Tools::install(&checkout, &Progress::shown()).await?;
    let folder = checkout.join(".local/tools").join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("installed.txt");
    let requirements = judge.join("requirements.txt");
    let libraries = libraries.map(|name| judge.join(name));
    let mut wanted = read(&requirements)?;
    if let Some(libraries) = &libraries {
        wanted += &read(libraries)?;
    }
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let base = tools.programs().join("python");
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder)).await?;
    let install = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        pip.args(["--no-deps", "--only-binary=:all:", "--requirement"]);
        pip
    };
    run(install().arg(&requirements)).await?;
    if let Some(libraries) = &libraries {
        // The libraries of this wheel work with every Python, although its name is for one.
        let one = ["--python-version", "3.10", "--implementation", "cp"];
        let linux = ["--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64"];
        let target = folder.join("openssl");
        run(install().arg(libraries).args(one).args(linux).arg("--target").arg(target)).await?;
    }
    fs::write(&stamp, wanted).map_err(|error| Failure::File(stamp, error))?;
    Ok(python)
}

async fn run(command: &mut Command) -> Result<(), Failure> {
    let program = PathBuf::from(command.as_std().get_program());
    let status = command.stdin(Stdio::null()).status().await;
    let status = status.map_err(|error| Failure::File(program.clone(), error))?;
    if status.success() { Ok(()) } else { Err(Failure::Program(program, status)) }
}
