//! Why a measurement failed.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{what} {} failed: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("the fake Runtime API cannot listen on loopback: {0}")]
    Listen(io::Error),
    #[error("there is no function {name:?}; there are: {}", known.join(", "))]
    UnknownFunction { name: String, known: Vec<String> },
    #[error("there is no scenario {name:?}; there are: {}", known.join(", "))]
    UnknownScenario { name: String, known: Vec<String> },
    #[error("the doubles' certificates cannot be made: {0}")]
    Certificate(rcgen::Error),
    #[error("the doubles' TLS cannot be set up: {0}")]
    Tls(rustls::Error),
    #[error("the benchmark's authority is no certificate; remove its folder")]
    NoAnchor,
    #[error("the simulator does not start: {0}")]
    Simulator(halo_simulator::StartError),
    #[error("the simulator gave no {0}")]
    Halo(&'static str),
    #[error("the practice's database cannot be prepared: {0}")]
    Practice(#[from] rusqlite::Error),
    #[error("{scenario}: {program} answered {found}")]
    Answer { scenario: String, program: String, found: String },
    #[error("{scenario}: {one} and {other} answered differently")]
    Differs { scenario: String, one: String, other: String },
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the README has no markers for the numbers")]
    NoMarkers,
    #[error("the peers cannot be installed: {0}")]
    Peers(local::Error),
    #[error("`{0}` failed")]
    Command(String),
    #[error("building {0} made no program of that name")]
    NoProgram(String),
    #[error("{} cannot be zipped: {source}", path.display())]
    Zip { path: PathBuf, source: zip::result::ZipError },
    #[error("{program} {how}; it said:\n{output}")]
    Failed { program: String, how: Failure, output: String },
}

/// How a program failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot be started: {0}")]
    Unstartable(io::Error),
    #[error("answered an event with an error")]
    Refused,
    #[error("ended ({0}) instead of polling the Runtime API")]
    Ended(std::process::ExitStatus),
    #[error("did not poll the Runtime API within {} s", .0.as_secs())]
    Silent(Duration),
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_owned(), source }
    }
}
