//! What a stored booking is: a visit to one practitioner, a visit to several attendants, or one attendant's
//! part of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::BookingState;
use super::token::Token;
use crate::ids::BpUserId;
use crate::problem::ProblemType;
use crate::staff::AhpraNumber;

/// What a stored booking is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A visit to one practitioner: what the platform wants, and the appointment in Bp's book.
    #[default]
    Alone,
    /// What the platform wants for several attendants. Platforms see one booking. A booking that once had
    /// several attendants keeps this role, even if it has only one now.
    Whole,
    /// One attendant's part. It has an appointment in Bp's book, and the whole's booking id.
    Attendant,
}

impl Role {
    /// Whether it is a visit to one practitioner.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        *self == Self::Alone
    }
}

/// The state of an attendant's part when the parts were last compared. The fields mean the same as a
/// booking's own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendant {
    pub ahpra_number: AhpraNumber,
    /// `USERID` in Bp.
    pub user: BpUserId,
    /// The part's state.
    pub state: BookingState,
    /// Whether the platform no longer wants this attendant.
    #[serde(default)]
    pub cancelled: bool,
    /// Whether it stays out of Bp's book because too few of the other attendants had room.
    #[serde(default)]
    pub withdrawn: bool,
    /// `RECORDID` in Bp.
    pub appointment: Option<i64>,
    /// Whether it is outside the practitioner's sessions in Bp's book.
    #[serde(default)]
    pub outside_sessions: bool,
    /// Why it waits, is in conflict or has failed.
    pub problem: Option<ProblemType>,
    /// Bookings of the practice that stay in its way.
    #[serde(default)]
    pub blocked_by: Vec<Token>,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
}

impl Attendant {
    /// Whether it is wanted but is not in the book as wanted.
    #[must_use]
    pub fn stands_in_the_way(&self) -> bool {
        !self.cancelled && !self.withdrawn && self.state != BookingState::Synced
    }
}

/// The last event about a booking that was published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Published {
    /// The state in the event.
    pub state: BookingState,
    /// The problem in the event.
    pub problem: Option<ProblemType>,
}
