//! A plot as SVG: the CPU time of each piece of work, a bar for each side, on a logarithmic scale.

use std::fmt::Write as _;

use crate::figures::Figures;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = 80.0;
const BAR: f64 = 14.0;
const GAP: f64 = 12.0;
const TOP: f64 = 46.0;
const COLOURS: [&str; 5] = ["#1f6f8b", "#9aa7b0", "#d98324", "#7a4fa3", "#4f8a4b"];

/// The plot.
pub(crate) fn svg(figures: &Figures) -> String {
    let mut sides: Vec<&str> = Vec::new();
    let mut scenarios: Vec<&str> = Vec::new();
    for work in &figures.work {
        if !sides.contains(&work.side.as_str()) {
            sides.push(&work.side);
        }
        if !scenarios.contains(&work.scenario.as_str()) {
            scenarios.push(&work.scenario);
        }
    }
    let values = figures.work.iter().map(|work| work.cpu_p50).filter(|value| *value > 0.0);
    let (least, most) = values
        .fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
    let (from, to) = (least.log10().floor(), most.log10().ceil().max(least.log10().floor() + 1.0));
    let place = |value: f64| (value.log10() - from) / (to - from) * (WIDTH - LEFT - RIGHT);

    let mut bars = String::new();
    let mut y = TOP;
    for scenario in &scenarios {
        let _ = writeln!(bars, r#"<text x="8" y="{}">{scenario}</text>"#, y + BAR - 3.0);
        for (at, side) in sides.iter().enumerate() {
            let found = crate::targets::work(figures, scenario, side);
            let Some(work) = found.filter(|work| work.cpu_p50 > 0.0) else { continue };
            let colour = COLOURS[at % COLOURS.len()];
            let length = place(work.cpu_p50).max(1.0);
            let _ = writeln!(
                bars,
                r#"<rect x="{LEFT}" y="{y}" width="{length:.1}" height="{}" fill="{colour}"/><text x="{:.1}" y="{}">{:.2}</text>"#,
                BAR - 2.0,
                LEFT + length + 4.0,
                y + BAR - 4.0,
                work.cpu_p50
            );
            y += BAR;
        }
        y += GAP;
    }
    let mut legend = String::new();
    for (at, side) in sides.iter().enumerate() {
        let x = LEFT + 130.0 * f64::from(u8::try_from(at).unwrap_or_default());
        let colour = COLOURS[at % COLOURS.len()];
        let _ = writeln!(
            legend,
            r#"<rect x="{x}" y="26" width="10" height="10" fill="{colour}"/><text x="{}" y="35">{side}</text>"#,
            x + 14.0
        );
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"16\" font-size=\"13\">CPU time of the work, ms (median, logarithmic)</text>\n\
         {legend}{bars}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Worked;

    #[test]
    fn every_measured_piece_of_work_has_a_bar_for_each_side_that_did_it() {
        let worked = |scenario: &str, side: &str, cpu: f64| Worked {
            scenario: scenario.to_owned(),
            side: side.to_owned(),
            cpu_p50: cpu,
            ..Worked::default()
        };
        let work = vec![
            worked("search", "this", 0.5),
            worked("search", "python", 9.0),
            worked("referral", "this", 3.0),
        ];
        let text = svg(&Figures { work, ..Figures::default() });
        assert_eq!(text.matches("height=\"12\"").count(), 3, "{text}");
        assert!(text.contains(">9.00</text>"), "{text}");
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
    }
}
