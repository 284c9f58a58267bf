mod book;

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::token::Token;
use super::*;
use crate::BpText;
use crate::connection::Database;
use crate::ids::{BpUserId, LocationId, PracticeId, SiteId};
use crate::problem::ProblemType;
use crate::settings::{BookingSettings, DurationMinutes, Settings};
use crate::staff::AhpraNumber;
use crate::time_zone::PracticeTimeZone;

const USER: BpUserId = BpUserId(1);

fn practice() -> PracticeId {
    PracticeId::parse("ours").unwrap()
}

fn site() -> Database {
    SiteId::parse("71001").unwrap().into()
}

fn zone() -> PracticeTimeZone {
    PracticeTimeZone::parse("Australia/Brisbane").unwrap()
}

fn settings() -> Settings {
    Settings {
        time_zone: Some(zone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(2)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    }
}

fn visit(start: DateTime) -> Visit {
    let text = |text| BpText::parse(text, 100).unwrap();
    Visit {
        attendance: None,
        ahpra_number: AhpraNumber::parse("MED9990000001").unwrap(),
        start,
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example Labs") },
        notes: None,
        send: true,
    }
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn booking(id: &str, start: DateTime) -> Booking {
    let id = BookingId::parse(id).unwrap();
    let visit = visit(start);
    let planned = visit.plan(&settings(), USER, &site(), &Token::of(&practice(), &id)).unwrap();
    Booking::accept(&practice(), id, visit, planned, &zone(), now())
}

fn pushed(outcome: Outcome) -> Pushed {
    let created = Some("2026-11-20 09:30:00.000".to_owned());
    Pushed {
        outcome,
        appointment: Some(7),
        created,
        outside_sessions: Some(false),
        in_way: Vec::new(),
    }
}

/// Pushes the booking, and gets this outcome.
fn push(booking: &mut Booking, outcome: Outcome, at: Timestamp) -> NextStep {
    booking.mark_sent();
    booking.apply(pushed(outcome), at)
}

fn row_of(booking: &Booking) -> BookRow {
    let Placement { user, location, day, time, length, kind, reason } =
        booking.planned.placement.clone();
    BookRow {
        appointment: 7,
        created: Some("2026-11-20 09:30:00.000".to_owned()),
        token: booking.token.clone(),
        user: user.0,
        location: location.0,
        day,
        time,
        length,
        kind,
        reason,
        overlapped: false,
        arrived: false,
    }
}

#[test]
fn a_visit_is_planned_in_bps_units_at_the_chosen_place() {
    let booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    let Placement { user, location, day, time, length, kind, reason } = &booking.planned.placement;
    assert_eq!((user.0, location.0, *kind), (1, 2, 1));
    assert_eq!((*day, *time, *length), (date(2026, 12, 1), 29_700, 900));
    assert!(reason.ends_with(&booking.token.marker()), "{reason}");
    assert_eq!(booking.planned.starts_at.to_string(), "2026-11-30T22:15:00Z");
}

#[test]
fn nothing_is_planned_until_all_is_chosen_and_switched_on() {
    let plan = |settings: &Settings| {
        let visit = visit(date(2026, 12, 1).at(8, 15, 0, 0));
        visit.plan(
            settings,
            USER,
            &site(),
            &Token::of(&practice(), &BookingId::parse("b").unwrap()),
        )
    };
    assert_eq!(plan(&Settings::default()), Err(Unplannable::SwitchedOff));
    let mut off = settings();
    off.bookings.enabled = false;
    assert_eq!(plan(&off), Err(Unplannable::SwitchedOff));
    assert!(plan(&settings()).is_ok());
}

#[test]
fn a_visit_ends_on_the_day_it_begins() {
    let plan = |minutes, hour, minute| {
        let mut visit = visit(date(2026, 12, 1).at(hour, minute, 0, 0));
        visit.duration = Some(DurationMinutes::parse(minutes).unwrap());
        visit.plan(
            &settings(),
            USER,
            &site(),
            &Token::of(&practice(), &BookingId::parse("b").unwrap()),
        )
    };
    assert!(plan(30, 23, 30).is_ok());
    assert_eq!(plan(31, 23, 30), Err(Unplannable::PastMidnight));
}

#[test]
fn a_booking_goes_from_pending_to_synced_and_out_again() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    assert_eq!(booking.state, BookingState::Pending);
    booking.sending(now());
    assert_eq!(push(&mut booking, Outcome::Created, now()), NextStep::Done);
    assert_eq!((booking.state, booking.appointment), (BookingState::Synced, Some(7)));
    assert!(booking.cancel(now()));
    assert!(!booking.cancel(now()), "cancelled twice");
    assert_eq!(booking.state, BookingState::Pending);
    assert_eq!(push(&mut booking, Outcome::Cancelled, now()), NextStep::Done);
    assert_eq!((booking.state, booking.appointment), (BookingState::Cancelled, None));
}

#[test]
fn a_booking_that_is_not_sent_is_out_of_the_book_until_it_is_sent() {
    let start = date(2026, 12, 1).at(8, 15, 0, 0);
    let sent = visit(start);
    let kept = Visit { send: false, ..sent.clone() };
    let mut booking = booking("b1", start);
    push(&mut booking, Outcome::Created, now());
    let planned = booking.planned.clone();
    booking.change(kept.clone(), planned.clone(), now());
    assert!(booking.wants(&kept) && !booking.wants(&sent));
    assert_eq!((booking.state, booking.cancelled), (BookingState::Pending, true));
    assert_eq!(push(&mut booking, Outcome::Cancelled, now()), NextStep::Done);
    assert_eq!((booking.state, booking.appointment), (BookingState::NotSent, None));
    // Nothing puts it back, and what stands in the book is taken out.
    let ours = practice();
    assert_eq!(corrections(&ours, [&booking], &[], now()), []);
    let found = corrections(&ours, [&booking], &[row_of(&booking)], now());
    let why = Happened::FoundNotCancelled;
    assert_eq!(found, [Correction::PushAgain { booking: "b1".to_owned(), why }]);
    booking.change(sent.clone(), planned, now());
    assert!(booking.wants(&sent) && !booking.cancelled);
    push(&mut booking, Outcome::Created, now());
    assert_eq!(booking.state, BookingState::Synced);
    // A visitor who has arrived stays in the book.
    let planned = booking.planned.clone();
    booking.change(kept, planned, now());
    assert_eq!(push(&mut booking, Outcome::Arrived, now()), NextStep::Failed);
    assert_eq!(booking.problem, Some(ProblemType::AppointmentArrived));
}

#[test]
fn a_booking_that_was_never_sent_waits_for_nobody_and_can_be_cancelled() {
    let start = date(2026, 12, 1).at(8, 15, 0, 0);
    let kept = Visit { send: false, ..visit(start) };
    let id = BookingId::parse("b1").unwrap();
    let planned = booking("b1", start).planned;
    let mut booking = Booking::accept(&practice(), id, kept, planned, &zone(), now());
    assert_eq!(booking.state, BookingState::NotSent);
    booking.wait(ProblemType::SiteOffline, None, now());
    assert_eq!((booking.state, booking.problem), (BookingState::NotSent, None));
    booking.cancel_unsent(now());
    assert_eq!((booking.state, booking.history.len()), (BookingState::NotSent, 2));
    assert!(booking.cancel(now()) && !booking.cancel(now()));
    booking.cancel_unsent(now());
    assert_eq!((booking.state, booking.held_back), (BookingState::Cancelled, false));
}

#[test]
fn a_taken_slot_is_asked_about_again_and_clears_up_by_itself() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    let followed = push(&mut booking, Outcome::Conflict, now());
    assert!(matches!(followed, NextStep::Again(at) if at > now()));
    assert_eq!(booking.state, BookingState::Conflict);
    assert_eq!(push(&mut booking, Outcome::Created, now()), NextStep::Done);
    assert_eq!((booking.state, booking.problem), (BookingState::Synced, None));
}

