//! Computes the state of a visit from its parts, and decides which parts leave Bp's book or are tried again.
//! The functions are pure, so a test can try every arrangement.

use crate::booking::state::BookingState;
use crate::problem::ProblemType;

/// The place of a part: in Bp's book, out of it, or on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum At {
    /// On its way into the book, or out of it.
    Open,
    /// On its way to a practice that cannot be reached, for this reason.
    Waiting(Option<ProblemType>),
    /// In Bp's book as wanted.
    Placed,
    /// In Bp's book as wanted, with somebody booked over it.
    Overbooked,
    /// It differs from what is wanted in Bp's book, but has arrived or is over: it is left alone.
    Arrived,
    /// Bp's book has no room for it. It is tried again automatically.
    Blocked {
        /// Whether it is still in Bp's book at its former place.
        elsewhere: bool,
    },
    /// It failed, for this reason.
    Failed(Option<ProblemType>),
    /// Withdrawn.
    Out {
        /// Whether it has left the book.
        gone: bool,
        /// Whether there was no room for it at the last attempt.
        blocked: bool,
    },
    /// No longer wanted, and out of the book.
    Left,
    /// No longer wanted, but still in the book for this reason.
    Stuck(Option<ProblemType>),
}

/// What the writer must do with a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Move {
    /// Nothing.
    Leave,
    /// It leaves the book until enough others have room.
    Withdraw,
    /// It is tried again.
    Restore,
}

/// The state of all parts together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sum {
    pub(super) state: BookingState,
    pub(super) problem: Option<ProblemType>,
}

/// How many parts are in which place.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    wanted: usize,
    stay: usize,
    /// Withdrawn although there was room.
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

    /// Whether enough parts may still have room.
    fn may_suffice(self, at_least: usize) -> bool {
        self.stay + self.ready + self.blocked >= at_least
    }
}

/// What to do with each part, once all are decided.
pub(super) fn moves(parts: &[At], at_least: usize) -> Vec<Move> {
    let count = Count::of(parts);
    let undecided = parts.iter().any(|part| matches!(part, At::Open | At::Waiting(_)));
    let enough = count.stay >= at_least;
    let again = count.stay > 0 && count.stay + count.ready >= at_least;
    let hope = count.may_suffice(at_least);
    let of = |part: &At| match *part {
        // A single part is never moved, like any other booking.
        _ if undecided || count.wanted < 2 => Move::Leave,
        At::Out { gone: true, .. } if enough || again => Move::Restore,
        // A withdrawn part without room is tried again first: it decides for all.
        At::Out { gone: true, blocked: true } if hope => Move::Restore,
        At::Blocked { elsewhere: true } => Move::Withdraw,
        At::Blocked { .. } if !enough && !hope => Move::Withdraw,
        At::Placed | At::Overbooked if !enough && !again => Move::Withdraw,
        _ => Move::Leave,
    };
    parts.iter().map(of).collect()
}

/// The state of a booking that is wanted, from its parts.
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

/// The state of a cancelled booking, from its parts.
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

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
