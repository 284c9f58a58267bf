//! `cargo run --bin judges`: checks what this project makes with programs by others, and fails on any error
//! that they find. At present it checks every T-SQL statement with Microsoft's own parser and schema model
//! (`tsql/judge.py`).

mod rows;
mod schema;

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
    #[error("the practice's database does not answer: {0}")]
    Catalogue(String),
    #[error("usage: judges [rows [--plans | --before FOLDER]]")]
    Arguments,
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Catalogue(error.to_string())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let verdict = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => judge().await,
        ["rows"] => rows::report(None, false),
        ["rows", "--plans"] => rows::report(None, true),
        ["rows", "--before", folder] => rows::report(Some(Path::new(folder)), false),
        _ => Err(Failure::Arguments),
    };
    match verdict {
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

async fn judge() -> Result<bool, Failure> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = room.join("../..");
    let file = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::File(path, error)
    };
    let python = environment(&checkout, &room.join("tsql")).await?;
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

/// The Python in the judges' own environment. Creates the environment if it does not exist.
async fn environment(checkout: &Path, judges: &Path) -> Result<PathBuf, Failure> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::File(path, error)
    };
    let checkout = fs::canonicalize(checkout).map_err(file(checkout))?;
    let tools = Tools::install(&checkout, &Progress::shown()).await?;
    let folder = checkout.join(".local/tools/judges");
    let python = folder.join("bin/python");
    let stamp = folder.join("installed.txt");
    let [requirements, openssl] = ["requirements.txt", "openssl.txt"].map(|name| judges.join(name));
    let mut wanted = fs::read_to_string(&requirements).map_err(file(&requirements))?;
    wanted += &fs::read_to_string(&openssl).map_err(file(&openssl))?;
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
    // The libraries of this wheel work with every Python, although its name is for one.
    let one = ["--python-version", "3.10", "--implementation", "cp"];
    let linux = ["--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64"];
    let target = folder.join("openssl");
    run(install().arg(&openssl).args(one).args(linux).arg("--target").arg(target)).await?;
    fs::write(&stamp, wanted).map_err(file(&stamp))?;
    Ok(python)
}

async fn run(command: &mut Command) -> Result<(), Failure> {
    let program = PathBuf::from(command.as_std().get_program());
    let status = command.stdin(Stdio::null()).status().await;
    let status = status.map_err(|error| Failure::File(program.clone(), error))?;
    if status.success() { Ok(()) } else { Err(Failure::Program(program, status)) }
}
