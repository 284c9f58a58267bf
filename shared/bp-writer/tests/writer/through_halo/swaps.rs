//! Visits that change places: two, rings and chains of any length, across practitioners.

use bp_writer::{Kind as _, NoCommand, Verdict};
use domain::booking::{Booking, BookingState, Visit};
use domain::problem::ProblemType;
use domain::settings::DurationMinutes;
use halo::Command;
use jiff::civil::{DateTime, date};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::through_halo::{Bench, accepted, now, planned_for, visit};

/// Practitioners of the made-up practice.
const DOCTORS: [i64; 3] = [1, 2, 3];
const BOOKINGS: usize = 8;
const LONGEST: i64 = 30;

/// A place in the book: the doctor, and when it begins.
type Place = (i64, DateTime);

/// How a query ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Answered,
    AnswerLost,
    NeverRan,
}

/// The practice's bookings, and what a writer does with them.
struct Book<'a> {
    bench: &'a Bench,
    bookings: Vec<Booking>,
    /// Which bookings are open.
    open: Vec<bool>,
    /// Which bookings must be looked up.
    doubtful: Vec<bool>,
    queries: usize,
}

impl<'a> Book<'a> {
    fn new(bench: &'a Bench, bookings: Vec<Booking>) -> Self {
        let all = bookings.len();
        let (open, doubtful) = (vec![true; all], vec![false; all]);
        Self { bench, bookings, open, doubtful, queries: 0 }
    }

    /// Works on a booking as the writer does: as long as it is due and nothing fails.
    async fn step(&mut self, index: usize, mut fate: impl FnMut() -> Fate) {
        while self.open[index] {
            let failed = fate();
            self.try_once(index, failed).await;
            if failed != Fate::Answered {
                return;
            }
        }
    }

    async fn try_once(&mut self, index: usize, fate: Fate) {
        let before = self.bookings[index].clone();
        let kind = &self.bench.kind;
        if self.doubtful[index] {
            self.queries += 1;
            let rows = self.bench.live(&self.bookings[index]).await;
            self.doubtful[index] = false;
            let found = kind.read_lookup(&mut self.bookings[index], &rows, now()).unwrap();
            self.open[index] = found.is_none();
            self.wake(&before, index);
            return;
        }
        let others = self.bookings.iter().zip(&self.open).enumerate();
        // A booking that waits for minutes is open as well.
        let others = others.filter(|(other, (booking, open))| {
            *other != index && (**open || booking.state == BookingState::Conflict)
        });
        let others: Vec<Booking> = others.map(|(_, (booking, _))| booking.clone()).collect();
        let booking = &mut self.bookings[index];
        if kind.depends_on_others(booking)
            && let Err(stop) = kind.consider_others(booking, &others, now())
        {
            assert!(matches!(stop, NoCommand::Verdict(Verdict::Blocked { .. })), "{stop:?}");
            self.open[index] = false;
            return;
        }
        let command = kind.command(booking, now()).await.unwrap();
        self.queries += 1;
        if fate == Fate::NeverRan {
            return;
        }
        let rows = self.bench.ask(&command).await;
        if fate == Fate::AnswerLost {
            self.doubtful[index] = true;
            return;
        }
        let verdict = kind.read(booking, &rows, now()).unwrap();
        // A booking that is blocked for minutes is not due. One to be tried again at once is due.
        let due = bp_writer::Verdict::Blocked { again_at: now() };
        self.open[index] = verdict == due;
        self.wake(&before, index);
    }

    /// Wakes the bookings that wait for a place that this change has freed.
    fn wake(&mut self, before: &Booking, index: usize) {
        let after = &self.bookings[index];
        for (other, open) in self.bookings.iter().zip(&mut self.open) {
            *open |= self.bench.kind.unblocks(before, after, other);
        }
    }

    /// Works on what is due, in any order, until nothing is due.
    async fn settle(&mut self, random: &mut ChaCha8Rng, fate: impl Fn(&mut ChaCha8Rng) -> Fate) {
        for _ in 0..500 {
            let due: Vec<usize> = (0..self.open.len()).filter(|index| self.open[*index]).collect();
            let Some(index) = due.choose(random) else { return };
            self.step(*index, || fate(random)).await;
        }
        panic!("the bookings do not come to rest");
    }

