//! In whose inbox a message was put, and why it was not the addressee's.

use serde::{Deserialize, Serialize};

use crate::ids::BpUserId;
use crate::problem::ProblemType;

/// In whose inbox a message was put.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressedTo {
    /// The Bp user.
    pub user_id: BpUserId,
    /// Why it is the fallback's; `None` where it is the addressee's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<WhyFallback>,
}

/// Why a message went to the fallback.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WhyFallback {
    /// No active user of Bp is the addressee.
    NotFound,
    /// Several are.
    Ambiguous,
    /// The addressee is away that day.
    Away,
}

impl WhyFallback {
    /// Reads the word of `inbox_write.sql` and `delivery_lookup.sql`.
    #[must_use]
    pub fn from_bp(word: &str) -> Option<Self> {
        match word {
            "notFound" => Some(Self::NotFound),
            "ambiguous" => Some(Self::Ambiguous),
            "away" => Some(Self::Away),
            _ => None,
        }
    }

    /// The same as callers know it.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::NotFound => ProblemType::AddresseeNotFound,
            Self::Ambiguous => ProblemType::AddresseeAmbiguous,
            Self::Away => ProblemType::AddresseeAway,
        }
    }
}
