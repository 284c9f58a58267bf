//! How long everything may take. All limits are here, so that they fit together.

use std::time::Duration;

use config::BpWriterConfig;
use ledger::{Backoff, Fence};
use store::work::ParkReason;

const SECOND: Duration = Duration::from_secs(1);

/// How long everything may take, and how often it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a lost attempt may still take effect.
    pub fence: Fence,
    /// How long a turn waits for the end of one query. After that a later turn asks.
    pub patience: Duration,
    /// How long Halo has for a status, or for the answer to a lookup.
    pub answer: Duration,
    /// How long a site counts as online after it was seen online.
    pub seen_online: Duration,
    /// When to ask again for a query whose end no turn has seen.
    pub slow_poll: Duration,
    /// The longest pause between two questions for a query that outlasts its fence.
    pub slowest_poll: Duration,
    /// When to check a site again that is offline or in trouble.
    pub park: Backoff,
    /// When to check again if a person must do something first.
    pub park_for_people: Backoff,
    /// When to come again if another practice's writer works at the same Bp.
    pub site_taken: Backoff,
    /// When to try an entry again.
    pub retry: Backoff,
    /// Refusals by the database before an entry is given up.
    pub most_refusals: u32,
    /// Lookups without an answer before an entry is given up.
    pub most_lookups: u32,
    /// How much longer than the turn the lease lasts, because clocks differ.
    pub lease_margin: Duration,
    /// The shortest time in which anything may begin.
    pub shortest: Duration,
}

impl Limits {
    /// The limits that follow from the configuration.
    #[must_use]
    pub fn new(config: &BpWriterConfig) -> Self {
        let turn = config.turn;
        // Halo needs seconds to receive a document of 20 MB.
        let call = (turn / 2).clamp(SECOND, 30 * SECOND);
        Self {
            fence: Fence {
                call,
                queue: config.queue,
                execution: config.execution,
                margin: config.margin,
            },
            patience: (turn / 4).clamp(SECOND, 10 * SECOND),
            answer: (turn / 3).clamp(SECOND, 15 * SECOND),
            seen_online: 60 * SECOND,
            slow_poll: 25 * SECOND,
            slowest_poll: 300 * SECOND,
            park: Backoff { first: config.look.min(8 * SECOND), longest: config.look },
            park_for_people: Backoff { first: config.look, longest: 900 * SECOND },
            site_taken: Backoff { first: 2 * SECOND, longest: 2 * SECOND },
            retry: Backoff { first: 2 * SECOND, longest: 900 * SECOND },
            most_refusals: 5,
            most_lookups: 12,
            lease_margin: 5 * SECOND,
            shortest: SECOND,
        }
    }

    /// When to check a parked lane again.
    pub(crate) fn park_backoff(&self, reason: ParkReason) -> &Backoff {
        match reason {
            ParkReason::Offline | ParkReason::HaloUnavailable | ParkReason::RateLimited => {
                &self.park
            }
            ParkReason::NotConnected
            | ParkReason::Revoked
            | ParkReason::PairingLost
            | ParkReason::SiteUnknown
            | ParkReason::SiteChanged
            | ParkReason::KeyRefused
            | ParkReason::AddressRefused
            | ParkReason::QuotaUsed => &self.park_for_people,
        }
    }
}

#[cfg(test)]
mod tests {
    use store::work::LONGEST_FENCE;

    use super::*;

    const TEMPLATE: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));

    /// The largest value that a parameter of the deployment may have.
    fn largest(parameter: &str) -> u64 {
        let (_, rest) = TEMPLATE.split_once(&format!("\n  {parameter}:\n")).unwrap();
        let (_, rest) = rest.split_once("MaxValue: ").unwrap();
        rest.lines().next().unwrap().parse().unwrap()
    }

    fn config() -> BpWriterConfig {
        BpWriterConfig {
            bucket: String::new(),
            turn: 118 * SECOND,
            queue: Duration::from_secs(largest("WriteQueueSeconds")),
            execution: Duration::from_secs(largest("WriteExecutionSeconds")),
            margin: 60 * SECOND,
            look: 30 * SECOND,
            unchecked: Duration::from_hours(336),
        }
    }

    #[test]
    fn no_deployment_has_a_longer_fence_than_the_longest() {
        let fence = Limits::new(&config()).fence;
        let sum = fence.call + fence.queue + fence.execution + fence.margin;
        assert_eq!(sum, Duration::from_secs(30 + 7200 + 3600 + 60));
        assert!(sum <= LONGEST_FENCE, "{sum:?}");
    }

    #[test]
    fn a_call_and_what_follows_fit_into_a_turn() {
        for turn in [4, 20, 118] {
            let limits = Limits::new(&BpWriterConfig { turn: turn * SECOND, ..config() });
            assert!(limits.fence.call + limits.shortest <= turn * SECOND, "{turn}");
            assert!(limits.slow_poll < limits.slowest_poll);
        }
    }
}
