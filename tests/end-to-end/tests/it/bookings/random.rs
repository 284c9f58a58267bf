//! Bookings, changes, cancellations, hands in Bp and failures of Halo at random: in the end Bp's book
//! is the record. `BOOKING_OPERATIONS` and `BOOKING_SEED` choose how many and which.

use std::collections::BTreeMap;

use end_to_end::TestStack;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::{Book, DOCTOR, OTHER, at, book, eventually, quiet_day, reaches, ready, visit};
use crate::steps::LARGE;

/// Day, time and length of an appointment.
type Standing = (String, i64, i64);

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn whatever_happens_bps_book_is_the_record_in_the_end() {
    let operations = from_environment("BOOKING_OPERATIONS").unwrap_or(60);
    let seed = from_environment("BOOKING_SEED").unwrap_or_else(rand::random);
    #[expect(clippy::print_stdout, reason = "a failure is repeated with these")]
    {
        println!("BOOKING_SEED={seed} BOOKING_OPERATIONS={operations}");
    }
    let mut dice = StdRng::seed_from_u64(seed);

    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    // What is wanted of each booking; each has quarters of an hour of its own, so that none stand in
    // one another's way.
    let mut wanted: BTreeMap<u32, Option<Value>> = BTreeMap::new();
    for _ in 0..operations {
        let number = dice.random_range(0..12_u32);
        let id = format!("visit-{number}");
        match dice.random_range(0..10) {
            0..=4 => {
                let (day, hour) = (quiet_day(dice.random_range(0..3)), 8 + number % 6);
                let minute = 30 * (number / 6) + 15 * dice.random_range(0..2);
                let doctor = if dice.random_bool(0.5) { DOCTOR } else { OTHER };
                let mut visit = visit(doctor, &at(day, &format!("{hour:02}:{minute:02}")));
                visit["durationMinutes"] = json!(dice.random_range(5..=15));
                visit["notes"] = json!(format!("random-{number}."));
                book(&practice, &id, &visit).await;
                wanted.insert(number, Some(visit));
            }
            5 | 6 if wanted.contains_key(&number) => {
                practice.platform.delete(&format!("/bookings/{id}")).await;
                wanted.insert(number, None);
            }
            7 => {
                let hands = [
                    "UPDATE APPOINTMENTS SET RECORDSTATUS = 4",
                    "UPDATE APPOINTMENTS SET APPOINTMENTTIME = APPOINTMENTTIME + 36000",
                    "DELETE FROM APPOINTMENTS",
                ];
                let hand = hands[dice.random_range(0..hands.len())];
                let sql = format!("{hand} WHERE instr(REASON, ' random-{number}. [') > 0");
                book_of_bp.open().execute(&sql, []).unwrap();
            }
            8 => {
                let effects = [
                    "503",
                    "504AfterExecution",
                    "504BeforeExecution",
                    "dropAfter",
                    "uploadFailed",
                    "500",
                ];
                let effect = effects[dice.random_range(0..effects.len())];
                let fault = json!({ "operation": "query", "effect": effect, "times": 1 });
                bp.faults(json!([fault])).await;
            }
            _ => {
                let availability = if dice.random_bool(0.5) { "offline" } else { "online" };
                bp.set_practice(LARGE, json!({ "availability": availability })).await;
            }
        }
    }
    bp.no_faults().await;
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    let state = |visit: &Option<Value>| if visit.is_some() { "synced" } else { "cancelled" };
    for (number, visit) in &wanted {
        reaches(&practice, &format!("visit-{number}"), state(visit)).await;
    }
    // Hands in Bp came after the last push of some.
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    let expected: Vec<(u32, Option<Standing>)> = wanted
        .iter()
        .map(|(number, visit)| {
            let row = visit.as_ref().map(|visit| {
                let start = visit["start"].as_str().unwrap();
                let (day, time) = start.split_once('T').unwrap();
                let (hour, minute) = time.split_once(':').unwrap();
                let seconds =
                    hour.parse::<i64>().unwrap() * 3600 + minute.parse::<i64>().unwrap() * 60;
                (day.to_owned(), seconds, visit["durationMinutes"].as_i64().unwrap() * 60)
            });
            (*number, row)
        })
        .collect();
    eventually(&format!("the book is the record (BOOKING_SEED={seed})"), || {
        expected.iter().all(|(number, row)| {
            let found: Vec<_> = book_of_bp
                .live(&format!(" random-{number}. ["))
                .into_iter()
                .map(|(_, _, day, time, length)| (day, time, length))
                .collect();
            found.iter().eq(row)
        })
    })
    .await;
    for (number, visit) in &wanted {
        reaches(&practice, &format!("visit-{number}"), state(visit)).await;
    }
}
