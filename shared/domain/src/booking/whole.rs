//! A visit to several attendants at once, such as a whole clinic.
//!
//! The platform's booking is the whole. It is one record, and is never sent to Bp itself. Each attendant has a
//! part. The writer treats a part like any other booking, with its own token, its own place in the book and its
//! own fence. The whole's state is computed from its parts.
//!
//! If fewer attendants are free than the platform needs, the parts of the free ones are withdrawn, which means
//! that their appointments are removed from the book. The other parts are tried again. As soon as one of them
//! finds a free time, the withdrawn parts are tried again too.

mod sum;

use jiff::Timestamp;

use self::sum::{At, Move, Sum, moves, sum, sum_of_cancelled};
use super::history::Happened;
use super::record::Booking;
use super::role::{Attendant, Published, Role};
use super::state::BookingState;
use crate::problem::ProblemType;

impl Booking {
    /// The id under which it is stored: its own, or an attendant's.
    #[must_use]
    pub fn entry_id(&self) -> String {
        match self.role {
            Role::Alone | Role::Whole => self.booking_id.as_str().to_owned(),
            Role::Attendant => self.booking_id.attendant(&self.visit.ahpra_number),
        }
    }

    /// The place of an attendant's part.
    fn at(&self) -> At {
        use BookingState as S;
        let elsewhere =
            self.slot_in_bp.as_ref().is_some_and(|at| *at != self.planned.placement.slot());
        match (self.cancelled, self.withdrawn, self.state) {
            (true, false, S::Cancelled | S::NotSent) => At::Left,
            (true, false, S::Failed) => At::Stuck(self.problem),
            (true, true, S::Failed) if self.is_found_arrived() => At::Arrived,
            (true, true, S::Failed) | (false, _, S::Failed) => At::Failed(self.problem),
            (true, true, state) => {
                At::Out { gone: state == S::Cancelled, blocked: self.blocked > 0 }
            }
            (false, _, S::Synced) if self.is_found_arrived() => At::Arrived,
            (false, _, S::Synced) => At::Placed,
            (false, _, S::Conflict) if self.is_overbooked() => At::Overbooked,
            // Another attempt changes nothing until there is room.
            (false, _, S::Conflict) => At::Blocked { elsewhere },
            (false, _, S::Pending | S::Waiting) if self.blocked > 0 => At::Blocked { elsewhere },
            (_, _, S::Waiting) => At::Waiting(self.problem),
            _ => At::Open,
        }
    }

    /// Compares the parts of a visit to several attendants: withdraws and restores some, and computes the
    /// whole's state from them. Returns whether an event must be published.
    pub fn combine(&mut self, parts: &mut [Self], now: Timestamp) -> bool {
        if !self.cancelled {
            let at: Vec<At> = parts.iter().map(Self::at).collect();
            for (part, what) in parts.iter_mut().zip(moves(&at, self.visit.fewest())) {
                match what {
                    Move::Leave => {}
                    Move::Withdraw => part.withdraw(now),
                    Move::Restore => part.restore(now),
                }
            }
        }
        self.show(parts);
        let Sum { state, problem } = self.sum_up(parts);
        if (self.state, self.problem) != (state, problem) {
            (self.state, self.problem) = (state, problem);
            if let Some(what) = happened(state, problem) {
                self.add_history(what, problem, now);
            }
        }
        let told = Published { state, problem };
        let settled = !matches!(state, BookingState::Pending | BookingState::Waiting);
        let news = settled && self.published.as_ref() != Some(&told);
        if news {
            self.published = Some(told);
        }
        news
    }

    fn sum_up(&self, parts: &[Self]) -> Sum {
        let at: Vec<At> = parts.iter().map(Self::at).collect();
        if self.cancelled {
            let sum = sum_of_cancelled(&at);
            let is_out = self.held_back && sum.state == BookingState::Cancelled;
            return if is_out { Sum { state: BookingState::NotSent, ..sum } } else { sum };
        }
        let sum = sum(&at, self.visit.fewest());
        let mut wanted = parts.iter().filter(|part| !part.cancelled);
        match (wanted.next(), wanted.next()) {
            // If there is only one part, its own state says more.
            (Some(only), None)
                if self.visit.attendance.is_none()
                    && matches!(sum.state, BookingState::Conflict | BookingState::Failed) =>
            {
                Sum { state: only.state, problem: only.problem }
            }
            _ => sum,
        }
    }

    /// What callers see of an attendant's part.
    #[must_use]
    pub fn attendant(&self) -> Attendant {
        Attendant {
            ahpra_number: self.visit.ahpra_number.clone(),
            user: self.planned.placement.user,
            state: self.state,
            cancelled: self.cancelled && !self.withdrawn && !self.held_back,
            withdrawn: self.withdrawn,
            appointment: self.appointment,
            outside_sessions: self.outside_sessions,
            problem: self.problem,
            blocked_by: self.blocked_by.clone(),
            next_attempt_at: self.next_attempt_at,
        }
    }

    /// Updates what callers see of the parts.
    pub(super) fn show(&mut self, parts: &[Self]) {
        let seen = |part: &&Self| !matches!(part.at(), At::Left) || self.visit_has(part);
        let mut attendants: Vec<_> =
            parts.iter().filter(seen).map(|part| part.attendant()).collect();
        attendants.sort_by(|one, other| one.ahpra_number.cmp(&other.ahpra_number));
        let wanted = || parts.iter().filter(|part| !part.cancelled);
        self.next_attempt_at = wanted().filter_map(|part| part.next_attempt_at).min();
        self.outside_sessions = wanted().any(|part| part.outside_sessions);
        let mut blocked_by: Vec<_> =
            wanted().flat_map(|part| part.blocked_by.iter().cloned()).collect();
        blocked_by.sort_unstable();
        blocked_by.dedup();
        self.blocked_by = blocked_by;
        self.appointment = match (&self.visit.attendance, wanted().next()) {
            (None, Some(only)) => only.appointment,
            _ => None,
        };
        self.attendants = attendants;
    }

    fn visit_has(&self, part: &Self) -> bool {
        self.visit.numbers().contains(&part.visit.ahpra_number)
    }

    /// Takes it out of Bp's book until enough others have room.
    fn withdraw(&mut self, now: Timestamp) {
        (self.cancelled, self.withdrawn) = (true, true);
        self.reopen(Happened::Withdrawn, now);
    }

    /// Tries it again after it was withdrawn.
    fn restore(&mut self, now: Timestamp) {
        (self.cancelled, self.withdrawn, self.blocked) = (false, false, 0);
        self.reopen(Happened::TriedAgain, now);
    }

    /// For a visit to several attendants: a comparison found that one of its parts differs in Bp's book.
    pub fn part_put_back(&mut self, why: Happened, now: Timestamp) {
        let under_way = matches!(self.state, BookingState::Pending | BookingState::Waiting);
        // A part without room is tried again anyway.
        if why != Happened::TriedAgain && !under_way {
            self.put_back(why, now);
        }
    }
}

fn happened(state: BookingState, problem: Option<ProblemType>) -> Option<Happened> {
    Some(match state {
        BookingState::Pending => return None,
        BookingState::Synced => Happened::Placed,
        BookingState::Conflict if problem == Some(ProblemType::Overbooked) => {
            Happened::FoundOverbooked
        }
        BookingState::Conflict => Happened::Blocked,
        BookingState::Waiting => Happened::Waits,
        BookingState::Failed => Happened::Failed,
        BookingState::Cancelled => Happened::Cancelled,
        BookingState::NotSent => Happened::NotSent,
    })
}
