//! Whether a time is inside the practitioner's sessions. On this day they last from 9:00 to 12:30 and from 13:30 to
//! 17:00, in slots of a quarter of an hour.

use crate::bookings::support::{NINE, Practice, QUARTER, Wanted};

const MINUTE: i64 = 60;
const HALF_PAST_TWELVE: i64 = NINE + 14 * QUARTER;
const HALF_PAST_ONE: i64 = HALF_PAST_TWELVE + 4 * QUARTER;

fn at(time: i64, length: i64) -> Wanted {
    Wanted { length, ..Wanted::at(time) }
}

/// The outcome of a push, and what it says of the sessions.
fn pushed(practice: &mut Practice, wanted: &Wanted) -> (String, String) {
    let (outcome, _, sessions) = practice.push(wanted);
    (outcome, sessions)
}

fn is(outcome: &str, sessions: &str) -> (String, String) {
    (outcome.to_owned(), sessions.to_owned())
}

#[test]
fn a_time_that_free_slots_cover_one_after_the_other_is_inside() {
    for wanted in [
        at(NINE, QUARTER),
        at(NINE, 2 * QUARTER),
        at(NINE + 5 * MINUTE, QUARTER),
        at(NINE, 14 * QUARTER),
        at(HALF_PAST_TWELVE - 20 * MINUTE, 20 * MINUTE),
    ] {
        let seen = pushed(&mut Practice::open(), &wanted);
        assert_eq!(seen, is("created", "inside"), "{} {}", wanted.time, wanted.length);
    }
}

#[test]
fn a_time_that_free_slots_cover_only_in_part_is_outside() {
    for (wanted, why) in [
        (at(HALF_PAST_TWELVE - QUARTER, 2 * QUARTER), "its second half is after the session"),
        (at(NINE - QUARTER, 2 * QUARTER), "its first half is before the session"),
        (at(HALF_PAST_TWELVE - QUARTER, 6 * QUARTER), "lunch is in its middle"),
        (at(HALF_PAST_TWELVE - QUARTER, QUARTER + 1), "its last second is after the session"),
        (at(HALF_PAST_ONE - 1, QUARTER), "its first second is before the session"),
        (at(HALF_PAST_TWELVE, 4 * QUARTER), "it is the whole lunch"),
    ] {
        assert_eq!(pushed(&mut Practice::open(), &wanted), is("created", "outside"), "{why}");
    }
}

#[test]
fn the_time_of_our_own_appointment_is_not_free_and_that_says_nothing() {
    for (old, new, why) in [
        (at(NINE, QUARTER), at(NINE, 2 * QUARTER), "the second half is free"),
        (at(NINE, 10 * MINUTE), at(NINE, QUARTER), "it takes up its whole slot"),
        (at(NINE, 2 * QUARTER), at(NINE, QUARTER), "it becomes shorter"),
        (at(NINE, 2 * QUARTER), at(NINE + QUARTER, 2 * QUARTER), "it moves by half its length"),
    ] {
        let mut practice = Practice::open();
        practice.push(&old);
        assert_eq!(pushed(&mut practice, &new).1, "unknown", "{why}");
    }
    // Nothing else is free on that day, so nothing says how long a slot is.
    let mut practice = Practice::open();
    practice.change("UPDATE dbo.SESSIONS SET STARTTIME = 32400, ENDTIME = 33300");
    practice.push(&at(NINE, 10 * MINUTE));
    assert_eq!(pushed(&mut practice, &at(NINE, QUARTER)), is("updated", "unknown"));
}

#[test]
fn our_own_appointment_hides_no_time_outside_the_sessions() {
    let mut practice = Practice::open();
    practice.push(&at(HALF_PAST_TWELVE - QUARTER, QUARTER));
    let into_lunch = at(HALF_PAST_TWELVE - QUARTER, 3 * QUARTER);
    assert_eq!(pushed(&mut practice, &into_lunch), is("updated", "outside"));

    let mut practice = Practice::open();
    practice.push(&at(HALF_PAST_TWELVE - QUARTER, QUARTER));
    let lunch = at(HALF_PAST_TWELVE, QUARTER);
    assert_eq!(pushed(&mut practice, &lunch), is("moved", "outside"));
}

#[test]
fn the_time_of_a_booking_that_makes_way_says_nothing_either() {
    let mut practice = Practice::open();
    let other = Wanted { token: "PB0000000111111111111111B", ..at(NINE + QUARTER, QUARTER) };
    practice.push(&other);
    practice.lifts = other.token;
    assert_eq!(pushed(&mut practice, &at(NINE, 2 * QUARTER)), is("created", "unknown"));
    assert_eq!(practice.live(&other), []);
}

#[test]
fn a_time_that_somebody_else_has_taken_is_not_called_outside_the_sessions() {
    let mut practice = Practice::open();
    practice.occupy(NINE + QUARTER, QUARTER);
    assert_eq!(pushed(&mut practice, &at(NINE, 2 * QUARTER)), is("conflict", "unknown"));
    assert_eq!(pushed(&mut practice, &at(NINE + QUARTER, QUARTER)), is("conflict", "unknown"));
    let before = at(NINE - 2 * QUARTER, 4 * QUARTER);
    assert_eq!(pushed(&mut practice, &before), is("conflict", "outside"));
}
