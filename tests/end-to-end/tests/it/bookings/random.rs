//! Five practices' bookings while everything happens at once. The platform books, moves and cancels. People
//! in Bp change and delete appointments, and visitors arrive. Sites go offline, Halo fails in every way
//! that it can, and writers are killed. Afterwards it is quiet, and Bp's books must match the platform's
//! record, except for visits that have arrived. The test is seeded: `BOOKING_SEED`, `BOOKING_OPERATIONS`
//! and `BOOKING_STORMS` (the number of seeds from that one on) repeat a run or enlarge it.

#![expect(clippy::print_stdout, reason = "a random test says its seed and what it did")]

mod clinic;
mod hands;
mod record;
mod weather;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use end_to_end::{Bp, TestStack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use support::{pause, until};
use tokio::task::JoinSet;

use self::clinic::Clinic;
use self::record::BOOKINGS;
use self::weather::Weather;
use super::statements;

/// Operations of all practices together.
const OPERATIONS: usize = 300;
/// The longest time between two operations at a practice, in milliseconds.
const PAUSE: u64 = 1000;
/// The most operations at each practice while there is an effect that no call has met.
const MORE: usize = 40;
/// Bookings of a practice before the storm.
const EARLY: u32 = 6;
/// The longest time until every book is right, once it is quiet.
const PATIENCE: Duration = Duration::from_secs(180);
/// The interval here for jobs that run every minute in production.
const ROUND: Duration = Duration::from_secs(5);
/// The pause between two checks of the books.
const LOOK: Duration = Duration::from_millis(500);

/// How often each operation was done.
type Counts = BTreeMap<&'static str, usize>;

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn add(counts: &mut Counts, more: Counts) {
    for (what, times) in more {
        *counts.entry(what).or_default() += times;
    }
}

/// Does one operation at a practice, and returns what it was.
async fn operation(
    stack: &TestStack,
    bp: &Bp<'_>,
    weather: &Weather,
    clinic: &mut Clinic,
    dice: &mut StdRng,
) -> &'static str {
    let number = dice.random_range(0..BOOKINGS);
    match dice.random_range(0..100) {
        0..=30 => clinic.book(number, dice).await,
        31..=40 => clinic.cancel(number).await,
        41..=43 => clinic.resend(number).await,
        44 => clinic.resend_all().await,
        45..=47 => {
            stack.run_job("reconcile", Some(&clinic.practice.practice_id)).await;
            "reconciled meanwhile"
        }
        48..=67 => clinic.hand(dice),
        68..=71 => clinic.occupy(number, dice),
        72..=91 => weather.strike(bp, clinic.site(), dice).await,
        92..=98 => weather::outage(bp, clinic.site(), dice).await,
        _ => weather::kill(stack),
    }
}

#[tokio::test]
async fn whatever_happens_each_book_is_the_record_in_the_end_but_for_what_arrived() {
    let operations = from_environment("BOOKING_OPERATIONS").unwrap_or(OPERATIONS);
    let seed: u64 = from_environment("BOOKING_SEED").unwrap_or_else(rand::random);
    let storms = from_environment("BOOKING_STORMS").unwrap_or(1);
    let stack = TestStack::shared().await;
    for seed in (seed..).take(storms) {
        println!("bookings: BOOKING_SEED={seed} BOOKING_OPERATIONS={operations}");
        storm_and_quiet(stack, seed, operations).await;
    }
}

