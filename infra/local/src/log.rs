//! The log files of the programs that we start.

use std::fs;
use std::path::Path;

use crate::Error;

/// How many lines of a failed program's output an error quotes.
const TAIL_LINES: usize = 25;

/// A log of this run. Only its owner can read it, because programs may print secrets.
pub(crate) fn open_log(log: &Path) -> Result<fs::File, Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(log)
        .map_err(Error::file("opening the log", log))
}

/// The error for a program that failed or ended unexpectedly.
pub(crate) fn failed(program: &'static str, log: &Path) -> Error {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    Error::Failed { program, log: log.to_owned(), tail }
}
