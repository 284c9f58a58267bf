//! Prints the structure of the workspace and counts lines: `cargo test --workspace --test house --
//! --nocapture structure`.
#![expect(clippy::print_stdout, reason = "printing is what this is for")]

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::circles;
use crate::sources::{File, Package, packages};

#[test]
fn structure() {
    let packages = packages();
    println!("\n| crate | files | program lines | test lines | longest file |");
    println!("|---|---:|---:|---:|---|");
    let mut total = (0, 0, 0);
    for package in packages {
        let (program, tests): (Vec<&File>, Vec<&File>) =
            package.files.iter().partition(|file| !file.is_test);
        let longest = program
            .iter()
            .max_by_key(|file| program_lines(file))
            .map_or_else(String::new, |file| {
                format!("{} {}", file.path.split_once("/src/").unwrap().1, program_lines(file))
            });
        let of_program: usize = program.iter().map(|file| program_lines(file)).sum();
        let of_tests: usize = tests.iter().map(|file| file.text.lines().count()).sum::<usize>()
            + program.iter().map(|file| file.text.lines().count()).sum::<usize>()
            - of_program;
        total = (total.0 + package.files.len(), total.1 + of_program, total.2 + of_tests);
        println!(
            "| {} | {} | {of_program} | {of_tests} | {longest} |",
            package.folder,
            package.files.len(),
        );
    }
    println!("| **all** | {} | {} | {} | |", total.0, total.1, total.2);
    println!("\n{}", arrows(packages));
    let found: Vec<String> = packages.iter().flat_map(circles::describe).collect();
    println!("Circles of files: {}\n{}", found.len(), found.join("\n"));
}

/// The number of lines before the tests at the file's end.
fn program_lines(file: &File) -> usize {
    file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().count()
}

/// The crates and their dependencies as a Mermaid diagram. Arrows that follow from others are left out.
fn arrows(packages: &[Package]) -> String {
    let ours: Vec<(&str, BTreeSet<&str>)> = packages
        .iter()
        .map(|package| {
            let on = packages.iter().filter(|other| {
                let name = other.name.replace('-', "_");
                package.dependencies.iter().any(|(on, is_dev)| !is_dev && *on == name)
            });
            (package.name.as_str(), on.map(|other| other.name.as_str()).collect())
        })
        .collect();
    let needs = |name: &str| ours.iter().find(|(other, _)| *other == name).map(|(_, on)| on);
    let mut drawn = String::from("```mermaid\nflowchart TD\n");
    let mut count = 0;
    for (name, on) in &ours {
        for one in on {
            count += 1;
            let follows = on.iter().any(|other| other != one && leads(&needs, other, one));
            if !follows {
                writeln!(drawn, "    {name} --> {one}").unwrap();
            }
        }
    }
    writeln!(drawn, "```\n{} crates, {count} arrows", ours.len()).unwrap();
    drawn
}

fn leads<'a>(needs: &impl Fn(&str) -> Option<&'a BTreeSet<&'a str>>, from: &str, to: &str) -> bool {
    needs(from).is_some_and(|on| on.contains(to) || on.iter().any(|next| leads(needs, next, to)))
}
