//! The booking guide: staff, bookings and Bp's appointment book.

mod attendants;
mod lists;
mod locks;
mod random;
mod swaps;
mod truth;
mod unsent;

use std::path::PathBuf;
use std::time::Duration;

use end_to_end::{Answer, Bp, Query, TestPractice, TestStack};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::{Value, json};
use support::until;

use crate::steps::{LARGE, paired_practice};

/// Two doctors of the large practice.
const DOCTOR: &str = "MED9990000001";
const OTHER: &str = "MED9990000002";
const ZONE: &str = "Australia/Brisbane";
const PATIENCE: Duration = Duration::from_secs(120);

/// A weekday without appointments, long after the end of the demonstration's appointment book.
fn quiet_day(weeks: i64) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::get(ZONE).unwrap()).date();
    let monday = today.nth_weekday(1, Weekday::Monday).unwrap();
    monday + (40 + weeks).weeks() + 1.day()
}

fn at(day: Date, time: &str) -> String {
    format!("{day}T{time}")
}

fn visit(doctor: &str, start: &str) -> Value {
    json!({
        "ahpraNumber": doctor,
        "start": start,
        "representative": { "name": "Zoë Made-Up", "company": "Example Labs" },
        "notes": "Lunch for six",
    })
}

/// An appointment in Bp: status, user, location, day, time, length, type, patient.
type Row = (i64, i64, i64, String, i64, i64, i64, i64);

/// The practice's own database, opened directly.
struct Book(PathBuf);

impl Book {
    fn of(stack: &TestStack) -> Self {
        let practices = &stack.file().practices;
        let found = practices.iter().find(|practice| practice.site_id == LARGE);
        Self(PathBuf::from(&found.unwrap().database_file))
    }

    fn open(&self) -> Connection {
        let connection = Connection::open(&self.0).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    }

    /// Every appointment whose text contains this, including cancelled ones, with its text.
    fn rows(&self, text: &str) -> Vec<(Row, String)> {
        let connection = self.open();
        let sql = "SELECT RECORDSTATUS, USERID, LOCATIONID, substr(APPOINTMENTDATE, 1, 10), APPOINTMENTTIME, \
             APPOINTMENTLENGTH, APPOINTMENTTYPE, INTERNALID, REASON FROM APPOINTMENTS \
             WHERE instr(REASON, ?1) > 0 ORDER BY RECORDID";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement
            .query_map([text], |row| {
                let status = (
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                    row.get(7)?,
                );
                Ok((status, row.get(8)?))
            })
            .unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Live appointments whose text contains this: user, location, day, time, length.
    fn live(&self, text: &str) -> Vec<(i64, i64, String, i64, i64)> {
        self.rows(text)
            .into_iter()
            .filter(|((status, ..), _)| *status == 1)
            .map(|((_, user, location, day, time, length, _, _), _)| {
                (user, location, day, time, length)
            })
            .collect()
    }

    /// A person at the practice changes something.
    fn change(&self, sql: &str) {
        assert!(self.open().execute(sql, []).unwrap() > 0, "{sql} changed nothing");
    }

    /// A person at the practice books a doctor's time.
    fn occupy(&self, user: i64, day: Date, time: i64, length: i64) {
        self.change(&format!(
            "INSERT INTO APPOINTMENTS (INTERNALID, RECORDSTATUS, USERID, LOCATIONID, VISITID, APPOINTMENTDATE,
                APPOINTMENTTIME, APPOINTMENTLENGTH, APPOINTMENTCODE, APPOINTMENTTYPE, URGENT, REASON, ARRIVALTIME,
                CONSULTATIONTIME, VISITLENGTH, ROOMID, OPERATIONID, BOOKEDBY, ACCOUNTTYPE, NNAC, PATIENTS, CREATED,
                CREATEDBY, FOLLOWUP)
             SELECT 1, 1, {user}, 1, VISITID, '{day}T00:00:00', {time}, {length}, 1, 1, 0, 'Check-up', 0, 0, 0,
                ROOMID, OPERATIONID, BOOKEDBY, ACCOUNTTYPE, NNAC, 1, CREATED, CREATEDBY, FOLLOWUP
             FROM APPOINTMENTS LIMIT 1"
        ));
    }

