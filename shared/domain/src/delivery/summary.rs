//! The patient's summary that goes with a referral. It is a delivery of its own, so the letter arrives whatever
//! becomes of the summary.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::chosen::{Acknowledged, Chosen};
use super::request::{RecipientName, Referral};
use crate::Sha256;
use crate::ids::{BpUserId, PatientId};

/// A summary, to be kept in the patient's Correspondence Out. The record is read when the summary is written,
/// not when the referral is accepted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferralSummary {
    pub patient: PatientId,
    pub recipient: RecipientName,
    /// The linked clinician who sent the referral.
    pub sender: Option<BpUserId>,
    pub chosen: Chosen,
    pub acknowledged: Vec<Acknowledged>,
    /// How often Bp refused to read the record since it was last read.
    #[serde(default)]
    pub failed_reads: u32,
    /// The documents, once the record was read. They stay the same for as long as a write of them may still
    /// take effect. After that they are replaced if they have become old.
    #[serde(default)]
    pub kept: Option<KeptSummary>,
    /// Whether it has failed only because its letter did.
    #[serde(default, skip_serializing_if = "is_false")]
    pub failed_with_letter: bool,
}

/// A summary in the bucket: the same facts as FHIR, for platforms, and as a PDF, for people.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptSummary {
    /// When Bp was asked.
    pub read_at: Timestamp,
    /// The same as a day on the practice's clock, if its time zone is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_on: Option<Date>,
    pub fhir: KeptFile,
    pub pdf: KeptFile,
}

/// A file in the bucket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptFile {
    /// The object's key. It contains no names.
    pub key: String,
    pub bytes: u64,
    pub sha256: Sha256,
}

/// serde calls `skip_serializing_if` with a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl ReferralSummary {
    /// The subject of the document in Correspondence Out.
    pub const SUBJECT: &str = "Patient summary";
    /// After so many refusals to read the record, the summary is given up.
    pub const MOST_FAILED_READS: u32 = 8;

    /// The summary that goes with a referral.
    #[must_use]
    pub fn of(referral: &Referral) -> Self {
        Self {
            patient: referral.patient,
            recipient: referral.recipient.clone(),
            sender: referral.sender,
            chosen: referral.chosen.clone(),
            acknowledged: referral.acknowledged.clone(),
            failed_reads: 0,
            kept: None,
            failed_with_letter: false,
        }
    }
}
