//! Bookings of one practice that block each other.
//!
//! A platform may swap the times of two visits, or move several visits in a ring, also between practitioners.
//! If they are pushed one by one, each finds another one's appointment at its new time. So a push may take an
//! appointment out of the book if that appointment's booking is cancelled or is now wanted at another time. The
//! other booking's own push then puts it at its new time. If there is no room for it there, it stays out of the
//! book and reports so. Its old time belongs to the other visit, because the platform said so.

use jiff::Timestamp;

use super::record::Booking;
use super::role::Role;
use super::slot::Slot;
use super::state::BookingState;
use super::token::Token;
use crate::problem::ProblemType;

/// The most appointments that a push may take out.
const MOST_LIFTS: usize = 100;

impl Booking {
    /// Whether the next push must consider the practice's other bookings. That is so if the booking changes
    /// its place, where another one may stand, or if another one was in its way. For a new booking Bp's
    /// answer names them.
    #[must_use]
    pub fn minds_others(&self) -> bool {
        let moves =
            self.revision > 1 && self.slot_in_bp.as_ref() != Some(&self.planned.placement.slot());
        !self.cancelled && (moves || !self.in_way.is_empty() || !self.lifts.is_empty())
    }

    /// Chooses which of the practice's other bookings the next push takes out of its way. `open` are the
    /// bookings that are on their way. If another booking stays in the way, no query is sent to Bp, and the
    /// result is the time of the next attempt.
    pub fn consider_others(&mut self, open: &[Self], now: Timestamp) -> Option<Timestamp> {
        let wanted = self.planned.placement.slot();
        let leaving = |other: &&Self| other.is_leaving(&wanted, self);
        let leaving: Vec<&Self> = open.iter().filter(leaving).collect();
        let named = std::mem::take(&mut self.in_way);
        let stays = |token: &&Token| !leaving.iter().any(|other| other.token == **token);
        let staying: Vec<Token> = named.iter().filter(stays).cloned().collect();
        if !staying.is_empty() {
            self.lifts.clear();
            self.blocked_by = staying;
            return Some(self.put_off(ProblemType::SlotTaken, now));
        }
        let stood = std::mem::take(&mut self.lifts);
        let in_the_way = |other: &&&Self| {
            named.contains(&other.token)
                || stood.contains(&other.token)
                || other.slot_in_bp.as_ref().is_some_and(|at| at.overlaps(&wanted))
        };
        let lifts = leaving.iter().filter(in_the_way).map(|other| other.token.clone());
        self.lifts = lifts.take(MOST_LIFTS).collect();
        None
    }

    /// Whether it is in the same Bp database and no longer wanted at this time.
    fn is_leaving(&self, slot: &Slot, other: &Self) -> bool {
        // A visit to several attendants has no appointment itself.
        self.role != Role::Whole
            && self.token != other.token
            && self.planned.site == other.planned.site
            && (self.cancelled || !self.planned.placement.slot().overlaps(slot))
    }

    /// The time in the book that became free when `self` changed to `after`.
    #[must_use]
    pub fn freed(&self, after: &Self) -> Option<&Slot> {
        self.slot_in_bp.as_ref().filter(|at| after.slot_in_bp.as_ref() != Some(at))
    }

    /// Whether it waits for this time in the book to become free.
    #[must_use]
    pub fn waits_for(&self, slot: &Slot) -> bool {
        self.role != Role::Whole
            && self.state == BookingState::Conflict
            && self.planned.placement.slot().overlaps(slot)
    }
}