    /// A person at the practice removes what `occupy` booked on a day.
    fn vacate(&self, day: Date) {
        let sql = "UPDATE APPOINTMENTS SET RECORDSTATUS = 4 WHERE APPOINTMENTDATE = ?1 AND REASON = 'Check-up'";
        self.open().execute(sql, [format!("{day}T00:00:00")]).unwrap();
    }
}

/// A practice that has chosen all settings and synced its staff.
async fn ready(stack: &TestStack, bp: &Bp<'_>) -> TestPractice {
    let practice = paired_practice(stack, bp).await;
    let settings = json!({
        "timeZone": ZONE,
        "bookings": { "enabled": true, "locationId": 2, "durationMinutes": 15, "appointmentTypeCode": 1 },
    });
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);
    let staff = json!([
        { "ahpraNumber": DOCTOR, "firstName": "Amelia", "lastName": "Thornbury" },
        { "ahpraNumber": OTHER, "firstName": "Rajan", "lastName": "Wickramasinghe" },
    ]);
    practice.platform.put("/staff", &staff).await.assert_status(200);
    practice.platform.post("/staff/sync", &json!({})).await.assert_status(200);
    practice
}

/// Waits until a booking is in a state.
async fn reaches(practice: &TestPractice, booking: &str, state: &str) -> Answer {
    crate::steps::becomes(&practice.platform, &format!("/bookings/{booking}"), "/state", state)
        .await
}

/// Waits for a condition, not for a time.
async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    until(what, PATIENCE, async || if condition() { Ok(()) } else { Err("") }).await;
}

/// The statements that Halo received.
fn statements(queries: &[Query]) -> Vec<String> {
    queries.iter().filter_map(|query| query.statement.clone()).collect()
}

async fn book(practice: &TestPractice, booking: &str, visit: &Value) -> Answer {
    let answer = practice.platform.put(&format!("/bookings/{booking}"), visit).await;
    answer.assert_status(202);
    answer
}

