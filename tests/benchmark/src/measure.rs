//! Measures sides in turn, so that a busy moment meets all of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::figures::{Started, Worked, as_f64};
use crate::practice::Documents;
use crate::program::Program;
use crate::progress;
use crate::running::{Ground, Running, Sample, Side};
use crate::scenario::Scenario;

const VALGRIND: &str = "/usr/bin/valgrind";
/// Rounds before the counted ones: connections and caches are then warm.
const WARM_UP: usize = 5;
/// Rounds under valgrind. The difference of two counts is free of the start.
const COUNTED: [usize; 2] = [3, 13];

/// Starts every program a number of times.
pub(crate) async fn starts(
    programs: &[(String, Program)],
    times: usize,
) -> Result<Vec<Started>, Error> {
    progress("Starting each program once, not counted");
    for (_, program) in programs {
        program.start(&[]).await?.end().await;
    }
    progress(&format!("Starting each program {times} times, in turn"));
    let mut starts = vec![Vec::new(); programs.len()];
    for _ in 0..times {
        for ((_, program), starts) in programs.iter().zip(&mut starts) {
            let process = program.start(&[]).await?;
            starts.push(process.started);
            process.end().await;
        }
    }
    let measured = programs.iter().zip(&starts);
    Ok(measured.map(|((side, program), starts)| Started::of(side, &program.name, starts)).collect())
}

/// Does a scenario's work on all sides.
pub(crate) async fn work(
    scenario: Scenario,
    sides: &[Side],
    ground: &Ground,
    documents: &Documents,
    warm: usize,
) -> Result<Vec<Worked>, Error> {
    let rounds = scenario.rounds(warm);
    progress(&format!("{}: {rounds} rounds on each side", scenario.name()));
    let functions = scenario.functions();
    let does = |side: &&Side| {
        side.programs.contains_key(functions[0]) && (!side.is_peer || scenario.has_peers())
    };
    let sides: Vec<&Side> = sides.iter().filter(does).collect();
    let Some(helper) = sides.first() else { return Ok(Vec::new()) };
    let mut running = Vec::new();
    for side in &sides {
        let mut started = Running::start(side, helper, functions, ground, None).await?;
        if !scenario.is_fresh() {
            for number in 0..WARM_UP {
                scenario.round(&mut started, documents, number).await?;
            }
            started.take_sample();
        }
        running.push(started);
    }
    let mut samples = vec![Vec::<Sample>::new(); sides.len()];
    let mut peaks = vec![0; sides.len()];
    for round in 0..rounds {
        let mut ours = None;
        for (at, side) in sides.iter().enumerate() {
            if scenario.is_fresh() && round > 0 {
                running[at] = Running::start(side, helper, functions, ground, None).await?;
            }
            let answer = scenario.round(&mut running[at], documents, WARM_UP + round).await?;
            samples[at].push(running[at].take_sample());
            peaks[at] = running[at].peak(functions[0]).max(peaks[at]);
            let ours = ours.get_or_insert_with(|| answer.clone());
            if side.is_peer && *ours != answer {
                return Err(Error::Differs {
                    scenario: scenario.name(),
                    one: sides[0].label.clone(),
                    other: side.label.clone(),
                });
            }
        }
    }
    let measured = sides.iter().zip(&samples).zip(&peaks);
    Ok(measured
        .map(|((side, samples), peak)| Worked::of(&scenario.name(), &side.label, samples, *peak))
        .collect())
}

