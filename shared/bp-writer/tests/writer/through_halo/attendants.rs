//! Visits to several attendants, against the simulator's practice.

use std::collections::{BTreeMap, BTreeSet};

use aws::events::EventKind;
use bp_writer::{Kind as _, NoCommand, Verdict};
use domain::booking::token::Token;
use domain::booking::{
    Attendance, Booking, BookingId, BookingState, Planned, Role, Together, Visit,
};
use domain::ids::PracticeId;
use domain::problem::ProblemType;
use domain::staff::AhpraNumber;
use halo::Command;
use jiff::civil::{DateTime, Time, date};
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::booking_entry;

use crate::through_halo::{Bench, now, planned_with, visit, zone};

/// Practitioners of the made-up practice, by their ids in Bp.
const DOCTORS: [i64; 3] = [1, 2, 3];

fn practice() -> PracticeId {
    PracticeId::parse("ours").unwrap()
}

fn id() -> BookingId {
    BookingId::parse("clinic").unwrap()
}

fn number(doctor: i64) -> AhpraNumber {
    AhpraNumber::parse(&format!("MED999000000{doctor}")).unwrap()
}

/// A Wednesday for which the made-up practice has booked nothing.
fn at(hour: i8) -> DateTime {
    date(2033, 6, 8).at(hour, 0, 0, 0)
}

fn to(doctors: &[i64], at_least: i64, hour: i8) -> Visit {
    let mut numbers: Vec<_> = doctors.iter().map(|doctor| number(*doctor)).collect();
    numbers.sort_unstable();
    let ahpra_number = numbers[0].clone();
    let several = numbers.len() > 1;
    let attendance = several.then(|| Attendance::new(numbers).unwrap().at_least(at_least).unwrap());
    Visit { ahpra_number, attendance, ..visit(at(hour)) }
}

fn planned(known: Option<&Together>, visit: &Visit) -> Vec<Planned> {
    let marks = Together::marks(known, &practice(), &id(), visit);
    let of = |(number, mark): (&AhpraNumber, &Token)| {
        let user = number.as_str()[12..].parse().unwrap();
        planned_with(mark, user, &visit.to(number))
    };
    visit.numbers().iter().zip(&marks).map(of).collect()
}

/// A booking with its parts, and a writer that pushes them one by one.
struct Clinic<'a> {
    bench: &'a Bench,
    together: Together,
    /// Parts whose last answer was lost.
    doubtful: BTreeSet<Token>,
    /// The events that were published.
    told: Vec<EventKind>,
    queries: usize,
}

/// How a query ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Answered,
    AnswerLost,
    NeverRan,
}

impl<'a> Clinic<'a> {
    fn new(bench: &'a Bench, visit: &Visit) -> Self {
        let planned = planned(None, visit);
        let together =
            Together::accept(&practice(), &id(), visit, &planned, &zone(), now()).unwrap();
        let (doubtful, told) = (BTreeSet::new(), Vec::new());
        Self { bench, together, doubtful, told, queries: 0 }
    }

    fn want(&mut self, visit: &Visit) {
        let planned = planned(Some(&self.together), visit);
        self.together.change(&practice(), visit, &planned, &zone(), now());
    }

    /// Combines the parts, as the writer does after each change of a part.
    fn combine(&mut self) {
        let Together { record, parts } = &mut self.together;
        let mut whole = booking_entry(record, now());
        let mut entries: Vec<_> = parts.iter().map(|part| booking_entry(part, now())).collect();
        let event = self.bench.kind.combine(&mut whole, &mut entries, now());
        *record = whole.body;
        for (part, entry) in parts.iter_mut().zip(entries) {
            *part = entry.body;
        }
        let synced = event == Some(EventKind::BookingSynced);
        assert!(!synced || !record.cancelled, "a cancelled booking is called synced");
        self.told.extend(event);
    }

    async fn push(&mut self, index: usize, fate: Fate) {
        let kind = &self.bench.kind;
        let others: Vec<Booking> = self.together.parts.clone();
        let part = &mut self.together.parts[index];
        let before = part.clone();
        if self.doubtful.remove(&part.token) {
            self.queries += 1;
            let rows = self.bench.ask(&kind.lookup(part)).await;
            kind.read_lookup(part, &rows, now()).unwrap();
        } else {
            if kind.depends_on_others(part) {
                kind.consider_others(part, &others, now()).unwrap();
            }
            let command = match kind.command(part, now()).await {
                Ok(command) => command,
                Err(NoCommand::Verdict(Verdict::Done)) => return self.combine(),
                Err(other) => panic!("{other:?}"),
            };
            if fate != Fate::NeverRan {
                self.queries += 1;
                let rows = self.bench.ask(&command).await;
                match fate {
                    Fate::AnswerLost => drop(self.doubtful.insert(part.token.clone())),
                    _ => drop(kind.read(part, &rows, now()).unwrap()),
                }
            }
        }
        assert_eq!(kind.event(&before, &self.together.parts[index]), None, "the whole is told");
        self.combine();
    }

