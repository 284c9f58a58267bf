//! Checks that files, headings and functions that the documents name exist.

use std::collections::BTreeSet;

use crate::sources::{checkout, packages, text};

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
        .filter_map(|name| name.strip_suffix("Alarm"))
        .collect();
    assert!(alarms.len() > 10, "{alarms:?}");
    assert_eq!(alarms, described);
}

/// Links start at the document's folder. Source files are named by their crate and the path within it.
#[test]
fn the_documents_name_files_that_are_there() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = text(&document);
        let folder = checkout().join(&document);
        let folder = folder.parent().unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            assert!(file.is_empty() || folder.join(file).exists(), "{document}: {link}");
        }
        for name in code_spans(&text).filter(|name| name.ends_with(".rs")) {
            if source(&document, name).is_none() {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "files that are not there:\n{missing:#?}");
}

/// Links to a heading must lead to an existing heading.
#[test]
fn the_documents_link_to_headings_that_are_there() {
    for document in documents() {
        let own = text(&document);
        let folder = checkout().join(&document);
        let folder = folder.parent().unwrap().to_owned();
        for link in own.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let Some((file, heading)) = link.split_once('#') else { continue };
            if link.contains("://") {
                continue;
            }
            let target = if file.is_empty() {
                own.clone()
            } else {
                std::fs::read_to_string(folder.join(file)).unwrap()
            };
            let mut headings = target.lines().filter(|line| line.starts_with('#')).map(anchor);
            assert!(headings.any(|found| found == heading), "{document}: {link}");
        }
    }
}

fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
    kept.collect::<String>().replace(' ', "-")
}

/// A step of a walk is written `crate/path.rs::function`.
#[test]
fn the_walks_name_functions_that_are_there() {
    let (mut steps, mut missing) = (0, Vec::new());
    for document in documents() {
        for name in code_spans(&text(&document)) {
            let Some((file, function)) = name.split_once(".rs::") else { continue };
            let file = format!("{file}.rs");
            let source = source(&document, &file).unwrap_or_default();
            let function = function.rsplit("::").next().unwrap().trim_end_matches("()");
            let is_there = ["fn", "struct", "enum", "trait", "const", "type"].iter().any(|kind| {
                source.match_indices(&format!("{kind} {function}")).any(|(at, found)| {
                    let next = source[at + found.len()..].chars().next();
                    next.is_none_or(|sign| !sign.is_alphanumeric() && sign != '_')
                })
            });
            if !is_there {
                missing.push(format!("{document}: {name}"));
            }
            steps += 1;
        }
    }
    assert!(missing.is_empty(), "functions that are not there:\n{missing:#?}");
    assert!(steps > 20, "only {steps} steps are named");
}

#[test]
fn the_map_names_every_crate() {
    let map = text("ARCHITECTURE.md");
    let named: BTreeSet<&str> = code_spans(&map).collect();
    for package in packages() {
        let is_named = named.contains(package.name.as_str())
            || named.contains(package.folder.as_str())
            || package.folder.starts_with("tests/benchmark/");
        assert!(is_named, "ARCHITECTURE.md does not name {}", package.name);
    }
}

fn documents() -> Vec<String> {
    let mut found =
        vec!["infra/runbooks.md".to_owned(), "shared/api/typescript/README.md".to_owned()];
    for folder in [".", "shared", "tests"] {
        for entry in std::fs::read_dir(checkout().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if folder == "." && name.ends_with(".md") {
                found.push(name);
            } else if folder != "." && path.join("README.md").is_file() {
                found.push(format!("{folder}/{name}/README.md"));
            }
        }
    }
    found.sort();
    found
}

/// Code spans within one line, outside of fenced blocks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2))
}

/// The text of a source file. A document names it by its path, by its crate and the path within `src`, or
/// by the path within the document's own crate.
fn source(document: &str, name: &str) -> Option<String> {
    let own = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (room, path) = name.split_once('/').unwrap_or((name, ""));
    let places = [
        name.to_owned(),
        format!("shared/{room}/src/{path}"),
        format!("functions/{room}/src/{path}"),
        format!("tests/{room}/src/{path}"),
        format!("tests/{room}/tests/{path}"),
        format!("shared/{room}/{path}"),
        format!("{own}/{name}"),
        format!("{own}/src/{name}"),
    ];
    places.iter().find_map(|place| std::fs::read_to_string(checkout().join(place)).ok())
}
