//! Visits to several attendants, from the platform's request to Bp's book and back.

mod book;

use std::collections::BTreeSet;

use jiff::civil::date;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use self::book::Book;
use super::super::{Attendance, Representative};
use super::*;
use crate::BpText;
use crate::ids::{BpUserId, LocationId, SiteId};
use crate::problem::ProblemType;
use crate::settings::{BookingSettings, DurationMinutes, Settings};

fn practice() -> PracticeId {
    PracticeId::parse("ours").unwrap()
}

fn id() -> BookingId {
    BookingId::parse("b1").unwrap()
}

fn zone() -> PracticeTimeZone {
    PracticeTimeZone::parse("Australia/Brisbane").unwrap()
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn number(doctor: i64) -> AhpraNumber {
    AhpraNumber::parse(&format!("MED{doctor}")).unwrap()
}

/// A visit to one doctor, or to several, of whom at least so many must have room.
fn visit(doctors: &[i64], at_least: usize, hour: i8) -> Visit {
    let text = |text| BpText::parse(text, 100).unwrap();
    let numbers: Vec<_> = doctors.iter().map(|doctor| number(*doctor)).collect();
    let attendance = (numbers.len() > 1)
        .then(|| Attendance::new(numbers.clone()).unwrap().at_least(at_least as i64).unwrap());
    Visit {
        ahpra_number: numbers.iter().min().unwrap().clone(),
        attendance,
        start: date(2027, 3, 2).at(hour, 0, 0, 0),
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example") },
        notes: None,
        send: true,
    }
}

fn planned(known: Option<&Together>, visit: &Visit) -> Vec<Planned> {
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
    let marks = Together::marks(known, &practice(), &id(), visit);
    let plan = |(number, mark): (&AhpraNumber, &Token)| {
        let user = BpUserId(number.as_str()[3..].parse().unwrap());
        visit.to(number).plan(&settings, user, &site, mark).unwrap()
    };
    visit.numbers().iter().zip(&marks).map(plan).collect()
}

fn accepted(visit: &Visit) -> Together {
    let planned = planned(None, visit);
    Together::accept(&practice(), &id(), visit, &planned, &zone(), now()).unwrap()
}

fn change(together: &mut Together, visit: &Visit) {
    let planned = planned(Some(together), visit);
    together.change(&practice(), visit, &planned, &zone(), now());
}

fn resend(together: &mut Together) {
    let planned = planned(Some(together), &together.record.visit);
    together.resend(&planned, now());
}

fn random() -> (u64, ChaCha8Rng) {
    let seed = std::env::var("TOGETHER_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    (seed, ChaCha8Rng::seed_from_u64(seed))
}

#[test]
fn each_attendant_has_a_part_with_a_mark_of_its_own_under_the_bookings_id() {
    let whole = accepted(&visit(&[2, 1], 1, 9));
    assert_eq!((whole.record.role, whole.parts.len()), (Role::Whole, 2));
    let ids: Vec<_> = whole.parts.iter().map(Booking::entry_id).collect();
    assert_eq!(ids, ["b1.MED1", "b1.MED2"]);
    assert!(ids.iter().all(|id| BookingId::parse(id).is_err()), "nobody can ask for it");
    let tokens: BTreeSet<_> = whole.parts.iter().map(|part| &part.token).collect();
    assert_eq!(tokens.len(), 2);
    for part in &whole.parts {
        assert!(part.planned.placement.reason.ends_with(&part.token.marker()));
        assert_eq!((part.role, &part.booking_id), (Role::Attendant, &id()));
    }
    let alone = accepted(&visit(&[1], 1, 9));
    assert_eq!((alone.record.role, alone.parts.len()), (Role::Alone, 0));
}

#[test]
fn all_attendants_who_have_room_are_in_the_book_and_platforms_are_told_once() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2, 3], 1, 9)));
    book.taken.insert((2, 9));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (3, 9)]);
    assert_eq!(book.told, [(BookingState::Synced, None)]);
    let states: Vec<_> = whole.record.attendants.iter().map(|it| (it.state, it.problem)).collect();
    let (synced, taken) = (BookingState::Synced, ProblemType::SlotTaken);
    assert_eq!(states, [(synced, None), (BookingState::Conflict, Some(taken)), (synced, None)]);
    // The attendant who had no room has room later: no further event is published.
    book.taken.clear();
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9), (3, 9)]);
    assert_eq!(book.told.len(), 1);
}