    /// Pushes what is due, in any order, until nothing is due. Then pushes once more what has no room.
    async fn settle(&mut self, random: &mut ChaCha8Rng, fate: impl Fn(&mut ChaCha8Rng) -> Fate) {
        assert!(self.pushes(400, random, fate).await, "it does not rest: {:?}", self.together);
    }

    /// Makes at most so many pushes. Returns whether nothing is due any more.
    async fn pushes(
        &mut self,
        most: usize,
        random: &mut ChaCha8Rng,
        fate: impl Fn(&mut ChaCha8Rng) -> Fate,
    ) -> bool {
        self.combine();
        let mut retried: BTreeMap<Token, usize> = BTreeMap::new();
        for _ in 0..most {
            let due: Vec<usize> = (0..self.together.parts.len())
                .filter(|index| {
                    let part = &self.together.parts[*index];
                    let again = part.state == BookingState::Conflict
                        && retried.get(&part.token).copied().unwrap_or_default() < 3;
                    part.state == BookingState::Pending || again
                })
                .collect();
            let Some(index) = due.choose(random) else { return true };
            let part = &self.together.parts[*index];
            if part.state == BookingState::Conflict {
                *retried.entry(part.token.clone()).or_default() += 1;
            }
            let fate = fate(random);
            self.push(*index, fate).await;
        }
        false
    }

    /// The appointments in Bp's book that carry the mark of a part: the doctor and the hour.
    async fn stand(&self) -> Vec<(i64, i64)> {
        let mut stand = Vec::new();
        for part in &self.together.parts {
            let rows = self.bench.live(part).await;
            assert!(rows.len() < 2, "twice in the book: {part:?}");
            for row in best_practice::read_lookup(part, &rows).unwrap() {
                stand.push((row.user, row.time / 3600));
            }
        }
        stand.sort_unstable();
        stand
    }
}

/// Somebody at the practice books a patient.
async fn occupy(bench: &Bench, doctor: i64, hour: i8) {
    let start = at(hour);
    bench
        .ask(&Command::text(format!(
            "EXEC dbo.BP_AddAppointmentEx @aptdate = '{}', @apttime = {}, @appointmenttype = 1, @aptlen = 900, \
             @practitionerid = {doctor}, @patientid = 1, @reason = '', @loginid = 0, @locationid = 1, @videourl = NULL",
            start.date(),
            start.time().duration_since(Time::midnight()).as_secs(),
        )))
        .await;
}

/// The practice clears its patients' appointments of the day.
async fn vacate(bench: &Bench) {
    let day = at(9).date();
    let sql = format!(
        "UPDATE dbo.APPOINTMENTS SET RECORDSTATUS = 4 WHERE INTERNALID = 1 AND APPOINTMENTDATE = '{day}'"
    );
    bench.ask(&Command::text(sql)).await;
}

fn random() -> (u64, ChaCha8Rng) {
    let seed = std::env::var("ATTENDANTS_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    (seed, ChaCha8Rng::seed_from_u64(seed))
}

fn answered(_: &mut ChaCha8Rng) -> Fate {
    Fate::Answered
}

#[tokio::test]
async fn attendants_are_booked_moved_changed_and_cancelled_by_one_query_each() {
    let bench = Bench::new().await;
    let (_, mut random) = random();
    let mut clinic = Clinic::new(&bench, &to(&[1, 2], 2, 9));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, [(1, 9), (2, 9)]);
    assert_eq!(clinic.queries, 2);
    clinic.want(&to(&[1, 2], 2, 10));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, [(1, 10), (2, 10)]);
    assert_eq!(clinic.queries, 4);
    // One attendant leaves, one comes, one stays.
    clinic.want(&to(&[2, 3], 2, 10));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, [(2, 10), (3, 10)]);
    assert_eq!(clinic.queries, 6);
    clinic.together.cancel(now());
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, []);
    assert_eq!(clinic.queries, 8);
    let synced = EventKind::BookingSynced;
    assert_eq!(clinic.told, [synced, synced, synced, EventKind::BookingCancelled]);
}

