//! The targets, as ratios of figures of one run. What was not measured has no target.

use crate::figures::{Figures, Started, Target, Worked, as_f64};
use crate::{AGAINST, BARE, PYTHON, THIS, TYPESCRIPT};

const MEBIBYTE: u64 = 1 << 20;

/// A figure of some work.
type Of = fn(&Worked) -> f64;

/// Work, compared with a side: the scenario, the figure's name, the figure, the other side, the limit.
const RATIOS: &[(&str, &str, Of, &str, f64)] = &[
    ("first-search", "CPU", |it| it.cpu_p50, AGAINST, 0.6),
    ("search", "CPU", |it| it.cpu_p50, PYTHON, 1.0 / 15.0),
    ("search", "CPU", |it| it.cpu_p50, TYPESCRIPT, 1.0 / 6.0),
    ("long-record", "CPU", |it| it.cpu_p50, PYTHON, 1.0 / 20.0),
    ("long-record", "CPU", |it| it.cpu_p50, TYPESCRIPT, 1.0 / 8.0),
    ("referral", "CPU", |it| it.cpu_p50, AGAINST, 0.6),
    ("referral", "DynamoDB calls", |it| it.calls_of("dynamodb"), AGAINST, 0.6),
    ("referral", "SQS calls", |it| it.calls_of("sqs"), AGAINST, 0.6),
    ("referral", "Halo calls", |it| it.calls_of("halo"), AGAINST, 1.0),
    ("stage100", "CPU", |it| it.cpu_p50, AGAINST, 0.6),
    ("stage100", "CPU", |it| it.cpu_p50, PYTHON, 0.2),
];

/// All targets that these figures allow to compute.
pub(crate) fn of(figures: &Figures) -> Vec<Target> {
    let mut targets = Vec::new();
    for ours in figures.starts.iter().filter(|it| it.side == THIS) {
        starts(figures, ours, &mut targets);
    }
    for (scenario, what, of, side, limit) in RATIOS {
        if let (Some(ours), Some(theirs)) =
            (work(figures, scenario, THIS), work(figures, scenario, side))
        {
            let name = format!("{scenario}: {what}, compared with {side}");
            push(&mut targets, name, of(ours), of(theirs), *limit);
        }
    }
    if let Some(search) = work(figures, "search", THIS) {
        push(&mut targets, "search: own wall time p50, ms".to_owned(), search.own_p50, 1.0, 0.5);
        push(&mut targets, "search: own wall time p99, ms".to_owned(), search.own_p99, 1.0, 2.0);
    }
    if let Some(large) = work(figures, "stage100", THIS) {
        let peak = as_f64(large.peak_memory);
        let name = "stage100: peak memory, MiB".to_owned();
        push(&mut targets, name, peak, as_f64(MEBIBYTE), 24.0);
        if let Some(small) = work(figures, "stage20", THIS) {
            let name = "staging: peak memory of 100 MB, compared with 20 MB".to_owned();
            push(&mut targets, name, peak, as_f64(small.peak_memory), 1.1);
        }
    }
    targets
}

fn starts(figures: &Figures, ours: &Started, targets: &mut Vec<Target>) {
    let function = &ours.function;
    let find = |side: &str, name: &str| {
        figures.starts.iter().find(|it| it.side == side && it.function == name)
    };
    if let Some(before) = find(AGAINST, function) {
        if let (Some(zip), Some(earlier)) = (ours.zip, before.zip) {
            let name = format!("{function}: zip, compared with {AGAINST}");
            push(targets, name, as_f64(zip), as_f64(earlier), 0.65);
        }
        let name = format!("{function}: memory at first poll, compared with {AGAINST}");
        push(targets, name, as_f64(ours.memory), as_f64(before.memory), 0.75);
    }
    if let Some(bare) = find(BARE, "bare-function") {
        let name = format!("{function}: memory at first poll, compared with {BARE}");
        push(targets, name, as_f64(ours.memory), as_f64(bare.memory), 2.0);
        let name = format!("{function}: start to first poll, compared with {BARE}");
        push(targets, name, ours.first_poll_p50, bare.first_poll_p50, 1.3);
    }
}

pub(crate) fn work<'a>(figures: &'a Figures, scenario: &str, side: &str) -> Option<&'a Worked> {
    figures.work.iter().find(|it| it.scenario == scenario && it.side == side)
}

/// A figure that could not be measured makes no target.
fn push(targets: &mut Vec<Target>, name: String, ours: f64, theirs: f64, limit: f64) {
    let ratio = ours / theirs;
    if ratio.is_finite() {
        targets.push(Target { name, ratio, limit, kept: ratio <= limit });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked(scenario: &str, side: &str, cpu: f64) -> Worked {
        let (scenario, side) = (scenario.to_owned(), side.to_owned());
        Worked { scenario, side, cpu_p50: cpu, ..Worked::default() }
    }

    #[test]
    fn a_target_compares_this_commit_with_a_side_of_the_same_run_and_says_whether_it_is_kept() {
        for (ours, kept) in [(1.0, true), (1.1, false)] {
            let figures = Figures {
                work: vec![worked("search", THIS, ours), worked("search", PYTHON, 15.0)],
                ..Figures::default()
            };
            let targets = of(&figures);
            let target = targets.iter().find(|it| it.name.contains("CPU")).unwrap();
            assert!((target.ratio - ours / 15.0).abs() < 1e-9);
            assert_eq!(target.kept, kept);
        }
    }

    #[test]
    fn what_was_not_measured_has_no_target() {
        let figures = Figures { work: vec![worked("referral", THIS, 1.0)], ..Figures::default() };
        assert_eq!(of(&figures), []);
    }

    #[test]
    fn calls_that_nobody_made_are_no_ratio() {
        let work = vec![worked("referral", THIS, 1.0), worked("referral", AGAINST, 2.0)];
        let targets = of(&Figures { work, ..Figures::default() });
        assert_eq!(targets.len(), 1, "{targets:?}");
    }
}
