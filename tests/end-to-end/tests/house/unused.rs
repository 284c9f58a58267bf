//! Dependencies and public items that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{checkout, counts, packages, without_comments, words};

/// Public items that nothing outside their file uses. Give each one's reason as a comment.
const PUBLIC_UNUSED: &[&str] = &[];

/// Exceptions are in a package's `Cargo.toml`, where cargo-machete expects them as well.
#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for package in packages() {
        for (dependency, only_for_tests) in &package.dependencies {
            let is_named = package.files.iter().any(|file| {
                // A dependency that only tests use must be used in tests.
                let text = if *only_for_tests {
                    without_comments(&file.text)
                } else {
                    file.program.clone()
                };
                (*only_for_tests || !file.is_test) && words(&text).contains(dependency.as_str())
            });
            if !is_named && !package.needed_unnamed.contains(dependency) {
                let kind = if *only_for_tests { "dev-dependency" } else { "dependency" };
                unused.push(format!("{}: {kind} {dependency}", package.folder));
            }
        }
    }
    assert!(unused.is_empty(), "never used, or only by tests:\n{unused:#?}");
}

/// `halo` and `ledger` can be used on their own, so they may offer more than we use.
#[test]
fn every_public_item_of_shared_crates_is_used_elsewhere() {
    let mut used_in: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let programs: Vec<(&str, String)> = packages()
        .iter()
        .flat_map(|package| &package.files)
        .map(|file| (file.path.as_str(), used(&file.text)))
        .collect();
    for (path, program) in &programs {
        for word in words(program) {
            used_in.entry(word).or_default().insert(path);
        }
    }
    let mut unused = Vec::new();
    for package in packages().iter().filter(|package| package.folder.starts_with("shared/")) {
        if ["halo", "ledger"].contains(&package.name.as_str()) {
            continue;
        }
        for file in package.files.iter().filter(|file| !file.is_test) {
            let inside = counts(&file.program);
            for (kind, name) in public_items(&file.program) {
                let elsewhere = used_in
                    .get(name)
                    .is_some_and(|paths| paths.iter().any(|path| *path != file.path));
                // A type may be public because a function in the same file returns it.
                let is_returned = kind != "fn" && kind != "const" && inside[name] > 1;
                let item = format!("{}::{name}", file.path);
                if !elsewhere && !is_returned && !PUBLIC_UNUSED.contains(&item.as_str()) {
                    unused.push(format!("{item} ({kind})"));
                }
            }
        }
    }
    assert!(checkout().join("shared").is_dir());
    assert!(unused.is_empty(), "public, and used nowhere else:\n{unused:#?}");
}

/// The text without comments and without `pub use`, because a re-export is no use. Strings stay, because
/// serde's attributes name functions in them.
fn used(text: &str) -> String {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut parts = code.split("pub use ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once(';').map_or("", |(_, rest)| rest));
    }
    kept
}

fn public_items(program: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for rest in program.split("pub ").skip(1) {
        let mut words = rest.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
        let mut kind = words.next().unwrap_or_default();
        let mut name = words.next().unwrap_or_default();
        while ["async", "const"].contains(&kind) && ["fn", "async"].contains(&name) {
            kind = name;
            name = words.next().unwrap_or_default();
        }
        if ["fn", "struct", "enum", "const", "type", "trait"].contains(&kind) && name.len() > 1 {
            found.push((kind, name));
        }
    }
    found
}
