//! Metrics without dimensions, as lines on standard output in CloudWatch's embedded metric format.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Reports a value over all practices. Whose it was may stand beside it, for whoever searches the logs; it
/// is no dimension.
#[expect(clippy::print_stdout, reason = "standard output is where Lambda takes metrics from")]
pub fn report(name: &str, unit: Unit, value: u64, practice: Option<&str>) {
    println!("{}", line(name, unit, value, practice, Timestamp::now()));
}

/// In what a metric is measured, as CloudWatch calls it.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// How many.
    Count,
    /// Hundredths of something.
    Percent,
    /// Seconds.
    Seconds,
}

fn line(name: &str, unit: Unit, value: u64, practice: Option<&str>, now: Timestamp) -> Value {
    let unit = match unit {
        Unit::Bytes => "Bytes",
        Unit::Count => "Count",
        Unit::Percent => "Percent",
        Unit::Seconds => "Seconds",
    };
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "PracticeBridge",
                "Dimensions": [[]],
                "Metrics": [{ "Name": name, "Unit": unit }],
            }],
        },
    });
    line[name] = value.into();
    if let Some(practice) = practice {
        line["practice"] = practice.into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_no_dimension_and_names_the_practice_beside_it() {
        let at = Timestamp::from_second(1).unwrap();
        let line = line("MessagesUnchecked", Unit::Count, 2, Some("wattle-creek"), at);
        assert_eq!(line["_aws"]["Timestamp"], 1000);
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["Dimensions"], json!([[]]));
        let expected = json!([{ "Name": "MessagesUnchecked", "Unit": "Count" }]);
        assert_eq!(metric["Metrics"], expected);
        assert_eq!(
            (&line["MessagesUnchecked"], &line["practice"]),
            (&json!(2), &json!("wattle-creek"))
        );
    }
}
