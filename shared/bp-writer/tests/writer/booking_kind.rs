//! How bookings read Bp's answers.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use aws::events::EventKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use best_practice::StatementPack;
use bp_writer::bookings::Bookings;
use bp_writer::{FailReason, Kind, NoCommand, Status, Verdict, WaitReason};
use domain::BpText;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, BookingState, Happened, Representative, Visit};
use domain::ids::{BpUserId, LocationId, PracticeId, SiteId};
use domain::problem::ProblemType;
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::staff::AhpraNumber;
use domain::time_zone::PracticeTimeZone;
use halo::Row;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use store::work::ParkReason;

fn kind() -> Bookings {
    Bookings::new(StatementPack::load(None).unwrap())
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn booking() -> Booking {
    let practice = PracticeId::parse("ours").unwrap();
    let id = BookingId::parse("b1").unwrap();
    let text = |text| BpText::parse(text, 100).unwrap();
    let zone = PracticeTimeZone::parse("Australia/Brisbane").unwrap();
    let settings = Settings {
        time_zone: Some(zone.clone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(1)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    };
    let visit = Visit {
        attendance: None,
        ahpra_number: AhpraNumber::parse("MED9990000001").unwrap(),
        start: date(2027, 3, 2).at(9, 0, 0, 0),
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example") },
        notes: None,
        send: true,
    };
    let token = Token::of(&practice, &id);
    let planned = visit
        .plan(&settings, BpUserId(1), &SiteId::parse("71001").unwrap().into(), &token)
        .unwrap();
    Booking::accept(&practice, id, visit, planned, &zone, now())
}

fn rows(rows: Value) -> Vec<Row> {
    halo::rows::decode(&STANDARD.encode(rows.to_string())).unwrap().into_iter().flatten().collect()
}

fn answer(outcome: &str, appointment: Value) -> Vec<Row> {
    rows(json!([{ "Outcome": outcome, "AppointmentId": appointment,
        "Created": "2027-03-01 09:30:00.000", "Sessions": "inside" }]))
}

/// The appointment as it stands in Bp.
fn standing(booking: &Booking, time: i64, arrived: i64) -> Vec<Row> {
    rows(json!([{
        "AppointmentId": 7, "Created": "2027-03-01 09:30:00.000", "UserId": 1, "LocationId": 1, "Day": "2027-03-02", "Time": time,
        "Length": 900, "TypeCode": 1, "Reason": booking.planned.placement.reason, "Arrived": arrived,
    }]))
}

#[test]
fn bps_answer_to_what_was_asked_last_settles_the_booking() {
    let mut pushed = booking();
    pushed.mark_sent();
    let before = pushed.clone();
    let verdict = kind().read(&mut pushed, &answer("created", json!(7)), now()).unwrap();
    assert_eq!((verdict, pushed.state), (Verdict::Done, BookingState::Synced));
    assert_eq!(pushed.appointment, Some(7));
    assert_eq!(kind().event(&before, &pushed), Some(EventKind::BookingSynced));
}

#[test]
fn an_answer_to_an_earlier_wish_leaves_the_newer_one_on_its_way() {
    let mut pushed = booking();
    pushed.mark_sent();
    pushed.cancel(now());
    let before = pushed.clone();
    let verdict = kind().read(&mut pushed, &answer("created", json!(7)), now());
    assert_eq!(verdict, Ok(Verdict::Blocked { again_at: now() }), "it is sent now");
    assert_eq!(pushed.state, BookingState::Pending);
    assert_eq!(kind().event(&before, &pushed), None);
}

#[test]
fn what_is_sent_again_while_an_earlier_push_is_under_way_is_sent_after_it() {
    let mut pushed = booking();
    pushed.mark_sent();
    pushed.resend(None, now());
    let verdict = kind().read(&mut pushed, &answer("created", json!(7)), now());
    assert_eq!(verdict, Ok(Verdict::Blocked { again_at: now() }));
    pushed.mark_sent();
    let verdict = kind().read(&mut pushed, &answer("updated", json!(7)), now());
    assert_eq!((verdict, pushed.state), (Ok(Verdict::Done), BookingState::Synced));
}

#[test]
fn a_conflict_is_told_once_and_stays_open() {
    let mut pushed = booking();
    pushed.mark_sent();
    let before = pushed.clone();
    let verdict = kind().read(&mut pushed, &answer("conflict", Value::Null), now()).unwrap();
    assert!(matches!(verdict, Verdict::Blocked { again_at } if again_at > now()));
    assert_eq!(kind().event(&before, &pushed), Some(EventKind::BookingConflict));
    let again = pushed.clone();
    pushed.put_back(Happened::TriedAgain, now());
    pushed.mark_sent();
    let later = kind().read(&mut pushed, &answer("conflict", Value::Null), now()).unwrap();
    assert_eq!(kind().event(&again, &pushed), None);
    let wait = |verdict| match verdict {
        Verdict::Blocked { again_at } => again_at.duration_since(now()),
        other => panic!("{other:?}"),
    };
    assert!(wait(later) > wait(verdict), "what is in the way mostly stays there");
}

#[test]
fn an_answer_that_makes_no_sense_is_an_error_and_changes_nothing() {
    let wrong = [
        answer("done", json!(7)),
        answer("created", Value::Null),
        answer("created", json!(0)),
        rows(json!([{ "AppointmentId": 7 }])),
        Vec::new(),
    ];
    for rows in wrong {
        let mut pushed = booking();
        pushed.mark_sent();
        let before = pushed.clone();
        assert!(kind().read(&mut pushed, &rows, now()).is_err(), "{rows:?}");
        assert_eq!(pushed, before);
    }
}

#[test]
fn after_a_lost_answer_only_what_stands_as_wanted_settles_it() {
    let mut pushed = booking();
    pushed.mark_sent();
    let nine = 9 * 3600;
    assert_eq!(kind().read_lookup(&mut pushed, &[], now()).unwrap(), None);
    let elsewhere = standing(&pushed, nine + 900, 0);
    assert_eq!(kind().read_lookup(&mut pushed, &elsewhere, now()).unwrap(), None);
    let there = standing(&pushed, nine, 0);
    assert_eq!(kind().read_lookup(&mut pushed, &there, now()).unwrap(), Some(Verdict::Done));
    assert_eq!(pushed.state, BookingState::Synced);

    pushed.cancel(now());
    pushed.mark_sent();
    assert_eq!(kind().read_lookup(&mut pushed, &there, now()).unwrap(), None);
    assert_eq!(kind().read_lookup(&mut pushed, &[], now()).unwrap(), Some(Verdict::Done));
    assert_eq!(pushed.state, BookingState::Cancelled);
}

#[test]
fn a_cancelled_visit_that_has_arrived_fails_and_is_left_alone() {
    let mut pushed = booking();
    pushed.cancel(now());
    pushed.mark_sent();
    let there = standing(&pushed, 9 * 3600, 1);
    assert_eq!(kind().read_lookup(&mut pushed, &there, now()).unwrap(), Some(Verdict::Refused));
    assert_eq!(pushed.problem, Some(ProblemType::AppointmentArrived));
}

/// The start of the booking.
fn begun(booking: &Booking) -> Timestamp {
    booking.planned.starts_at
}

#[tokio::test]
async fn a_visit_that_bp_never_heard_of_fails_without_a_query_once_it_has_begun() {
    let mut late = booking();
    let begun = begun(&late);
    assert!(matches!(
        kind().command(&mut late, begun).await,
        Err(NoCommand::Verdict(Verdict::Refused))
    ));
    assert_eq!(late.state, BookingState::Failed);
    assert_eq!(late.problem, Some(ProblemType::StartPassed));
}

#[tokio::test]
async fn a_visit_that_was_moved_and_then_begins_is_asked_about_once_more() {
    let mut moved = booking();
    moved.mark_sent();
    kind().read(&mut moved, &answer("created", json!(7)), now()).unwrap();
    moved.resend(None, now());
    let begun = begun(&moved);
    assert!(kind().command(&mut moved, begun).await.is_ok(), "Bp is not asked");
    let before = moved.clone();
    let verdict = kind().read(&mut moved, &answer("tooLate", Value::Null), begun).unwrap();
    assert_eq!((verdict, moved.state), (Verdict::Refused, BookingState::Failed));
    assert_eq!((moved.problem, moved.appointment), (Some(ProblemType::StartPassed), None));
    assert_eq!(kind().event(&before, &moved), Some(EventKind::BookingFailed));
}

#[test]
fn after_a_lost_answer_a_visit_that_has_begun_stays_only_where_it_belongs() {
    let mut lost = booking();
    lost.mark_sent();
    let (begun, nine) = (begun(&lost), 9 * 3600);
    let look = |booking: &mut Booking, rows: &[Row]| kind().read_lookup(booking, rows, begun);
    let elsewhere = standing(&lost, nine + 900, 0);
    assert_eq!(look(&mut lost, &elsewhere).unwrap(), None, "it is to be taken out");
    let there = standing(&lost, nine, 0);
    assert_eq!(look(&mut lost.clone(), &there).unwrap(), Some(Verdict::Done));
    let arrived = standing(&lost, nine + 900, 1);
    assert_eq!(look(&mut lost.clone(), &arrived).unwrap(), Some(Verdict::Done), "left alone");
    assert_eq!(look(&mut lost, &[]).unwrap(), Some(Verdict::Refused));
    assert_eq!(lost.problem, Some(ProblemType::StartPassed));
}

#[test]
fn a_practice_that_is_away_shows_as_waiting_until_it_is_sent() {
    let mut pushed = booking();
    let reason = WaitReason::Practice(ParkReason::Offline);
    kind().set_status(&mut pushed, &Status::Waiting { reason, next: None }, now());
    assert_eq!(pushed.state, BookingState::Waiting);
    assert_eq!(pushed.problem, Some(ProblemType::SiteOffline));
    kind().set_status(&mut pushed, &Status::Sending { attempt: 1 }, now());
    assert_eq!((pushed.state, pushed.problem), (BookingState::Pending, None));
    kind().set_status(&mut pushed, &Status::Failed(FailReason::Unverifiable), now());
    assert_eq!(pushed.state, BookingState::Failed);
}

#[test]
fn platforms_hear_what_was_put_back_and_a_cancelled_visit_is_never_called_synced() {
    let synced = |booking: &mut Booking, outcome: &str| {
        booking.mark_sent();
        let before = booking.clone();
        let appointment = if outcome == "cancelled" { Value::Null } else { json!(7) };
        kind().read(booking, &answer(outcome, appointment), now()).unwrap();
        kind().event(&before, booking)
    };
    let mut visit = booking();
    assert_eq!(synced(&mut visit, "created"), Some(EventKind::BookingSynced));
    for (why, outcome) in [(Happened::FoundMissing, "created"), (Happened::FoundChanged, "moved")] {
        visit.put_back(why, now());
        assert_eq!(synced(&mut visit, outcome), Some(EventKind::BookingRestored), "{why:?}");
    }
    // A change that the platform asks for is not a restoration, even after one.
    visit.resend(None, now());
    assert_eq!(synced(&mut visit, "updated"), Some(EventKind::BookingSynced));
    visit.cancel(now());
    assert_eq!(synced(&mut visit, "cancelled"), Some(EventKind::BookingCancelled));
    visit.put_back(Happened::FoundNotCancelled, now());
    assert_eq!(synced(&mut visit, "cancelled"), Some(EventKind::BookingCancelled));
}