#[test]
fn an_answer_to_another_question_is_no_success() {
    let mut wanted = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    assert!(matches!(push(&mut wanted, Outcome::Cancelled, now()), NextStep::Failed));
    let mut cancelled = booking("b2", date(2026, 12, 1).at(8, 15, 0, 0));
    cancelled.cancel(now());
    assert!(matches!(push(&mut cancelled, Outcome::Created, now()), NextStep::Failed));
}

#[test]
fn an_answer_to_an_earlier_wish_settles_nothing() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    booking.mark_sent();
    assert!(booking.cancel(now()));
    assert_eq!(booking.apply(pushed(Outcome::Created), now()), NextStep::Again(now()));
    assert_eq!((booking.state, booking.appointment), (BookingState::Pending, Some(7)));
    assert_eq!(push(&mut booking, Outcome::Cancelled, now()), NextStep::Done);
    assert_eq!(booking.state, BookingState::Cancelled);
}

#[test]
fn a_visit_that_has_begun_is_not_put_in_but_can_be_taken_out() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    let begun = booking.planned.starts_at;
    assert!(booking.is_too_late(begun) && !booking.is_too_late(now()));
    booking.cancel(now());
    assert!(!booking.is_too_late(begun));
}

#[test]
fn a_visit_that_was_too_late_for_the_book_has_failed_and_stands_nowhere() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut booking, Outcome::Created, now());
    let begun = booking.planned.starts_at;
    booking.mark_sent();
    let nowhere = Pushed {
        outcome: Outcome::TooLate,
        appointment: None,
        created: None,
        outside_sessions: None,
        in_way: Vec::new(),
    };
    assert_eq!(booking.apply(nowhere, begun), NextStep::Failed);
    assert_eq!(booking.state, BookingState::Failed);
    assert_eq!((booking.problem, booking.appointment), (Some(ProblemType::StartPassed), None));
}

#[test]
fn a_long_history_keeps_its_beginning_and_its_end() {
    let mut booking = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    for minute in 0..500 {
        push(&mut booking, Outcome::Conflict, now() + SignedDuration::from_mins(minute));
    }
    assert!(booking.history.len() <= 60);
    assert_eq!(booking.history[0].what, Happened::Accepted);
    assert_eq!(booking.history.last().unwrap().at, now() + SignedDuration::from_mins(499));
}