async fn storm_and_quiet(stack: &'static TestStack, seed: u64, operations: usize) {
    let mut dice = StdRng::seed_from_u64(seed);
    let bp = Arc::new(stack.exclusive().await);
    let began = Instant::now();
    let sites = clinic::sites(&bp).await;
    let mut clinics = Vec::new();
    for site in &sites {
        clinics.push(Clinic::open(stack, &bp, site).await);
    }
    for clinic in &mut clinics {
        for number in 0..EARLY {
            clinic.book(number, &mut dice).await;
        }
    }
    let early = EARLY as usize * clinics.len();
    until("bookings arrive in fair weather", PATIENCE, async || {
        match on_their_way(&clinics).await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    println!("bookings: {} practices have {early} in {:.0?}", clinics.len(), began.elapsed());

    // The storm.
    let began = Instant::now();
    let clock = tokio::spawn(async {
        loop {
            round(stack).await;
        }
    });
    let weather = Arc::new(Weather::shuffled(&mut dice));
    let each = operations.saturating_sub(early) / clinics.len();
    let mut storm = JoinSet::new();
    for mut clinic in clinics {
        let mut dice = StdRng::seed_from_u64(dice.random());
        let (bp, weather) = (Arc::clone(&bp), Arc::clone(&weather));
        storm.spawn(async move {
            let mut counts = Counts::new();
            for _ in 0..each {
                let what = operation(stack, &bp, &weather, &mut clinic, &mut dice).await;
                *counts.entry(what).or_default() += 1;
                let length = Duration::from_millis(dice.random_range(0..PAUSE));
                pause("the storm goes on", length).await;
            }
            // Makes calls for the effects that no call has met.
            for number in (0..BOOKINGS).cycle().take(MORE) {
                weather::clear(&bp, clinic.site()).await;
                let Some(new) = weather.strike_anew(&bp, clinic.site(), &mut dice).await else {
                    break;
                };
                let wish = match dice.random_bool(0.7) {
                    true => clinic.book(number, &mut dice).await,
                    false => clinic.cancel(number).await,
                };
                for what in [new, wish] {
                    *counts.entry(what).or_default() += 1;
                }
                let length = Duration::from_millis(dice.random_range(0..PAUSE));
                pause("the storm goes on", length).await;
            }
            (clinic, counts)
        });
    }
    let (mut clinics, mut counts) = (Vec::new(), Counts::new());
    while let Some(ended) = storm.join_next().await {
        let (clinic, more) = ended.unwrap();
        clinics.push(clinic);
        add(&mut counts, more);
    }
    let (met, unmet) = weather.met(&bp).await;
    println!(
        "bookings: stormy for {:.0?}: {counts:?}\nbookings: met by Halo's calls: {met:?}",
        began.elapsed()
    );
    println!("bookings: met by no call: {unmet:?}");
    assert!(met.values().sum::<u64>() > 0, "nothing went wrong at all");

    // Quiet.
    let began = Instant::now();
    bp.no_faults().await;
    for clinic in &clinics {
        weather::clear(&bp, clinic.site()).await;
        clinic.vacate();
    }
    let all_known = || async {
        for clinic in &clinics {
            if clinic.on_their_way().await > 0 {
                return false;
            }
        }
        true
    };
    while !all_known().await {
        assert!(
            began.elapsed() < PATIENCE,
            "bookings are still on their way (BOOKING_SEED={seed})"
        );
        round(stack).await;
    }
    println!("bookings: nothing on its way after {:.0?}", began.elapsed());
    for clinic in &clinics {
        stack.run_job("reconcile", Some(&clinic.practice.practice_id)).await;
    }
    let mut resent = Counts::new();
    loop {
        let mut wrong = Vec::new();
        for clinic in &mut clinics {
            wrong.extend(clinic.differences().await);
            add(&mut resent, clinic.resend_failed().await);
        }
        if wrong.is_empty() {
            break;
        }
        let known = wrong.join("\n");
        assert!(began.elapsed() < PATIENCE, "BOOKING_SEED={seed}:\n{known}");
        pause("each round resends something, and the practices get time to go on", LOOK).await;
    }
    println!("bookings: as it should be after {:.0?}, resent {resent:?}", began.elapsed());

    // Books that are right stay as they are: one query for each book, and nothing more.
    let mark = bp.mark().await;
    for clinic in &clinics {
        stack.run_job("reconcile", Some(&clinic.practice.practice_id)).await;
    }
    let looks = || async { statements(&bp.queries_since(mark).await) };
    until(&format!("somebody looks at the books (BOOKING_SEED={seed})"), PATIENCE, async || {
        let looks = looks().await;
        if looks.len() < clinics.len() { Err(looks.join(", ")) } else { Ok(()) }
    })
    .await;
    clock.abort();
    assert!(looks().await.iter().all(|statement| statement == "appointment_book"));
    let mut ends = Counts::new();
    for clinic in &clinics {
        assert_eq!(clinic.differences().await, Vec::<String>::new(), "BOOKING_SEED={seed}");
        add(&mut ends, clinic.ends());
    }
    println!("bookings: in the end {}", json!(ends));
    stack.assert_nothing_denied().await;
}

/// How many bookings are not in a final state yet.
async fn on_their_way(clinics: &[Clinic]) -> usize {
    let mut open = 0;
    for clinic in clinics {
        open += clinic.on_their_way().await;
    }
    open
}

/// What EventBridge Scheduler does every minute.
async fn round(stack: &TestStack) {
    stack.run_job("sweep", None).await;
    pause("the scheduler's minute", ROUND).await;
}
