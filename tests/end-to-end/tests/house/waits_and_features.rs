//! Rules for tests, checked on their sources and on cargo's output: how tests wait, and that one build
//! serves tests and the local stack.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sources::metadata;

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// `support::until` waits for a condition; `support::pause` waits for a time and gives the reason.
#[test]
fn tests_wait_with_the_two_helpers_only() {
    let checkout = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut found = Vec::new();
    for room in ["shared", "functions", "tests", "infra"] {
        for entry in fs::read_dir(checkout.join(room)).unwrap() {
            let tests = entry.unwrap().path().join("tests");
            if tests.is_dir() {
                sources(&tests, &mut found);
            }
        }
    }
    assert!(found.len() > 100, "{}", found.len());
    let sleep = ["time::", "thread::"].map(|of| format!("{of}sleep("));
    for (path, text) in found {
        for (at, line) in text.lines().enumerate() {
            assert!(!sleep.iter().any(|it| line.contains(it)), "{path}:{}: {line}", at + 1);
        }
    }
}

/// Cargo chooses the features of every dependency by what is built together. If only tests needed a
/// dependency or a feature, `cargo test` after `cargo local up` would build most crates again.
#[test]
fn tests_need_no_feature_that_programs_are_built_without() {
    let packages = metadata();
    let ours: BTreeSet<&str> =
        packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut ordinary: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut for_tests = Vec::new();
    for package in &packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if dependency["kind"].is_null() {
                ordinary.entry(name).or_default().extend(features(dependency));
            } else if dependency["kind"] == "dev" && !ours.contains(name) {
                for_tests.push((package["name"].as_str().unwrap(), name, features(dependency)));
            }
        }
    }
    assert!(for_tests.len() > 20, "{}", for_tests.len());
    for (package, name, wanted) in for_tests {
        let Some(had) = ordinary.get(name) else {
            panic!("{package}'s tests need {name}: name it in tests/support/Cargo.toml as well");
        };
        let more: Vec<&String> = wanted.difference(had).collect();
        // tokio's `full` includes every feature that tests need.
        let all = had.contains("full") && more.iter().all(|feature| feature.starts_with("rt"));
        assert!(more.is_empty() || all, "{package}'s tests need {name} with {more:?}");
    }
}

fn features(dependency: &Value) -> BTreeSet<String> {
    let named = dependency["features"].as_array().unwrap().iter();
    let named = named.map(|feature| feature.as_str().unwrap().to_owned());
    let default = dependency["uses_default_features"] == true;
    named.chain(default.then(|| "default".to_owned())).collect()
}

/// A manifest says `test = false` for a target without tests, which saves a link, and `doctest = false` for a
/// library without examples. A test that is added there would never run.
#[test]
fn what_a_manifest_leaves_out_of_the_tests_has_none() {
    let mut left_out = 0;
    for package in &metadata() {
        let targets = package["targets"].as_array().unwrap();
        let has_library = targets.iter().any(|target| target["kind"][0] == "lib");
        for target in targets {
            let entry = Path::new(target["src_path"].as_str().unwrap());
            let mut found = Vec::new();
            if target["kind"][0] == "bin" && has_library {
                found.push((entry.display().to_string(), fs::read_to_string(entry).unwrap()));
            } else {
                sources(entry.parent().unwrap(), &mut found);
                // Programs beside a library are targets of their own.
                found.retain(|(path, _)| !path.contains("/src/bin/"));
            }
            for (path, text) in &found {
                let tests = target["test"] == true || !text.contains("test]\n");
                assert!(tests, "{path} has a test that never runs");
                let examples = target["doctest"] == true || !has_example(text);
                assert!(examples || target["kind"][0] != "lib", "{path} has an unchecked example");
            }
            left_out += usize::from(target["test"] == false);
        }
    }
    assert!(left_out > 10, "{left_out}");
}

/// Whether a documentation comment has a fenced block of Rust.
fn has_example(text: &str) -> bool {
    let fences = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("/// ```").or_else(|| line.strip_prefix("//! ```"))
    });
    // Every second fence ends a block.
    fences.step_by(2).any(|language| matches!(language, "" | "rust" | "no_run" | "should_panic"))
}
