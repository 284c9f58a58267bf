//! Rules for the whole repository: which crate may depend on which, no circles of files, nothing unused,
//! one clock, and documents name only what exists.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod circles;
mod clock;
mod documents;
mod sources;
mod structure;
mod unused;
mod waits_and_features;

use std::collections::BTreeSet;

use sources::{metadata, packages};

/// The workspace crates that each crate may depend on. A crate that is not listed may depend on none.
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
            "webhooks",
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
    ("aws", &["config", "domain", "halo"]),
    ("benchmark", &["aws-double", "halo-simulator", "local"]),
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
            "patient-summary",
            "renditions",
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
            "ledger",
            "renditions",
            "store",
        ],
    ),
    ("domain", &["ledger"]),
    (
        "end-to-end",
        &[
            "api",
            "aws",
            "aws-double",
            "best-practice",
            "bp-writer",
            "config",
            "document-bucket",
            "document-import",
            "domain",
            "halo",
            "halo-simulator",
            "local",
            "store",
            "usage",
            "webhooks",
        ],
    ),
    ("halo-webhook", &["api"]),
    (
        "judges",
        &[
            "aws",
            "best-practice",
            "config",
            "document-bucket",
            "domain",
            "halo",
            "halo-simulator",
            "local",
            "patient-summary",
        ],
    ),
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
    ("support", &["halo-simulator"]),
    ("usage", &["aws", "domain", "halo", "store"]),
    ("webhook-endpoints", &["api"]),
    ("webhook-sender", &["aws", "config", "domain", "store", "webhooks"]),
    ("webhooks", &["aws", "domain", "ledger", "store"]),
];

#[test]
fn dependencies_point_one_way() {
    let packages = metadata();
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
                "{name} must not depend on {on}"
            );
        }
    }
}

#[test]
fn the_domain_does_no_io() {
    let domain = metadata().into_iter().find(|package| package["name"] == "domain").unwrap();
    for dependency in domain["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        let does_io = ["tokio", "reqwest", "axum", "rusqlite", "lambda_http"].contains(&name)
            || name.starts_with("aws");
        assert!(!does_io, "the domain depends on {name}");
    }
}

#[test]
fn every_query_of_halo_is_counted_under_its_statements_name() {
    let ours = packages().iter().filter(|package| {
        package.name != "halo"
            && (package.folder.starts_with("shared/") || package.folder.starts_with("functions/"))
    });
    for file in ours.flat_map(|package| &package.files).filter(|file| !file.is_test) {
        let (path, program) = (&file.path, &file.program);
        let clients = program.matches("HaloClient::new(").count();
        let metered = program.matches(".metered(").count();
        assert_eq!(clients, metered, "{path} makes a client that nobody counts");
        let commands = program.matches("Command::text(").count()
            + program.matches("Command::stored_procedure(").count();
        // The one place that writes a statement's name into the command.
        let named = usize::from(path == "shared/best-practice/src/statements/pack.rs");
        assert_eq!(commands, named, "{path} sends a command without a statement's name");
    }
}