#[tokio::test]
async fn a_clinic_follows_the_guide_and_finds_its_visit_in_bps_appointment_book() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;

    // 2.2: validate the Site ID, choose location and duration, switch sending on.
    let valid =
        practice.practice_admin.post("/connection/validation", &json!({ "siteId": LARGE })).await;
    assert_eq!(*valid.assert_status(200).at("/valid"), json!(true));
    let locations = practice.practice_admin.get("/locations").await;
    let location = locations.at("/locations/1/locationId").as_i64().unwrap();
    let settings = json!({
        "timeZone": ZONE,
        "bookings": { "enabled": true, "locationId": location, "durationMinutes": 20, "appointmentTypeCode": 30,
            "onlineWording": "Internet booking" },
    });
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);

    // 2.3: sync the staff. Each member shows whether it is synced and what to correct.
    let member =
        |number: &str| json!({ "ahpraNumber": number, "firstName": "Sam", "lastName": "Sample" });
    let mut list: Vec<Value> = [DOCTOR, "MED9990000010", "MED9990000008", "MED9990000099"]
        .into_iter()
        .map(member)
        .collect();
    list[3] =
        json!({ "ahpraNumber": "MED9990000099", "firstName": "amelia", "lastName": "Thornbury" });
    let mark = bp.mark().await;
    let put = practice.platform.put("/staff", &json!(list)).await;
    assert_eq!(put.assert_status(200).at("/staff/0/state"), "notSynced");
    let synced = practice.platform.post("/staff/sync", &json!({})).await;
    synced.assert_status(200);
    assert_eq!(statements(&bp.queries_since(mark).await), ["staff_by_registration"]);
    let read = practice.practice_admin.get("/staff").await;
    assert_eq!(read.json, synced.json);
    let states: Vec<_> =
        (0..4).map(|index| read.text_at(&format!("/staff/{index}/state"))).collect();
    assert_eq!(states, ["synced", "ambiguous", "inactive", "notFound"]);
    assert_eq!(*read.at("/staff/0/bpUserId"), json!(1));
    assert!(read.at("/staff/0/problem").is_null());
    assert_eq!(read.text_at("/staff/3/problem/type"), "practitioner-not-found");
    assert!(read.at("/staff/3/problem/steps").to_string().contains("Setup > Users"));
    let doctor = json!({
        "userId": 1, "firstName": "Amelia", "lastName": "Thornbury", "ahpraEnding": "0001",
    });
    assert_eq!(*read.at("/staff/3/candidates"), json!([doctor]), "who the doctor may be in Bp");
    assert!(read.at("/staff/2/candidates").is_null());
    assert!(read.at("/syncedAt").is_string());

    // 2.4: the appointment appears on the right day, marked as online.
    let day = quiet_day(0);
    let mark = bp.mark().await;
    let accepted = book(&practice, "visit-1", &visit(DOCTOR, &at(day, "10:40"))).await;
    assert_eq!(accepted.text_at("/bookingId"), "visit-1");
    let synced = reaches(&practice, "visit-1", "synced").await;
    assert_eq!(statements(&bp.queries_since(mark).await), ["booking_push"]);
    assert_eq!(*synced.at("/durationMinutes"), json!(20));
    assert_eq!(synced.text_at("/start"), at(day, "10:40"));
    assert_eq!(synced.text_at("/history/0/event"), "accepted");

    let book_of_bp = Book::of(stack);
    let rows = book_of_bp.rows("Zoë Made-Up");
    let [(row, text)] = &rows[..] else { panic!("one appointment, not {rows:?}") };
    let seconds = (10 * 60 + 40) * 60;
    assert_eq!(*row, (1, 1, location, day.to_string(), seconds, 1200, 30, 0));
    assert!(
        text.starts_with("Internet booking. Rep visit: Zoë Made-Up, Example Labs. Lunch for six ["),
        "{text}"
    );
    let id = synced.at("/bpAppointmentId").as_i64().unwrap();
    let found: i64 = book_of_bp
        .open()
        .query_row("SELECT RECORDID FROM APPOINTMENTS WHERE REASON = ?1", [text], |row| row.get(0))
        .unwrap();
    assert_eq!(found, id);
    stack.assert_not_logged(&["Made-Up", "Lunch for six"]).await;
}

#[tokio::test]
async fn a_visit_is_moved_changed_and_cancelled_and_stays_one_appointment() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let book_of_bp = Book::of(stack);
    let (day, next) = (quiet_day(0), quiet_day(1));
    let first = visit(DOCTOR, &at(day, "09:00"));
    book(&practice, "visit-1", &first).await;
    let id = reaches(&practice, "visit-1", "synced").await.at("/bpAppointmentId").clone();

    // The same request again changes nothing and sends no query to the practice.
    let mark = bp.mark().await;
    assert_eq!(book(&practice, "visit-1", &first).await.at("/state"), "synced");
    assert!(statements(&bp.queries_since(mark).await).is_empty());

    let mut moved = visit(OTHER, &at(next, "11:15"));
    moved["durationMinutes"] = json!(45);
    let mark = bp.mark().await;
    book(&practice, "visit-1", &moved).await;
    assert_eq!(*reaches(&practice, "visit-1", "synced").await.at("/bpAppointmentId"), id);
    assert_eq!(statements(&bp.queries_since(mark).await), ["booking_push"]);
    assert_eq!(book_of_bp.live("Zoë Made-Up"), [(2, 2, next.to_string(), 40_500, 2700)]);

    let mark = bp.mark().await;
    practice.platform.delete("/bookings/visit-1").await.assert_status(202);
    reaches(&practice, "visit-1", "cancelled").await;
    assert_eq!(statements(&bp.queries_since(mark).await), ["booking_push"]);
    assert!(book_of_bp.live("Zoë Made-Up").is_empty());
    practice.platform.delete("/bookings/visit-1").await.assert_status(204);

    // Booked again under the same id.
    book(&practice, "visit-1", &first).await;
    reaches(&practice, "visit-1", "synced").await;
    assert_eq!(book_of_bp.live("Zoë Made-Up"), [(1, 2, day.to_string(), 32_400, 900)]);
}

