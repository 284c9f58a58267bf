//! A receptionist works in Bp while we push.

use end_to_end::TestStack;
use reqwest::Method;
use serde_json::{Value, json};
use support::until;

use super::{Book, DOCTOR, PATIENCE, at, book, quiet_day, reaches, ready, visit};
use crate::steps::LARGE;

#[tokio::test]
async fn a_visit_waits_for_a_receptionist_on_its_day_and_arrives_once_and_nobody_else_waits() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let day = quiet_day(0);
    book_of_bp.occupy(1, day, 36_000, 900);
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
    // A receptionist on another day is not held up.
    let tomorrow = day.tomorrow().unwrap();
    let beside = format!(
        "SET LOCK_TIMEOUT 0; EXEC dbo.BP_AddAppointment '{tomorrow}', 36000, 900, 1, 1, 1, 1"
    );
    let other = bp.control(Method::POST, &path, Some(json!({"text": beside}))).await;
    bp.control(Method::POST, &format!("{path}/{}/commit", other["session"]), None).await;
    until("the push gives up", PATIENCE, async || {
        let listed = transactions().await;
        let gave_up =
            |one: &Value| one["statement"] == "booking_push" && one["ending"] == "rolledBack";
        if any(&listed["ended"], &gave_up) { Ok(()) } else { Err(listed.to_string()) }
    })
    .await;
    bp.control(Method::POST, &format!("{path}/{session}/commit"), None).await;
    reaches(&practice, "visit-1", "synced").await;
    assert_eq!(book_of_bp.live("Zoë Made-Up"), [(1, 2, day.to_string(), 32_400, 900)]);
}
