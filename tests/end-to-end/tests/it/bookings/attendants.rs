//! A visit to a whole clinic: one booking, an appointment for each attendant.

use end_to_end::{Answer, TestStack};
use serde_json::{Value, json};

use super::{Book, DOCTOR, OTHER, at, book, quiet_day, reaches, ready, statements, visit};
use crate::events::Platform;
use crate::steps::LARGE;

/// A visit to several attendants. At least this many of them must be free.
fn whole(attendants: &[&str], at_least: usize, start: &str) -> Value {
    let mut visit = visit(DOCTOR, start);
    let fields = visit.as_object_mut().unwrap();
    fields.remove("ahpraNumber");
    fields.insert("attendants".to_owned(), json!(attendants));
    fields.insert("atLeast".to_owned(), json!(at_least));
    visit
}

/// The appointments of a day: user and seconds since midnight.
fn stand(book: &Book) -> Vec<(i64, i64)> {
    let live = book.live("Zoë Made-Up");
    let mut stand: Vec<_> = live.into_iter().map(|(user, _, _, time, _)| (user, time)).collect();
    stand.sort_unstable();
    stand
}

fn states(answer: &Answer) -> Vec<(&str, &str)> {
    let attendants = answer.at("/attendants").as_array().unwrap();
    attendants
        .iter()
        .map(|it| (it["ahpraNumber"].as_str().unwrap(), it["state"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn two_attendants_of_one_booking_are_booked_moved_changed_and_cancelled_together() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let (book_of_bp, day) = (Book::of(stack), quiet_day(0));
    let (nine, ten) = (9 * 3600, 10 * 3600);

    let wanted = whole(&[OTHER, DOCTOR], 2, &at(day, "09:00"));
    let mark = bp.mark().await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let accepted = book(&practice, "clinic", &wanted).await;
    assert_eq!(states(&accepted), [(DOCTOR, "pending"), (OTHER, "pending")]);
    let waiting = reaches(&practice, "clinic", "waiting").await;
    assert_eq!(waiting.text_at("/problem/type"), "site-offline");
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    let synced = reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
    assert_eq!(states(&synced), [(DOCTOR, "synced"), (OTHER, "synced")]);
    assert_eq!(stand(&book_of_bp), [(1, nine), (2, nine)]);
    let mut sent = statements(&bp.queries_since(mark).await);
    // When a practice is back, its whole book is also compared, at the next minute.
    sent.retain(|statement| statement != "appointment_book");
    assert_eq!(sent, ["booking_push"; 2]);
    let appointments: Vec<_> =
        (0..2).map(|it| synced.at(&format!("/attendants/{it}/bpAppointmentId")).as_i64()).collect();
    assert!(appointments[0].is_some() && appointments[0] != appointments[1], "{}", synced.text);
    assert_eq!(*synced.at("/atLeast"), json!(2));
    assert!(synced.at("/ahpraNumber").is_null());

    // It is one booking. Its parts are not listed as bookings.
    let listed = practice.platform.get("/bookings").await;
    assert_eq!(listed.at("/items").as_array().unwrap().len(), 1, "{}", listed.text);
    assert_eq!(states(&practice.platform.get("/bookings/clinic").await).len(), 2);
    let part = practice.platform.get(&format!("/bookings/clinic.{DOCTOR}")).await;
    part.assert_problem(404, "not-found");
    practice
        .platform
        .put(&format!("/bookings/clinic.{DOCTOR}"), &visit(DOCTOR, &at(day, "11:00")))
        .await
        .assert_problem(400, "invalid-request");

    // The same request in another order sends no query.
    let mark = bp.mark().await;
    let same = whole(&[DOCTOR, OTHER], 2, &at(day, "09:00"));
    assert_eq!(book(&practice, "clinic", &same).await.at("/state"), "synced");
    assert!(statements(&bp.queries_since(mark).await).is_empty());

    book(&practice, "clinic", &whole(&[DOCTOR, OTHER], 2, &at(day, "10:00"))).await;
    let moved = reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
    assert_eq!(stand(&book_of_bp), [(1, ten), (2, ten)]);
    let still: Vec<_> =
        (0..2).map(|it| moved.at(&format!("/attendants/{it}/bpAppointmentId")).as_i64()).collect();
    assert_eq!(still, appointments, "the same appointments");

    // With only one attendant it is a booking like any other.
    book(&practice, "clinic", &visit(OTHER, &at(day, "10:00"))).await;
    let one = reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
    assert_eq!(stand(&book_of_bp), [(2, ten)]);
    assert_eq!(one.text_at("/ahpraNumber"), OTHER);
    assert_eq!(one.at("/bpAppointmentId").as_i64(), appointments[1]);
    assert!(one.at("/attendants").is_null());

    book(&practice, "clinic", &whole(&[DOCTOR, OTHER], 1, &at(day, "10:00"))).await;
    reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
    assert_eq!(stand(&book_of_bp), [(1, ten), (2, ten)]);
    practice.platform.delete("/bookings/clinic").await.assert_status(202);
    reaches(&practice, "clinic", "cancelled").await;
    platform.hears("booking.cancelled cancelled").await;
    assert_eq!(stand(&book_of_bp), []);
    practice.platform.delete("/bookings/clinic").await.assert_status(204);
}

#[tokio::test]
async fn with_too_few_attendants_nobody_is_booked_until_a_slot_is_free() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let (book_of_bp, day) = (Book::of(stack), quiet_day(0));
    let nine = 9 * 3600;
    book_of_bp.occupy(2, day, nine, 900);
    book(&practice, "clinic", &whole(&[DOCTOR, OTHER], 2, &at(day, "09:00"))).await;
    let conflict = reaches(&practice, "clinic", "conflict").await;
    platform.hears("booking.conflict conflict").await;
    assert_eq!(conflict.text_at("/problem/type"), "too-few-attendants");
    let detail = conflict.text_at("/problem/detail");
    assert!(detail.contains(OTHER) && !detail.contains(DOCTOR), "{detail}");
    assert!(!conflict.at("/problem/steps").as_array().unwrap().is_empty());
    assert_eq!(conflict.text_at("/attendants/1/problem/type"), "slot-taken");
    super::eventually("whoever had room is taken out", || stand(&book_of_bp).is_empty()).await;

    // The practice frees the slot, and one resend tries both again.
    book_of_bp.vacate(day);
    practice.platform.post("/bookings/clinic/resend", &json!({})).await.assert_status(202);
    reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
    assert_eq!(stand(&book_of_bp), [(1, nine), (2, nine)]);

    // Someone deletes one of them in Bp: it is created again.
    book_of_bp.change(&format!(
        "UPDATE APPOINTMENTS SET RECORDSTATUS = 4 WHERE USERID = 1 AND APPOINTMENTTIME = {nine} \
         AND instr(REASON, 'Zoë Made-Up') > 0"
    ));
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    super::eventually("both stand again", || stand(&book_of_bp).len() == 2).await;
    reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.restored synced").await;

    // Someone books over one of them: people must decide, and no attendant is removed.
    book_of_bp.occupy(2, day, nine + 600, 900);
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    let overbooked = reaches(&practice, "clinic", "conflict").await;
    platform.hears("booking.conflict conflict").await;
    assert_eq!(overbooked.text_at("/problem/type"), "overbooked");
    assert_eq!(states(&overbooked), [(DOCTOR, "synced"), (OTHER, "conflict")]);
    assert_eq!(stand(&book_of_bp), [(1, nine), (2, nine)]);
    book_of_bp.vacate(day);
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    reaches(&practice, "clinic", "synced").await;
    platform.hears("booking.synced synced").await;
}