    /// Changes what is wanted of a booking.
    fn want(&mut self, index: usize, place: Option<Place>, minutes: i64) {
        let booking = &mut self.bookings[index];
        match place {
            Some((doctor, start)) => {
                let visit = lasting(start, minutes);
                let planned = planned_for(booking.booking_id.as_str(), doctor, &visit);
                booking.change(visit, planned, now());
            }
            None => {
                booking.cancel(now());
            }
        }
        self.open[index] = true;
    }
}

fn lasting(start: DateTime, minutes: i64) -> Visit {
    Visit { duration: Some(DurationMinutes::parse(minutes).unwrap()), ..visit(start) }
}

/// More places than there are bookings. No two overlap.
fn places() -> Vec<Place> {
    let times = (0..4)
        .map(|slot| date(2032, 5, 4).at(8, 0, 0, 0) + jiff::Span::new().minutes(slot * LONGEST));
    let times: Vec<DateTime> = times.collect();
    DOCTORS.iter().flat_map(|doctor| times.iter().map(|start| (*doctor, *start))).collect()
}

fn id(index: usize) -> String {
    format!("swap-{index}")
}

/// Changes any arrangement of eight bookings of three doctors into any other, in any order of pushes. The
/// book ends as wanted. If nothing fails, each changed booking costs one query.
async fn any_rearrangement(rounds: usize, fails: bool) {
    let seed =
        std::env::var("SWAP_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    #[expect(clippy::print_stdout, reason = "a random test prints its seed")]
    {
        println!("swaps: SWAP_SEED={seed}, {rounds} rearrangements, faults: {fails}");
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let bench = Bench::new().await;
    let mut book = Book::new(&bench, Vec::new());
    for (index, (doctor, start)) in places().into_iter().take(BOOKINGS).enumerate() {
        book.bookings.push(accepted(&id(index), doctor, &lasting(start, 15)));
        book.open.push(true);
        book.doubtful.push(false);
    }
    book.settle(&mut random, |_| Fate::Answered).await;
    let mut wanted: Vec<(Option<Place>, i64)> =
        places().into_iter().take(BOOKINGS).map(|place| (Some(place), 15)).collect();
    for round in 0..rounds {
        let mut places = places();
        places.shuffle(&mut random);
        let mut changed = 0;
        for (index, place) in places.into_iter().take(BOOKINGS).enumerate() {
            let place = random.random_ratio(7, 8).then_some(place);
            let minutes = *[10, 15, LONGEST].choose(&mut random).unwrap();
            if (place, minutes) != wanted[index] && (place.is_some() || wanted[index].0.is_some()) {
                book.want(index, place, minutes);
                changed += 1;
            }
            wanted[index] = (place, minutes);
        }
        let asked = book.queries;
        let fate = |random: &mut ChaCha8Rng| match random.random_range(0..10) {
            0 if fails => Fate::AnswerLost,
            1 if fails => Fate::NeverRan,
            _ => Fate::Answered,
        };
        book.settle(&mut random, fate).await;
        // After an interruption, a booking may wait minutes for its next attempt.
        for index in 0..BOOKINGS {
            book.open[index] |= fails && book.bookings[index].state == BookingState::Conflict;
        }
        book.settle(&mut random, |_| Fate::Answered).await;
        for (booking, (place, _)) in book.bookings.iter().zip(&wanted) {
            let expected =
                if place.is_some() { BookingState::Synced } else { BookingState::Cancelled };
            assert_eq!(booking.state, expected, "SWAP_SEED={seed}, round {round}: {booking:?}");
            let rows = bench.live(booking).await;
            assert_eq!(rows.len(), usize::from(place.is_some()), "SWAP_SEED={seed}, round {round}");
            let found = best_practice::read_lookup(booking, &rows).unwrap();
            assert!(found.iter().all(|row| row.is_at(&booking.planned.placement)), "round {round}");
        }
        if !fails {
            assert_eq!(book.queries - asked, changed, "SWAP_SEED={seed}, round {round}");
        }
    }
}

#[tokio::test]
async fn any_rearrangement_of_visits_ends_as_wanted_by_one_query_each() {
    any_rearrangement(40, false).await;
}

#[tokio::test]
async fn any_rearrangement_of_visits_ends_as_wanted_whatever_is_lost() {
    any_rearrangement(40, true).await;
}

/// Two bookings in the book, one after the other.
async fn two(bench: &Bench) -> (Book<'_>, ChaCha8Rng, [Place; 2]) {
    let places = [places()[0], places()[1]];
    let bookings = places.iter().enumerate();
    let bookings = bookings
        .map(|(index, (doctor, start))| accepted(&id(index), *doctor, &lasting(*start, 15)));
    let mut book = Book::new(bench, bookings.collect());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    book.settle(&mut random, |_| Fate::Answered).await;
    (book, random, places)
}

#[tokio::test]
async fn a_visit_waits_for_another_ones_place_and_takes_it_as_soon_as_that_one_moves() {
    let bench = Bench::new().await;
    let (mut book, mut random, places) = two(&bench).await;
    book.want(0, Some(places[1]), 15);
    book.settle(&mut random, |_| Fate::Answered).await;
    let first = &book.bookings[0];
    assert_eq!(
        (first.state, first.problem),
        (BookingState::Conflict, Some(ProblemType::SlotTaken))
    );
    assert_eq!(first.blocked_by, [book.bookings[1].token.clone()]);
    let asked = book.queries;
    book.want(1, Some(crate::through_halo::swaps::places()[2]), 15);
    book.settle(&mut random, |_| Fate::Answered).await;
    let states: Vec<_> = book.bookings.iter().map(|booking| booking.state).collect();
    assert_eq!(states, [BookingState::Synced; 2]);
    assert_eq!(book.bookings[0].blocked_by, []);
    assert_eq!(book.queries - asked, 2);
}

#[tokio::test]
async fn a_visit_that_gives_its_place_away_and_finds_a_patient_at_its_new_one_stands_nowhere() {
    let bench = Bench::new().await;
    let (mut book, mut random, [first, second]) = two(&bench).await;
    let third = places()[2];
    let patient = format!(
        "EXEC dbo.BP_AddAppointmentEx @aptdate = '{}', @apttime = {}, @appointmenttype = 1, @aptlen = 900, \
         @practitionerid = {}, @patientid = 1, @reason = '', @loginid = 0, @locationid = 1, @videourl = NULL",
        third.1.date(),
        third.1.time().duration_since(jiff::civil::Time::midnight()).as_secs(),
        third.0,
    );
    bench.ask(&Command::text(patient)).await;
    book.want(0, Some(second), 15);
    book.want(1, Some(third), 15);
    book.settle(&mut random, |_| Fate::Answered).await;
    let [moved, without] = &book.bookings[..] else { panic!("two bookings") };
    assert_eq!(moved.state, BookingState::Synced);
    assert_eq!(without.state, BookingState::Conflict);
    assert_eq!(without.problem, Some(ProblemType::SlotTaken));
    assert_eq!(without.blocked_by, [], "the patient is not named");
    assert_eq!(bench.live(without).await.len(), 0);
    // It goes back to where it was if the platform wants that.
    book.want(1, Some(first), 15);
    book.settle(&mut random, |_| Fate::Answered).await;
    assert_eq!(book.bookings[1].state, BookingState::Synced);
}

#[tokio::test]
async fn a_visit_that_has_arrived_is_in_the_way_of_another_one_like_a_patient() {
    let bench = Bench::new().await;
    let (mut book, mut random, [first, second]) = two(&bench).await;
    let arrived = book.bookings[1].appointment.unwrap();
    let arrive =
        format!("UPDATE dbo.APPOINTMENTS SET ARRIVALTIME = 36000 WHERE RECORDID = {arrived}");
    bench.ask(&Command::text(arrive)).await;
    book.want(0, Some(second), 15);
    book.want(1, Some(first), 15);
    book.settle(&mut random, |_| Fate::Answered).await;
    assert_eq!(book.bookings[1].problem, Some(ProblemType::AppointmentArrived));
    assert_eq!(bench.live(&book.bookings[1]).await.len(), 1);
    assert_eq!(book.bookings[0].state, BookingState::Conflict);
}
