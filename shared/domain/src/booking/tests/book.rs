//! Comparing bookings with Bp's book.

use super::*;

#[test]
fn a_book_as_recorded_needs_nothing() {
    let mut synced = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut synced, Outcome::Created, now());
    assert_eq!(corrections(&practice(), [&synced], &[row_of(&synced)], now()), []);
}

#[test]
fn what_was_deleted_or_changed_in_bp_is_put_back_unless_it_has_arrived() {
    let mut synced = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut synced, Outcome::Created, now());
    let again = |why| vec![Correction::PushAgain { booking: synced.entry_id(), why }];
    assert_eq!(corrections(&practice(), [&synced], &[], now()), again(Happened::FoundMissing));
    let changes: [fn(&mut BookRow); 7] = [
        |row| row.user = 2,
        |row| row.location = 1,
        |row| row.day = row.day.tomorrow().unwrap(),
        |row| row.time += 900,
        |row| row.length = 600,
        |row| row.kind = 29,
        |row| row.reason.insert(0, '!'),
    ];
    for change in changes {
        let mut row = row_of(&synced);
        change(&mut row);
        assert_eq!(
            corrections(&practice(), [&synced], &[row.clone()], now()),
            again(Happened::FoundChanged)
        );
        row.arrived = true;
        assert_eq!(
            corrections(&practice(), [&synced], &[row], now()),
            vec![Correction::LeaveArrived { booking: synced.entry_id() }]
        );
    }
    let twice = [row_of(&synced), row_of(&synced)];
    assert_eq!(corrections(&practice(), [&synced], &twice, now()), again(Happened::FoundChanged));
}

#[test]
fn what_was_marked_as_arrived_by_mistake_is_put_right_once_the_mark_is_gone() {
    let mut cancelled = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    let row = row_of(&cancelled);
    let arrived = BookRow { arrived: true, ..row.clone() };
    push(&mut cancelled, Outcome::Created, now());
    cancelled.cancel(now());
    assert_eq!(push(&mut cancelled, Outcome::Arrived, now()), NextStep::Failed);
    let found =
        |booking: &Booking, rows: &[BookRow]| corrections(&practice(), [booking], rows, now());
    let id = || cancelled.entry_id();
    let again = |why| vec![Correction::PushAgain { booking: id(), why }];
    assert_eq!(found(&cancelled, &[arrived]), [Correction::LeaveArrived { booking: id() }]);
    assert_eq!(found(&cancelled, std::slice::from_ref(&row)), again(Happened::FoundNotCancelled));
    // Somebody removed the appointment by hand: the booking is not failed any more either.
    assert_eq!(found(&cancelled, &[]), again(Happened::FoundMissing));

    let mut moved = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut moved, Outcome::Arrived, now());
    assert!(moved.is_found_arrived());
    assert_eq!(found(&moved, &[row]), [Correction::AsWanted { booking: id() }]);
    moved.found_as_wanted(now());
    assert_eq!((moved.state, moved.problem), (BookingState::Synced, None));
}

#[test]
fn an_appointment_that_somebody_booked_over_is_reported_once_and_taken_back_when_they_leave() {
    let mut synced = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut synced, Outcome::Created, now());
    let alone = row_of(&synced);
    let overlapped = BookRow { overlapped: true, ..alone.clone() };
    let found = |booking: &Booking, row: &BookRow| {
        corrections(&practice(), [booking], std::slice::from_ref(row), now())
    };
    let id = || synced.entry_id();
    assert_eq!(found(&synced, &overlapped), [Correction::Overbooked { booking: id() }]);
    let arrived = BookRow { arrived: true, ..overlapped.clone() };
    assert_eq!(found(&synced, &arrived), [], "they are all there");
    let mut conflict = synced.clone();
    conflict.overbooked(now());
    let told = conflict.clone();
    conflict.overbooked(now());
    assert_eq!(conflict, told);
    assert_eq!(conflict.state, BookingState::Conflict);
    assert_eq!(found(&conflict, &overlapped), []);
    assert_eq!(found(&conflict, &alone), [Correction::AsWanted { booking: id() }]);
    conflict.found_as_wanted(now());
    assert_eq!((conflict.state, conflict.problem), (BookingState::Synced, None));
    let shorter = BookRow { length: 600, ..overlapped };
    let again = Correction::PushAgain { booking: id(), why: Happened::FoundChanged };
    assert_eq!(found(&told, &shorter), [again]);
}

