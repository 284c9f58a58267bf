//! What the parts of a visit to several attendants come to, and which of them leave Bp's book or are
//! tried again. Pure, so that a test can go through every arrangement.

use crate::booking::state::BookingState;
use crate::problem::ProblemType;

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

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
