//! The state of a visit from its parts, and the moves that follow.

use super::*;

/// Every place where a part may be.
const EVERYWHERE: [At; 16] = [
    At::Open,
    At::Waiting(Some(ProblemType::SiteOffline)),
    At::Placed,
    At::Overbooked,
    At::Arrived,
    At::Blocked { elsewhere: false },
    At::Blocked { elsewhere: true },
    At::Failed(Some(ProblemType::PractitionerInactive)),
    At::Failed(Some(ProblemType::StartPassed)),
    At::Out { gone: true, blocked: false },
    At::Out { gone: true, blocked: true },
    At::Out { gone: false, blocked: false },
    At::Out { gone: false, blocked: true },
    At::Left,
    At::Stuck(Some(ProblemType::AppointmentArrived)),
    At::Stuck(Some(ProblemType::BookingUnverified)),
];

/// Every arrangement of one to four parts, with every number of attendants that may be needed.
fn every_arrangement(mut look: impl FnMut(&[At], usize)) {
    let mut arrangements: Vec<Vec<At>> = vec![Vec::new()];
    for _ in 0..4 {
        arrangements = arrangements
            .iter()
            .flat_map(|before| EVERYWHERE.map(|at| [&before[..], &[at]].concat()))
            .collect();
        for parts in &arrangements {
            let wanted = Count::of(parts).wanted;
            (1..=wanted).for_each(|at_least| look(parts, at_least));
        }
    }
}

fn stays(at: &At) -> bool {
    matches!(at, At::Placed | At::Overbooked | At::Arrived)
}

fn is_open(at: &At) -> bool {
    matches!(at, At::Open | At::Waiting(_))
}

/// The parts directly after the moves.
fn moved(parts: &[At], moves: &[Move]) -> Vec<At> {
    let after = |(at, what): (&At, &Move)| match (at, what) {
        (_, Move::Leave) => *at,
        (at, Move::Withdraw) => At::Out { gone: false, blocked: matches!(at, At::Blocked { .. }) },
        (_, Move::Restore) => At::Open,
    };
    parts.iter().zip(moves).map(after).collect()
}

#[test]
fn a_booking_is_synced_only_when_all_is_decided_and_enough_attendants_stand_in_the_book() {
    every_arrangement(|parts, at_least| {
        let sum = sum(parts, at_least);
        let standing = parts.iter().filter(|at| stays(at)).count();
        let open = parts.iter().any(is_open);
        let enough = !open && standing >= at_least;
        let overbooked = parts.contains(&At::Overbooked);
        let synced = sum.state == BookingState::Synced;
        assert_eq!(synced, enough && !overbooked, "{parts:?} {at_least}: {sum:?}");
        let under_way = matches!(sum.state, BookingState::Pending | BookingState::Waiting);
        assert_eq!(under_way, open, "{parts:?} {at_least}: {sum:?}");
        if sum.state == BookingState::Conflict && !enough {
            assert_eq!(sum.problem, Some(ProblemType::TooFewAttendants));
        }
        if sum.state == BookingState::Failed {
            let failed = parts.iter().filter(|at| matches!(at, At::Failed(_))).count();
            let wanted = Count::of(parts).wanted;
            assert!(wanted - failed < at_least, "{parts:?} {at_least}: {sum:?}");
            assert!(sum.problem.is_some());
        }
    });
}

#[test]
fn nobody_is_moved_while_anything_is_undecided_and_nobody_who_has_left_or_arrived_ever_is() {
    every_arrangement(|parts, at_least| {
        let moves = moves(parts, at_least);
        for (at, what) in parts.iter().zip(&moves) {
            let fixed = matches!(at, At::Arrived | At::Left | At::Stuck(_) | At::Open)
                || parts.iter().any(is_open)
                || Count::of(parts).wanted == 1;
            if fixed {
                assert_eq!(*what, Move::Leave, "{parts:?} {at_least}");
            }
            let out = matches!(at, At::Out { gone: true, .. });
            assert!(*what != Move::Restore || out, "{parts:?} {at_least}");
            assert!(*what != Move::Withdraw || !matches!(at, At::Out { .. }));
        }
    });
}

#[test]
fn when_too_few_have_room_nobody_stays_and_when_enough_have_nobody_who_has_room_goes() {
    every_arrangement(|parts, at_least| {
        if parts.iter().any(is_open) || Count::of(parts).wanted == 1 {
            return;
        }
        let moves = moves(parts, at_least);
        let standing = parts.iter().filter(|at| stays(at)).count();
        let ready = |at: &&At| matches!(at, At::Out { blocked: false, .. });
        let ready = parts.iter().filter(ready).count();
        for (at, what) in parts.iter().zip(&moves) {
            if matches!(at, At::Placed | At::Overbooked) {
                let stays = standing + ready >= at_least;
                assert_eq!(*what == Move::Leave, stays, "{parts:?} {at_least}: {moves:?}");
            }
            if standing >= at_least && matches!(at, At::Out { gone: true, .. }) {
                assert_eq!(*what, Move::Restore, "{parts:?} {at_least}");
            }
        }
    });
}

#[test]
fn as_long_as_enough_might_have_room_somebody_asks_for_it() {
    every_arrangement(|parts, at_least| {
        if Count::of(parts).wanted == 1 {
            return;
        }
        let after = moved(parts, &moves(parts, at_least));
        let says = sum(&after, at_least);
        if says.state == BookingState::Conflict
            && says.problem == Some(ProblemType::TooFewAttendants)
        {
            // Or it will be tried again, once it has left the book.
            let asks =
                |at: &At| matches!(at, At::Blocked { .. } | At::Out { gone: false, .. } | At::Open);
            // All parts may be withdrawn although none lacked room. These moves never lead there.
            let reached = parts
                .iter()
                .any(|at| matches!(at, At::Blocked { .. } | At::Out { blocked: true, .. }));
            assert!(!reached || after.iter().any(asks), "{parts:?} {at_least}: {after:?}");
        }
    });
}

#[test]
fn moves_are_made_once() {
    every_arrangement(|parts, at_least| {
        let after = moved(parts, &moves(parts, at_least));
        let again = moves(&after, at_least);
        assert!(again.iter().all(|what| *what == Move::Leave), "{parts:?} {at_least}: {again:?}");
    });
}

#[test]
fn a_cancelled_booking_is_cancelled_when_every_part_has_left_and_never_synced() {
    every_arrangement(|parts, _| {
        let sum = sum_of_cancelled(parts);
        assert_ne!(sum.state, BookingState::Synced);
        if parts.iter().all(|at| *at == At::Left) {
            assert_eq!(sum, Sum { state: BookingState::Cancelled, problem: None });
        }
        if parts.iter().any(is_open) {
            assert!(matches!(sum.state, BookingState::Pending | BookingState::Waiting));
        }
    });
}

#[test]
fn attendants_who_all_fail_for_one_reason_have_the_booking_fail_for_it() {
    let same = [At::Failed(Some(ProblemType::StartPassed)); 2];
    assert_eq!(sum(&same, 1).problem, Some(ProblemType::StartPassed));
    let other = [same[0], At::Failed(Some(ProblemType::PractitionerInactive))];
    assert_eq!(sum(&other, 1).problem, Some(ProblemType::TooFewAttendants));
}
