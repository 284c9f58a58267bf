//! What a delivery carries.

use serde::{Deserialize, Serialize};

use super::request::{Message, Referral};
use super::summary::ReferralSummary;

/// A referral, a message or a summary.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Letter {
    /// To Correspondence Out.
    Referral(Referral),
    /// To the unchecked inbox.
    Message(Message),
    /// To Correspondence Out, after the referral.
    Summary(ReferralSummary),
}
