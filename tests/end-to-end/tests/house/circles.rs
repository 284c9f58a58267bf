//! Finds circles: files that need each other. A reader has to know all files of a circle to understand one.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{File, Package, block, packages};

/// The files that each file needs, by their indexes in the package.
type Graph = BTreeMap<usize, BTreeSet<usize>>;

/// Accepted circles, as `describe` prints them. Remove a line when its circle is gone.
const KNOWN: &[&str] = &[
    "halo-simulator: cloud/asynchronous.rs cloud/immediate.rs cloud/pages.rs cloud/registered.rs cloud/webhook.rs cloud/world.rs",
    "halo-simulator: cloud/mod.rs cloud/simulator.rs control/faults.rs control/mod.rs control/time.rs",
    "halo-simulator: sql/catalog.rs sql/compile/aggregate.rs sql/compile/argument.rs sql/compile/comparison.rs sql/compile/data.rs sql/compile/function.rs sql/compile/grouping.rs sql/compile/json.rs sql/compile/metadata.rs sql/compile/mod.rs sql/compile/query.rs sql/compile/source.rs sql/compile/walk.rs sql/objects.rs sql/procedures/book.rs sql/procedures/mod.rs sql/procedures/patients.rs sql/session/mod.rs",
    "halo-simulator: impl Catalog: sql/catalog.rs sql/objects.rs",
    "halo-simulator: impl Compiler: sql/compile/aggregate.rs sql/compile/apply.rs sql/compile/expression.rs sql/compile/function.rs sql/compile/grouping.rs sql/compile/query.rs sql/compile/select.rs sql/compile/source.rs",
    "halo-simulator: impl Session: sql/session/call.rs sql/session/run.rs",
];

#[test]
fn no_files_need_each_other() {
    let found: BTreeSet<String> = packages().iter().flat_map(describe).collect();
    let known: BTreeSet<String> = KNOWN.iter().map(|&circle| circle.to_owned()).collect();
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty(), "files that need each other:\n{new:#?}");
    assert!(gone.is_empty(), "no longer there, remove them from KNOWN:\n{gone:#?}");
}

/// The package's circles, one line each.
pub(crate) fn describe(package: &Package) -> Vec<String> {
    let files: Vec<&File> = package.files.iter().filter(|file| !file.is_test).collect();
    let by_import = imports(&files);
    let by_method = methods(&files);
    let mut lines: Vec<String> = circles(&by_import)
        .into_iter()
        .map(|circle| format!("{}: {}", package.name, names(&files, &circle)))
        .collect();
    for (owner, graph) in &by_method {
        for circle in circles(graph) {
            let names = names(&files, &circle);
            lines.push(format!("{}: impl {owner}: {names}", package.name));
        }
    }
    lines
}

fn names(files: &[&File], circle: &[usize]) -> String {
    let names = circle.iter().map(|&at| {
        let path = &files[at].path;
        path.split_once("/src/").map_or(path.as_str(), |(_, inside)| inside)
    });
    names.collect::<Vec<_>>().join(" ")
}

/// The files that each file names, by `crate::`, `super::`, `self::` or a child's name. An item that a
/// module re-exports (`pub use`) counts for the file that defines it, and the re-export itself does not
/// count.
///
/// A module and the files below it belong together. So what a file needs of a module above it is left out.
fn imports(files: &[&File]) -> Graph {
    let modules: BTreeMap<&[String], usize> =
        files.iter().enumerate().map(|(at, file)| (file.module.as_slice(), at)).collect();
    let passed_on: Vec<BTreeMap<String, Vec<String>>> = files
        .iter()
        .map(|file| {
            let uses = statements(&file.program).into_iter().filter(|(public, _)| *public);
            uses.flat_map(|(_, tree)| paths(&tree))
                .filter_map(|(path, name)| Some((name, absolute(&file.module, &path, &modules)?)))
                .collect()
        })
        .collect();
    let mut graph = Graph::new();
    for (at, file) in files.iter().enumerate() {
        let mut named: Vec<Vec<String>> = Vec::new();
        for (public, tree) in statements(&file.program) {
            if !public {
                named.extend(paths(&tree).into_iter().map(|(path, _)| path));
            }
        }
        named.extend(inline(&file.program));
        for path in named {
            let Some(path) = absolute(&file.module, &path, &modules) else { continue };
            let needed = resolve(path, &modules, &passed_on);
            if needed != at && !file.module.starts_with(&files[needed].module) {
                graph.entry(at).or_default().insert(needed);
            }
        }
    }
    graph
}

/// The index of the file that a path leads to.
fn resolve(
    mut path: Vec<String>,
    modules: &BTreeMap<&[String], usize>,
    passed_on: &[BTreeMap<String, Vec<String>>],
) -> usize {
    for _ in 0..8 {
        let known = (0..=path.len()).rev().find(|&length| modules.contains_key(&path[..length]));
        let length = known.unwrap_or_default();
        let at = modules.get(&path[..length]).copied().unwrap_or_default();
        let elsewhere = path.get(length).and_then(|name| passed_on[at].get(name));
        match elsewhere {
            Some(next) if *next != path => {
                path = next.iter().chain(&path[length + 1..]).cloned().collect();
            }
            _ => return at,
        }
    }
    0
}

