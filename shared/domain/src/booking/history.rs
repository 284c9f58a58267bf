//! What happened to a booking, for people to read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::ProblemType;

/// What happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Happened {
    /// The platform sent it.
    Accepted,
    /// The platform changed it.
    Changed,
    /// The platform cancelled it.
    CancelRequested,
    /// Somebody asked for it again.
    ResendRequested,
    /// It was found missing from Bp's book.
    FoundMissing,
    /// It was found changed in Bp's book.
    FoundChanged,
    /// It was found in Bp's book although it is cancelled.
    FoundNotCancelled,
    /// Somebody was found booked over it in Bp's book.
    FoundOverbooked,
    /// Bp's book had no room, and may have now.
    TriedAgain,
    /// It went to the practice.
    Sent,
    /// It waits for the practice.
    Waits,
    /// Bp's book had no room, or had room for too few attendants.
    Blocked,
    /// It had room and was taken out again, because too few of the other attendants had.
    Withdrawn,
    /// As many attendants as the platform wants are in Bp's book.
    Placed,
    /// It was put into Bp's book.
    Created,
    /// It was moved in Bp's book.
    Moved,
    /// Its length, type or text was corrected in Bp's book.
    Updated,
    /// Bp's book had it already.
    Found,
    /// It was taken out of Bp's book.
    Cancelled,
    /// It had arrived or was over and was left alone.
    LeftAsItIs,
    /// It came to nothing.
    Failed,
}

/// A line of a booking's history.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happened,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemType>,
}