#[tokio::test]
async fn with_too_few_attendants_all_are_taken_out_again_and_come_back_when_a_slot_is_free() {
    let bench = Bench::new().await;
    let (_, mut random) = random();
    occupy(&bench, 2, 9).await;
    let mut clinic = Clinic::new(&bench, &to(&DOCTORS, 3, 9));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, []);
    let record = &clinic.together.record;
    assert_eq!(
        (record.state, record.problem),
        (BookingState::Conflict, Some(ProblemType::TooFewAttendants))
    );
    let in_the_way: Vec<_> = record
        .attendants
        .iter()
        .filter(|attendant| attendant.stands_in_the_way())
        .map(|attendant| attendant.ahpra_number.clone())
        .collect();
    assert_eq!(in_the_way, [number(2)]);
    vacate(&bench).await;
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, [(1, 9), (2, 9), (3, 9)]);
    assert_eq!(clinic.told, [EventKind::BookingConflict, EventKind::BookingSynced]);
}

#[tokio::test]
async fn a_move_that_has_room_for_enough_leaves_nobody_behind_at_the_old_time() {
    let bench = Bench::new().await;
    let (_, mut random) = random();
    let mut clinic = Clinic::new(&bench, &to(&DOCTORS, 2, 9));
    clinic.settle(&mut random, answered).await;
    occupy(&bench, 3, 10).await;
    clinic.want(&to(&DOCTORS, 2, 10));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, [(1, 10), (2, 10)]);
    assert_eq!(clinic.together.record.state, BookingState::Synced);
    // If nobody can be spared, all leave both times.
    clinic.want(&to(&DOCTORS, 3, 10));
    clinic.settle(&mut random, answered).await;
    assert_eq!(clinic.stand().await, []);
    assert_eq!(clinic.together.record.problem, Some(ProblemType::TooFewAttendants));
}

#[tokio::test]
async fn every_attendant_stands_in_the_book_once_whatever_is_lost() {
    let (seed, mut random) = random();
    #[expect(clippy::print_stdout, reason = "a random test prints its seed")]
    {
        println!("attendants: ATTENDANTS_SEED={seed}");
    }
    let bench = Bench::new().await;
    let mut clinic = Clinic::new(&bench, &to(&[1, 2], 1, 9));
    for round in 0..40 {
        let doctors: Vec<i64> = DOCTORS.into_iter().filter(|_| random.random_ratio(2, 3)).collect();
        let taken = (*DOCTORS.choose(&mut random).unwrap(), random.random_range(9..=10_i8));
        let busy =
            random.random_bool(0.4) && !clinic.stand().await.contains(&(taken.0, taken.1.into()));
        if busy {
            occupy(&bench, taken.0, taken.1).await;
        }
        let lossy = |random: &mut ChaCha8Rng| match random.random_range(0..6) {
            0 => Fate::AnswerLost,
            1 => Fate::NeverRan,
            _ => Fate::Answered,
        };
        // A change that is soon replaced: some of its pushes may still be running, or lost.
        let soon_other = *[0, 1, 3].choose(&mut random).unwrap();
        if soon_other > 0 {
            clinic.want(&to(&DOCTORS[random.random_range(0..3)..], 1, random.random_range(9..=10)));
            clinic.pushes(soon_other, &mut random, lossy).await;
        }
        if doctors.is_empty() {
            clinic.together.cancel(now());
        } else {
            let fewest = i64::try_from(doctors.len()).unwrap();
            let at_least = random.random_range(1..=fewest);
            clinic.want(&to(&doctors, at_least, random.random_range(9..=10)));
        }
        clinic.settle(&mut random, lossy).await;
        clinic.settle(&mut random, answered).await;
        let record = &clinic.together.record;
        let hour = record.planned.placement.time / 3600;
        let free = |doctor: &i64| !busy || (*doctor, hour) != (taken.0, i64::from(taken.1));
        let room: Vec<_> =
            doctors.iter().filter(|doctor| free(doctor)).map(|doctor| (*doctor, hour)).collect();
        let stand = clinic.stand().await;
        let context = format!("ATTENDANTS_SEED={seed}, round {round}: {record:#?}");
        let alone = record.visit.attendance.is_none();
        if record.cancelled {
            assert_eq!((stand, record.state), (vec![], BookingState::Cancelled), "{context}");
        } else if room.len() >= record.visit.fewest() {
            assert_eq!((stand, record.state), (room, BookingState::Synced), "{context}");
        } else if alone {
            assert_eq!(record.state, BookingState::Conflict, "{context}");
        } else {
            assert_eq!((stand, record.state), (vec![], BookingState::Conflict), "{context}");
        }
        assert_eq!(record.role, Role::Whole);
        vacate(&bench).await;
        clinic.settle(&mut random, answered).await;
    }
}
