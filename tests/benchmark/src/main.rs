//! `cargo bench-functions`: start-up time, memory and package size of every function. They are compared
//! with the smallest possible function and with the same service in Python. See this crate's README.

mod error;
mod events;
mod packages;
mod program;
mod report;
mod runtime_api;
mod statistics;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use clap::Parser;
use tokio::process::Command;

use crate::error::Error;
use crate::packages::Profile;
use crate::program::Program;
use crate::report::{Measured, Part, Setting};

/// Start-up time, memory and package size of every function
#[derive(Parser)]
#[command(name = "cargo bench-functions", bin_name = "cargo bench-functions")]
struct Arguments {
    /// How often each program is started; the programs take turns
    #[arg(long, default_value = "20")]
    runs: NonZeroUsize,
    /// The profile that the functions are built with
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// Only these functions
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    functions: Vec<String>,
    /// How many requests each program answers before its peak memory is read again
    #[arg(long, default_value = "1000")]
    requests: usize,
    /// Leave out the measurement that needs a local stack: copying large documents
    #[arg(long)]
    no_stack: bool,
}

impl Arguments {
    /// The command that repeats this measurement.
    fn command(&self) -> String {
        let mut command = format!(
            "cargo bench-functions --runs {} --profile {} --requests {}",
            self.runs,
            self.profile.name(),
            self.requests
        );
        if !self.functions.is_empty() {
            command.push_str(" --functions ");
            command.push_str(&self.functions.join(","));
        }
        if self.no_stack {
            command.push_str(" --no-stack");
        }
        command
    }
}

// One thread, so that a measured program has the other cores.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match report(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn report(arguments: &Arguments) -> Result<(), Error> {
    say(&run(arguments).await?);
    if !arguments.no_stack {
        say(&staging().await?);
    }
    Ok(())
}

/// Time and memory for copying large documents. A program beside the end-to-end tests measures it, because
/// it needs a stack. This program links no code of the functions.
async fn staging() -> Result<String, Error> {
    progress("Copying large documents on a local stack");
    let mut command = packages::cargo();
    command
        .current_dir(checkout()?)
        .args(["run", "--quiet", "--package", "end-to-end", "--bin", "importer"])
        .stderr(Stdio::inherit());
    let output = command.output().await.map_err(Error::file("running", Path::new("cargo")))?;
    if !output.status.success() {
        return Err(Error::Command("cargo run --package end-to-end --bin importer".to_owned()));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let items: String = lines.lines().map(|line| format!("- {line}\n")).collect();
    Ok(format!("\nLarge documents on the local stack:\n\n{items}"))
}

async fn run(arguments: &Arguments) -> Result<String, Error> {
    let checkout = checkout()?;
    let functions = selected(arguments, packages::functions(&checkout)?)?;
    let bare = ["bare-function".to_owned()];
    let mut programs = built(&checkout, &functions, arguments.profile, Part::Function).await?;
    programs.extend(built(&checkout, &bare, arguments.profile, Part::Bare).await?);
    let peer = python_peer(&checkout).await?;
    let versions = format!(
        "{}; {}",
        printed(Command::new("rustc").arg("--version")).await?,
        printed(Command::new(&peer.executable).args(&peer.arguments).arg("--versions")).await?
    );
    programs.push((peer, Part::Peer));

    let setting = Setting {
        command: arguments.command(),
        machine: machine(),
        versions,
        requests: arguments.requests,
    };
    let mut measured = Vec::new();
    for (program, part) in &programs {
        measured.push(Measured {
            name: program.name.clone(),
            part: *part,
            weight: match part {
                Part::Peer => None,
                Part::Function | Part::Bare => Some(packages::weigh(&program.executable)?),
            },
            starts: Vec::new(),
            drive: None,
        });
    }
    measure(arguments, &programs, &mut measured).await?;
    Ok(report::markdown(&setting, &measured))
}

async fn measure(
    arguments: &Arguments,
    programs: &[(Program, Part)],
    measured: &mut [Measured],
) -> Result<(), Error> {
    progress("Starting each program once, not counted");
    for (program, _) in programs {
        program.start().await?;
    }
    progress(&format!("Starting each program {} times, in turn", arguments.runs));
    for _ in 0..arguments.runs.get() {
        for ((program, _), measured) in programs.iter().zip(&mut *measured) {
            measured.starts.push(program.start().await?);
        }
    }
    progress(&format!("Sending each program {} requests", arguments.requests));
    for ((program, _), measured) in programs.iter().zip(measured) {
        if let Some((request, event)) = events::for_program(&program.name) {
            measured.drive = Some((request, program.drive(&event, arguments.requests).await?));
        }
    }
    Ok(())
}

fn selected(arguments: &Arguments, known: Vec<String>) -> Result<Vec<String>, Error> {
    if arguments.functions.is_empty() {
        return Ok(known);
    }
    match arguments.functions.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::UnknownFunction { name: name.clone(), known }),
        None => Ok(arguments.functions.clone()),
    }
}

async fn built(
    checkout: &Path,
    names: &[String],
    profile: Profile,
    part: Part,
) -> Result<Vec<(Program, Part)>, Error> {
    progress(&format!("Building {}", names.join(", ")));
    let executables = packages::build(checkout, names, profile).await?;
    let program = |(name, executable)| (Program { name, executable, arguments: Vec::new() }, part);
    Ok(executables.into_iter().filter(|(name, _)| names.contains(name)).map(program).collect())
}

/// The same service in Python, with the interpreter and packages of the local stack.
async fn python_peer(checkout: &Path) -> Result<Program, Error> {
    let python = checkout.join(".local/tools/python/bin/python");
    if !python.is_file() {
        progress("Installing the pinned Python tools");
        let status = packages::cargo()
            .current_dir(checkout)
            .args(["local", "tools"])
            .stdout(Stdio::null())
            .status()
            .await
            .map_err(Error::file("running", Path::new("cargo")))?;
        if !status.success() {
            return Err(Error::Command("cargo local tools".to_owned()));
        }
    }
    let script = checkout.join("tests/benchmark/peer/peer.py");
    Ok(Program {
        name: "peer.py".to_owned(),
        executable: python,
        arguments: vec![script.into_os_string()],
    })
}

/// The checkout that the current folder is in.
fn checkout() -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(Error::file("finding", Path::new(".")))?;
    Ok(here
        .ancestors()
        .find(|folder| folder.join("template.yaml").is_file())
        .unwrap_or(&here)
        .to_owned())
}

/// The machine's properties that the numbers depend on, without its name.
fn machine() -> String {
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown CPU", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, NonZeroUsize::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown");
    format!(
        "{model}, {cores} cores, {} {}, load average {load} before the first run",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

async fn printed(command: &mut Command) -> Result<String, Error> {
    let shown = format!("{:?}", command.as_std());
    let output = command
        .env("AWS_DEFAULT_REGION", "ap-southeast-2")
        .output()
        .await
        .map_err(Error::file("running", Path::new(&shown)))?;
    if !output.status.success() {
        progress(&String::from_utf8_lossy(&output.stderr));
        return Err(Error::Command(shown));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[expect(clippy::print_stdout, reason = "the report is what this program is for")]
fn say(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "building and measuring take minutes")]
fn progress(text: &str) {
    eprintln!("{text}");
}