#[test]
fn with_too_few_attendants_nobody_stays_in_the_book_until_a_slot_is_free() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2, 3], 3, 9)));
    book.taken.insert((2, 9));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), []);
    let too_few = (BookingState::Conflict, Some(ProblemType::TooFewAttendants));
    assert_eq!(book.told, [too_few]);
    let withdrawn: Vec<_> = whole.record.attendants.iter().map(|it| it.withdrawn).collect();
    assert_eq!(withdrawn, [true, false, true]);
    assert!(whole.record.attendants[1].stands_in_the_way());
    book.taken.clear();
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9), (3, 9)]);
    assert_eq!(book.told, [too_few, (BookingState::Synced, None)]);
}

#[test]
fn one_resend_tries_all_attendants_again() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2], 2, 9)));
    book.taken.insert((1, 9));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), []);
    book.taken.clear();
    resend(&mut whole);
    assert!(whole.parts.iter().all(|part| !part.withdrawn && part.state == BookingState::Pending));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9)]);
    assert_eq!(whole.record.state, BookingState::Synced);
}

#[test]
fn a_changed_list_cancels_who_left_adds_who_came_and_pushes_nobody_else() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2], 1, 9)));
    book.settle(&mut whole, &mut random);
    let pushed = book.pushes;
    change(&mut whole, &visit(&[2, 3], 1, 9));
    let shown = |whole: &Together| {
        let shown = whole.record.attendants.iter();
        shown.map(|it| (it.ahpra_number.as_str().to_owned(), it.cancelled)).collect::<Vec<_>>()
    };
    let all = [("MED1", true), ("MED2", false), ("MED3", false)];
    assert_eq!(shown(&whole), all.map(|(number, gone)| (number.to_owned(), gone)));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(2, 9), (3, 9)]);
    assert_eq!(book.pushes - pushed, 2);
    assert_eq!(shown(&whole).len(), 2, "who has left is no attendant");
    // And back to the former attendants.
    change(&mut whole, &visit(&[1, 2], 1, 9));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9)]);
    assert_eq!(book.told, [(BookingState::Synced, None); 3], "once for each wish");
}

#[test]
fn attendants_are_moved_together_and_cancelled_together() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2, 3], 2, 9)));
    book.settle(&mut whole, &mut random);
    change(&mut whole, &visit(&[1, 2, 3], 2, 10));
    book.taken.insert((3, 10));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 10), (2, 10)], "nobody stays behind at the old time");
    assert!(whole.cancel(now()) && !whole.cancel(now()));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), []);
    assert_eq!(whole.record.state, BookingState::Cancelled);
    let told: Vec<_> = book.told.iter().map(|(state, _)| *state).collect();
    assert_eq!(told, [BookingState::Synced, BookingState::Synced, BookingState::Cancelled]);
}

#[test]
fn attendants_are_held_back_together_and_sent_together() {
    let (_, mut random) = random();
    let kept = Visit { send: false, ..visit(&[1, 2], 1, 9) };
    let (mut book, mut whole) = (Book::default(), accepted(&kept));
    assert_eq!(whole.record.state, BookingState::NotSent);
    book.settle(&mut whole, &mut random);
    assert_eq!((book.users(), book.pushes), (vec![], 0), "it was sent");
    assert_eq!(book.told, [], "the answer to the request said so");
    change(&mut whole, &visit(&[1, 2], 1, 9));
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9)]);
    change(&mut whole, &kept);
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), []);
    assert_eq!(whole.record.state, BookingState::NotSent);
    let shown: Vec<_> = whole.record.attendants.iter().map(|it| it.cancelled).collect();
    assert_eq!(shown, [false, false]);
    assert!(whole.cancel(now()));
    book.settle(&mut whole, &mut random);
    let told: Vec<_> = book.told.iter().map(|(state, _)| *state).collect();
    assert_eq!(told, [BookingState::Synced, BookingState::NotSent, BookingState::Cancelled]);
}

