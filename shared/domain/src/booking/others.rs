//! Bookings of one practice in each other's way.
//!
//! A platform may have visits change places: two, or a ring of any length, across practitioners too.
//! Pushed one by one, each finds another one's appointment where it is wanted. So a push may take out
//! of the book what stands in its way and is wanted elsewhere, or no more, by now: that one's own push
//! puts it where it belongs. If there is no room for it there, it stands nowhere and says so: its old
//! time is another one's by the platform's own word.

use jiff::Timestamp;

use super::record::Booking;
use super::role::Role;
use super::slot::Slot;
use super::state::BookingState;
use super::token::Token;
use crate::problem::ProblemType;

/// A push names at most as many appointments to take out.
const MOST_LIFTS: usize = 100;

impl Booking {
    /// Whether the practice's other bookings bear on its next push: it changes its place, so another one
    /// may stand there, or another one was in its way. Of a new booking Bp tells.
    #[must_use]
    pub fn minds_others(&self) -> bool {
        let moves =
            self.revision > 1 && self.slot_in_bp.as_ref() != Some(&self.planned.placement.slot());
        !self.cancelled && (moves || !self.in_way.is_empty() || !self.lifts.is_empty())
    }

    /// Chooses which of the practice's other bookings the next push takes out of its way. `open` are
    /// those that are on their way. When somebody stays in the way, Bp is not asked in vain: says when
    /// it is to be asked again.
    pub fn make_way(&mut self, open: &[Self], now: Timestamp) -> Option<Timestamp> {
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

    /// Whether it is no longer wanted at this time of the same Bp.
    fn is_leaving(&self, slot: &Slot, other: &Self) -> bool {
        // A visit to several attendants stands nowhere itself.
        self.role != Role::Whole
            && self.token != other.token
            && self.planned.site == other.planned.site
            && (self.cancelled || !self.planned.placement.slot().overlaps(slot))
    }

    /// The time in the book that became free when `self` became `after`.
    #[must_use]
    pub fn freed(&self, after: &Self) -> Option<&Slot> {
        self.slot_in_bp.as_ref().filter(|at| after.slot_in_bp.as_ref() != Some(at))
    }

    /// Whether it waits for this time in the book.
    #[must_use]
    pub fn waits_for(&self, slot: &Slot) -> bool {
        self.role != Role::Whole
            && self.state == BookingState::Conflict
            && self.planned.placement.slot().overlaps(slot)
    }
}
