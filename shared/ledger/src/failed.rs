//! Work that was given up, and whether its last attempt may still take effect.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tally::Tally;

/// Work that was given up. Nothing is sent until somebody reopens it ([`crate::Progress::reopened`]).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Failed {
    /// The counts of all attempts.
    pub tally: Tally,
    /// Whether the last attempt may still have taken effect.
    pub doubt: Doubt,
}

/// Whether the last attempt of given-up work may still have taken effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Doubt {
    /// No: nothing was sent, or the far side refused.
    None,
    /// Perhaps: no lookup was possible. It can take effect until this instant.
    Until(Timestamp),
    /// Perhaps, and the record does not say until when. Records without a fence are read as this.
    Unknown,
}

/// How [`Failed`] is stored: `{"tally": …, "doubtful": true, "fence": "2026-11-02T00:06:25Z"}`.
/// Records without `fence` come from a release that did not keep it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    tally: Tally,
    doubtful: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fence: Option<Timestamp>,
}

impl From<Stored> for Failed {
    fn from(stored: Stored) -> Self {
        let doubt = match (stored.doubtful, stored.fence) {
            (false, _) => Doubt::None,
            (true, Some(fence)) => Doubt::Until(fence),
            (true, None) => Doubt::Unknown,
        };
        Self { tally: stored.tally, doubt }
    }
}

impl From<Failed> for Stored {
    fn from(failed: Failed) -> Self {
        let (doubtful, fence) = match failed.doubt {
            Doubt::None => (false, None),
            Doubt::Until(fence) => (true, Some(fence)),
            Doubt::Unknown => (true, None),
        };
        Self { tally: failed.tally, doubtful, fence }
    }
}
