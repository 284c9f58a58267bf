//! The figures as Markdown.

use std::fmt::Write as _;

use crate::figures::{Figures, Worked, as_f64};

/// The whole report.
pub(crate) fn markdown(figures: &Figures) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "`{}`\\", figures.command);
    let _ = writeln!(text, "{}; {}\n", figures.machine, figures.versions);
    for (side, revision) in &figures.revisions {
        let _ = writeln!(text, "- {side}: {revision}");
    }
    text.push('\n');
    starts(figures, &mut text);
    work(figures, &mut text);
    targets(figures, &mut text);
    text
}

fn starts(figures: &Figures, text: &mut String) {
    if figures.starts.is_empty() {
        return;
    }
    let headings = [
        "program",
        "side",
        "first poll p50 (p99), ms",
        "CPU until then, ms",
        "memory, MiB",
        "binary, MB",
        "zip, MB",
    ];
    let megabytes = |bytes: Option<u64>| {
        bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{:.2}", as_f64(bytes) / 1e6))
    };
    let rows = figures.starts.iter().map(|it| {
        vec![
            it.function.clone(),
            it.side.clone(),
            format!("{:.2} ({:.2})", it.first_poll_p50, it.first_poll_p99),
            format!("{:.2}", it.cpu),
            mebibytes(it.memory),
            megabytes(it.binary),
            megabytes(it.zip),
        ]
    });
    table(text, &headings, rows);
}

fn work(figures: &Figures, text: &mut String) {
    if figures.work.is_empty() {
        return;
    }
    let headings = [
        "work",
        "side",
        "wall p50 (p99), ms",
        "own p50 (p99), ms",
        "CPU, ms",
        "instructions, M",
        "allocations",
        "sent, kB",
        "received, kB",
        "DynamoDB",
        "SQS",
        "Halo",
        "S3",
        "peak, MiB",
    ];
    table(text, &headings, figures.work.iter().map(row));
}

fn row(it: &Worked) -> Vec<String> {
    let counted = |value: Option<f64>, unit: f64, decimals: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{:.decimals$}", value / unit))
    };
    let calls = |service: &str| format!("{:.1}", it.calls_of(service));
    vec![
        it.scenario.clone(),
        it.side.clone(),
        format!("{:.2} ({:.2})", it.wall_p50, it.wall_p99),
        format!("{:.2} ({:.2})", it.own_p50, it.own_p99),
        format!("{:.2}", it.cpu_p50),
        counted(it.instructions, 1e6, 2),
        counted(it.allocations, 1.0, 0),
        format!("{:.1}", it.bytes_sent / 1e3),
        format!("{:.1}", it.bytes_received / 1e3),
        calls("dynamodb"),
        calls("sqs"),
        calls("halo"),
        calls("s3"),
        mebibytes(it.peak_memory),
    ]
}

fn targets(figures: &Figures, text: &mut String) {
    if figures.targets.is_empty() {
        return;
    }
    let rows = figures.targets.iter().map(|it| {
        let verdict = if it.kept { "kept" } else { "**missed**" };
        vec![
            it.name.clone(),
            format!("{:.3}", it.ratio),
            format!("{:.3}", it.limit),
            verdict.to_owned(),
        ]
    });
    table(text, &["target", "measured", "at most", "verdict"], rows);
}

/// Compares two runs of the same programs: the ratios of CPU time and of instructions.
pub(crate) fn comparison(first: &Figures, second: &Figures) -> String {
    let mut text = "Second run compared with the first:\n\n".to_owned();
    let rows = first.work.iter().filter_map(|one| {
        let two =
            second.work.iter().find(|it| it.scenario == one.scenario && it.side == one.side)?;
        let instructions = two.instructions.zip(one.instructions).map(|(two, one)| two / one);
        Some(vec![
            one.scenario.clone(),
            one.side.clone(),
            format!("{:.3}", two.cpu_p50 / one.cpu_p50),
            instructions.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}")),
        ])
    });
    table(&mut text, &["work", "side", "CPU", "instructions"], rows);
    text
}

fn table(text: &mut String, headings: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |", headings.join(" | "));
    let _ = writeln!(text, "|---|{}", "--:|".repeat(headings.len() - 1));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", as_f64(bytes) / f64::from(1 << 20))
}

/// A file's text with the report between two markers.
pub(crate) fn placed(file: &str, report: &str) -> Option<String> {
    const MARKERS: [&str; 2] = ["<!-- numbers: begin -->", "<!-- numbers: end -->"];
    let (before, rest) = file.split_once(MARKERS[0])?;
    let (_, after) = rest.split_once(MARKERS[1])?;
    Some(format!("{before}{}\n\n{}\n\n{}{after}", MARKERS[0], report.trim(), MARKERS[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Target;

    #[test]
    fn a_missed_target_is_said() {
        let target = |kept| Target { name: "zip".to_owned(), ratio: 0.7, limit: 0.65, kept };
        let figures = Figures { targets: vec![target(false), target(true)], ..Figures::default() };
        let text = markdown(&figures);
        assert!(text.contains("| zip | 0.700 | 0.650 | **missed** |"), "{text}");
        assert!(text.contains("| zip | 0.700 | 0.650 | kept |"), "{text}");
    }

    #[test]
    fn two_runs_are_compared_by_cpu_time_and_by_instructions() {
        let run = |cpu, instructions| Figures {
            work: vec![Worked {
                scenario: "search".to_owned(),
                side: "this".to_owned(),
                cpu_p50: cpu,
                instructions: Some(instructions),
                ..Worked::default()
            }],
            ..Figures::default()
        };
        let text = comparison(&run(2.0, 100.0), &run(2.1, 101.0));
        assert!(text.contains("| search | this | 1.050 | 1.010 |"), "{text}");
    }

    #[test]
    fn new_numbers_replace_old_ones_between_the_markers_and_nothing_else() {
        let file = "A\n<!-- numbers: begin -->\nold\n<!-- numbers: end -->\nZ\n";
        let placed = placed(file, "new\n").unwrap();
        assert_eq!(placed, "A\n<!-- numbers: begin -->\n\nnew\n\n<!-- numbers: end -->\nZ\n");
        assert_eq!(super::placed("no markers", "new"), None);
    }
}
