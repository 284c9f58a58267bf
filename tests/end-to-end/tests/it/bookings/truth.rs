//! The platform's record is the truth: conflicts, changes in Bp, resending.

use end_to_end::{Bp, Query, TestStack};
use serde_json::json;
use support::until;

use super::{
    Book, DOCTOR, PATIENCE, at, book, eventually, quiet_day, reaches, ready, statements, visit,
};
use crate::events::Platform;
use crate::steps::LARGE;

#[tokio::test]
async fn a_taken_slot_is_a_conflict_that_clears_up_and_never_two_appointments() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    for (index, variant) in ["error", "returnZero", "doubleBooking"].into_iter().enumerate() {
        bp.faults(json!([{ "operation": "any", "effect": "slotTaken", "variant": variant }])).await;
        let id = format!("visit-{index}");
        let hour = 9 + i64::try_from(index).unwrap();
        book_of_bp.occupy(1, day, hour * 3600 + 600, 900);
        book(&practice, &id, &visit(DOCTOR, &at(day, &format!("{hour:02}:00")))).await;
        let conflict = reaches(&practice, &id, "conflict").await;
        assert_eq!(conflict.text_at("/problem/type"), "slot-taken");
        assert!(conflict.at("/nextAttemptAt").is_string());
    }
    assert!(book_of_bp.live("Zoë Made-Up").is_empty());
    bp.no_faults().await;
    let listed = practice.platform.get("/bookings?state=conflict").await;
    assert_eq!(listed.at("/items").as_array().unwrap().len(), 3);

    book_of_bp.vacate(day);
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    for id in ["visit-0", "visit-1", "visit-2"] {
        reaches(&practice, id, "synced").await;
    }
    assert_eq!(book_of_bp.live("Zoë Made-Up").len(), 3);
}

#[tokio::test]
async fn somebody_booked_over_a_visit_is_reported_and_left_to_people() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let mut platform = Platform::connected(stack, &practice.practice_id).await;
    let (book_of_bp, day) = (Book::of(stack), quiet_day(0));
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;
    reaches(&practice, "visit-1", "synced").await;
    platform.hears("booking.synced synced").await;
    book_of_bp.occupy(1, day, 9 * 3600 + 600, 900);
    let stands = book_of_bp.live("Zoë Made-Up");
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    let conflict = reaches(&practice, "visit-1", "conflict").await;
    assert_eq!(conflict.text_at("/problem/type"), "overbooked");
    platform.hears("booking.conflict conflict").await;
    assert_eq!(conflict.text_at("/history/3/event"), "foundOverbooked", "{}", conflict.text);
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    let still = practice.platform.get("/bookings/visit-1").await;
    assert_eq!(still.at("/history"), conflict.at("/history"), "it is said once");
    assert_eq!(book_of_bp.live("Zoë Made-Up"), stands);
    book_of_bp.vacate(day);
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    reaches(&practice, "visit-1", "synced").await;
    platform.hears("booking.synced synced").await;
}

#[tokio::test]
async fn a_type_for_recalls_is_refused_because_nobody_outside_could_cancel_it() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let settings = |kind: i64| {
        json!({ "timeZone": "Australia/Brisbane",
            "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15,
                "appointmentTypeCode": kind } })
    };
    let admin = &practice.practice_admin;
    let types = admin.get("/appointment-types").await;
    let types = types.assert_status(200).at("/items").as_array().unwrap().clone();
    let named = |code: i64| types.iter().find(|kind| kind["code"] == code).unwrap().clone();
    assert!(types.iter().all(|kind| kind["name"].is_string()), "{types:?}");
    assert_eq!((&named(12)["bookable"], &named(1)["bookable"]), (&json!(false), &json!(true)));
    let mark = bp.mark().await;
    let refused = admin.put("/settings", &settings(12)).await;
    refused.assert_problem(422, "recall-type");
    assert_eq!(refused.text_at("/errors/0/pointer"), "/bookings/appointmentTypeCode");
    assert_eq!(statements(&bp.queries_since(mark).await), ["practice_locations"]);
    let unknown = admin.put("/settings", &settings(9_999)).await;
    unknown.assert_problem(422, "appointment-type-unknown");
    // The chosen appointment type becomes one for recalls.
    let name: String = Book::of(stack)
        .open()
        .query_row(
            "SELECT DESCRIPTION FROM APPOINTMENTTYPES WHERE APPOINTMENTCODE = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let rename = |name: &str| {
        let sql = "UPDATE APPOINTMENTTYPES SET DESCRIPTION = ?1 WHERE APPOINTMENTCODE = 1";
        Book::of(stack).open().execute(sql, [name]).unwrap();
    };
    rename("Recall visit");
    let day = quiet_day(0);
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;
    let failed = reaches(&practice, "visit-1", "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "recall-type");
    assert!(Book::of(stack).live("Zoë Made-Up").is_empty());
    rename(&name);
    practice.platform.post("/bookings/visit-1/resend", &json!({})).await.assert_status(202);
    reaches(&practice, "visit-1", "synced").await;
}

