//! What a delivery carries, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;

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
    /// It cannot be delivered as it is.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Accepted,
        Self::Sending,
        Self::Waiting,
        Self::Delivered,
        Self::Checked,
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
            Self::Failed => "failed",
        }
    }

    /// Takes a state's name.
    ///
    /// # Errors
    /// Names the states.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(Invalid("this is accepted, sending, waiting, delivered, checked or failed"))
    }
}

/// Why a delivery waits or has failed. Named as the API's problems of the same kind.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryProblem {
    /// The practice's server is off.
    SiteOffline,
    /// Halo cannot be used at the moment.
    HaloUnavailable,
    /// The last attempt failed in a way that passes.
    AttemptFailed,
    /// It is not known whether it arrived: it is looked for before it is sent again.
    OutcomeUnknown,
    /// The practice has un-ticked us in Bp.
    IntegrationNotEnabled,
    /// The practice is disconnected on our side.
    NotConnected,
    /// Another practice answers under the Bp Site ID.
    PracticeChanged,
    /// Bp has no such patient.
    PatientNotFound,
    /// The number is another patient's now than the one who was chosen.
    PatientChanged,
    /// Bp says that the patient has died, and nobody said that they know.
    PatientDeceased,
    /// Bp says that they are no longer a patient, and nobody said that they know.
    PatientInactive,
    /// No active user of Bp is that addressee.
    AddresseeNotFound,
    /// Several users of Bp are.
    AddresseeAmbiguous,
    /// The uploaded document is no longer kept.
    DocumentNotFound,
    /// The uploaded bytes are not what was announced.
    DocumentMismatch,
    /// Our Bp login may not write this.
    BpPermissionMissing,
    /// This Bp release has no such table or column.
    BpReleaseDiffers,
    /// The database refused the write.
    BpRefused,
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
    pub reason: Option<DeliveryProblem>,
}
