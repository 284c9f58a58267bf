//! A platform's booking with the parts of its attendants: what each wish of the platform changes.

use jiff::Timestamp;

use super::id::BookingId;
use super::record::Booking;
use super::role::Role;
use super::state::BookingState;
use super::token::Token;
use super::visit::{Planned, Visit};
use crate::ids::PracticeId;
use crate::staff::AhpraNumber;
use crate::time_zone::PracticeTimeZone;

/// A platform's booking, and the parts of its attendants where it has, or once had, several.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Together {
    /// What the platform sees.
    pub record: Booking,
    /// What stands in Bp's book; empty where the record does itself. Parts of former attendants are among
    /// them.
    pub parts: Vec<Booking>,
}

impl Together {
    /// A new booking. `planned` has one plan for each of the visit's numbers; `None` where it has none.
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

    /// The marks that a visit's attendants have, or will have, in Bp.
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

    /// What stands in Bp's book for an attendant.
    fn standing_for(&self, number: &AhpraNumber) -> Option<&Booking> {
        let alone = (self.record.role == Role::Alone).then_some(&self.record);
        alone.into_iter().chain(&self.parts).find(|part| part.visit.ahpra_number == *number)
    }

    /// The platform wants something else. `planned` has one plan for each of the visit's numbers.
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

    /// What stood for itself becomes the part of its attendant, mark and all.
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

    /// Gives each attendant a part that wants what the record wants, and cancels all others.
    fn regroup(
        &mut self,
        practice: &PracticeId,
        planned: &[Planned],
        zone: &PracticeTimeZone,
        now: Timestamp,
    ) {
        let visit = &self.record.visit;
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
        self.record.show(&self.parts);
    }

    /// The platform cancels. Whether that is news.
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

    /// Somebody asks for it again; settings and staff may have changed meanwhile. `planned` has one plan
    /// for each of the visit's numbers, or none where it is cancelled.
    pub fn resend(&mut self, planned: &[Planned], now: Timestamp) {
        let numbers = self.record.visit.numbers();
        for part in &mut self.parts {
            let place = numbers.iter().position(|number| *number == part.visit.ahpra_number);
            if let Some(place) = place {
                part.resend_part(planned.get(place).cloned(), now);
            } else if part.cancelled && part.state == BookingState::Failed {
                // Somebody who is wanted no more could not be taken out of the book.
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
    /// Whether an attendant's part is on its way to what is wanted, or there.
    fn is_good_for(&self, visit: &Visit, planned: &Planned) -> bool {
        let well = match self.state {
            BookingState::Pending | BookingState::Waiting => self.blocked == 0,
            BookingState::Synced => self.problem.is_none(),
            BookingState::Conflict | BookingState::Failed | BookingState::Cancelled => false,
        };
        well && self.wants(visit) && self.planned == *planned
    }

    /// An attendant is wanted no more. One that was withdrawn is on its way out, or out, already.
    fn cancel_part(&mut self, now: Timestamp) {
        if self.state == BookingState::Failed {
            // Nobody knows whether it is out, so it is taken out once more.
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
