//! Metrics, written as lines on standard output in CloudWatch's embedded metric format. This is the
//! only place that writes them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The unit of a metric, in CloudWatch's words.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Bytes,
    Count,
    Milliseconds,
    Percent,
    Seconds,
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes",
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Percent => "Percent",
            Self::Seconds => "Seconds",
        }
    }
}

/// Metrics that are written together as one line.
#[derive(Debug)]
pub struct Metrics {
    dimensions: Value,
    definitions: Vec<Value>,
    fields: Map<String, Value>,
}

impl Metrics {
    /// Metrics without dimensions: over all practices and operations.
    #[must_use]
    pub fn total() -> Self {
        Self { dimensions: json!([[]]), definitions: Vec::new(), fields: Map::new() }
    }

    /// Metrics by one dimension.
    #[must_use]
    pub fn by(dimension: &str, value: &str) -> Self {
        Self { dimensions: json!([[dimension]]), ..Self::total() }.beside(dimension, value)
    }

    /// Metrics by one dimension, and over all of its values as well.
    #[must_use]
    pub fn by_and_total(dimension: &str, value: &str) -> Self {
        Self { dimensions: json!([[dimension], []]), ..Self::by(dimension, value) }
    }

    /// Adds a metric.
    #[must_use]
    pub fn metric(mut self, name: &str, unit: Unit, value: impl Into<Value>) -> Self {
        self.definitions.push(json!({ "Name": name, "Unit": unit.as_str() }));
        self.beside(name, value)
    }

    /// Adds a field that is neither a metric nor a dimension, for searches in the logs.
    #[must_use]
    pub fn beside(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Writes the line.
    #[expect(clippy::print_stdout, reason = "standard output is where Lambda takes metrics from")]
    pub fn write(self) {
        println!("{}", self.line(Timestamp::now()));
    }

    fn line(self, now: Timestamp) -> Value {
        let mut fields = self.fields;
        let description = json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "PracticeBridge",
                "Dimensions": self.dimensions,
                "Metrics": self.definitions,
            }],
        });
        fields.insert("_aws".to_owned(), description);
        fields.into()
    }
}

/// Writes one metric over all practices. The practice is a field beside it.
pub fn report(name: &str, unit: Unit, value: u64, practice: Option<&str>) {
    let metrics = Metrics::total().metric(name, unit, value);
    match practice {
        Some(practice) => metrics.beside("practice", practice).write(),
        None => metrics.write(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_second(1).unwrap()
    }

    #[test]
    fn a_metric_has_no_dimension_and_names_the_practice_beside_it() {
        let metrics = Metrics::total().metric("MessagesUnchecked", Unit::Count, 2);
        let line = metrics.beside("practice", "wattle-creek").line(at());
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

    #[test]
    fn several_metrics_by_a_dimension_are_one_line() {
        let metrics = Metrics::by_and_total("Operation", "GET /health")
            .metric("Duration", Unit::Milliseconds, 1.5)
            .metric("Requests", Unit::Count, 1);
        let expected = json!({
            "_aws": { "Timestamp": 1000, "CloudWatchMetrics": [{
                "Namespace": "PracticeBridge",
                "Dimensions": [["Operation"], []],
                "Metrics": [
                    { "Name": "Duration", "Unit": "Milliseconds" },
                    { "Name": "Requests", "Unit": "Count" },
                ],
            }] },
            "Operation": "GET /health", "Duration": 1.5, "Requests": 1,
        });
        assert_eq!(metrics.line(at()), expected);
        let line = Metrics::by("Task", "sweep").line(at());
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Task"]]));
    }
}
