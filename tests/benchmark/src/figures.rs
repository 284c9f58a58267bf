//! What was measured, as it is written to JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::program::Start;
use crate::running::Sample;
use crate::statistics::{median, percentile};

/// Everything that one run measured.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    pub(crate) command: String,
    pub(crate) machine: String,
    pub(crate) versions: String,
    /// The measured commits by side, with their subjects.
    pub(crate) revisions: BTreeMap<String, String>,
    pub(crate) starts: Vec<Started>,
    pub(crate) work: Vec<Worked>,
    pub(crate) targets: Vec<Target>,
}

/// How a program starts. Memory and sizes are in bytes, times in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    pub(crate) side: String,
    pub(crate) function: String,
    pub(crate) first_poll_p50: f64,
    pub(crate) first_poll_p99: f64,
    pub(crate) cpu: f64,
    pub(crate) memory: u64,
    pub(crate) binary: Option<u64>,
    pub(crate) zip: Option<u64>,
}

/// What a piece of work costs. Counts are those of one round.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Worked {
    pub(crate) scenario: String,
    pub(crate) side: String,
    pub(crate) rounds: usize,
    pub(crate) wall_p50: f64,
    pub(crate) wall_p99: f64,
    /// Without the doubles' time.
    pub(crate) own_p50: f64,
    pub(crate) own_p99: f64,
    pub(crate) cpu_p50: f64,
    pub(crate) cpu_mean: f64,
    pub(crate) instructions: Option<f64>,
    pub(crate) allocations: Option<f64>,
    pub(crate) allocated_bytes: Option<f64>,
    pub(crate) bytes_sent: f64,
    pub(crate) bytes_received: f64,
    pub(crate) connections: f64,
    pub(crate) calls: BTreeMap<String, f64>,
    /// The largest peak of a process that did the work.
    pub(crate) peak_memory: u64,
}

/// A ratio that must not exceed a limit. Where the name has a unit, the ratio is the figure itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) ratio: f64,
    pub(crate) limit: f64,
    pub(crate) kept: bool,
}

impl Started {
    pub(crate) fn of(side: &str, function: &str, starts: &[Start]) -> Self {
        let of = |value: fn(&Start) -> Duration| starts.iter().map(value).collect::<Vec<_>>();
        let times = of(|start| start.time);
        let memory: Vec<u64> = starts.iter().map(|start| start.peak).collect();
        Self {
            side: side.to_owned(),
            function: function.to_owned(),
            first_poll_p50: milliseconds(median(&times)),
            first_poll_p99: milliseconds(percentile(&times, 99)),
            cpu: milliseconds(median(&of(|start| start.computed))),
            memory: median(&memory).unwrap_or_default(),
            binary: None,
            zip: None,
        }
    }
}

impl Worked {
    pub(crate) fn of(scenario: &str, side: &str, samples: &[Sample], peak_memory: u64) -> Self {
        let of = |value: fn(&Sample) -> Duration| samples.iter().map(value).collect::<Vec<_>>();
        let (walls, owns) = (of(|it| it.wall), of(Sample::own));
        let computed = of(|it| it.computed);
        let mut counts = crate::doubles::Counts::default();
        samples.iter().for_each(|sample| counts.add(&sample.counts));
        let each = |total: u64| as_f64(total) / as_f64(samples.len() as u64);
        let total: Duration = computed.iter().sum();
        Self {
            scenario: scenario.to_owned(),
            side: side.to_owned(),
            rounds: samples.len(),
            wall_p50: milliseconds(median(&walls)),
            wall_p99: milliseconds(percentile(&walls, 99)),
            own_p50: milliseconds(median(&owns)),
            own_p99: milliseconds(percentile(&owns, 99)),
            cpu_p50: milliseconds(median(&computed)),
            cpu_mean: milliseconds(Some(total)) / as_f64(samples.len() as u64),
            bytes_sent: each(counts.bytes_sent),
            bytes_received: each(counts.bytes_received),
            connections: each(counts.connections),
            calls: counts.calls.iter().map(|(name, times)| (name.clone(), each(*times))).collect(),
            peak_memory,
            ..Self::default()
        }
    }

    /// The calls of a service in one round.
    pub(crate) fn calls_of(&self, service: &str) -> f64 {
        let of = |name: &str| name.split(' ').next() == Some(service);
        // The sum of no numbers would be minus zero.
        self.calls.iter().filter(|(name, _)| of(name)).fold(0.0, |sum, (_, times)| sum + times)
    }
}

pub(crate) fn milliseconds(time: Option<Duration>) -> f64 {
    time.unwrap_or_default().as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^52")]
pub(crate) fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doubles_time_is_no_part_of_our_own_and_counts_are_those_of_one_round() {
        let sample = |wall: u64| {
            let mut sample = Sample { wall: Duration::from_millis(wall), ..Sample::default() };
            sample.counts.held = Duration::from_millis(3);
            sample.counts.calls.insert("dynamodb GetItem".to_owned(), 4);
            sample
        };
        let worked = Worked::of("search", "this", &[sample(5), sample(9), sample(7)], 1);
        assert!((worked.wall_p50 - 7.0).abs() < 1e-9);
        assert!((worked.own_p50 - 4.0).abs() < 1e-9);
        assert!((worked.calls_of("dynamodb") - 4.0).abs() < 1e-9);
    }

    #[test]
    fn every_target_is_written_with_its_ratio_its_limit_and_whether_it_is_kept() {
        let target = Target { name: "zip".to_owned(), ratio: 0.5, limit: 0.65, kept: true };
        let text = serde_json::to_value(Figures { targets: vec![target], ..Figures::default() });
        assert_eq!(
            text.unwrap()["targets"],
            serde_json::json!([{ "name": "zip", "ratio": 0.5, "limit": 0.65, "kept": true }])
        );
    }
}