#[tokio::test]
async fn a_doctor_who_is_away_is_reported_and_the_visit_is_kept_for_later() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let day = quiet_day(0);
    bp.faults(json!([{ "operation": "any", "effect": "away" }])).await;
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;
    let away = reaches(&practice, "visit-1", "conflict").await;
    assert_eq!(away.text_at("/problem/type"), "practitioner-away");
    assert!(Book::of(stack).live("Zoë Made-Up").is_empty());
    bp.no_faults().await;
    practice.platform.post("/bookings/visit-1/resend", &json!({})).await.assert_status(202);
    reaches(&practice, "visit-1", "synced").await;
    assert_eq!(Book::of(stack).live("Zoë Made-Up").len(), 1);
}

/// The statements that Halo received, sorted. Practices of earlier tests use the same Bp and may read its
/// book in the same minute, so several reads count as one.
fn looks_and_pushes(queries: &[Query]) -> Vec<String> {
    let mut sent = statements(queries);
    sent.sort_unstable();
    sent.dedup_by(|one, other| one == other && one == "appointment_book");
    sent
}

#[tokio::test]
async fn what_was_deleted_or_changed_in_bp_is_put_back_by_one_look_at_the_book() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    let times = ["09:00", "10:00", "11:00", "14:00", "15:00"];
    for (index, time) in times.iter().enumerate() {
        book(&practice, &format!("visit-{index}"), &visit(DOCTOR, &at(day, time))).await;
    }
    for index in 0..times.len() {
        reaches(&practice, &format!("visit-{index}"), "synced").await;
    }
    let as_booked = book_of_bp.live("Zoë Made-Up");
    assert_eq!(as_booked.len(), 5);

    // Without a difference there is one query, and nothing more.
    let mark = bp.mark().await;
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    wait_for_statement(&bp, mark, "appointment_book").await;
    let one = |change: &str, time: i64| {
        book_of_bp.change(&format!(
            "UPDATE APPOINTMENTS SET {change} WHERE instr(REASON, 'Zoë Made-Up') > 0 AND APPOINTMENTTIME = {time}"
        ));
    };
    one("RECORDSTATUS = 4", 32_400);
    one("APPOINTMENTTIME = 43200", 36_000);
    one("APPOINTMENTLENGTH = 300", 39_600);
    // This visit has already arrived, five minutes early and at another location: it is left alone.
    one("APPOINTMENTCODE = 2, ARRIVALTIME = 50100, LOCATIONID = 1", 50_400);
    assert_eq!(looks_and_pushes(&bp.queries_since(mark).await), ["appointment_book"]);

    let mark = bp.mark().await;
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    let mut expected = as_booked.clone();
    expected.iter_mut().filter(|row| row.3 == 50_400).for_each(|row| row.1 = 1);
    expected.sort();
    eventually("the book is as booked", || {
        let mut found = book_of_bp.live("Zoë Made-Up");
        found.sort();
        found == expected
    })
    .await;
    for index in 0..times.len() {
        reaches(&practice, &format!("visit-{index}"), "synced").await;
    }
    let sent = looks_and_pushes(&bp.queries_since(mark).await);
    assert_eq!(sent, ["appointment_book", "booking_push", "booking_push", "booking_push"]);
    let left = practice.platform.get("/bookings/visit-3").await;
    assert_eq!(left.text_at("/problem/type"), "appointment-arrived");
}

#[tokio::test]
async fn what_was_marked_as_arrived_by_mistake_is_put_right_once_the_mark_is_gone() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    for (id, time) in [("moved", "09:00"), ("cancelled", "10:00")] {
        book(&practice, id, &visit(DOCTOR, &at(day, time))).await;
        reaches(&practice, id, "synced").await;
    }
    let all = |change: &str| {
        book_of_bp.change(&format!(
            "UPDATE APPOINTMENTS SET {change} WHERE instr(REASON, 'Zoë Made-Up') > 0"
        ));
    };
    all("APPOINTMENTCODE = 2, ARRIVALTIME = 32000");
    let as_received = book_of_bp.live("Zoë Made-Up");
    // If it is where the platform wants it, there is nothing to report.
    practice.platform.post("/bookings/moved/resend", &json!({})).await.assert_status(202);
    assert!(reaches(&practice, "moved", "synced").await.at("/problem").is_null());
    book(&practice, "moved", &visit(DOCTOR, &at(day, "11:00"))).await;
    practice.platform.delete("/bookings/cancelled").await.assert_status(202);
    for (id, state) in [("moved", "synced"), ("cancelled", "failed")] {
        let left = reaches(&practice, id, state).await;
        assert_eq!(left.text_at("/problem/type"), "appointment-arrived");
    }
    assert_eq!(book_of_bp.live("Zoë Made-Up"), as_received);

    all("APPOINTMENTCODE = 1, ARRIVALTIME = 0");
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    reaches(&practice, "cancelled", "cancelled").await;
    eventually("the book is the record", || {
        book_of_bp.live("Zoë Made-Up") == [(1, 2, day.to_string(), 39_600, 900)]
    })
    .await;
    assert!(reaches(&practice, "moved", "synced").await.at("/problem").is_null());
}

