//! A visit to several attendants at once, a whole clinic's.
//!
//! The platform's booking is one record. Each attendant has a part: a booking of its own to whoever
//! writes to Bp, with its own mark, its own place in the book and its own fence. The record says what
//! its parts come to, and nothing of it goes to Bp by itself. When fewer attendants have room than
//! the platform needs, those who have are withdrawn: taken out of the book again. Whoever had none
//! goes on asking, and as soon as one has room the withdrawn ones are tried again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{Booking, BookingState, Happened};
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
    /// Who.
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
    /// Of a part.
    #[must_use]
    pub fn of(part: &Booking) -> Self {
        Self {
            ahpra_number: part.visit.ahpra_number.clone(),
            user: part.planned.placement.user,
            state: part.state,
            cancelled: part.cancelled && !part.withdrawn,
            withdrawn: part.withdrawn,
            appointment: part.appointment,
            outside_sessions: part.outside_sessions,
            problem: part.problem,
            blocked_by: part.blocked_by.clone(),
            next_attempt_at: part.next_attempt_at,
        }
    }

    /// Whether it has no place where it is wanted.
    #[must_use]
    pub fn stands_in_the_way(&self) -> bool {
        !self.cancelled && !self.withdrawn && self.state != BookingState::Synced
    }
}

/// What platforms were told of a booking.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Told {
    /// Where it stood.
    pub state: BookingState,
    /// With which problem.
    pub problem: Option<ProblemType>,
}

/// Where a part is on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum At {
    /// On its way, in or out.
    Open,
    /// On its way to a practice that cannot be reached, for this reason.
    Waiting(Option<ProblemType>),
    /// In Bp's book as wanted.
    Placed,
    /// In Bp's book as wanted, with somebody booked over it.
    Overbooked,
    /// In Bp's book otherwise than wanted, arrived or over: it is left alone.
    Arrived,
    /// Bp's book has no room for it; asked again by itself.
    Blocked {
        /// Bp's book has it where it was wanted before.
        elsewhere: bool,
    },
    /// It comes to nothing, for this reason.
    Failed(Option<ProblemType>),
    /// Withdrawn.
    Out {
        /// It has left the book.
        gone: bool,
        /// There was no room for it when it was last asked for.
        blocked: bool,
    },
    /// Wanted no more, and out of the book.
    Left,
    /// Wanted no more, and left in the book for this reason.
    Stuck(Option<ProblemType>),
}

/// What is to be done with a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Move {
    /// Nothing.
    Leave,
    /// It leaves the book until enough others have room.
    Withdraw,
    /// It is tried again.
    Restore,
}

/// What all parts come to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sum {
    pub(super) state: BookingState,
    pub(super) problem: Option<ProblemType>,
}

/// How many parts are where.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    wanted: usize,
    stay: usize,
    /// Withdrawn, and had room.
    ready: usize,
    blocked: usize,
}

impl Count {
    fn of(parts: &[At]) -> Self {
        let mut count = Self::default();
        for part in parts {
            let place = match part {
                At::Left | At::Stuck(_) => continue,
                At::Placed | At::Overbooked | At::Arrived => Some(&mut count.stay),
                At::Out { blocked: false, .. } => Some(&mut count.ready),
                At::Out { blocked: true, .. } | At::Blocked { .. } => Some(&mut count.blocked),
                At::Open | At::Waiting(_) | At::Failed(_) => None,
            };
            if let Some(place) = place {
                *place += 1;
            }
            count.wanted += 1;
        }
        count
    }

    /// Whether enough may still have room.
    fn may_suffice(self, at_least: usize) -> bool {
        self.stay + self.ready + self.blocked >= at_least
    }
}

/// What is to be done with each part, once all are decided: one `Move` for each.
pub(super) fn moves(parts: &[At], at_least: usize) -> Vec<Move> {
    let count = Count::of(parts);
    let undecided = parts.iter().any(|part| matches!(part, At::Open | At::Waiting(_)));
    let enough = count.stay >= at_least;
    let again = count.stay > 0 && count.stay + count.ready >= at_least;
    let hope = count.may_suffice(at_least);
    let of = |part: &At| match *part {
        // One alone stays as it is, as any booking does.
        _ if undecided || count.wanted < 2 => Move::Leave,
        At::Out { gone: true, .. } if enough || again => Move::Restore,
        // Whoever had no room asks for it on behalf of all.
        At::Out { gone: true, blocked: true } if hope => Move::Restore,
        At::Blocked { elsewhere: true } => Move::Withdraw,
        At::Blocked { .. } if !enough && !hope => Move::Withdraw,
        At::Placed | At::Overbooked if !enough && !again => Move::Withdraw,
        _ => Move::Leave,
    };
    parts.iter().map(of).collect()
}

