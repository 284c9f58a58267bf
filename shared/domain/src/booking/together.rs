//! A platform's booking with the parts of its attendants: what each request of the platform changes.

use jiff::Timestamp;

use super::id::BookingId;
use super::record::Booking;
use super::role::{Published, Role};
use super::state::BookingState;
use super::token::Token;
use super::visit::{Planned, Visit};
use crate::ids::PracticeId;
use crate::staff::AhpraNumber;
use crate::time_zone::PracticeTimeZone;

/// A platform's booking, and its attendants' parts if it has several attendants, or once had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Together {
    /// What platforms see.
    pub record: Booking,
    /// What is in Bp's book, with parts of former attendants. Empty if `record` itself is in the book.
    pub parts: Vec<Booking>,
}

impl Together {
    /// A new booking. `planned` has one plan for each of the visit's numbers. `None` if it is empty.
    #[must_use]
    pub fn accept(
        practice: &PracticeId,
        id: &BookingId,
        visit: &Visit,
        planned: &[Planned],
        zone: &PracticeTimeZone,
        now: Timestamp,
    ) -> Option<Self> {
        let first = planned.first()?.clone();
        let record = Booking::accept(practice, id.clone(), visit.clone(), first, zone, now);
        let mut together = Self { record, parts: Vec::new() };
        if visit.attendance.is_some() {
            together.record.role = Role::Whole;
            together.regroup(practice, planned, zone, now);
        }
        Some(together)
    }

    /// The tokens that a visit's attendants have in Bp, or will have.
    #[must_use]
    pub fn marks(
        known: Option<&Self>,
        practice: &PracticeId,
        id: &BookingId,
        visit: &Visit,
    ) -> Vec<Token> {
        let divided = known.is_some_and(|known| known.record.role == Role::Whole);
        if visit.attendance.is_none() && !divided {
            return vec![Token::of(practice, id)];
        }
        let of = |number| {
            let part = known.and_then(|known| known.standing_for(number));
            part.map_or_else(
                || Token::of_attendant(practice, id, number),
                |part| part.token.clone(),
            )
        };
        visit.numbers().iter().map(of).collect()
    }

    /// The booking that is in Bp's book for an attendant.
    fn standing_for(&self, number: &AhpraNumber) -> Option<&Booking> {
        let alone = (self.record.role == Role::Alone).then_some(&self.record);
        alone.into_iter().chain(&self.parts).find(|part| part.visit.ahpra_number == *number)
    }

    /// The platform changes the visit. `planned` has one plan for each of the visit's numbers.
    pub fn change(
        &mut self,
        practice: &PracticeId,
        visit: &Visit,
        planned: &[Planned],
        zone: &PracticeTimeZone,
        now: Timestamp,
    ) {
        let Some(first) = planned.first() else { return };
        if self.record.role == Role::Alone && visit.attendance.is_some() {
            self.divide();
        }
        self.record.change(visit.clone(), first.clone(), now);
        if self.record.role == Role::Whole {
            self.regroup(practice, planned, zone, now);
        }
    }

    /// Turns a visit to one practitioner into the part of that attendant. The part keeps the token.
    fn divide(&mut self) {
        let mut part = self.record.clone();
        part.role = Role::Attendant;
        self.parts.push(part);
        let record = &mut self.record;
        record.role = Role::Whole;
        (record.sent_revision, record.sent_slot, record.slot_in_bp) = (0, None, None);
        (record.appointment, record.appointment_created) = (None, None);
        record.outside_sessions = false;
    }

    /// Gives each attendant a part that wants what `record` wants, and cancels all other parts.
    fn regroup(
        &mut self,
        practice: &PracticeId,
        planned: &[Planned],
        zone: &PracticeTimeZone,
        now: Timestamp,
    ) {
        let visit = &self.record.visit;
        let held_back = self.record.held_back;
        for (number, planned) in visit.numbers().iter().zip(planned) {
            let own = visit.to(number);
            let known = self.parts.iter_mut().find(|part| part.visit.ahpra_number == *number);
            match known {
                Some(part) if part.is_good_for(&own, planned) => {}
                Some(part) => part.change(own, planned.clone(), now),
                None => {
                    let id = self.record.booking_id.clone();
                    let mut part = Booking::accept(practice, id, own, planned.clone(), zone, now);
                    part.role = Role::Attendant;
                    part.token = Token::of_attendant(practice, &part.booking_id, number);
                    self.parts.push(part);
                }
            }
        }
        for part in &mut self.parts {
            if !visit.numbers().contains(&part.visit.ahpra_number) {
                part.cancel_part(now);
            }
        }
        if held_back && self.parts.iter().all(Booking::never_left) {
            self.record.left_book(now);
            // The answer to the platform's request says so.
            self.record.published = Some(Published { state: self.record.state, problem: None });
        }
        self.record.show(&self.parts);
    }

    /// The platform cancels the booking. Returns whether this changes anything.
    pub fn cancel(&mut self, now: Timestamp) -> bool {
        if !self.record.cancel(now) {
            return false;
        }
        for part in &mut self.parts {
            part.cancel_part(now);
        }
        if self.record.role == Role::Whole {
            self.record.show(&self.parts);
        }
        true
    }

    /// Somebody asks to send it again. Settings and staff may have changed since. `planned` has one plan for
    /// each of the visit's numbers, and is empty if the booking is cancelled.
    pub fn resend(&mut self, planned: &[Planned], now: Timestamp) {
        let numbers = self.record.visit.numbers();
        for part in &mut self.parts {
            let place = numbers.iter().position(|number| *number == part.visit.ahpra_number);
            if let Some(place) = place {
                part.resend_part(planned.get(place).cloned(), now);
            } else if part.cancelled && part.state == BookingState::Failed {
                // An attendant who is no longer wanted could not be taken out of the book.
                part.resend_part(None, now);
            }
        }
        self.record.resend(planned.first().cloned(), now);
        if self.record.role == Role::Whole {
            self.record.show(&self.parts);
        }
    }
}

impl Booking {
    /// Whether an attendant's part is in Bp's book as wanted, or on its way there.
    fn is_good_for(&self, visit: &Visit, planned: &Planned) -> bool {
        let well = match self.state {
            BookingState::Pending | BookingState::Waiting => self.blocked == 0,
            BookingState::Synced => self.problem.is_none(),
            BookingState::NotSent => self.held_back,
            BookingState::Conflict | BookingState::Failed | BookingState::Cancelled => false,
        };
        well && self.wants(visit) && self.planned == *planned
    }

    /// An attendant is no longer wanted. The part of a withdrawn attendant is already out of the book, or on
    /// its way out.
    fn cancel_part(&mut self, now: Timestamp) {
        if self.state == BookingState::Failed {
            // It is unknown whether it is out of the book, so it is taken out once more.
            self.cancelled = false;
        }
        self.withdrawn = false;
        self.cancel(now);
    }

    fn resend_part(&mut self, planned: Option<Planned>, now: Timestamp) {
        if self.withdrawn {
            (self.withdrawn, self.cancelled) = (false, false);
        }
        self.blocked = 0;
        self.resend(planned, now);
    }
}

#[cfg(test)]
mod tests;
