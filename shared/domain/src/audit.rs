//! The audit trail: who read or wrote a patient's record. It contains ids only, no content of records.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{BpUserId, PatientId, Subject};

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
    /// An import of a patient's documents was requested.
    AttachmentsImported,
    /// Links to the copies were shown to an account that did not request the import.
    AttachmentLinksShown,
    /// A referral to the patient's Correspondence Out was accepted.
    ReferralSent,
    /// A patient's clinical record was read for the summary that goes with a referral. The subject is the one
    /// that sent the referral.
    ReferralSummaryRead,
    /// The summary that went with a referral was shown.
    ReferralSummaryShown,
    /// A message about a patient was accepted.
    MessageSent,
    /// A failed delivery was started again.
    DeliveryRetried,
    /// The practice was paired with a Bp site.
    ConnectionChanged,
    /// An attempt to pair the practice with a Bp site failed.
    PairingFailed,
    /// An account was linked with a user of Bp.
    ClinicianLinked,
    /// An account gave digits of a provider number that do not belong to the Bp user.
    ClinicianLinkFailed,
    /// An account's link with a user of Bp was ended: because another account proved to be the user, or by an
    /// administrator.
    ClinicianUnlinked,
    /// An account whose link was ended may be linked to the same Bp user by name again.
    ClinicianLinkAllowed,
    /// The practice was disconnected.
    Disconnected,
    /// Another platform was let in: it may connect with the site without a pairing code.
    AccessGranted,
    /// Another platform used the grant. The subject is the platform.
    GrantUsed,
    /// The grant to another platform was withdrawn.
    GrantWithdrawn,
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

/// One audit line.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// The time of the action.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::instant::serialize")]
    pub at: Timestamp,
    /// Who: the token's subject.
    #[schema(value_type = String)]
    pub subject: Subject,
    /// What was done.
    pub action: AuditedAction,
    /// Whose records were shown or changed.
    pub patients: Vec<PatientId>,
    /// What the action used: the caller's id of an import or booking, the id of a delivery, the Site ID of a
    /// connection, the account whose link ended, or the platform of a grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub resource: Option<String>,
    /// The Bp user that an account was linked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false)]
    pub user_id: Option<BpUserId>,
    /// The Bp user that the account was linked with before, if it was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false)]
    pub former_user_id: Option<BpUserId>,
    /// The request's id, as in our logs.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_that_was_written_without_a_resource_is_still_read() {
        let mut line = json!({ "at": "2026-03-02T01:00:00Z", "subject": "somebody", "action": "bookingCancelled",
            "patients": [], "requestId": "r-1" });
        let record: AuditRecord = serde_json::from_value(line.clone()).unwrap();
        assert_eq!((&record.resource, record.user_id), (&None, None));
        // It is the same when it is written again, apart from the milliseconds.
        line["at"] = json!("2026-03-02T01:00:00.000Z");
        assert_eq!(serde_json::to_value(&record).unwrap(), line);
    }
}