#[test]
fn a_visit_to_one_becomes_one_to_several_and_its_appointment_stays() {
    let (_, mut random) = random();
    let (mut book, mut both) = (Book::default(), accepted(&visit(&[2], 1, 9)));
    book.push(&mut both.record);
    let mark = both.record.token.clone();
    let pushed = book.pushes;
    change(&mut both, &visit(&[1, 2], 2, 9));
    let part = both.parts.iter().find(|part| part.visit.ahpra_number == number(2)).unwrap();
    assert_eq!((&part.token, part.state), (&mark, BookingState::Synced));
    assert_eq!(both.record.appointment, None);
    book.settle(&mut both, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9)]);
    assert_eq!(book.pushes - pushed, 1);
    // Back to one attendant, a different one.
    change(&mut both, &visit(&[3], 1, 9));
    book.settle(&mut both, &mut random);
    assert_eq!(book.users(), [(3, 9)]);
    assert_eq!((both.record.state, both.record.appointment), (BookingState::Synced, Some(7)));
    // A visit to one reports its own obstacle, and stays at its old time until there is room.
    book.taken.insert((3, 10));
    change(&mut both, &visit(&[3], 1, 10));
    book.settle(&mut both, &mut random);
    let record = &both.record;
    assert_eq!(
        (record.state, record.problem),
        (BookingState::Conflict, Some(ProblemType::SlotTaken))
    );
    assert_eq!(book.users(), [(3, 9)]);
}

#[test]
fn a_former_attendant_who_could_not_be_taken_out_is_tried_again_with_the_rest() {
    let stuck = || {
        let mut whole = accepted(&visit(&[1, 2], 1, 9));
        change(&mut whole, &visit(&[2, 3], 1, 9));
        let former = &mut whole.parts[0];
        assert_eq!((former.visit.ahpra_number.clone(), former.cancelled), (number(1), true));
        former.state = BookingState::Failed;
        whole
    };
    let mut resent = stuck();
    resend(&mut resent);
    let mut moved = stuck();
    change(&mut moved, &visit(&[2, 3], 1, 10));
    let mut cancelled = stuck();
    assert!(cancelled.cancel(now()));
    for whole in [resent, moved, cancelled] {
        let former = &whole.parts[0];
        assert_eq!((former.state, former.cancelled), (BookingState::Pending, true));
    }
}

#[test]
fn a_visit_that_is_found_missing_is_put_back_and_platforms_are_told_so() {
    let (_, mut random) = random();
    let (mut book, mut whole) = (Book::default(), accepted(&visit(&[1, 2], 2, 9)));
    book.settle(&mut whole, &mut random);
    let missing = whole.parts[0].token.clone();
    book.standing.remove(&missing);
    whole.parts[0].put_back(super::super::Happened::FoundMissing, now());
    whole.record.part_put_back(super::super::Happened::FoundMissing, now());
    assert_eq!(whole.record.state, BookingState::Pending);
    book.settle(&mut whole, &mut random);
    assert_eq!(book.users(), [(1, 9), (2, 9)]);
    assert!(whole.record.was_put_back());
    assert_eq!(book.told.len(), 2);
    // If somebody only books over it later, nothing is put back.
    whole.parts[0].overbooked(now());
    book.combine(&mut whole);
    assert_eq!(whole.record.problem, Some(ProblemType::Overbooked));
    assert_eq!(book.users().len(), 2, "people decide which one stays");
    whole.parts[0].found_as_wanted(now());
    book.combine(&mut whole);
    assert_eq!(whole.record.state, BookingState::Synced);
    assert!(!whole.record.was_put_back());
    assert_eq!(book.told.len(), 4);
}

