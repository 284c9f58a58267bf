//! Computes what very many practices need and cost, and simulates a Monday with them:
//!
//! ```text
//! cargo run -p end-to-end --bin capacity                 # on paper: 100, 5,000 and 10,000 practices
//! cargo run -p end-to-end --bin capacity -- simulate     # 5,000 practices in this process, compared with the paper
//! cargo run -p end-to-end --bin capacity -- measure      # what each action costs: writes units.json
//! ```
//!
//! `measure` and `simulate` run the real routes, writer, importer and store on doubles of Halo and AWS (`world.rs`).
#![expect(clippy::expect_used, clippy::panic, reason = "run by hand: a panic says what is wrong")]
#![expect(clippy::print_stdout, reason = "the numbers are what this is for")]

mod aws;
mod cost;
mod halo;
mod limits;
mod load;
mod monday;
mod paper;
mod practice;
mod prices;
mod report;
mod world;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::{Args, Parser, Subcommand};

use crate::cost::{Costs, Units};
use crate::limits::Quotas;
use crate::load::Load;
use crate::paper::Durations;
use crate::prices::Prices;

#[derive(Parser)]
#[command(about = "What very many practices need and cost.")]
struct Flags {
    #[command(subcommand)]
    mode: Option<Mode>,
    #[command(flatten)]
    paper: Paper,
}

#[derive(Args)]
struct Paper {
    /// Numbers of practices, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = [100.0, 5_000.0, 10_000.0])]
    practices: Vec<f64>,
    /// How long a call of Halo takes, in milliseconds.
    #[arg(long, default_value_t = 700.0)]
    halo_ms: f64,
    /// How long a call of an AWS service takes, in milliseconds.
    #[arg(long, default_value_t = 6.0)]
    aws_ms: f64,
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    prices: Prices,
    #[command(flatten)]
    quotas: Quotas,
}

#[derive(Subcommand)]
enum Mode {
    /// Simulates the busiest hour, or its beginning, and compares the counts with the paper.
    Simulate {
        #[arg(long, default_value_t = 5_000)]
        sites: usize,
        #[arg(long, default_value_t = 60)]
        minutes: u64,
        #[arg(long, default_value_t = 7)]
        seed: u64,
        #[command(flatten)]
        load: Load,
        /// Where the counts are written. Used by this program when it starts itself.
        #[arg(long, hide = true)]
        into: Option<PathBuf>,
    },
    /// Measures what each action costs, and replaces units.json.
    Measure {
        /// What was measured: the revision and the build.
        #[arg(long, default_value = "the dev profile")]
        of: String,
        #[arg(long, hide = true)]
        into: Option<PathBuf>,
    },
}

fn main() {
    let Flags { mode, paper } = Flags::parse();
    match mode {
        None => {
            let durations = Durations { halo_ms: paper.halo_ms, aws_ms: paper.aws_ms };
            let units = Units::committed();
            report::units(&units);
            report::paper(&units, &paper, &durations);
        }
        Some(Mode::Simulate { sites, minutes, seed, load, into: Some(into) }) => {
            let simulated = run(monday::simulate(&load, sites, minutes, seed));
            let found = serde_json::json!({ "costs": simulated.costs, "items": simulated.items });
            std::fs::write(into, found.to_string()).expect("the counts are written");
        }
        Some(Mode::Simulate { sites, minutes, load, into: None, .. }) => {
            let began = std::time::Instant::now();
            let found = in_a_child();
            let costs: Costs = serde_json::from_value(found["costs"].clone()).expect("counts");
            let expected = paper::busiest(&Units::committed(), &load, sites as f64, minutes as f64);
            println!(
                "{sites} practices, {minutes} minutes of the busiest hour, simulated in {:.0} s; {} items in the table\n",
                began.elapsed().as_secs_f64(),
                found["items"]
            );
            report::compared(&expected, &costs);
        }
        Some(Mode::Measure { of, into: Some(into) }) => {
            let units = run(monday::measure(of));
            let text = serde_json::to_string_pretty(&units).expect("units as JSON");
            std::fs::write(into, text + "\n").expect("the units are written");
        }
        Some(Mode::Measure { into: None, .. }) => {
            let found = in_a_child();
            let path = local_path("units.json");
            let text = serde_json::to_string_pretty(&found).expect("units as JSON");
            std::fs::write(&path, text + "\n").expect("units.json is written");
            println!("{} is written", path.display());
        }
    }
}

/// A file next to this program's source.
fn local_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/bin/capacity").join(name)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

/// Runs this program again with the same arguments. The service's metrics go to standard output, and would be between the
/// numbers here.
fn in_a_child() -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    let into = folder.path().join("counts.json");
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    child.args(std::env::args_os().skip(1)).arg("--into").arg(&into).stdout(Stdio::null());
    assert!(child.status().expect("this program runs").success(), "it failed");
    let text = std::fs::read_to_string(into).expect("the counts");
    serde_json::from_str(&text).expect("the counts are JSON")
}
