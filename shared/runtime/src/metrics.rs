//! Counts, as lines on standard output in CloudWatch's embedded metric format.

use jiff::Timestamp;
use serde_json::{Value, json};

/// Counts something over all practices. Whose it was may stand beside it, for whoever searches the logs;
/// it is no dimension.
#[expect(clippy::print_stdout, reason = "standard output is where Lambda takes metrics from")]
pub fn count(name: &str, many: usize, practice: Option<&str>) {
    println!("{}", line(name, many, practice, Timestamp::now()));
}

fn line(name: &str, many: usize, practice: Option<&str>, now: Timestamp) -> Value {
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "PracticeBridge",
                "Dimensions": [[]],
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
    });
    line[name] = many.into();
    if let Some(practice) = practice {
        line["practice"] = practice.into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_no_dimension_and_names_the_practice_beside_it() {
        let at = Timestamp::from_second(1).unwrap();
        let line = line("MessagesUnchecked", 2, Some("wattle-creek"), at);
        assert_eq!(line["_aws"]["Timestamp"], 1000);
        let metric = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["Dimensions"], json!([[]]));
        assert_eq!(metric["Metrics"][0]["Name"], "MessagesUnchecked");
        assert_eq!(
            (&line["MessagesUnchecked"], &line["practice"]),
            (&json!(2), &json!("wattle-creek"))
        );
    }
}
