//! Visits that swap places, as platforms send them: one request after the other.

use end_to_end::{TestPractice, TestStack};
use serde_json::{Value, json};

use super::{Book, DOCTOR, OTHER, at, book, quiet_day, reaches, ready, visit};

/// A visit whose representative has this letter as name.
fn of(letter: &str, doctor: &str, start: &str) -> Value {
    let mut visit = visit(doctor, start);
    visit["representative"]["name"] = json!(format!("Rep {letter} Made-Up"));
    visit
}

/// The place of a letter's appointment: user and seconds since midnight.
fn stands(book: &Book, letter: &str) -> Vec<(i64, i64)> {
    let live = book.live(&format!("Rep {letter} Made-Up"));
    live.into_iter().map(|(user, _, _, time, _)| (user, time)).collect()
}

async fn put(practice: &TestPractice, letter: &str, doctor: &str, start: &str) {
    book(practice, letter, &of(letter, doctor, start)).await;
}

#[tokio::test]
async fn two_visits_three_in_a_ring_and_two_doctors_change_places() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let (book_of_bp, day) = (Book::of(stack), quiet_day(0));
    let seconds = |hour: i64, minute: i64| (hour * 60 + minute) * 60;
    for (letter, doctor, time) in
        [("a", DOCTOR, "09:00"), ("b", DOCTOR, "09:15"), ("c", OTHER, "09:00")]
    {
        put(&practice, letter, doctor, &at(day, time)).await;
        reaches(&practice, letter, "synced").await;
    }
    let rounds = [
        // Two visits of one doctor.
        [("a", DOCTOR, "09:15"), ("b", DOCTOR, "09:00"), ("c", OTHER, "09:00")],
        // A ring of three visits, with two doctors.
        [("a", OTHER, "09:00"), ("b", DOCTOR, "09:15"), ("c", DOCTOR, "09:00")],
        // Two doctors swap their visits.
        [("a", DOCTOR, "09:00"), ("b", DOCTOR, "09:15"), ("c", OTHER, "09:00")],
    ];
    for round in rounds {
        for (letter, doctor, time) in round {
            put(&practice, letter, doctor, &at(day, time)).await;
        }
        for (letter, doctor, time) in round {
            reaches(&practice, letter, "synced").await;
            let user = if doctor == DOCTOR { 1 } else { 2 };
            let minute: i64 = time[3..].parse().unwrap();
            assert_eq!(stands(&book_of_bp, letter), [(user, seconds(9, minute))], "{round:?}");
        }
    }
}

#[tokio::test]
async fn a_visit_in_anothers_place_names_it_and_goes_there_as_soon_as_it_is_free() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let (book_of_bp, day) = (Book::of(stack), quiet_day(0));
    put(&practice, "a", DOCTOR, &at(day, "10:00")).await;
    put(&practice, "b", DOCTOR, &at(day, "10:15")).await;
    reaches(&practice, "a", "synced").await;
    reaches(&practice, "b", "synced").await;
    put(&practice, "a", DOCTOR, &at(day, "10:15")).await;
    let conflict = reaches(&practice, "a", "conflict").await;
    assert_eq!(conflict.text_at("/problem/type"), "slot-taken");
    assert_eq!(*conflict.at("/blockedBy"), json!(["b"]));
    assert_eq!(stands(&book_of_bp, "a"), [(1, 36_000)], "it stays until then");
    // Its next planned attempt is minutes away, and it must not wait for that.
    practice.platform.delete("/bookings/b").await.assert_status(202);
    let synced = reaches(&practice, "a", "synced").await;
    assert_eq!(*synced.at("/blockedBy"), Value::Null);
    assert_eq!(stands(&book_of_bp, "a"), [(1, 36_900)]);
    assert_eq!(stands(&book_of_bp, "b"), []);
}
