//! Bookings through Halo, against the simulator's practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod attendants;
mod swaps;

use std::sync::Arc;
use std::time::Duration;

use best_practice::{BpClient, StatementPack};
use bp_writer::Kind as _;
use bp_writer::bookings::Bookings;
use domain::BpText;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, BookingState, Planned, Representative, Visit};
use domain::ids::{BpUserId, HaloGuid, LocationId, PracticeId, SiteId};
use domain::problem::ProblemType;
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::staff::AhpraNumber;
use domain::time_zone::PracticeTimeZone;
use halo::{Call, Command, Deadline, FixedKeys, HaloClient, Keys, PmsName, Row, Uuid};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

struct Bench {
    _running: Running,
    halo: HaloClient,
    site: Uuid,
    kind: Bookings,
}

fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

impl Bench {
    async fn new() -> Self {
        let running = Simulator::start(Options::default()).await.unwrap();
        let keys = FixedKeys(Keys {
            primary: running.primary_key().to_owned().into(),
            secondary: Some(running.secondary_key().to_owned().into()),
        });
        let http = local_client().unwrap();
        let halo = HaloClient::new(http.clone(), running.url().parse().unwrap(), Arc::new(keys));
        let site_id = running.practices()[0].site_id.clone();
        let url = format!("{}/practices/{site_id}/pairing-codes", running.control_url());
        let issued: Value = http.post(url).send().await.unwrap().json().await.unwrap();
        let code = issued["pairingCode"].as_str().unwrap();
        let paired = halo.pair_site(PmsName::BestPractice, &site_id, Some(code), ample()).await;
        let kind = Bookings::new(StatementPack::load(None).unwrap());
        Self { _running: running, halo, site: paired.unwrap().id, kind }
    }

    async fn ask(&self, command: &Command) -> Vec<Row> {
        let answer = self.halo.immediate(self.site, command, Call::Write, ample()).await.unwrap();
        answer.sets.into_iter().next_back().unwrap_or_default()
    }

    /// Sends what is wanted now, and settles the booking by the answer.
    async fn push(&self, booking: &mut Booking, now: Timestamp) {
        let command = self.kind.command(booking, now).await.unwrap();
        let rows = self.ask(&command).await;
        self.kind.read(booking, &rows, now).unwrap();
    }