/// What the parts of a booking come to that is wanted.
pub(super) fn sum(parts: &[At], at_least: usize) -> Sum {
    let says = |state, problem| Sum { state, problem };
    if let Some(under_way) = under_way(parts) {
        return under_way;
    }
    let count = Count::of(parts);
    if count.stay >= at_least {
        if parts.contains(&At::Overbooked) {
            return says(BookingState::Conflict, Some(ProblemType::Overbooked));
        }
        let arrived = parts.iter().find_map(|part| match part {
            At::Arrived => Some(ProblemType::AppointmentArrived),
            At::Stuck(problem) => *problem,
            _ => None,
        });
        return says(BookingState::Synced, arrived);
    }
    if count.may_suffice(at_least) {
        return says(BookingState::Conflict, Some(ProblemType::TooFewAttendants));
    }
    let mut reasons = parts.iter().filter(|part| !matches!(part, At::Left | At::Stuck(_)));
    let first = match reasons.next() {
        Some(At::Failed(problem)) => *problem,
        _ => None,
    };
    let same = first.filter(|first| reasons.all(|part| *part == At::Failed(Some(*first))));
    says(BookingState::Failed, Some(same.unwrap_or(ProblemType::TooFewAttendants)))
}

/// What the parts of a booking come to that is cancelled.
pub(super) fn sum_of_cancelled(parts: &[At]) -> Sum {
    let stuck = parts.iter().find_map(|part| match part {
        At::Stuck(problem) => Some(*problem),
        _ => None,
    });
    under_way(parts).unwrap_or(match stuck {
        Some(problem) => Sum { state: BookingState::Failed, problem },
        None => Sum { state: BookingState::Cancelled, problem: None },
    })
}

fn under_way(parts: &[At]) -> Option<Sum> {
    let waiting = parts.iter().find_map(|part| match part {
        At::Waiting(problem) => Some(Sum { state: BookingState::Waiting, problem: *problem }),
        _ => None,
    });
    let open = || Sum { state: BookingState::Pending, problem: None };
    waiting.or_else(|| parts.contains(&At::Open).then(open))
}

impl Booking {
    /// What it is kept under: its own id, or an attendant's.
    #[must_use]
    pub fn entry_id(&self) -> String {
        match self.role {
            Role::Alone | Role::Whole => self.booking_id.as_str().to_owned(),
            Role::Attendant => self.booking_id.attendant(&self.visit.ahpra_number),
        }
    }

    /// Where an attendant's part is on its way.
    fn at(&self) -> At {
        use BookingState as S;
        let elsewhere = self.stands.as_ref().is_some_and(|at| *at != self.planned.placement.slot());
        match (self.cancelled, self.withdrawn, self.state) {
            (true, false, S::Cancelled) => At::Left,
            (true, false, S::Failed) => At::Stuck(self.problem),
            (true, true, S::Failed) if self.is_left_arrived() => At::Arrived,
            (true, true, S::Failed) | (false, _, S::Failed) => At::Failed(self.problem),
            (true, true, state) => {
                At::Out { gone: state == S::Cancelled, blocked: self.blocked > 0 }
            }
            (false, _, S::Synced) if self.is_left_arrived() => At::Arrived,
            (false, _, S::Synced) => At::Placed,
            (false, _, S::Conflict) if self.is_overbooked() => At::Overbooked,
            // Asking again decides nothing until there is room.
            (false, _, S::Conflict) => At::Blocked { elsewhere },
            (false, _, S::Pending | S::Waiting) if self.blocked > 0 => At::Blocked { elsewhere },
            (_, _, S::Waiting) => At::Waiting(self.problem),
            _ => At::Open,
        }
    }

    /// Compares the parts of a visit to several attendants: withdraws and restores some, and says of
    /// the whole what they come to. Whether that is news to platforms.
    pub fn gather(&mut self, parts: &mut [Self], now: Timestamp) -> bool {
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
                self.note(what, problem, now);
            }
        }
        let told = Told { state, problem };
        let settled = !matches!(state, BookingState::Pending | BookingState::Waiting);
        let news = settled && self.told.as_ref() != Some(&told);
        if news {
            self.told = Some(told);
        }
        news
    }

    fn sum_up(&self, parts: &[Self]) -> Sum {
        let at: Vec<At> = parts.iter().map(Self::at).collect();
        if self.cancelled {
            return sum_of_cancelled(&at);
        }
        let sum = sum(&at, self.visit.fewest());
        let mut wanted = parts.iter().filter(|part| !part.cancelled);
        match (wanted.next(), wanted.next()) {
            // The only one says it better.
            (Some(only), None)
                if self.visit.attendance.is_none()
                    && matches!(sum.state, BookingState::Conflict | BookingState::Failed) =>
            {
                Sum { state: only.state, problem: only.problem }
            }
            _ => sum,
        }
    }

    /// What callers see of the parts.
    pub(super) fn show(&mut self, parts: &[Self]) {
        let seen = |part: &&Self| !matches!(part.at(), At::Left) || self.visit_has(part);
        let mut attendants: Vec<_> = parts.iter().filter(seen).map(Attendant::of).collect();
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

    /// Leaves Bp's book until enough others have room.
    fn withdraw(&mut self, now: Timestamp) {
        (self.cancelled, self.withdrawn) = (true, true);
        self.reopen(Happened::Withdrawn, now);
    }

    /// Is tried again after it was withdrawn.
    fn restore(&mut self, now: Timestamp) {
        (self.cancelled, self.withdrawn, self.blocked) = (false, false, 0);
        self.reopen(Happened::TriedAgain, now);
    }

    /// Of a visit to several attendants: a part of it was found otherwise than wanted in Bp's book.
    pub fn part_put_back(&mut self, why: Happened, now: Timestamp) {
        let under_way = matches!(self.state, BookingState::Pending | BookingState::Waiting);
        // Whoever had no room is only tried again.
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
    })
}

#[cfg(test)]
mod tests;
