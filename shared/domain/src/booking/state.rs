//! Where a booking stands, and what Bp's book says to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Token;
use crate::Invalid;

/// What callers see of a booking's progress.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BookingState {
    /// Accepted, on its way into Bp.
    Pending,
    /// Bp's book shows it.
    Synced,
    /// Bp's book has no room for it, or the practitioner is away. Asked again by itself.
    Conflict,
    /// The practice cannot be reached. Sent by itself as soon as it can be.
    Waiting,
    /// It will not be sent again unless somebody asks for it.
    Failed,
    /// Cancelled, and no longer in Bp's book.
    Cancelled,
}

impl BookingState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Synced, Self::Conflict, Self::Waiting, Self::Failed, Self::Cancelled];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Conflict => "conflict",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Takes a state's name.
    ///
    /// # Errors
    /// Says so when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(Invalid("a state is pending, synced, conflict, waiting, failed or cancelled"))
    }
}

/// What Bp's book came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It was not there and is now.
    Created,
    /// It stood elsewhere and is now where it belongs.
    Moved,
    /// Its length, type or text was another.
    Updated,
    /// It is as wanted.
    Unchanged,
    /// It is not there, or no longer.
    Cancelled,
    /// Somebody else has the slot. Nothing was changed.
    Conflict,
    /// The practitioner is away. Nothing was changed.
    Away,
    /// It has arrived or is over. Nothing was changed.
    Arrived,
    /// There is no such active user. Nothing was changed.
    UnknownUser,
    /// The appointment's type is one for recalls. Nothing was changed.
    RecallType,
    /// The visit has begun and is not in the book as wanted; what stood elsewhere was taken out.
    TooLate,
}

/// Bp's answer to a push.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// What it came to.
    pub outcome: Outcome,
    /// `RECORDID` of the appointment with our mark, if there is one.
    pub appointment: Option<i64>,
    /// `CREATED` of that appointment, as Bp writes it.
    pub created: Option<String>,
    /// Whether the time lies outside the practitioner's sessions; `None` where Bp does not tell.
    pub outside_sessions: Option<bool>,
    /// Bookings of the practice that stand in the way, if nobody else does.
    pub in_way: Vec<Token>,
}

/// What the writer does next with a booking.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextStep {
    /// Nothing is left to do.
    Done,
    /// To be asked again at this time.
    Again(Timestamp),
    /// Nothing can be done.
    Failed,
}