#[test]
fn a_push_takes_out_of_its_way_only_what_is_wanted_elsewhere_in_the_same_bp() {
    let nine = date(2026, 12, 1).at(9, 0, 0, 0);
    let ten = date(2026, 12, 1).at(10, 0, 0, 0);
    let at = |id: &str, start: DateTime| {
        let mut at = booking(id, start);
        push(&mut at, Outcome::Created, now());
        at
    };
    let moved = |mut booking: Booking, start: DateTime| {
        let (visit, token) = (visit(start), booking.token.clone());
        let planned = visit.plan(&settings(), USER, &site(), &token).unwrap();
        booking.change(visit, planned, now());
        booking
    };
    let mut mover = moved(at("mover", nine), ten);
    assert!(mover.minds_others());
    let leaving = moved(at("leaving", ten), nine);
    let mut cancelled = at("cancelled", ten);
    cancelled.cancel(now());
    let staying = moved(at("staying", ten), date(2026, 12, 1).at(10, 5, 0, 0));
    let elsewhere = moved(at("elsewhere", nine), date(2026, 12, 2).at(9, 0, 0, 0));
    let mut of_another_bp = leaving.clone();
    of_another_bp.token = Token::of(&practice(), &BookingId::parse("b9").unwrap());
    of_another_bp.planned.site = SiteId::parse("71002").unwrap().into();
    let open =
        [leaving.clone(), cancelled.clone(), staying.clone(), elsewhere, of_another_bp.clone()];
    assert_eq!(mover.consider_others(&open, now()), None);
    assert_eq!(mover.lifts, [leaving.token.clone(), cancelled.token.clone()]);
    // An appointment that Bp names stays in the way unless it is known to leave.
    for stays in [&staying, &of_another_bp] {
        let mut named = mover.clone();
        named.in_way = vec![stays.token.clone(), leaving.token.clone()];
        assert!(named.consider_others(&open, now()).is_some_and(|again_at| again_at > now()));
        assert_eq!((named.lifts.len(), &named.blocked_by), (0, &vec![stays.token.clone()]));
        assert_eq!(named.problem, Some(ProblemType::SlotTaken));
    }
    let unknown_place = Booking { slot_in_bp: None, ..leaving };
    let mut named = Booking { in_way: vec![unknown_place.token.clone()], ..mover.clone() };
    assert_eq!(named.consider_others(std::slice::from_ref(&unknown_place), now()), None);
    assert_eq!(named.lifts, std::slice::from_ref(&unknown_place.token));
    // The choice was never sent, so it is made again: a booking that was leaving may have come back.
    assert!(named.minds_others());
    assert_eq!(named.consider_others(&[], now()), None);
    assert_eq!(named.lifts, []);
    mover.cancel(now());
    assert!(!mover.minds_others(), "cancelled, it is in nobody's way");
}

#[test]
fn a_place_is_free_once_bp_says_that_the_visit_left_it() {
    let mut before = booking("b1", date(2026, 12, 1).at(9, 0, 0, 0));
    push(&mut before, Outcome::Created, now());
    let slot = before.planned.placement.slot();
    assert_eq!((before.freed(&before), before.slot_in_bp.as_ref()), (None, Some(&slot)));
    let waits = |start| {
        let mut waits = booking("b2", start);
        push(&mut waits, Outcome::Conflict, now());
        waits
    };
    assert!(waits(date(2026, 12, 1).at(8, 50, 0, 0)).waits_for(&slot));
    for beside in [date(2026, 12, 1).at(8, 45, 0, 0), date(2026, 12, 1).at(9, 15, 0, 0)] {
        assert!(!waits(beside).waits_for(&slot), "{beside}");
    }
    for (outcome, cancels, frees) in [
        (Outcome::Unchanged, false, false),
        (Outcome::Conflict, false, false),
        (Outcome::Arrived, false, false),
        (Outcome::Cancelled, true, true),
        (Outcome::TooLate, false, true),
    ] {
        let mut after = before.clone();
        if cancels {
            after.cancel(now());
        }
        push(&mut after, outcome, now());
        assert_eq!(before.freed(&after), frees.then_some(&slot), "{outcome:?}");
    }
}

#[test]
fn an_appointments_number_is_forgotten_with_the_bp_that_gave_it() {
    let elsewhere = |booking: &Booking| Planned {
        site: SiteId::parse("71999").unwrap().into(),
        ..booking.planned.clone()
    };
    let mut changed = booking("b1", date(2026, 12, 1).at(8, 15, 0, 0));
    push(&mut changed, Outcome::Created, now());
    assert!(changed.appointment.is_some());
    let mut resent = changed.clone();
    let same = changed.planned.clone();
    changed.change(changed.visit.clone(), same.clone(), now());
    resent.resend(Some(same), now());
    assert!(changed.appointment.is_some() && resent.appointment.is_some(), "the same Bp");
    changed.change(changed.visit.clone(), elsewhere(&changed), now());
    resent.resend(Some(elsewhere(&resent)), now());
    assert_eq!((changed.appointment, resent.appointment), (None, None));
}
