//! Has a validator by others judge the OpenAPI documents.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::Failure;
use crate::tools::Tools;

/// Judges the committed documents. Prints a line for each. Returns whether all is well.
pub(crate) async fn judge(tools: &Tools, python: &Path, room: &Path) -> Result<bool, Failure> {
    let documents = ["openapi.json", "openapi-3.0.json"];
    let documents = documents.map(|name| tools.checkout.join("shared/api").join(name));
    let mut judge = Command::new(python);
    judge.arg(room.join("judge.py")).args(documents).stdin(Stdio::null());
    let status = judge.status().await;
    Ok(status.map_err(|error| Failure::File(python.to_owned(), error))?.success())
}