    /// Live appointments with the booking's mark.
    async fn live(&self, booking: &Booking) -> Vec<Row> {
        self.ask(&self.kind.lookup(booking)).await
    }
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn zone() -> PracticeTimeZone {
    PracticeTimeZone::parse("Australia/Brisbane").unwrap()
}

fn visit(start: DateTime) -> Visit {
    let text = |text| BpText::parse(text, 100).unwrap();
    Visit {
        attendance: None,
        ahpra_number: AhpraNumber::parse("MED9990000001").unwrap(),
        start,
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example") },
        notes: None,
        send: true,
    }
}

fn booking(start: DateTime) -> Booking {
    accepted("b1", 1, &visit(start))
}

fn accepted(id: &str, user: i64, visit: &Visit) -> Booking {
    let practice = PracticeId::parse("ours").unwrap();
    let planned = planned_for(id, user, visit);
    let id = BookingId::parse(id).unwrap();
    Booking::accept(&practice, id, visit.clone(), planned, &zone(), now())
}

fn planned(start: DateTime) -> Planned {
    planned_for("b1", 1, &visit(start))
}

fn planned_for(id: &str, user: i64, visit: &Visit) -> Planned {
    let practice = PracticeId::parse("ours").unwrap();
    planned_with(&Token::of(&practice, &BookingId::parse(id).unwrap()), user, visit)
}

fn planned_with(token: &Token, user: i64, visit: &Visit) -> Planned {
    let settings = Settings {
        time_zone: Some(zone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(1)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    };
    let site = SiteId::parse("71001").unwrap().into();
    visit.plan(&settings, BpUserId(user), &site, token).unwrap()
}

/// A Tuesday in a year for which the made-up practice has booked nothing.
fn tuesday(hour: i8) -> DateTime {
    date(2031, 3, 4).at(hour, 0, 0, 0)
}

#[tokio::test]
async fn a_visit_that_is_moved_while_the_practice_is_away_leaves_no_old_appointment_behind() {
    let bench = Bench::new().await;
    let mut moved = booking(tuesday(16));
    bench.push(&mut moved, now()).await;
    assert_eq!(moved.state, BookingState::Synced);
    moved.change(visit(tuesday(9)), planned(tuesday(9)), now());
    // The practice comes back after the new start, and before the old one.
    let late = moved.planned.starts_at + SignedDuration::from_hours(1);
    bench.push(&mut moved, late).await;
    assert_eq!(moved.state, BookingState::Failed);
    assert_eq!((moved.problem, moved.appointment), (Some(ProblemType::StartPassed), None));
    assert!(bench.live(&moved).await.is_empty());
}

#[tokio::test]
async fn a_visit_that_is_sent_again_while_the_practice_is_away_stays_where_it_is() {
    let bench = Bench::new().await;
    let mut resent = booking(tuesday(10));
    bench.push(&mut resent, now()).await;
    let appointment = resent.appointment;
    resent.resend(None, now());
    let late = resent.planned.starts_at + SignedDuration::from_hours(1);
    bench.push(&mut resent, late).await;
    assert_eq!((resent.state, resent.appointment), (BookingState::Synced, appointment));
    assert_eq!(bench.live(&resent).await.len(), 1);
}

#[tokio::test]
async fn a_visit_that_is_not_sent_any_more_leaves_the_book_and_comes_back_when_it_is_sent() {
    let bench = Bench::new().await;
    let start = tuesday(12);
    let mut held_back = booking(start);
    bench.push(&mut held_back, now()).await;
    held_back.change(Visit { send: false, ..visit(start) }, planned(start), now());
    bench.push(&mut held_back, now()).await;
    assert_eq!((held_back.state, held_back.appointment), (BookingState::NotSent, None));
    assert!(bench.live(&held_back).await.is_empty());
    // Moved and sent.
    held_back.change(visit(tuesday(13)), planned(tuesday(13)), now());
    bench.push(&mut held_back, now()).await;
    assert_eq!(held_back.state, BookingState::Synced);
    assert_eq!(bench.live(&held_back).await.len(), 1);
}

#[tokio::test]
async fn a_visit_that_is_cancelled_after_it_has_begun_is_taken_out() {
    let bench = Bench::new().await;
    let mut cancelled = booking(tuesday(11));
    bench.push(&mut cancelled, now()).await;
    cancelled.cancel(now());
    let late = cancelled.planned.starts_at + SignedDuration::from_hours(1);
    bench.push(&mut cancelled, late).await;
    assert_eq!(cancelled.state, BookingState::Cancelled);
    assert!(bench.live(&cancelled).await.is_empty());
}

#[tokio::test]
async fn a_slot_that_was_given_to_a_patient_stays_the_patients() {
    let bench = Bench::new().await;
    let mut given = booking(tuesday(14));
    bench.push(&mut given, now()).await;
    let id = given.appointment.unwrap();
    let give = format!("UPDATE dbo.APPOINTMENTS SET INTERNALID = 1 WHERE RECORDID = {id}");
    bench.ask(&Command::text(give)).await;
    // The comparison of the book with the record does not see it.
    let bp = BpClient::new(bench.halo.clone(), StatementPack::load(None).unwrap());
    let (ours, today) = (PracticeId::parse("ours").unwrap(), date(2026, 11, 1));
    let book = bp.appointment_book(HaloGuid(bench.site), &ours, today, ample()).await;
    assert_eq!(book.unwrap().rows, []);
    given.resend(None, now());
    bench.push(&mut given, now()).await;
    assert_eq!(given.state, BookingState::Conflict);
    assert_eq!((given.problem, given.appointment), (Some(ProblemType::SlotTaken), None));
    given.cancel(now());
    bench.push(&mut given, now()).await;
    assert_eq!(given.state, BookingState::Cancelled);
    let look = format!("SELECT RECORDSTATUS AS S FROM dbo.APPOINTMENTS WHERE RECORDID = {id}");
    assert_eq!(bench.ask(&Command::text(look)).await[0].int("S"), Ok(1), "still in the book");
}
