//! The house's own rules, held by what cargo knows of it.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Which of our crates each room may build on. What is not named here may build on nothing of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "aws",
            "best-practice",
            "config",
            "connection",
            "document-bucket",
            "domain",
            "halo",
            "patient-summary",
            "store",
            "usage",
        ],
    ),
    ("appointments", &["api"]),
    (
        "attachment-importer",
        &[
            "aws",
            "best-practice",
            "config",
            "document-bucket",
            "document-import",
            "domain",
            "halo",
            "store",
            "usage",
        ],
    ),
    ("attachments", &["api"]),
    ("authorizer", &["aws", "config"]),
    ("aws", &["config", "halo"]),
    ("best-practice", &["domain", "halo"]),
    (
        "bp-writer",
        &[
            "aws",
            "best-practice",
            "config",
            "connection",
            "document-bucket",
            "domain",
            "halo",
            "ledger",
            "store",
            "usage",
        ],
    ),
    ("clinical-import", &["api"]),
    ("connection", &["best-practice", "domain", "halo", "store"]),
    ("correspondence", &["api"]),
    ("dispatcher", &["aws", "config", "domain", "store"]),
    ("document-bucket", &["domain"]),
    (
        "document-import",
        &[
            "aws",
            "best-practice",
            "config",
            "connection",
            "document-bucket",
            "domain",
            "halo",
            "renditions",
            "store",
        ],
    ),
    ("end-to-end", &["local"]),
    ("halo-webhook", &["api"]),
    ("pairing", &["api"]),
    ("patient-search", &["api"]),
    ("patient-summary", &["domain"]),
    ("renditions", &["domain"]),
    ("service-info", &["api", "aws"]),
    (
        "site-writer",
        &[
            "aws",
            "best-practice",
            "bp-writer",
            "config",
            "connection",
            "document-bucket",
            "domain",
            "halo",
            "store",
            "usage",
        ],
    ),
    ("store", &["domain", "ledger"]),
    ("usage", &["aws", "domain", "halo", "store"]),
];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn dependencies_point_one_way() {
    let packages = packages();
    let ours: BTreeSet<&str> =
        packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let allowed =
            ALLOWED.iter().find(|(room, _)| *room == name).map_or(&[][..], |(_, allowed)| allowed);
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let only_for_tests = dependency["kind"] == "dev";
            assert!(
                !ours.contains(on) || only_for_tests || allowed.contains(&on),
                "{name} must not build on {on}"
            );
        }
    }
}

#[test]
fn the_domain_does_no_io() {
    let domain = packages().into_iter().find(|package| package["name"] == "domain").unwrap();
    for dependency in domain["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        let does_io = ["tokio", "reqwest", "axum", "rusqlite", "lambda_http"].contains(&name)
            || name.starts_with("aws");
        assert!(!does_io, "the domain builds on {name}");
    }
}

fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn text(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap()
}

#[test]
fn every_alarm_has_a_runbook_and_every_runbook_an_alarm() {
    let (template, runbooks) = (text("template.yaml"), text("infra/runbooks.md"));
    let alarms: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix("Alarm:"))
        .filter(|name| !name.contains(' '))
        .collect();
    let described: BTreeSet<&str> = runbooks
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .flat_map(|heading| heading.split(", "))
        .map(|name| name.strip_suffix("Alarm").unwrap())
        .collect();
    assert!(alarms.len() > 10, "{alarms:?}");
    assert_eq!(alarms, described);
}

#[test]
fn the_documents_name_files_that_are_there() {
    for document in ["README.md", "ARCHITECTURE.md", "infra/runbooks.md"] {
        let text = text(document);
        let folder = checkout().join(document);
        let folder = folder.parent().unwrap();
        // Links lead from the document; sources are named by crate and path within it.
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            assert!(folder.join(link).exists(), "{document}: {link}");
        }
        for name in text.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs")) {
            let (room, path) = name.split_once('/').unwrap_or((name, ""));
            let source = checkout().join("shared").join(room).join("src").join(path);
            assert!(source.is_file() || checkout().join(name).is_file(), "{document}: {name}");
        }
    }
}

/// Our sources, without the simulator and tests, as path and text.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![checkout().join("functions"), checkout().join("shared")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let program = text.split("#[cfg(test)]").next().unwrap().to_owned();
                found.push((path.strip_prefix(checkout()).unwrap().display().to_string(), program));
            }
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    found
}

#[test]
fn whoever_asks_halo_is_counted_under_the_statements_name() {
    for (path, program) in sources() {
        if path.starts_with("shared/halo/") {
            continue;
        }
        let clients = program.matches("HaloClient::new(").count();
        let metered = program.matches(".metered(").count();
        assert_eq!(clients, metered, "{path} makes a client that nobody counts");
        let commands = program.matches("Command::text(").count()
            + program.matches("Command::stored_procedure(").count();
        // The one place that gives a command its statement's name.
        let named = usize::from(path == "shared/best-practice/src/statements/pack.rs");
        assert_eq!(commands, named, "{path} sends a command without a statement's name");
    }
}
