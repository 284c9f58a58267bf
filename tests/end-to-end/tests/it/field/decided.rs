//! Cases with several possible answers: what this project decided. ARCHITECTURE.md gives the reasons.

use rusqlite::types::Value as Cell;

use super::*;
use crate::steps::form;

/// The status, and the problem's type if there is one.
fn told(answer: &Answer) -> String {
    let problem = answer.json["type"].as_str().unwrap_or_default();
    format!("{} {problem}", answer.status.as_u16()).trim_end().to_owned()
}

#[tokio::test]
async fn requests_that_can_be_read_in_two_ways() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mut report = Report::new("Requests");
    let caller = &practice.clinician;
    for path in ["/patients/+1", "/patients/007"] {
        report.case(&format!("GET {path}"), "200", &told(&caller.get(path).await), "404 not-found");
    }
    let marked = "\u{feff}{\"lastName\": \"Wattleford\", \"dateOfBirth\": \"1957-03-14\"}";
    let request = caller.request(reqwest::Method::POST, "/patients/search");
    let request = request.header("content-type", "application/json").body(marked);
    let now = told(&caller.send(request).await);
    report.case("JSON behind a byte order mark", "400 invalid-request", &now, "200");
    for accept in
        ["application/fhir+xml", "application/json+fhir", "application/fhir+json; fhirVersion=5.0"]
    {
        let request = caller.request(reqwest::Method::GET, "/patients/1/clinical-summary");
        let now = told(&caller.send(request.header("accept", accept)).await);
        report.case(&format!("Accept: {accept}"), "200", &now, "406 not-acceptable");
    }
    report.finish();
}

#[tokio::test]
async fn people_whose_records_are_odd() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("People");
    for no_day in ["1900-01-01", "1899-12-30"] {
        let id = clinic.patient("Undated", "Pat", no_day);
        let person = practice.clinician.get(&format!("/patients/{id}")).await;
        let now = person.assert_status(200).at("/dateOfBirth").to_string();
        report.case(&format!("born {no_day} by Bp"), &format!("\"{no_day}\""), &now, "null");
    }
    clinic.patient("Müller", "Pat", "1975-03-01");
    let found = search(&practice, "Muller", "1975-03-01").await;
    let now = found.at("/matches").as_array().unwrap().len().to_string();
    report.case("Bp Müller, typed Muller: accents are letters", "0", &now, "0");
    clinic.patient("", "Madonna", "1975-03-02");
    let found = search(&practice, "Madonna", "1975-03-02").await;
    let now = found.at("/matches").as_array().unwrap().len().to_string();
    report.case("only a first name in Bp, typed as the last", "0", &now, "0");

    let doctor = "UPDATE USERS SET SURNAME = 'O''Dea-Smith' WHERE USERID = 3";
    clinic.change(doctor);
    let first: String = clinic
        .practice
        .query_row("SELECT rtrim(FIRSTNAME) FROM USERS WHERE USERID = 3", [], |row| row.get(0))
        .unwrap();
    let typed = "O’Dea\u{2011}Smith";
    let code = bp.pairing_code(LARGE).await;
    let other = stack.new_practice().await;
    let connected = other.clinician.put("/connection", &form(LARGE, &code, &first, typed)).await;
    let before = "422 clinician-not-found";
    report.case(&format!("Bp O'Dea-Smith pairs as {typed}"), before, &told(&connected), "200");
    report.finish();
}

#[tokio::test]
async fn letters_that_might_be_refused() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Letters");
    let told = |delivery: &Answer| match delivery.json["allocated"].as_bool() {
        Some(true) => "filed".to_owned(),
        Some(false) => "waits for allocation".to_owned(),
        None => format!(
            "{} {}",
            delivery.status.as_u16(),
            delivery.json.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default()
        ),
    };
    let doctor = || json!({ "userId": 1 });
    clinic.patient("Twinless", "Pat", "1976-03-01");
    let about = json!({ "lastName": "Twinless", "dateOfBirth": "1976-03-01" });
    let now = told(&letter(&practice, about, doctor()).await);
    report.case("surname and birthday only", "filed", &now, "waits for allocation");

    let long = "Featherstonehaugh-Cholmondeley-Smythe";
    clinic.patient(long, "Pat", "1976-03-02");
    let about = json!({ "lastName": long, "firstName": "Pat", "dateOfBirth": "1976-03-02" });
    let now = told(&letter(&practice, about, doctor()).await);
    report.case("a surname of 37 letters", "400", &now, "filed");

    let body = json!({
        "patient": { "patientId": 1 }, "addressee": doctor(), "kind": "advice", "subject": "Knee",
        "text": "Flexion ≥ 90°.",
    });
    let refused = practice.platform.put("/correspondence/letter-1", &body).await;
    let message = refused.assert_status(400).text_at("/errors/0/message").to_owned();
    let names = message.contains("U+2265, character 9");
    let now = if names { "400, names U+2265 and its place" } else { message.as_str() };
    report.case("text with ≥", "400", now, "400, names U+2265 and its place");
    report.finish();
}

#[tokio::test]
async fn a_referral_for_somebody_who_died_needs_a_word() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Referrals");
    let died = [("PATIENTSTATUS", Cell::from(3))];
    let id = clinic.patient_with("Late", "Pat", "1977-03-01", &died);
    search(&practice, "Late", "1977-03-01").await.assert_status(200);
    let body = json!({
        "patientId": id, "documentId": "nobodys", "subject": "Knee", "recipientName": "Dr Example",
    });
    let now = told(&practice.clinician.put("/referrals/late-1", &body).await);
    report.case("for a deceased patient", "202", &now, "409 patient-deceased");
    report.finish();
}
