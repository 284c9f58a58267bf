//! The numbers as Markdown, next to the budgets.

use std::fmt::Write as _;
use std::time::Duration;

use crate::packages::Weight;
use crate::program::{Drive, Start};
use crate::statistics::percentile;

/// A program's role in the comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// A function of the service, compared with the other two.
    Function,
    /// The smallest possible function.
    Bare,
    /// The same service in Python.
    Peer,
}

/// All measurements of one program.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) part: Part,
    pub(crate) weight: Option<Weight>,
    pub(crate) starts: Vec<Start>,
    /// The event's description, and the measurements with it.
    pub(crate) drive: Option<(&'static str, Drive)>,
}

impl Measured {
    fn start(&self, percent: usize) -> Option<Duration> {
        let times: Vec<_> = self.starts.iter().map(|start| start.time).collect();
        percentile(&times, percent)
    }

    /// Median over the runs.
    fn computed(&self) -> Option<Duration> {
        let times: Vec<_> = self.starts.iter().filter_map(|start| start.computed).collect();
        percentile(&times, 50)
    }

    /// Median over the runs.
    fn peak_at_first_poll(&self) -> Option<u64> {
        let peaks: Vec<_> = self.starts.iter().filter_map(|start| start.peak).collect();
        percentile(&peaks, 50)
    }

    fn peak_after_requests(&self) -> Option<u64> {
        self.drive.as_ref().and_then(|(_, drive)| drive.peak)
    }
}

/// The circumstances of the measurement.
pub(crate) struct Setting {
    pub(crate) command: String,
    pub(crate) machine: String,
    pub(crate) versions: String,
    pub(crate) requests: usize,
}

/// A budget of the project, and when it counts as kept.
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

struct Budget {
    heading: &'static str,
    limit: Limit,
    value: fn(&Measured, &Peers<'_>) -> Option<f64>,
}

struct Peers<'a> {
    bare: Option<&'a Measured>,
    python: Option<&'a Measured>,
}

const BUDGETS: [Budget; 5] = [
    Budget {
        heading: "start ≤ 2 × bare",
        limit: Limit::AtMost(2.0),
        value: |function, peers| ratio(function.start(50), peers.bare?.start(50)),
    },
    Budget {
        heading: "≥ 40 × faster than Python",
        limit: Limit::AtLeast(40.0),
        value: |function, peers| ratio(peers.python?.start(50), function.start(50)),
    },
    Budget {
        heading: "≤ 6 MiB at first poll",
        limit: Limit::AtMost(6.0),
        value: |function, _| function.peak_at_first_poll().map(mebibytes),
    },
    Budget {
        heading: "≤ 20 MiB after requests",
        limit: Limit::AtMost(20.0),
        value: |function, _| function.peak_after_requests().map(mebibytes),
    },
    Budget {
        heading: "zip ≤ 3 MB",
        limit: Limit::AtMost(3.0),
        value: |function, _| function.weight.map(|weight| megabytes(weight.zip)),
    },
];

/// The whole report.
pub(crate) fn markdown(setting: &Setting, programs: &[Measured]) -> String {
    let find = |part| programs.iter().find(|program| program.part == part);
    let peers = Peers { bare: find(Part::Bare), python: find(Part::Peer) };
    let mut text = format!("`{}`\n{}; {}\n\n", setting.command, setting.machine, setting.versions);
    numbers(&mut text, programs, &peers, setting.requests);
    budgets(&mut text, programs, &peers);
    answers(&mut text, programs, setting.requests);
    text
}

fn numbers(text: &mut String, programs: &[Measured], peers: &Peers<'_>, requests: usize) {
    table(
        text,
        &[
            "program",
            "first poll p50 (p90), ms",
            "× bare",
            "CPU until then, ms",
            "× bare's CPU",
            "× faster than Python",
            "memory at first poll, MiB",
            &format!("peak after {requests} requests, MiB"),
            "binary, MB",
            "zip, MB",
        ],
        programs.iter().map(|program| {
            let time = |percent| shown(program.start(percent).map(milliseconds), 2);
            vec![
                program.name.clone(),
                format!("{} ({})", time(50), time(90)),
                shown(peers.bare.and_then(|bare| ratio(program.start(50), bare.start(50))), 2),
                shown(program.computed().map(milliseconds), 2),
                shown(peers.bare.and_then(|bare| ratio(program.computed(), bare.computed())), 2),
                shown(peers.python.and_then(|peer| ratio(peer.start(50), program.start(50))), 0),
                shown(program.peak_at_first_poll().map(mebibytes), 1),
                shown(program.peak_after_requests().map(mebibytes), 1),
                shown(program.weight.map(|weight| megabytes(weight.binary)), 2),
                shown(program.weight.map(|weight| megabytes(weight.zip)), 2),
            ]
        }),
    );
}

