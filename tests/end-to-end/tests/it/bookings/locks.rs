//! A receptionist works in Bp while we push.

use end_to_end::TestStack;
use reqwest::Method;
use serde_json::{Value, json};
use support::until;

use super::{Book, DOCTOR, OTHER, PATIENCE, at, book, quiet_day, reaches, ready, visit};
use crate::steps::LARGE;

#[tokio::test]
async fn a_visit_waits_only_for_the_appointment_in_its_way_and_arrives_once_and_nobody_else_waits()
{
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    book_of_bp.occupy(1, day, 32_400, 900);
    let path = format!("/practices/{LARGE}/transactions");
    let hold = format!(
        "SELECT COMMENT FROM dbo.APPOINTMENTS WITH (UPDLOCK) WHERE USERID = 1 AND APPOINTMENTDATE = '{day}'"
    );
    let opened = bp.control(Method::POST, &path, Some(json!({"text": hold}))).await;
    let session = opened["session"].clone();
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;

    let transactions = async || bp.control(Method::GET, &path, None).await;
    let any =
        |list: &Value, is_so: &dyn Fn(&Value) -> bool| list.as_array().unwrap().iter().any(is_so);
    until("the push waits", PATIENCE, async || {
        let listed = transactions().await;
        let waits =
            |open: &Value| open["waitsFor"].as_array().is_some_and(|all| all.contains(&session));
        if any(&listed["open"], &waits) { Ok(()) } else { Err(listed.to_string()) }
    })
    .await;
    // Another receptionist books the same doctor on the same day, and is not held up.
    let beside =
        format!("SET LOCK_TIMEOUT 0; EXEC dbo.BP_AddAppointment '{day}', 36000, 900, 1, 1, 1, 1");
    let other = bp.control(Method::POST, &path, Some(json!({"text": beside}))).await;
    bp.control(Method::POST, &format!("{path}/{}/commit", other["session"]), None).await;
    until("the push gives up", PATIENCE, async || {
        let listed = transactions().await;
        let gave_up =
            |one: &Value| one["statement"] == "booking_push" && one["ending"] == "rolledBack";
        if any(&listed["ended"], &gave_up) { Ok(()) } else { Err(listed.to_string()) }
    })
    .await;
    // Neither is a visit to another doctor at the same time, or one to this doctor later that day.
    book(&practice, "visit-2", &visit(OTHER, &at(day, "09:00"))).await;
    book(&practice, "visit-3", &visit(DOCTOR, &at(day, "11:00"))).await;
    reaches(&practice, "visit-2", "synced").await;
    reaches(&practice, "visit-3", "synced").await;
    // She cancels what was in the way.
    let cancels = format!(
        "UPDATE dbo.APPOINTMENTS SET RECORDSTATUS = 4
         WHERE USERID = 1 AND APPOINTMENTDATE = '{day}' AND APPOINTMENTTIME = 32400"
    );
    let hers = format!("{path}/{session}");
    bp.control(Method::POST, &format!("{hers}/statements"), Some(json!({"text": cancels}))).await;
    bp.control(Method::POST, &format!("{hers}/commit"), None).await;
    reaches(&practice, "visit-1", "synced").await;
    let of = |user: i64, time: i64| (user, 2, day.to_string(), time, 900);
    let mut live = book_of_bp.live("Zoë Made-Up");
    live.sort_unstable();
    assert_eq!(live, [of(1, 32_400), of(1, 39_600), of(2, 32_400)]);
}
