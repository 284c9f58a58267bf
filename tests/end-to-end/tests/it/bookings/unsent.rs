//! Bookings that a platform keeps without sending them: the guide's switch for one booking.

use end_to_end::TestStack;
use serde_json::json;
use support::until;

use super::{
    Book, DOCTOR, OTHER, PATIENCE, at, book, quiet_day, reaches, ready, statements, visit,
};
use crate::events::Platform;

#[tokio::test]
async fn a_booking_that_is_not_sent_is_never_in_bp_and_comes_in_when_it_is_sent() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let mut events = Platform::connected(stack, &practice.practice_id).await;
    let book_of_bp = Book::of(stack);
    let (day, next) = (quiet_day(0), quiet_day(1));
    let sent = visit(DOCTOR, &at(day, "09:00"));
    let mut kept = sent.clone();
    kept["send"] = json!(false);

    // Kept from the beginning: no query, whatever is asked for.
    let mark = bp.mark().await;
    let first = book(&practice, "visit-1", &kept).await;
    assert_eq!((first.text_at("/state"), first.at("/send")), ("notSent", &json!(false)));
    assert_eq!(first.at("/cancelled"), &json!(false));
    assert_eq!(book(&practice, "visit-1", &kept).await.json, first.json, "the same again");
    let resent = practice.platform.post("/bookings/resend", &json!({})).await;
    assert_eq!(resent.assert_status(202).at("/resent"), &json!(0));
    let listed = practice.platform.get("/bookings?state=notSent").await;
    assert_eq!(listed.assert_status(200).text_at("/items/0/bookingId"), "visit-1");
    let mut moved = kept.clone();
    moved["start"] = json!(at(next, "11:15"));
    assert_eq!(book(&practice, "visit-1", &moved).await.text_at("/state"), "notSent");
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    until("the book is compared", PATIENCE, async || {
        let asked = statements(&bp.queries_since(mark).await);
        if asked == ["appointment_book"] { Ok(()) } else { Err(asked.join(", ")) }
    })
    .await;
    assert!(book_of_bp.rows("Zoë Made-Up").is_empty());

    // Sent, and taken out again.
    book(&practice, "visit-1", &sent).await;
    reaches(&practice, "visit-1", "synced").await;
    events.hears("booking.synced synced").await;
    assert_eq!(book_of_bp.live("Zoë Made-Up"), [(1, 2, day.to_string(), 32_400, 900)]);
    let mark = bp.mark().await;
    book(&practice, "visit-1", &kept).await;
    let out = reaches(&practice, "visit-1", "notSent").await;
    assert!(out.at("/bpAppointmentId").is_null(), "{}", out.text);
    events.hears("booking.notSent notSent").await;
    assert_eq!(statements(&bp.queries_since(mark).await), ["booking_push"]);
    assert!(book_of_bp.live("Zoë Made-Up").is_empty());

    // A person at the practice restores it: the next comparison takes it out.
    book_of_bp
        .change("UPDATE APPOINTMENTS SET RECORDSTATUS = 1 WHERE instr(REASON, 'Zoë Made-Up') > 0");
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    super::eventually("it is out again", || book_of_bp.live("Zoë Made-Up").is_empty()).await;
    reaches(&practice, "visit-1", "notSent").await;

    // Several attendants, and cancelling.
    let mut several = kept.clone();
    several.as_object_mut().unwrap().remove("ahpraNumber");
    several["attendants"] = json!([DOCTOR, OTHER]);
    assert_eq!(book(&practice, "visit-2", &several).await.text_at("/state"), "notSent");
    several["send"] = json!(true);
    book(&practice, "visit-2", &several).await;
    reaches(&practice, "visit-2", "synced").await;
    assert_eq!(book_of_bp.live("Zoë Made-Up").len(), 2);
    several["send"] = json!(false);
    book(&practice, "visit-2", &several).await;
    reaches(&practice, "visit-2", "notSent").await;
    assert!(book_of_bp.live("Zoë Made-Up").is_empty());
    for booking in ["visit-1", "visit-2"] {
        practice.platform.delete(&format!("/bookings/{booking}")).await.assert_status(202);
        let gone = reaches(&practice, booking, "cancelled").await;
        assert_eq!(gone.at("/cancelled"), &json!(true));
    }
}

#[tokio::test]
async fn a_visitor_who_has_arrived_stays_in_bp_although_the_booking_is_not_sent_any_more() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let sent = visit(DOCTOR, &at(quiet_day(0), "09:00"));
    book(&practice, "visit-1", &sent).await;
    reaches(&practice, "visit-1", "synced").await;
    book_of_bp.change("UPDATE APPOINTMENTS SET APPOINTMENTCODE = 2, ARRIVALTIME = 32000 WHERE instr(REASON, 'Zoë Made-Up') > 0");
    let mut kept = sent.clone();
    kept["send"] = json!(false);
    book(&practice, "visit-1", &kept).await;
    let left = reaches(&practice, "visit-1", "failed").await;
    assert_eq!(left.text_at("/problem/type"), "appointment-arrived");
    assert_eq!(book_of_bp.live("Zoë Made-Up").len(), 1);
}
