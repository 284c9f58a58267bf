//! What a delivery carries, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::problem::ProblemType;

/// What a delivery carries.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryKind {
    /// A referral, for Correspondence Out.
    Referral,
    /// The referral has arrived.
    Acknowledgement,
    /// Advice and guidance.
    Advice,
    /// A report of a consultation.
    Report,
    /// Anything else.
    Other,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// We answer for it.
    Accepted,
    /// On its way into Bp.
    Sending,
    /// Bp cannot be reached, or it is being found out whether it arrived.
    Waiting,
    /// In Bp.
    Delivered,
    /// A doctor has checked it: it is in Correspondence In.
    Checked,
    /// It was in Bp and is no more, and nobody is known to have checked it.
    Removed,
    /// It cannot be delivered as it is.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Sending,
        Self::Waiting,
        Self::Delivered,
        Self::Checked,
        Self::Removed,
        Self::Failed,
    ];

    /// The state's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Checked => "checked",
            Self::Removed => "removed",
            Self::Failed => "failed",
        }
    }

    /// Takes a state's name.
    ///
    /// # Errors
    /// Names the states.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(Invalid(
            "this is accepted, sending, waiting, delivered, checked, removed or failed",
        ))
    }
}

/// A step of a delivery.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryStep {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What it came to.
    pub state: DeliveryState,
    /// Why, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<ProblemType>,
}
