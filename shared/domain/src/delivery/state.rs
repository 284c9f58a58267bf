//! What a delivery is, and its state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::problem::ProblemType;

/// What a delivery is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryKind {
    /// A referral, for Correspondence Out.
    Referral,
    /// The patient's summary that goes with a referral, for Correspondence Out.
    PatientSummary,
    /// The receipt of a referral.
    Acknowledgement,
    /// Advice and guidance.
    Advice,
    /// A report of a consultation.
    Report,
    /// Anything else.
    Other,
}

impl DeliveryKind {
    /// Takes a kind's name.
    ///
    /// # Errors
    /// Lists the kinds.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "referral" => Ok(Self::Referral),
            "patientSummary" => Ok(Self::PatientSummary),
            "acknowledgement" => Ok(Self::Acknowledgement),
            "advice" => Ok(Self::Advice),
            "report" => Ok(Self::Report),
            "other" => Ok(Self::Other),
            _ => Err(Invalid(
                "this is referral, patientSummary, acknowledgement, advice, report or other",
            )),
        }
    }
}

/// The state of a delivery.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// We have accepted it.
    Accepted,
    /// On its way into Bp.
    Sending,
    /// Bp cannot be reached, or it is unknown whether the delivery arrived.
    Waiting,
    /// In Bp.
    Delivered,
    /// A doctor has checked it: it is in Correspondence In.
    Checked,
    /// It was in Bp and is no longer there, and as far as we know nobody has checked it.
    Removed,
    /// It cannot be delivered as it is.
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Sending,
        Self::Waiting,
        Self::Delivered,
        Self::Checked,
        Self::Removed,
        Self::Failed,
    ];

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
    /// Lists the states.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(Invalid(
            "this is accepted, sending, waiting, delivered, checked, removed or failed",
        ))
    }
}

/// A step in a delivery's history.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryStep {
    /// The time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The new state.
    pub state: DeliveryState,
    /// The reason, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub reason: Option<ProblemType>,
}
