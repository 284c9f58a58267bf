//! What happened to a booking, for people to read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Booking;
use crate::problem::ProblemType;

/// A booking that is asked about for weeks keeps its beginning and its latest lines.
const MOST_LINES: usize = 60;
/// Its beginning.
const FIRST_LINES: usize = 10;

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

impl Booking {
    /// Whether it was last asked for because Bp's book was found to differ, and by nobody since.
    #[must_use]
    pub fn was_put_back(&self) -> bool {
        use Happened as H;
        let mut reasons = self.history.iter().rev().map(|line| line.what).filter(|what| {
            matches!(
                what,
                H::Accepted
                    | H::Changed
                    | H::CancelRequested
                    | H::ResendRequested
                    | H::FoundMissing
                    | H::FoundChanged
                    | H::FoundNotCancelled
                    | H::FoundOverbooked
                    | H::TriedAgain
            )
        });
        matches!(reasons.next(), Some(H::FoundMissing | H::FoundChanged | H::FoundNotCancelled))
    }

    /// Adds a line; the same thing happening again and again is one line, with its latest time.
    pub(super) fn add_history(
        &mut self,
        what: Happened,
        problem: Option<ProblemType>,
        at: Timestamp,
    ) {
        let repeated = matches!(what, Happened::Waits)
            && self.history.last().is_some_and(|line| (line.what, line.problem) == (what, problem));
        if repeated {
            self.history.pop();
        }
        self.history.push(HistoryLine { at, what, problem });
        if self.history.len() > MOST_LINES {
            self.history.remove(FIRST_LINES);
        }
    }
}
