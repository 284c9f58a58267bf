//! `cargo run --bin judges`: checks what this project makes with programs by others, and fails on any error
//! that they find.
//!
//! - Microsoft's own parser and schema model check every T-SQL statement (`tsql.rs`).
//! - moto, a second emulator of AWS, checks uploads and events (`storage.rs`).
//! - A validator checks the OpenAPI documents (`contract.rs`).
//! - Generators make clients from the OpenAPI documents (`generators.rs`).
//! - Several engines check the FHIR documents of many patients (`fhir.rs`).
//! - SQLite counts the rows that each statement reads at a large practice (`rows`). A test does so too.

mod contract;
mod documents;
mod fhir;
mod generators;
#[path = "../../../shared/patient-summary/tests/summary/records/mod.rs"]
mod records;
mod rows;
mod schema;
mod storage;
mod tools;
mod tsql;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use halo_simulator::sql::SqlError;

/// Programs by others judge what this project makes.
#[derive(Parser)]
struct Options {
    /// Judge only this.
    #[arg(value_enum)]
    only: Option<Subject>,
    /// The folder with the packages of FHIR profiles. Default: shared/fhir-packages next to the checkout.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// Print a line for each FHIR document and each rule.
    #[arg(long)]
    verbose: bool,
    /// Keep the FHIR documents in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// With `generators`: also judge with the tools that need many packages.
    #[arg(long)]
    all: bool,
    /// With `rows`: print how SQLite reads the tables.
    #[arg(long)]
    plans: bool,
    /// With `rows`: compare with the statements in this folder.
    #[arg(long)]
    before: Option<PathBuf>,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Subject {
    Tsql,
    Storage,
    Contract,
    Generators,
    Fhir,
    Rows,
}

/// Why the check could not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error(transparent)]
    Tools(#[from] local::Error),
    #[error("moto named no port")]
    NoPort,
    #[error(transparent)]
    Client(#[from] aws::clients::ClientError),
    #[error("the practice's database does not answer: {0}")]
    Catalogue(String),
    #[error("the patients' documents cannot be made: {0}")]
    Documents(String),
    #[error(
        "there are no FHIR packages in {0}. Name their folder with --packages. It needs the files {1}, which \
         HL7 publishes: hl7.fhir.au.ps, hl7.fhir.au.core and hl7.fhir.au.base at hl7.org.au/fhir, \
         hl7.fhir.uv.ips at hl7.org/fhir/uv/ips (package.tgz of each version)"
    )]
    Packages(PathBuf, String),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Catalogue(error.to_string())
    }
}

fn file(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::File(path.to_owned(), error)
}

#[tokio::main]
async fn main() -> ExitCode {
    match judge(&Options::parse()).await {
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

async fn judge(options: &Options) -> Result<bool, Failure> {
    let wanted = |subject| options.only.is_none_or(|only| only == subject);
    let mut right = true;
    if wanted(Subject::Rows) {
        right &= rows::report(options.before.as_deref(), options.plans).await?;
    }
    if options.only == Some(Subject::Rows) {
        return Ok(right);
    }
    let tools = tools::Tools::install().await?;
    if wanted(Subject::Tsql) {
        right &= tsql::judge(&tools).await?;
    }
    if wanted(Subject::Storage) {
        let room = tools.judges.join("storage");
        right &= storage::judge(&tools.python("moto", &room, None).await?, &room).await?;
    }
    if wanted(Subject::Contract) {
        let room = tools.judges.join("contract");
        let python = tools.python("judges-contract", &room, None).await?;
        right &= contract::judge(&tools, &python, &room).await?;
    }
    if wanted(Subject::Generators) {
        right &= generators::judge(&tools, options.all).await?;
    }
    if wanted(Subject::Fhir) {
        right &= fhir::judge(&tools, options).await?;
    }
    Ok(right)
}
