//! Who read or wrote whose record. Ids only: the trail itself holds nothing worth stealing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{PatientId, Subject};

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AuditedAction {
    /// A search showed these patients.
    PatientSearch,
    /// A patient's demographics were read.
    DemographicsRead,
    /// A patient's clinical record was read.
    ClinicalSummaryRead,
    /// The list of a patient's documents was read.
    AttachmentsListed,
    /// Copies of a patient's documents were asked for.
    AttachmentsImported,
    /// Somebody other than who asked for the copies was given links to them.
    AttachmentLinksShown,
    /// A referral to the patient's Correspondence Out was accepted.
    ReferralSent,
    /// A message about a patient was accepted.
    MessageSent,
    /// A failed delivery is to be tried again.
    DeliveryRetried,
    /// The practice was paired, or a clinician linked.
    ConnectionChanged,
    /// The practice was disconnected.
    Disconnected,
    /// Settings were changed.
    SettingsChanged,
    /// The staff list was replaced.
    StaffChanged,
    /// A booking was made or changed.
    BookingChanged,
    /// A booking was cancelled.
    BookingCancelled,
    /// Bookings were sent again.
    BookingResent,
}

/// One line of the trail.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: the token's subject.
    #[schema(value_type = String)]
    pub subject: Subject,
    /// What.
    pub action: AuditedAction,
    /// Whose records were shown or changed.
    pub patients: Vec<PatientId>,
    /// The request, as in our logs.
    pub request_id: String,
}
