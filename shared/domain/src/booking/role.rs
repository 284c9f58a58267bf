//! What a stored booking stands for: a visit to one practitioner, a visit to several attendants, or one
//! attendant's part of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::BookingState;
use super::token::Token;
use crate::ids::BpUserId;
use crate::problem::ProblemType;
use crate::staff::AhpraNumber;

/// What a booking in the table stands for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A visit to one practitioner: what the platform wants and what stands in Bp's book.
    #[default]
    Alone,
    /// What the platform wants of several attendants. It is one booking to platforms. A booking that
    /// once had several attendants stays such a record, also when it has only one now.
    Whole,
    /// One attendant's part of it, which stands in Bp's book. It carries the booking's own id.
    Attendant,
}

impl Role {
    /// Whether it stands for itself.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        *self == Self::Alone
    }
}

/// Where an attendant's part stood when the parts were last compared; the same words as a booking's own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendant {
    pub ahpra_number: AhpraNumber,
    /// `USERID` in Bp.
    pub user: BpUserId,
    /// Where it stands.
    pub state: BookingState,
    /// The platform wants this attendant no more.
    #[serde(default)]
    pub cancelled: bool,
    /// It stays out of Bp's book because too few of the others had room.
    #[serde(default)]
    pub withdrawn: bool,
    /// `RECORDID` in Bp.
    pub appointment: Option<i64>,
    /// Bp's book has it outside the practitioner's sessions.
    #[serde(default)]
    pub outside_sessions: bool,
    /// What stands in the way.
    pub problem: Option<ProblemType>,
    /// Bookings of the practice that stay in its way.
    #[serde(default)]
    pub blocked_by: Vec<Token>,
    /// When it is asked about again.
    pub next_attempt_at: Option<Timestamp>,
}

impl Attendant {
    /// Whether it has no place where it is wanted.
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
