//! How often work was attempted.

use serde::{Deserialize, Serialize};

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// Attempts that may have reached the far side.
    pub attempts: u32,
    /// Attempts that the far side carried out and that failed there, without anything between.
    pub refusals: u32,
    /// Attempts in a row that surely never reached it.
    #[serde(rename = "spared")]
    pub never_reached: u32,
}