#[tokio::test]
async fn a_practice_that_comes_back_has_its_book_put_right_without_waiting_for_the_hour() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    book(&practice, "visit-1", &visit(DOCTOR, &at(quiet_day(0), "09:00"))).await;
    reaches(&practice, "visit-1", "synced").await;
    let book_of_bp = Book::of(stack);
    let as_booked = book_of_bp.live("Zoë Made-Up");
    for (availability, state) in [("offline", "offline"), ("online", "connected")] {
        if availability == "online" {
            // While the site was offline, a person at the practice cleared the doctor's day.
            book_of_bp.change(
                "UPDATE APPOINTMENTS SET RECORDSTATUS = 4 WHERE instr(REASON, 'Zoë Made-Up') > 0",
            );
        }
        bp.set_practice(LARGE, json!({ "availability": availability })).await;
        let connection = practice.clinician.get("/connection").await;
        assert_eq!(connection.text_at("/state"), state);
    }
    stack.run_job("jobs", None).await;
    eventually("the visit is in the book again", || book_of_bp.live("Zoë Made-Up") == as_booked)
        .await;
}

async fn wait_for_statement(bp: &Bp<'_>, mark: u64, statement: &str) {
    until(&format!("{statement} is sent"), PATIENCE, async || {
        let sent = statements(&bp.queries_since(mark).await);
        if sent.iter().any(|sent| sent == statement) { Ok(()) } else { Err(sent.join(", ")) }
    })
    .await;
}

#[tokio::test]
async fn one_visit_or_all_future_ones_can_be_sent_again() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    for (id, time) in [("visit-1", "09:00"), ("visit-2", "10:00")] {
        book(&practice, id, &visit(DOCTOR, &at(day, time))).await;
        reaches(&practice, id, "synced").await;
    }
    let delete = || {
        book_of_bp.change(
            "UPDATE APPOINTMENTS SET RECORDSTATUS = 4 WHERE instr(REASON, 'Zoë Made-Up') > 0",
        );
    };
    delete();
    practice.practice_admin.post("/bookings/visit-2/resend", &json!({})).await.assert_status(202);
    reaches(&practice, "visit-2", "synced").await;
    assert_eq!(book_of_bp.live("Zoë Made-Up"), [(1, 2, day.to_string(), 36_000, 900)]);
    delete();
    let all = practice.practice_admin.post("/bookings/resend", &json!({})).await;
    assert_eq!(*all.assert_status(202).at("/resent"), json!(2));
    for id in ["visit-1", "visit-2"] {
        reaches(&practice, id, "synced").await;
    }
    assert_eq!(book_of_bp.live("Zoë Made-Up").len(), 2);
    practice
        .platform
        .post("/bookings/nobody/resend", &json!({}))
        .await
        .assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_visit_whose_text_was_typed_over_is_put_back_moved_and_really_cancelled() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;
    let id = reaches(&practice, "visit-1", "synced").await.at("/bpAppointmentId").clone();
    let overtype = || {
        book_of_bp
            .change(&format!("UPDATE APPOINTMENTS SET REASON = 'Rep lunch' WHERE RECORDID = {id}"));
    };
    overtype();
    stack.run_job("reconcile", Some(&practice.practice_id)).await;
    eventually("the text is put back", || book_of_bp.live("Zoë Made-Up").len() == 1).await;
    assert!(book_of_bp.live("Rep lunch").is_empty());

    reaches(&practice, "visit-1", "synced").await;
    overtype();
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "11:00"))).await;
    eventually("the visit is moved", || {
        matches!(&book_of_bp.live("Zoë Made-Up")[..], [(_, _, _, time, _)] if *time == 11 * 3600)
    })
    .await;
    let moved = reaches(&practice, "visit-1", "synced").await;
    assert_eq!(*moved.at("/bpAppointmentId"), id, "it is another appointment");
    assert!(book_of_bp.live("Rep lunch").is_empty(), "the visit is there twice");

    overtype();
    practice.platform.delete("/bookings/visit-1").await;
    reaches(&practice, "visit-1", "cancelled").await;
    assert!(book_of_bp.live("Rep lunch").is_empty(), "the visit still stands");
}
