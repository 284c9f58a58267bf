//! Judges every T-SQL statement with Microsoft's own parser and schema model (`tsql/judge.py`).

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::tools::Tools;
use crate::{Failure, file, schema};

/// Prints a verdict for each text. Answers whether all are right.
pub(crate) async fn judge(tools: &Tools) -> Result<bool, Failure> {
    let room = tools.judges.join("tsql");
    let python = tools.python("judges", &room, Some("openssl.txt")).await?;
    let mut statements = Vec::new();
    for folder in ["assumed", "public"] {
        let folder = tools.checkout.join("shared/best-practice/statements").join(folder);
        for entry in fs::read_dir(&folder).map_err(file(&folder))? {
            let path = entry.map_err(file(&folder))?.path();
            let text = fs::read_to_string(&path).map_err(file(&path))?;
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            statements.push(json!({ "name": name, "text": text }));
        }
    }
    statements.sort_by_key(|statement| statement["name"].to_string());
    let folder = tempfile::tempdir().map_err(file(Path::new("a temporary folder")))?;
    let work: Value =
        json!({ "statements": statements, "schema": schema::of_a_practice(folder.path())? });
    let input = folder.path().join("work.json");
    fs::write(&input, work.to_string()).map_err(file(&input))?;
    let status = Command::new(&python)
        .arg(room.join("judge.py"))
        .arg(&input)
        .stdin(Stdio::null())
        .status()
        .await
        .map_err(file(&python))?;
    Ok(status.success())
}