/// A path from the crate's root, or `None` if it leads to another crate.
fn absolute(
    module: &[String],
    path: &[String],
    modules: &BTreeMap<&[String], usize>,
) -> Option<Vec<String>> {
    let mut from = module.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            from.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                from.pop();
                rest = &rest[1..];
            }
        }
        child => {
            from.push(child.to_owned());
            if !modules.contains_key(from.as_slice()) {
                return None;
            }
            rest = &rest[1..];
        }
    }
    from.extend(rest.iter().cloned());
    Some(from)
}

/// The trees of all `use` statements, and whether each is public.
fn statements(program: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (start, _) in program.match_indices("use ") {
        let before = program[..start].rsplit(['\n', ';', '}', '{']).next().unwrap_or_default();
        let before = before.trim();
        if !(before.is_empty() || before.starts_with("pub") || before.ends_with(']')) {
            continue;
        }
        let tree = program[start + 4..].split(';').next().unwrap_or_default();
        found.push((before.contains("pub"), tree.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    found
}

/// Each path of a `use` tree, with the name that it imports.
fn paths(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let prefix = tree[..open].trim_end_matches("::").trim();
        let length = block(&tree[open..]);
        let inside = &tree[open + 1..open + length.max(1) - 1];
        return split(inside)
            .into_iter()
            .flat_map(|part| {
                let part = part.trim();
                let whole = match (prefix, part) {
                    ("", _) => part.to_owned(),
                    (_, "self") => prefix.to_owned(),
                    _ => format!("{prefix}::{part}"),
                };
                paths(&whole)
            })
            .collect();
    }
    let (path, name) =
        tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name)));
    let path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
    let Some(last) = path.last().filter(|last| !last.is_empty()) else { return Vec::new() };
    let name = name.map_or_else(|| last.clone(), str::to_owned);
    vec![(path, name)]
}

/// The text between commas that are not inside braces.
fn split(inside: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, sign) in inside.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Paths in the program's text, such as `crate::problem::Kind`.
fn inline(program: &str) -> Vec<Vec<String>> {
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == ':';
    let parts = program.split(|sign: char| !is_part(sign));
    parts
        .filter(|path| path.contains("::") && !path.starts_with("::"))
        .map(|path| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect())
        .collect()
}

/// For each type with `impl` blocks in several files: which file calls which on `self`. Such calls need no
/// import, so their circles are easy to miss.
fn methods(files: &[&File]) -> BTreeMap<String, Graph> {
    let mut blocks: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        for (owner, body) in inherent(&file.program) {
            blocks.entry(owner).or_default().push((at, body));
        }
    }
    let mut graphs = BTreeMap::new();
    for (owner, blocks) in blocks {
        let mut defined: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (at, body) in &blocks {
            for rest in body.split("fn ").skip(1) {
                let end = rest.find(['(', '<']).unwrap_or_default();
                defined.entry(&rest[..end]).or_default().insert(*at);
            }
        }
        let mut graph = Graph::new();
        for (at, body) in &blocks {
            let calls =
                ["self.", "self\n", "Self::"].iter().flat_map(|mark| body.split(mark).skip(1));
            for call in calls {
                let call = call.trim_start().trim_start_matches('.');
                let end = call.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
                let name = &call[..end.unwrap_or_default()];
                let is_call = call[name.len()..].starts_with(['(', ':']);
                let places = defined.get(name).filter(|places| is_call && !places.contains(at));
                let others = places.into_iter().flatten();
                graph.entry(*at).or_default().extend(
                    others.filter(|&&other| !files[*at].module.starts_with(&files[other].module)),
                );
            }
        }
        graphs.insert(owner, graph);
    }
    graphs
}

/// The `impl` blocks without a trait: the type's name and the block's text.
fn inherent(program: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (start, _) in program.match_indices("\nimpl") {
        let rest = &program[start + 5..];
        let Some(open) = rest.find('{') else { continue };
        let head = rest[..open].split(" where").next().unwrap_or_default().trim();
        if head.contains(" for ") {
            continue;
        }
        let head = if head.starts_with('<') { after_generics(head) } else { head };
        let owner: String =
            head.trim().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
        found.push((owner, rest[open..open + block(&rest[open..])].to_owned()));
    }
    found
}

fn after_generics(head: &str) -> &str {
    let mut depth = 0;
    for (at, sign) in head.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' if !head[..at].ends_with('-') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &head[at + 1..];
        }
    }
    head
}

/// Groups of files that all reach each other (strongly connected components).
pub(crate) fn circles(graph: &Graph) -> Vec<Vec<usize>> {
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        graph.keys().map(|&from| (from, reachable(graph, from))).collect();
    let mut found: BTreeSet<Vec<usize>> = BTreeSet::new();
    for (&from, others) in &reached {
        if others.contains(&from) {
            let circle = others
                .iter()
                .copied()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(&from)));
            found.insert(circle.collect());
        }
    }
    found.into_iter().collect()
}

fn reachable(graph: &Graph, from: usize) -> BTreeSet<usize> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        for &next in graph.get(&at).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}
