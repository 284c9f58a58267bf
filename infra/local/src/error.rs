use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the stack did not start, or why a call to it failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program has to be installed first.
    #[error("{0}")]
    Prerequisite(&'static str),
    /// The command was called outside the checkout.
    #[error(
        "this is not inside a Practice Bridge checkout: neither this folder nor one above it has template.yaml and infra/local"
    )]
    NoCheckout,
    /// A file or folder could not be used.
    #[error("{what} failed for {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("{program} could not be started: {source}")]
    Start {
        /// Its name.
        program: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed. Its output is in {} and ends with:\n{tail}", log.display())]
    Failed {
        /// Its name.
        program: &'static str,
        /// All of its output.
        log: PathBuf,
        /// The end of its output.
        tail: String,
    },
    /// A stack in the background did not come up. Its output has been shown.
    #[error("the stack did not come up; its output is in {}", .0.display())]
    NotUp(PathBuf),
    /// A program did not become ready.
    #[error("{program} was not ready after {} s; its output is in {}", waited.as_secs(), log.display())]
    NotReady {
        /// Its name.
        program: &'static str,
        /// How long it was given.
        waited: Duration,
        /// All of its output.
        log: PathBuf,
    },
    /// A call on the loopback interface failed.
    #[error("{what}: {source}")]
    Call {
        /// What was called.
        what: &'static str,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The local AWS refused.
    #[error("{operation} failed with status {status}: {body}")]
    Aws {
        /// Which operation.
        operation: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: String,
    },
    /// An answer or a file has an unexpected form.
    #[error("{what} cannot be read: {source}")]
    Malformed {
        /// The answer or file.
        what: &'static str,
        /// What the parser found wrong.
        source: serde_json::Error,
    },
    /// A field is missing.
    #[error("{what} lacks {field}")]
    Lacks {
        /// What the field is missing from.
        what: &'static str,
        /// The name of the field.
        field: &'static str,
    },
    /// Another stack runs from this folder.
    #[error("a stack is already running from {}; stop it with `cargo local down`", .0.display())]
    AlreadyRunning(PathBuf),
    /// No stack runs from this folder.
    #[error("no stack is running; start one with `cargo local up`")]
    NotRunning,
    /// The dispatcher has no job of this name.
    #[error("there is no such job: {job}. The jobs are {jobs}")]
    NoSuchJob {
        /// The name that was given.
        job: String,
        /// All names.
        jobs: String,
    },
    /// A step of the demonstration was answered unexpectedly.
    #[error("the demonstration stopped at \"{step}\": {problem}")]
    Demo {
        /// Which step.
        step: &'static str,
        /// What was wrong.
        problem: String,
    },
}

impl Error {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }

    pub(crate) fn call(what: &'static str) -> impl FnOnce(reqwest::Error) -> Self {
        move |source| Self::Call { what, source }
    }

    pub(crate) fn malformed(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Malformed { what, source }
    }
}
