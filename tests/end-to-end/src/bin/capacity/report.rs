//! The tables, as Markdown.

use crate::Paper;
use crate::cost::{Cost, Costs, Units};
use crate::paper::{self, Durations};
use crate::prices::queue_requests;

/// A figure to compare: its name, how it is read, and whether chance has much to say in it.
type Figure = (&'static str, fn(&Costs) -> f64);

const FIGURES: [Figure; 9] = [
    ("Lambda invocations", |costs| costs.total().invocations),
    ("Halo queries", |costs| costs.total().halo_queries),
    ("Halo calls", |costs| costs.total().halo_calls),
    ("DynamoDB calls", |costs| costs.total().table_calls),
    ("DynamoDB read units", |costs| costs.total().read_units),
    ("DynamoDB write units", |costs| costs.total().write_units),
    ("SQS requests", queue_requests),
    ("Events", |costs| costs.total().events),
    ("S3 requests", |costs| costs.total().bucket_calls),
];

/// A number with commas.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn row(name: &str, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().collect();
    println!("| {name} | {} |", cells.join(" | "));
}

fn head(name: &str, columns: impl IntoIterator<Item = String>) {
    let columns: Vec<String> = columns.into_iter().collect();
    row(name, columns.iter().cloned());
    println!("|---|{}", "--:|".repeat(columns.len()));
}

/// What one action costs.
pub(crate) fn units(units: &Units) {
    println!("One action, measured with {}:\n", units.measured);
    let columns = [
        "invocations",
        "own CPU, ms",
        "Halo queries",
        "Halo calls",
        "DynamoDB calls",
        "read units",
        "write units",
        "SQS sends",
        "events",
        "S3 calls",
    ];
    head("action", columns.map(str::to_owned));
    for (name, costs) in &units.actions {
        let Cost {
            invocations,
            own_ms,
            halo_queries,
            halo_calls,
            table_calls,
            read_units,
            write_units,
            queue_calls,
            events,
            bucket_calls,
            ..
        } = costs.total();
        let cells = [
            invocations,
            own_ms,
            halo_queries,
            halo_calls,
            table_calls,
            read_units,
            write_units,
            queue_calls,
            events,
            bucket_calls,
        ];
        row(name, cells.map(|cell| format!("{cell:.1}")));
    }
    println!();
}

/// Everything for each number of practices.
pub(crate) fn paper(units: &Units, flags: &Paper, durations: &Durations) {
    let columns =
        || flags.practices.iter().map(|practices| format!("{} practices", grouped(*practices)));
    let hours: Vec<Costs> =
        flags.practices.iter().map(|it| paper::busiest(units, &flags.load, *it, 60.0)).collect();
    println!("The busiest hour of a Monday:\n");
    head("count", columns());
    for (name, figure) in FIGURES {
        row(name, hours.iter().map(|costs| grouped(figure(costs))));
    }
    row("Lambda GB-seconds", hours.iter().map(|costs| grouped(durations.gigabyte_seconds(costs))));
    let queries = hours.iter().map(|costs| costs.total().halo_queries / 3600.0);
    row("Halo queries a second", queries.map(|rate| format!("{rate:.1}")));
    println!(
        "\nA practice has {:.0} Halo queries on a Monday.\n",
        paper::queries_in_a_day(units, &flags.load)
    );
    println!("A month, in dollars:\n");
    head("line", columns());
    let bills: Vec<_> = flags
        .practices
        .iter()
        .map(|it| flags.prices.bill(&paper::month(units, &flags.load, *it), durations))
        .collect();
    for (place, (name, _)) in bills[0].iter().enumerate() {
        row(name, bills.iter().map(|bill| grouped(bill[place].1)));
    }
    let sums: Vec<f64> = bills.iter().map(|bill| bill.iter().map(|(_, cost)| cost).sum()).collect();
    row("**all**", sums.iter().map(|sum| grouped(*sum)));
    let each = sums.iter().zip(&flags.practices).map(|(sum, practices)| sum / practices);
    row("a practice", each.map(|cost| format!("{cost:.2}")));
    println!("\nWhat the busiest second needs of each limit:\n");
    head("limit", columns());
    let used: Vec<_> = hours
        .iter()
        .zip(&flags.practices)
        .map(|(hour, it)| flags.quotas.used(hour, *it, &flags.load, durations))
        .collect();
    for limit in used.last().into_iter().flatten() {
        let cells = used.iter().map(|all| {
            let it = all.iter().find(|one| one.what == limit.what);
            it.map_or_else(String::new, |it| format!("{:.1} %", it.share() * 100.0))
        });
        row(limit.what, cells);
    }
    println!();
    for (practices, limits) in flags.practices.iter().zip(&used) {
        let first = &limits[0];
        println!(
            "- {} practices: the first limit is \"{}\" ({:.1} of {:.0}), reached at about {} practices. {}",
            grouped(*practices),
            first.what,
            first.used,
            first.limit,
            grouped(practices / first.share()),
            first.raise
        );
    }
}

/// The simulation beside the paper.
pub(crate) fn compared(expected: &Costs, simulated: &Costs) {
    head("count", ["on paper", "simulated", "difference"].map(str::to_owned));
    let mut furthest: f64 = 0.0;
    for (name, figure) in FIGURES {
        let (paper, real) = (figure(expected), figure(simulated));
        let difference = (real / paper - 1.0) * 100.0;
        furthest = furthest.max(difference.abs());
        row(name, [grouped(paper), grouped(real), format!("{difference:+.1} %")]);
    }
    let verdict = if furthest <= 5.0 { "within 5 %" } else { "**not** within 5 %" };
    println!("\nThe largest difference is {furthest:.1} %: {verdict}.");
}
