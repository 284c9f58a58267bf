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
    /// Somebody asked to send it again.
    ResendRequested,
    /// A comparison found it missing from Bp's book.
    FoundMissing,
    /// A comparison found it changed in Bp's book.
    FoundChanged,
    /// A comparison found it in Bp's book although it is cancelled.
    FoundNotCancelled,
    /// A comparison found another appointment booked over it.
    FoundOverbooked,
    /// Bp's book had no room; it is tried again.
    TriedAgain,
    /// It was sent to the practice.
    Sent,
    /// It waits for the practice.
    Waits,
    /// Bp's book had no room, or had room for too few attendants.
    Blocked,
    /// Bp's book had room for it, but it was taken out again, because too few other attendants had room.
    Withdrawn,
    /// As many attendants as the platform wants are in Bp's book.
    Placed,
    /// It was put into Bp's book.
    Created,
    /// It was moved in Bp's book.
    Moved,
    /// Its length, type or text was corrected in Bp's book.
    Updated,
    /// It was already in Bp's book.
    Found,
    /// It was taken out of Bp's book.
    Cancelled,
    /// It is not in Bp's book, because the platform does not send it.
    NotSent,
    /// It had arrived or was over, so it was left alone.
    LeftAsItIs,
    /// It failed.
    Failed,
}

/// A line of a booking's history.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryLine {
    /// The time.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemType>,
}
