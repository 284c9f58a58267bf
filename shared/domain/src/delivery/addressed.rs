//! The inbox that received a message, and why it was not the addressee's.

use serde::{Deserialize, Serialize};

use crate::ids::BpUserId;
use crate::problem::ProblemType;

/// The inbox that received a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressedTo {
    /// The Bp user.
    pub user_id: BpUserId,
    /// Why it is the fallback addressee's; `None` if it is the addressee's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<WhyFallback>,
}

/// Why a message went to the fallback addressee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WhyFallback {
    /// No active Bp user matches the addressee.
    NotFound,
    /// Several Bp users match.
    Ambiguous,
    /// The addressee is away on that day.
    Away,
}

impl WhyFallback {
    /// Takes the words of `inbox_write.sql` and `delivery_lookup.sql`.
    #[must_use]
    pub fn from_bp(word: &str) -> Option<Self> {
        match word {
            "notFound" => Some(Self::NotFound),
            "ambiguous" => Some(Self::Ambiguous),
            "away" => Some(Self::Away),
            _ => None,
        }
    }

    /// The problem that callers see.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::NotFound => ProblemType::AddresseeNotFound,
            Self::Ambiguous => ProblemType::AddresseeAmbiguous,
            Self::Away => ProblemType::AddresseeAway,
        }
    }
}
