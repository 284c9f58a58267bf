//! People edit the appointment book.

use rusqlite::types::Value as Cell;

use super::*;

const DOCTOR: &str = "MED9990000001";
const DAY: &str = "2027-06-08";

/// A practice with a synced doctor.
async fn ready(stack: &TestStack, bp: &Bp<'_>) -> (TestPractice, Clinic) {
    let practice = paired_practice(stack, bp).await;
    let settings = json!({
        "timeZone": "Australia/Sydney",
        "bookings": { "enabled": true, "locationId": 1, "durationMinutes": 15 },
    });
    practice.practice_admin.put("/settings", &settings).await.assert_status(200);
    let staff = json!([{ "ahpraNumber": DOCTOR, "firstName": "Amelia", "lastName": "Thornbury" }]);
    practice.platform.put("/staff", &staff).await.assert_status(200);
    practice.platform.post("/staff/sync", &json!({})).await.assert_status(200);
    (practice, Clinic::open(stack, bp).await)
}

async fn put(practice: &TestPractice, id: &str, time: &str) {
    let visit = json!({
        "ahpraNumber": DOCTOR, "start": format!("{DAY}T{time}"),
        "representative": { "name": "Rep Sample", "company": "Example Pharma" },
    });
    practice.platform.put(&format!("/bookings/{id}"), &visit).await.assert_status(202);
}

/// Waits until the booking is in a final state, and returns the answer.
async fn settled(practice: &TestPractice, id: &str) -> Answer {
    let path = format!("/bookings/{id}");
    until(&practice.platform, &path, |it| it.text_at("/state") != "pending").await
}

async fn booked(practice: &TestPractice, id: &str, time: &str) -> i64 {
    put(practice, id, time).await;
    let answer = settled(practice, id).await;
    answer.at("/bpAppointmentId").as_i64().unwrap()
}

/// The state and, if there is one, the problem.
fn told(answer: &Answer) -> String {
    let problem = answer.json.pointer("/problem/type").and_then(Value::as_str);
    let words = [Some(answer.text_at("/state")), problem];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Clinic {
    /// The live appointments of these numbers, as hours and minutes.
    fn stands(&self, ids: &[i64]) -> String {
        let hours: Vec<String> = ids
            .iter()
            .map(|id| {
                let sql = format!(
                    "SELECT CASE WHEN RECORDSTATUS = 1 THEN APPOINTMENTTIME ELSE -1 END \
                     FROM APPOINTMENTS WHERE RECORDID = {id}"
                );
                match self.number(&sql) {
                    -1 => "cancelled".to_owned(),
                    time => format!("{:02}:{:02}", time / 3600, time / 60 % 60),
                }
            })
            .collect();
        hours.join(", ")
    }

    fn of_reps(&self) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM APPOINTMENTS WHERE RECORDSTATUS = 1 AND INTERNALID = 0 \
             AND APPOINTMENTDATE LIKE '{DAY}%' AND (REASON LIKE '%Example Pharma%' OR REASON = 'Rep lunch')"
        ))
    }
}

#[tokio::test]
async fn a_visit_whose_text_was_typed_over_is_cancelled_moved_and_put_back() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (practice, clinic) = ready(stack, &bp).await;
    let mut report = Report::new("Reception types over a visit's text");
    let overtype = |id: i64| {
        clinic
            .change(&format!("UPDATE APPOINTMENTS SET REASON = 'Rep lunch' WHERE RECORDID = {id}"));
    };
    let id = booked(&practice, "cancelled", "10:00").await;
    overtype(id);
    practice.platform.delete("/bookings/cancelled").await.assert_status(202);
    let gone =
        until(&practice.platform, "/bookings/cancelled", |it| it.text_at("/state") == "cancelled");
    gone.await;
    let now = format!("cancelled, in Bp {}", clinic.stands(&[id]));
    report.case("then cancelled", "cancelled, in Bp 10:00", &now, "cancelled, in Bp cancelled");

    let id = booked(&practice, "moved", "11:00").await;
    overtype(id);
    put(&practice, "moved", "12:00").await;
    settled(&practice, "moved").await;
    let now = format!("in Bp {}, {} in all", clinic.stands(&[id]), clinic.of_reps());
    report.case("then moved to 12:00", "in Bp 11:00, 2 in all", &now, "in Bp 12:00, 1 in all");

    let id = booked(&practice, "resent", "14:00").await;
    overtype(id);
    practice.platform.post("/bookings/resent/resend", &json!({})).await.assert_status(202);
    let again = settled(&practice, "resent").await;
    let texts = clinic.number(
        "SELECT count(*) FROM APPOINTMENTS WHERE REASON = 'Rep lunch' AND RECORDSTATUS = 1",
    );
    let now = format!("{}, text put back: {}", told(&again), texts == 0);
    report.case(
        "then resent",
        "conflict slot-taken, text put back: false",
        &now,
        "synced, text put back: true",
    );
    report.finish();
}

#[tokio::test]
async fn a_patients_appointment_is_never_touched_whatever_text_it_carries() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (practice, clinic) = ready(stack, &bp).await;
    let mut report = Report::new("A patient's appointment carries a visit's text");
    let id = booked(&practice, "given", "10:00").await;
    clinic.change(&format!("UPDATE APPOINTMENTS SET INTERNALID = 1 WHERE RECORDID = {id}"));
    practice.platform.post("/bookings/given/resend", &json!({})).await.assert_status(202);
    let now = told(&settled(&practice, "given").await);
    report.case("a patient got the slot; resent", "synced", &now, "conflict slot-taken");
    practice.platform.delete("/bookings/given").await.assert_status(202);
    until(&practice.platform, "/bookings/given", |it| it.text_at("/state") == "cancelled").await;
    report.case("then cancelled", "cancelled", &clinic.stands(&[id]), "10:00");

    let id = booked(&practice, "quoted", "11:00").await;
    let changed = [("INTERNALID", Cell::from(1)), ("APPOINTMENTTIME", Cell::from(43_200))];
    let quoting = clinic.like("APPOINTMENTS", "RECORDID", id, &changed);
    practice.platform.post("/bookings/quoted/resend", &json!({})).await.assert_status(202);
    settled(&practice, "quoted").await;
    let now = clinic.stands(&[quoting]);
    report.case("a patient's own appointment quotes the text; resent", "cancelled", &now, "12:00");
    report.finish();
}

#[tokio::test]
async fn visits_that_change_places_both_get_there() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let (practice, clinic) = ready(stack, &bp).await;
    let mut report = Report::new("Visits change places");
    booked(&practice, "a", "10:00").await;
    booked(&practice, "b", "10:15").await;
    put(&practice, "a", "10:15").await;
    put(&practice, "b", "10:00").await;
    let (mut states, mut ids) = (Vec::new(), Vec::new());
    for id in ["a", "b"] {
        let path = format!("/bookings/{id}");
        let synced = until(&practice.platform, &path, |it| it.text_at("/state") == "synced").await;
        ids.push(synced.at("/bpAppointmentId").as_i64().unwrap());
        states.push(told(&synced));
    }
    let now = format!(
        "{}, in Bp {}; {} in all",
        states.join(", "),
        clinic.stands(&ids),
        clinic.of_reps()
    );
    report.case(
        "10:00 and 10:15 exchange",
        "conflict slot-taken, conflict slot-taken, in Bp 10:00, 10:15; 2 in all",
        &now,
        "synced, synced, in Bp 10:15, 10:00; 2 in all",
    );
    report.finish();
}