#[test]
fn whatever_platforms_and_patients_do_everybody_who_has_room_is_visited_or_nobody_is() {
    let (seed, mut random) = random();
    #[expect(clippy::print_stdout, reason = "a random test prints its seed")]
    {
        println!("together: TOGETHER_SEED={seed}");
    }
    for round in 0..400 {
        let mut book = Book::default();
        let wish = |random: &mut ChaCha8Rng| {
            let mut doctors: Vec<i64> = (1..=5).filter(|_| random.random_bool(0.6)).collect();
            if doctors.is_empty() {
                doctors.push(1);
            }
            let at_least = random.random_range(1..=doctors.len());
            visit(&doctors, at_least, random.random_range(9..=10))
        };
        let first = loop {
            let first = wish(&mut random);
            if first.attendance.is_some() {
                break first;
            }
        };
        let mut whole = accepted(&first);
        for _ in 0..6 {
            match random.random_range(0..10) {
                0..=3 => change(&mut whole, &wish(&mut random)),
                4 => {
                    whole.cancel(now());
                }
                5 if !whole.record.cancelled => resend(&mut whole),
                _ => {}
            }
            // Patients come and go, only at times without an appointment of these visits.
            for _ in 0..3 {
                let slot = (random.random_range(1..=5), random.random_range(9..=10));
                if !book.taken.remove(&slot) && !book.users().contains(&slot) {
                    book.taken.insert(slot);
                }
            }
            // Sometimes everything is sent before the next request.
            if random.random_bool(0.7) {
                book.settle(&mut whole, &mut random);
            }
        }
        book.settle(&mut whole, &mut random);
        let record = &whole.record;
        let hour = record.planned.placement.time / 3600;
        let numbers = record.visit.numbers();
        let users = numbers.iter().map(|number| number.as_str()[3..].parse::<i64>().unwrap());
        let room: Vec<_> =
            users.map(|user| (user, hour)).filter(|at| !book.taken.contains(at)).collect();
        let context = format!("TOGETHER_SEED={seed}, round {round}: {whole:#?}");
        if record.cancelled {
            assert_eq!(
                (book.users(), record.state),
                (vec![], BookingState::Cancelled),
                "{context}"
            );
        } else if room.len() >= record.visit.fewest() {
            assert_eq!((book.users(), record.state), (room, BookingState::Synced), "{context}");
        } else if record.visit.attendance.is_some() {
            assert_eq!((book.users(), record.state), (vec![], BookingState::Conflict), "{context}");
        }
    }
}

/// A booking as the previous release stored it.
const OLD: &str = r#"{
    "bookingId": "b1", "token": "PBAAAAAAABBBBBBBBBBBBBBBB",
    "visit": {
        "ahpraNumber": "MED1", "start": "2027-03-02T09:00:00", "duration": null,
        "representative": { "name": "Kim Made-Up", "company": "Example" }, "notes": null
    },
    "cancelled": false,
    "planned": {
        "site": "71001",
        "placement": {
            "user": 1, "location": 1, "day": "2027-03-02", "time": 32400, "length": 900, "kind": 1,
            "reason": "Online appointment. Rep visit: Kim Made-Up, Example [PBAAAAAAABBBBBBBBBBBBBBBB]"
        },
        "durationMinutes": 15, "startsAt": "2027-03-01T23:00:00Z"
    },
    "revision": 1, "asked": 1, "firstDay": "2026-10-31", "state": "synced", "appointment": 7,
    "problem": null, "nextAttemptAt": null, "acceptedAt": "2026-11-01T00:00:00Z",
    "history": [{ "at": "2026-11-01T00:00:00Z", "what": "accepted" }]
}"#;

#[test]
fn a_booking_of_the_release_before_is_read_and_may_get_more_attendants() {
    let old: Booking = serde_json::from_str(OLD).unwrap();
    assert_eq!((old.role, old.withdrawn, old.attendants.len()), (Role::Alone, false, 0));
    assert_eq!(old.entry_id(), "b1");
    let mut both = Together { record: old.clone(), parts: Vec::new() };
    change(&mut both, &visit(&[1, 2], 1, 9));
    assert_eq!(both.parts[0].token, old.token);
    assert_eq!(both.parts[0].appointment, Some(7));
    assert_eq!(both.parts.len(), 2);
}

#[test]
fn a_booking_with_one_attendant_is_kept_as_it_was_before() {
    let alone = accepted(&visit(&[1], 1, 9)).record;
    let written = serde_json::to_value(&alone).unwrap();
    let fields = ["role", "withdrawn", "attendants", "told"];
    assert!(fields.iter().all(|field| written.get(field).is_none()), "{written}");
    assert!(written["visit"].get("attendance").is_none());
    let whole = accepted(&visit(&[1, 2], 1, 9));
    for booking in whole.parts.iter().chain([&whole.record]) {
        let written = serde_json::to_value(booking).unwrap();
        assert_eq!(serde_json::from_value::<Booking>(written).unwrap(), *booking);
    }
}