/// Counts instructions and allocations of a scenario's work, if valgrind is there.
pub(crate) async fn count(
    scenario: Scenario,
    sides: &[Side],
    ground: &Ground,
    documents: &Documents,
    work: &mut [Worked],
) -> Result<(), Error> {
    if scenario.is_fresh() || !Path::new(VALGRIND).is_file() {
        return Ok(());
    }
    progress(&format!("{}: counting instructions and allocations", scenario.name()));
    for side in sides.iter().filter(|side| !side.is_peer) {
        let of_side = |it: &&mut Worked| it.side == side.label && it.scenario == scenario.name();
        let Some(worked) = work.iter_mut().find(of_side) else { continue };
        let mut totals = Vec::new();
        for rounds in COUNTED {
            totals.push(counted(scenario, side, ground, documents, rounds).await?);
        }
        let rounds = as_f64((COUNTED[1] - COUNTED[0]) as u64);
        let each = |of: fn(&Total) -> Option<u64>| {
            Some(as_f64(of(&totals[1])?.checked_sub(of(&totals[0])?)?) / rounds)
        };
        worked.instructions = each(|total| total.instructions);
        worked.allocations = each(|total| total.allocations);
        worked.allocated_bytes = each(|total| total.allocated_bytes);
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq)]
struct Total {
    instructions: Option<u64>,
    allocations: Option<u64>,
    allocated_bytes: Option<u64>,
}

async fn counted(
    scenario: Scenario,
    side: &Side,
    ground: &Ground,
    documents: &Documents,
    rounds: usize,
) -> Result<Total, Error> {
    let folder = crate::revision::folder().join("callgrind");
    // Counts of an earlier run are of no use.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(Error::file("creating", &folder))?;
    let callgrind = |function: &str| -> Vec<OsString> {
        let file = folder.join(function);
        let file = format!("--callgrind-out-file={}", file.display());
        vec!["--tool=callgrind".into(), "--quiet".into(), file.into()]
    };
    let memcheck = |_: &str| -> Vec<OsString> {
        let quick = ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"];
        quick.iter().map(OsString::from).collect()
    };
    let mut total = Total::default();
    for (number, arguments) in
        [&callgrind as &(dyn Fn(&str) -> Vec<OsString> + Sync), &memcheck].into_iter().enumerate()
    {
        let wrapper = Some((VALGRIND, arguments));
        let mut running = Running::start(side, side, scenario.functions(), ground, wrapper).await?;
        for round in 0..rounds {
            scenario.round(&mut running, documents, 1_000 + round).await?;
        }
        let said = running.end().await;
        match number {
            0 => total.instructions = instructions(&folder),
            _ => {
                let heaps: Vec<_> = said.values().filter_map(|said| heap(said)).collect();
                total.allocations = Some(heaps.iter().map(|heap| heap.0).sum());
                total.allocated_bytes = Some(heaps.iter().map(|heap| heap.1).sum());
            }
        }
    }
    Ok(total)
}

/// The sum of the totals in all of callgrind's files.
fn instructions(folder: &Path) -> Option<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let text = fs::read_to_string(entry.path()).ok()?;
        let line = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
        };
        total += line("totals:").or_else(|| line("summary:"))?;
    }
    (total > 0).then_some(total)
}

/// The allocations and their bytes, as memcheck says at the end.
fn heap(said: &str) -> Option<(u64, u64)> {
    let line = said.lines().find_map(|line| line.split_once("total heap usage: "))?.1;
    let words: BTreeMap<&str, &str> = line
        .split(", ")
        .filter_map(|part| {
            let (number, word) = part.split_once(' ')?;
            Some((word, number))
        })
        .collect();
    let number = |word: &str| words.get(word)?.replace(',', "").parse().ok();
    Some((number("allocs")?, number("bytes allocated")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_read_from_what_memcheck_says() {
        let said = "==7== HEAP SUMMARY:\n==7==   total heap usage: 1,234 allocs, 1,200 frees, 56,789 bytes allocated\n";
        assert_eq!(heap(said), Some((1_234, 56_789)));
        assert_eq!(heap("the function's log"), None);
    }

    #[test]
    fn instructions_of_all_processes_are_added() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("site-writer"), "events: Ir\nfn=x\n1 2\ntotals: 40\n")
            .unwrap();
        fs::write(folder.path().join("correspondence"), "summary: 2\n").unwrap();
        assert_eq!(instructions(folder.path()), Some(42));
    }
}
