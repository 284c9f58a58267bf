//! Counts of attempts.

use serde::{Deserialize, Serialize};

/// Counts of attempts, by their outcome.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Attempts that may have reached the far side.
    pub attempts: u32,
    /// Attempts in a row that the far side carried out and that failed there.
    pub refusals: u32,
    /// Attempts in a row that certainly never reached the far side.
    #[serde(rename = "spared")]
    pub never_reached: u32,
}
