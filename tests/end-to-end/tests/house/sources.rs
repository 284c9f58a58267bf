//! The workspace's packages and source files, read as plain text. `structure.rs` builds on this.
//!
//! This is not a Rust parser: it removes comments, strings and tests, and then searches for names as words.
//! A rule here may miss something, but what it reports can be checked in the named file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// One package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: String,
    /// Names as in source text, with `true` for a dependency that only tests use.
    pub(crate) dependencies: Vec<(String, bool)>,
    /// Dependencies that the package needs although no source names them.
    pub(crate) needed_unnamed: Vec<String>,
    pub(crate) files: Vec<File>,
}

/// One source file.
pub(crate) struct File {
    /// Path from the checkout.
    pub(crate) path: String,
    /// The module's path, without the crate's name. Empty for `lib.rs` and `main.rs`.
    pub(crate) module: Vec<String>,
    /// Whether the file holds only tests.
    pub(crate) is_test: bool,
    /// The whole text.
    pub(crate) text: String,
    /// The text without comments, strings and tests.
    pub(crate) program: String,
}

pub(crate) fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(checkout().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn metadata() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(checkout())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// All packages with their files, read once.
pub(crate) fn packages() -> &'static [Package] {
    static PACKAGES: OnceLock<Vec<Package>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let mut packages: Vec<Package> = metadata().iter().map(package).collect();
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        packages
    })
}

fn package(described: &Value) -> Package {
    let manifest = PathBuf::from(described["manifest_path"].as_str().unwrap());
    let root = manifest.parent().unwrap();
    let checkout = checkout().canonicalize().unwrap();
    let dependencies = described["dependencies"].as_array().unwrap().iter().map(|dependency| {
        let name = dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap();
        (name.replace('-', "_"), dependency["kind"] == "dev")
    });
    let dependencies = dependencies.collect();
    let needed_unnamed = described["metadata"]["cargo-machete"]["ignored"].as_array();
    let needed_unnamed = needed_unnamed.into_iter().flatten();
    let needed_unnamed =
        needed_unnamed.map(|name| name.as_str().unwrap().replace('-', "_")).collect();
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        rust_files(&root.join(folder), &mut paths);
    }
    paths.sort();
    let mut files: Vec<File> = paths.iter().map(|path| file(root, &checkout, path)).collect();
    mark_test_modules(&mut files);
    Package {
        name: described["name"].as_str().unwrap().to_owned(),
        folder: root.strip_prefix(&checkout).unwrap().display().to_string(),
        dependencies,
        needed_unnamed,
        files,
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn file(root: &Path, checkout: &Path, path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap();
    let inside = path.strip_prefix(root).unwrap();
    let mut parts = inside.iter().map(|part| part.to_str().unwrap().to_owned());
    let is_test = parts.next().unwrap() != "src";
    let mut module: Vec<String> = parts.collect();
    let last = module.pop().unwrap();
    match last.strip_suffix(".rs").unwrap() {
        "lib" | "main" if module.is_empty() => {}
        "mod" => {}
        name => module.push(name.to_owned()),
    }
    let program = without_tests(&without_comments(&text));
    let path = path.strip_prefix(checkout).unwrap().display().to_string();
    File { path, module, is_test, text, program }
}

/// Marks the files of `#[cfg(test)] mod name;` and the files below them as tests.
fn mark_test_modules(files: &mut [File]) {
    let mut only_tests: BTreeSet<Vec<String>> = BTreeSet::new();
    for file in files.iter() {
        let code = without_comments(&file.text);
        for declared in code.split("#[cfg(test)]").skip(1) {
            if let Some(name) = declared.trim_start().strip_prefix("mod ")
                && let Some((name, _)) = name.split_once(';')
                && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
            {
                let mut module = file.module.clone();
                module.push(name.to_owned());
                only_tests.insert(module);
            }
        }
    }
    for file in files.iter_mut() {
        file.is_test |= only_tests.iter().any(|module| file.module.starts_with(module));
    }
}

/// The text without comments, with the content of strings removed.
pub(crate) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest, kept.chars().next_back()) {
            kept.push_str("\"\"");
            length
        } else if sign == '"' {
            kept.push_str("\"\"");
            string(rest)
        } else if let Some(length) = character(rest) {
            kept.push_str("' '");
            length
        } else {
            kept.push(sign);
            sign.len_utf8()
        };
        rest = &rest[length..];
    }
    kept
}

fn raw_string(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|sign| sign.is_alphanumeric() && sign != 'b' || sign == '_') {
        return None;
    }
    let marks = text.strip_prefix('r')?.chars().take_while(|sign| *sign == '#').count();
    let body = text[1 + marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    body.find(&end).map(|at| 2 + marks + at + end.len())
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal at the start of the text, or `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if body.starts_with('\\') {
        return body[2..].find('\'').map(|at| at + 4);
    }
    let sign = body.chars().next()?;
    body[sign.len_utf8()..].starts_with('\'').then(|| sign.len_utf8() + 2)
}

/// The text without the items under `#[cfg(test)]`. The text must have no comments.
fn without_tests(code: &str) -> String {
    let mut parts = code.split("#[cfg(test)]");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([';', '{']).map_or(part.len(), |at| {
            if part[at..].starts_with('{') { at + block(&part[at..]) } else { at + 1 }
        });
        kept.push_str(&part[end..]);
    }
    kept
}

/// The length of the block in braces at the start of the text.
pub(crate) fn block(text: &str) -> usize {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

pub(crate) fn words(text: &str) -> BTreeSet<&str> {
    let parts = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    parts.filter(|word| !word.is_empty()).collect()
}

/// How often each word occurs in a text.
pub(crate) fn counts(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split(|sign: char| !sign.is_alphanumeric() && sign != '_') {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}
