//! Judges the FHIR documents of many patients with the engines in `fhir`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::tools::Tools;
use crate::{Failure, Options, documents, file};

const PACKAGES: [&str; 4] = [
    "hl7.fhir.au.base-6.0.1-ci.tgz",
    "hl7.fhir.au.core-2.0.0.tgz",
    "hl7.fhir.au.ps-1.0.0.tgz",
    "hl7.fhir.uv.ips-1.1.0.tgz",
];

/// Prints a table of verdicts. Answers whether nothing is wrong.
pub(crate) async fn judge(tools: &Tools, options: &Options) -> Result<bool, Failure> {
    let packages = packages(tools, options)?;
    let (node, room) = tools.node("judges-fhir", &tools.judges.join("fhir")).await?;
    let temporary = tempfile::tempdir().map_err(file(Path::new("a temporary folder")))?;
    let folder = options.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    fs::create_dir_all(&folder).map_err(file(&folder))?;
    for (name, document) in documents::all().await? {
        let path = folder.join(format!("{name}.json"));
        fs::write(&path, document).map_err(file(&path))?;
    }
    let mut command = node.command("node");
    command.arg(room.join("judge.mjs")).arg(&packages).arg(&folder);
    if options.verbose {
        command.arg("--verbose");
    }
    let status = command.stdin(Stdio::null()).status().await.map_err(file(&room))?;
    Ok(status.success())
}

fn packages(tools: &Tools, options: &Options) -> Result<PathBuf, Failure> {
    let beside = || tools.checkout.join("../shared/fhir-packages");
    let folder = options.packages.clone().unwrap_or_else(beside);
    if PACKAGES.iter().all(|name| folder.join(name).is_file()) {
        Ok(folder)
    } else {
        Err(Failure::Packages(folder, PACKAGES.join(", ")))
    }
}
