//! The state of a booking, and Bp's answers to a push.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::token::Token;
use crate::Invalid;

/// What callers see of a booking's progress.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BookingState {
    /// Accepted, and on its way into Bp.
    Pending,
    /// Bp's book shows it.
    Synced,
    /// Bp's book has no room for it, or the practitioner is away. We try again automatically.
    Conflict,
    /// The practice cannot be reached. We send it automatically as soon as we can.
    Waiting,
    /// It will not be sent again unless somebody asks for it.
    Failed,
    /// Cancelled, and no longer in Bp's book.
    Cancelled,
    /// Kept without sending it, as the platform wants, and not in Bp's book.
    NotSent,
}

impl BookingState {
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Synced,
        Self::Conflict,
        Self::Waiting,
        Self::Failed,
        Self::Cancelled,
        Self::NotSent,
    ];

    /// Its name in requests and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Conflict => "conflict",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::NotSent => "notSent",
        }
    }

    /// Takes a state's name.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(Invalid(
            "a state is pending, synced, conflict, waiting, failed, cancelled or notSent",
        ))
    }
}

/// The result of a push.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It was not there and is now.
    Created,
    /// It was at another place and is now at the wanted one.
    Moved,
    /// Its length, type or text differed and is corrected.
    Updated,
    /// It is as wanted.
    Unchanged,
    /// It is not there, or not there any more.
    Cancelled,
    /// Somebody else has the slot. Nothing was changed.
    Conflict,
    /// The practitioner is away. Nothing was changed.
    Away,
    /// It has arrived or is over. Nothing was changed.
    Arrived,
    /// There is no such active user. Nothing was changed.
    UnknownUser,
    /// The appointment type is one for recalls. Nothing was changed.
    RecallType,
    /// The visit has begun and is not in the book as wanted. An appointment at another place was taken out.
    TooLate,
}

/// Bp's answer to a push.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// The result.
    pub outcome: Outcome,
    /// `RECORDID` of the appointment with our token, if there is one.
    pub appointment: Option<i64>,
    /// `CREATED` of that appointment, as Bp writes it.
    pub created: Option<String>,
    /// Whether the time is outside the practitioner's sessions; `None` if Bp does not say.
    pub outside_sessions: Option<bool>,
    /// Bookings of the practice that stand in the way, if no other appointment does.
    pub in_way: Vec<Token>,
}

/// What the writer does next with a booking.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NextStep {
    /// Nothing is left to do.
    Done,
    /// Try again at this time.
    Again(Timestamp),
    /// It failed.
    Failed,
}