#[tokio::test]
async fn a_booking_that_cannot_be_is_refused_at_once_and_leaves_no_trace() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let day = quiet_day(0);
    let wanted = visit(DOCTOR, &at(day, "09:00"));
    let off = practice.platform.put("/bookings/visit-1", &wanted).await;
    off.assert_problem(409, "bookings-disabled");
    assert!(!off.at("/steps").as_array().unwrap().is_empty());

    let practice = ready(stack, &bp).await;
    let refused = |change: Value| {
        let mut wanted = wanted.clone();
        for (name, value) in change.as_object().unwrap() {
            wanted[name] = value.clone();
        }
        let practice = &practice;
        async move { practice.platform.put("/bookings/visit-1", &wanted).await }
    };
    for (change, pointer) in [
        (json!({ "start": "2020-01-01T09:00" }), "/start"),
        (json!({ "start": "09:00" }), "/start"),
        (json!({ "start": at(day, "23:50") }), "/durationMinutes"),
        (json!({ "durationMinutes": 0 }), "/durationMinutes"),
        (json!({ "notes": "Ω" }), "/notes"),
        (json!({ "representative": { "name": "", "company": "Example" } }), "/representative/name"),
    ] {
        let answer = refused(change).await;
        assert_eq!(
            answer.assert_problem(400, "invalid-request").text_at("/errors/0/pointer"),
            pointer
        );
    }
    refused(json!({ "patient": 1 })).await.assert_problem(400, "invalid-request");
    refused(json!({ "ahpraNumber": "MED9990000003" }))
        .await
        .assert_problem(422, "practitioner-not-listed");
    practice.clinician.put("/bookings/visit-1", &wanted).await.assert_problem(403, "forbidden");
    practice.platform.get("/bookings/visit-1").await.assert_problem(404, "not-found");
    assert!(Book::of(stack).rows("Zoë Made-Up").is_empty());
}

#[tokio::test]
async fn bookings_wait_for_a_practice_that_is_offline_and_go_when_it_is_back() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = ready(stack, &bp).await;
    let day = quiet_day(0);
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let mark = bp.mark().await;
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "09:00"))).await;
    let waiting = reaches(&practice, "visit-1", "waiting").await;
    assert_eq!(waiting.text_at("/problem/type"), "site-offline");
    // Changed and cancelled while the site is offline: only the final state is sent.
    book(&practice, "visit-1", &visit(DOCTOR, &at(day, "10:00"))).await;
    book(&practice, "visit-2", &visit(DOCTOR, &at(day, "11:00"))).await;
    practice.platform.delete("/bookings/visit-2").await;
    assert!(statements(&bp.queries_since(mark).await).is_empty());
    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    reaches(&practice, "visit-1", "synced").await;
    reaches(&practice, "visit-2", "cancelled").await;
    assert_eq!(Book::of(stack).live("Zoë Made-Up"), [(1, 2, day.to_string(), 36_000, 900)]);
    let mut sent = statements(&bp.queries_since(mark).await);
    // When a practice is back, its whole book is also compared, at the next minute.
    sent.retain(|statement| statement != "appointment_book");
    assert_eq!(sent, ["booking_push"]);
}