fn budgets(text: &mut String, programs: &[Measured], peers: &Peers<'_>) {
    let headings: Vec<_> =
        std::iter::once("budget").chain(BUDGETS.iter().map(|budget| budget.heading)).collect();
    let functions = programs.iter().filter(|program| program.part == Part::Function);
    table(
        text,
        &headings,
        functions.map(|function| {
            let verdicts =
                BUDGETS.iter().map(|budget| budget.verdict((budget.value)(function, peers)));
            std::iter::once(function.name.clone()).chain(verdicts).collect()
        }),
    );
}

fn answers(text: &mut String, programs: &[Measured], requests: usize) {
    let _ = writeln!(text, "The {requests} requests, one after another, and their answers:\n");
    for program in programs {
        let Some((request, drive)) = &program.drive else {
            let _ = writeln!(text, "- {}: the benchmark has no request for it", program.name);
            continue;
        };
        let counts: Vec<_> =
            drive.answers.iter().map(|(answer, count)| format!("{count} × {answer}")).collect();
        let _ = writeln!(text, "- {}: {request}: {}", program.name, counts.join(", "));
    }
}

impl Budget {
    fn verdict(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return "not measured".to_owned() };
        let kept = match self.limit {
            Limit::AtMost(limit) => value <= limit,
            Limit::AtLeast(limit) => value >= limit,
        };
        format!("{value:.2}: {}", if kept { "kept" } else { "**exceeded**" })
    }
}

fn table(text: &mut String, headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |", headings.join(" | "));
    let _ = writeln!(text, "|---|{}", "--:|".repeat(headings.len() - 1));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

fn ratio(of: Option<Duration>, to: Option<Duration>) -> Option<f64> {
    Some(of?.as_secs_f64() / to?.as_secs_f64())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime_api::Answers;

    fn measured(name: &str, part: Part, milliseconds: u64, mebibytes: u64) -> Measured {
        let start = || Start {
            time: Duration::from_millis(milliseconds),
            computed: Some(Duration::from_millis(milliseconds - 1)),
            peak: Some(mebibytes << 20),
        };
        let drive = Drive {
            peak: Some((mebibytes + 1) << 20),
            answers: Answers::from([("401".to_owned(), 1000)]),
        };
        Measured {
            name: name.to_owned(),
            part,
            weight: (part != Part::Peer).then_some(Weight { binary: 5_000_000, zip: 2_500_000 }),
            starts: vec![start(), start()],
            drive: Some(("a search", drive)),
        }
    }

    fn report(programs: &[Measured]) -> String {
        let setting = Setting {
            command: "cargo bench-functions".to_owned(),
            machine: "a machine".to_owned(),
            versions: "a compiler".to_owned(),
            requests: 1000,
        };
        markdown(&setting, programs)
    }

    #[test]
    fn the_report_compares_each_function_with_the_bare_one_and_the_python_peer() {
        let text = report(&[
            measured("pairing", Part::Function, 3, 5),
            measured("bare-function", Part::Bare, 2, 2),
            measured("peer.py", Part::Peer, 300, 50),
        ]);
        for line in [
            "| pairing | 3.00 (3.00) | 1.50 | 2.00 | 2.00 | 100 | 5.0 | 6.0 | 5.00 | 2.50 |",
            "| peer.py | 300.00 (300.00) | 150.00 | 299.00 | 299.00 | 1 | 50.0 | 51.0 | – | – |",
            "| pairing | 1.50: kept | 100.00: kept | 5.00: kept | 6.00: kept | 2.50: kept |",
            "- pairing: a search: 1000 × 401",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn a_budget_that_is_not_kept_is_said_and_what_was_not_measured_is_not_called_kept() {
        let text = report(&[
            measured("pairing", Part::Function, 5, 7),
            measured("bare-function", Part::Bare, 2, 2),
        ]);
        let line = "| pairing | 2.50: **exceeded** | not measured | 7.00: **exceeded** | 8.00: kept | 2.50: kept |";
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
}