#[test]
fn an_appointment_nobody_knows_is_cleared_only_if_its_mark_is_this_practices() {
    let stray = row_of(&booking("gone", date(2026, 12, 1).at(8, 15, 0, 0)));
    assert_eq!(
        corrections(&practice(), [], std::slice::from_ref(&stray), now()),
        vec![Correction::Clear { token: stray.token.clone(), day: stray.day }]
    );
    let neighbours = PracticeId::parse("theirs").unwrap();
    assert_eq!(corrections(&neighbours, [], std::slice::from_ref(&stray), now()), []);
    assert_eq!(corrections(&practice(), [], &[BookRow { arrived: true, ..stray }], now()), []);
}

#[test]
fn what_bp_had_no_room_for_is_tried_again() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut booking, Outcome::Conflict, now());
    let again = Correction::PushAgain { booking: booking.entry_id(), why: Happened::TriedAgain };
    assert_eq!(corrections(&practice(), [&booking], &[], now()), vec![again]);
}

#[test]
fn bookings_on_their_way_and_visits_that_have_begun_are_left_alone() {
    let pending = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    assert_eq!(corrections(&practice(), [&pending], &[], now()), []);
    let mut begun = booking("b2", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut begun, Outcome::Created, now());
    assert_eq!(corrections(&practice(), [&begun], &[], begun.planned.starts_at), []);
}

/// The book after pushing again and clearing.
fn corrected(record: &[Booking], book: &[BookRow], found: &[Correction]) -> Vec<BookRow> {
    let mut book = book.to_vec();
    for correction in found {
        match correction {
            Correction::PushAgain { booking, .. } => {
                let booking = record.iter().find(|one| one.entry_id() == *booking).unwrap();
                let kept: Vec<_> = book
                    .iter()
                    .filter(|row| row.token == booking.token && row.arrived)
                    .cloned()
                    .collect();
                book.retain(|row| row.token != booking.token);
                if kept.is_empty() && !booking.cancelled {
                    book.push(row_of(booking));
                }
                book.extend(kept);
            }
            Correction::Clear { token, .. } => {
                book.retain(|row| row.token != *token || row.arrived);
            }
            Correction::LeaveArrived { .. }
            | Correction::Overbooked { .. }
            | Correction::AsWanted { .. } => {}
        }
    }
    book
}

proptest! {
    #[test]
    fn correcting_once_is_enough_and_never_touches_a_neighbours_appointments(
        bookings in prop::collection::vec((any::<bool>(), 0_i64..40), 0..12),
        rows in prop::collection::vec((0_usize..16, 0_i64..3, any::<bool>()), 0..20),
    ) {
        let start = |slot: i64| date(2026, 12, 1).at(8, 0, 0, 0) + SignedDuration::from_mins(15 * slot);
        let record: Vec<Booking> = bookings
            .iter()
            .enumerate()
            .map(|(index, (cancelled, slot))| {
                let mut one = booking(&format!("b{index}"), start(*slot));
                push(&mut one, Outcome::Created, now());
                if *cancelled {
                    one.cancel(now());
                    push(&mut one, Outcome::Cancelled, now());
                }
                one
            })
            .collect();
        // Rows of bookings, of unknown bookings, and of another practice.
        let theirs = PracticeId::parse("theirs").unwrap();
        let book: Vec<BookRow> = rows
            .iter()
            .map(|(which, shift, arrived)| {
                let mut row = row_of(record.get(*which).unwrap_or(&booking("stray", start(1))));
                if *which == 15 {
                    row.token = Token::of(&theirs, &BookingId::parse("b").unwrap());
                }
                row.time += shift * 900;
                row.arrived = *arrived;
                row
            })
            .collect();
        let found = corrections(&practice(), &record, &book, now());
        let after = corrected(&record, &book, &found);
        let left = |rows: &[BookRow]| {
            rows.iter().filter(|row| !row.token.belongs_to(&token::PracticeTag::of(&practice()))).count()
        };
        prop_assert_eq!(left(&book), left(&after));
        prop_assert_eq!(
            book.iter().filter(|row| row.arrived).count(),
            after.iter().filter(|row| row.arrived).count()
        );
        let again = corrections(&practice(), &record, &after, now());
        let acts = |found: &[Correction]| {
            found.iter().filter(|one| !matches!(one, Correction::LeaveArrived { .. })).count()
        };
        // Two arrived appointments of one booking stay. Everything else is correct after one round.
        let doubly_arrived = record.iter().any(|one| {
            after.iter().filter(|row| row.token == one.token && row.arrived).count() > 1
        });
        prop_assert!(doubly_arrived || acts(&again) == 0, "{again:?}");
    }
}
