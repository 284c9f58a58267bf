//! How an answer of Bp to a push changes a booking, and when the booking is tried again.

use jiff::{SignedDuration, Timestamp};

use super::history::Happened;
use super::record::Booking;
use super::state::{BookingState, NextStep, Outcome, Pushed};
use crate::problem::ProblemType;

/// The first wait before a slot that was taken, or a practitioner who was away, is tried again. Each attempt
/// costs a query, and most obstacles stay. So the wait doubles, up to 80 minutes.
const BETWEEN_ATTEMPTS: SignedDuration = SignedDuration::from_mins(10);
const DOUBLINGS: u32 = 3;

impl Booking {
    /// Applies Bp's answer to the last push. If a newer revision exists by then, the answer only says what is in the
    /// book, and the newer revision is sent next.
    pub fn apply(&mut self, pushed: Pushed, now: Timestamp) -> NextStep {
        (self.appointment, self.appointment_created) = (pushed.appointment, pushed.created);
        self.slot_in_bp = match pushed.outcome {
            Outcome::Created | Outcome::Moved | Outcome::Updated | Outcome::Unchanged => {
                self.sent_slot.clone()
            }
            Outcome::Cancelled | Outcome::TooLate => None,
            Outcome::Conflict
            | Outcome::Away
            | Outcome::Arrived
            | Outcome::UnknownUser
            | Outcome::RecallType => self.slot_in_bp.take(),
        };
        let lifted = !std::mem::take(&mut self.lifts).is_empty();
        if self.sent_revision != self.revision {
            return NextStep::Again(now);
        }
        if pushed.outcome == Outcome::Conflict && !lifted && !pushed.in_way.is_empty() {
            // Before an event is published: they may be on their way elsewhere.
            self.in_way = pushed.in_way;
            return NextStep::Again(now);
        }
        self.next_attempt_at = None;
        self.problem = None;
        self.blocked_by = pushed.in_way;
        if let Some(outside) = pushed.outside_sessions {
            self.outside_sessions = outside;
        }
        match (pushed.outcome, self.cancelled) {
            (Outcome::Created, false) => self.synced(Happened::Created, now),
            (Outcome::Moved, false) => self.synced(Happened::Moved, now),
            (Outcome::Updated, false) => self.synced(Happened::Updated, now),
            (Outcome::Unchanged, false) => self.synced(Happened::Found, now),
            (Outcome::Cancelled, true) => {
                (self.appointment, self.appointment_created) = (None, None);
                self.left_book(now);
                NextStep::Done
            }
            (Outcome::Arrived, false) => {
                self.state = BookingState::Synced;
                self.problem = Some(ProblemType::AppointmentArrived);
                self.add_history(Happened::LeftAsItIs, self.problem, now);
                NextStep::Done
            }
            (Outcome::Arrived, true) => self.fail(ProblemType::AppointmentArrived, now),
            (Outcome::Conflict, false) => self.blocked(ProblemType::SlotTaken, now),
            (Outcome::Away, false) => self.blocked(ProblemType::PractitionerAway, now),
            (Outcome::UnknownUser, false) => self.fail(ProblemType::PractitionerInactive, now),
            (Outcome::RecallType, false) => self.fail(ProblemType::RecallType, now),
            (Outcome::TooLate, false) => self.fail(ProblemType::StartPassed, now),
            // This answer does not belong to what was sent.
            _ => self.fail(ProblemType::MalformedAnswer, now),
        }
    }

    fn synced(&mut self, how: Happened, now: Timestamp) -> NextStep {
        self.state = BookingState::Synced;
        self.blocked = 0;
        self.add_history(how, None, now);
        NextStep::Done
    }

    /// Bp's book has no room for it, for this reason. Returns when it is tried again.
    fn blocked(&mut self, problem: ProblemType, now: Timestamp) -> NextStep {
        NextStep::Again(self.put_off(problem, now))
    }

    pub(super) fn put_off(&mut self, problem: ProblemType, now: Timestamp) -> Timestamp {
        let again = now + BETWEEN_ATTEMPTS * 2_i32.pow(self.blocked.min(DOUBLINGS));
        self.blocked = self.blocked.saturating_add(1);
        self.state = BookingState::Conflict;
        self.problem = Some(problem);
        self.next_attempt_at = Some(again);
        self.add_history(Happened::Blocked, Some(problem), now);
        again
    }

    /// It cannot be booked.
    pub fn fail(&mut self, problem: ProblemType, now: Timestamp) -> NextStep {
        self.state = BookingState::Failed;
        self.problem = Some(problem);
        self.next_attempt_at = None;
        self.add_history(Happened::Failed, Some(problem), now);
        NextStep::Failed
    }
}
