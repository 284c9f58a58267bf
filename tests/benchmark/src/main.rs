//! `cargo bench-functions`: what the functions cost. It measures how they start and what their real work takes, beside
//! another revision, peers in other languages, and the smallest possible function. See this crate's README.

mod authority;
mod doubles;
mod error;
mod events;
mod figures;
mod measure;
mod packages;
mod plot;
mod practice;
mod program;
mod report;
mod revision;
mod running;
mod runtime_api;
mod scenario;
mod sides;
mod statistics;
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum as _};
use tokio::process::Command;

use crate::authority::Authority;
use crate::doubles::Halo;
use crate::error::Error;
use crate::figures::Figures;
use crate::packages::Profile;
use crate::program::Program;
use crate::running::{Ground, Side};
use crate::scenario::Scenario;

/// The sides' names.
const THIS: &str = "this";
const AGAINST: &str = "against";
const BARE: &str = "bare";
const PYTHON: &str = "python";
const TYPESCRIPT: &str = "typescript";

/// What the functions cost: how they start, and their real work
#[derive(Parser)]
#[command(name = "cargo bench-functions", bin_name = "cargo bench-functions")]
struct Arguments {
    /// Another revision to measure in the same run
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// How often quick work is done; the programs take turns
    #[arg(long, default_value = "100")]
    runs: NonZeroUsize,
    /// How often each program is started; 0 measures no starts
    #[arg(long, default_value = "20")]
    starts: usize,
    /// `dev` measures the local stack's functions without TLS, to try the benchmark itself
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,
    /// Measure the programs in this folder as they are, without TLS: nothing is built
    #[arg(long, value_name = "FOLDER", conflicts_with = "against")]
    built: Option<PathBuf>,
    /// Only the starts of these functions
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    functions: Vec<String>,
    /// Only this work. `none` measures starts only
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    scenarios: Vec<String>,
    /// Leave out the peers in Python and TypeScript
    #[arg(long)]
    no_peers: bool,
    /// Leave out the counts of instructions and allocations, which need valgrind
    #[arg(long)]
    no_counts: bool,
    /// Measure again and compare both runs
    #[arg(long)]
    twice: bool,
    /// Write every figure to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a plot to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Measure nothing: put the figures of this JSON file into the READMEs and the plot
    #[arg(long, value_name = "FILE")]
    publish: Option<PathBuf>,
}

impl Arguments {
    fn scenarios(&self) -> Result<Vec<Scenario>, Error> {
        let all = Scenario::value_variants();
        if self.scenarios.is_empty() {
            return Ok(all.to_vec());
        }
        let mut chosen = Vec::new();
        for name in self.scenarios.iter().filter(|name| *name != "none") {
            let found = all.iter().find(|scenario| scenario.name() == *name);
            chosen.push(*found.ok_or_else(|| Error::UnknownScenario {
                name: name.clone(),
                known: all.iter().map(|scenario| scenario.name()).collect(),
            })?);
        }
        Ok(chosen)
    }

    /// The command that repeats this measurement.
    fn command(&self) -> String {
        let mut command = "cargo bench-functions".to_owned();
        let mut add = |name: &str, value: &str| {
            command.push_str(&format!(" --{name} {value}"));
        };
        if let Some(against) = &self.against {
            add("against", against);
        }
        add("runs", &self.runs.to_string());
        add("starts", &self.starts.to_string());
        for (name, values) in [("functions", &self.functions), ("scenarios", &self.scenarios)] {
            if !values.is_empty() {
                add(name, &values.join(","));
            }
        }
        if let Some(built) = &self.built {
            add("built", &built.to_string_lossy());
        }
        if self.profile == Profile::Dev {
            add("profile", "dev");
        }
        for (name, is_set) in [("no-peers", self.no_peers), ("no-counts", self.no_counts)] {
            if is_set {
                command.push_str(&format!(" --{name}"));
            }
        }
        command
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    let checkout = checkout()?;
    if let Some(file) = &arguments.publish {
        return publish(&checkout, file);
    }
    let authority = Authority::kept_in(&revision::folder())?;
    let scenarios = arguments.scenarios()?;
    let prepared = sides::prepare(arguments, &checkout, &authority, &scenarios).await?;
    let halo = Halo::start().await?;
    let documents = practice::prepare(&halo)?;
    // Only builds in work trees trust the doubles' authority.
    let tls = match (arguments.profile, &arguments.built) {
        (Profile::Release, None) => Some((authority.server()?, authority.file.clone())),
        _ => None,
    };
    let ground = Ground { halo, tls };
    let mut runs = Vec::new();
    for _ in 0..if arguments.twice { 2 } else { 1 } {
        let mut figures = Figures {
            command: arguments.command(),
            machine: machine(),
            versions: prepared.versions.clone(),
            revisions: prepared.revisions.clone(),
            ..Figures::default()
        };
        if arguments.starts > 0 {
            figures.starts = measure::starts(&prepared.starts, arguments.starts).await?;
            for (started, (_, program)) in figures.starts.iter_mut().zip(&prepared.starts) {
                if program.arguments.is_empty() {
                    let weight = packages::weigh(&program.executable)?;
                    (started.binary, started.zip) = (Some(weight.binary), Some(weight.zip));
                }
            }
        }
        for scenario in &scenarios {
            let sides = &prepared.sides;
            let runs = arguments.runs.get();
            let mut work = measure::work(*scenario, sides, &ground, &documents, runs).await?;
            if !arguments.no_counts {
                measure::count(*scenario, sides, &ground, &documents, &mut work).await?;
            }
            figures.work.append(&mut work);
        }
        figures.targets = targets::of(&figures);
        say(&report::markdown(&figures));
        runs.push(figures);
    }
    if let [first, second] = &runs[..] {
        say(&report::comparison(first, second));
    }
    let Some(figures) = runs.first() else { return Ok(()) };
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(figures)?;
        fs::write(file, text).map_err(Error::file("writing", file))?;
    }
    if let Some(file) = &arguments.svg {
        fs::write(file, plot::svg(figures)).map_err(Error::file("writing", file))?;
    }
    Ok(())
}

/// Puts the figures of a run into the benchmark's README and its plot.
fn publish(checkout: &Path, file: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(file).map_err(Error::file("reading", file))?;
    let figures: Figures = serde_json::from_str(&text)?;
    let readme = checkout.join("tests/benchmark/README.md");
    let old = fs::read_to_string(&readme).map_err(Error::file("reading", &readme))?;
    let new = report::placed(&old, &report::markdown(&figures)).ok_or(Error::NoMarkers)?;
    fs::write(&readme, new).map_err(Error::file("writing", &readme))?;
    let plot = checkout.join("tests/benchmark/cpu.svg");
    fs::write(&plot, plot::svg(&figures)).map_err(Error::file("writing", &plot))
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
pub(crate) fn progress(text: &str) {
    eprintln!("{text}");
}
