//! A referral reaches the patient that its sender chose, or nobody. It must not reach another patient who
//! now has that patient's number.

use super::*;
use crate::steps::paired_practice;

/// Patients of the large practice.
const INACTIVE: i64 = 16;
const DECEASED: i64 = 17;
/// Two patients who exchange their numbers.
const ONE: i64 = 5;
const OTHER: i64 = 3;

impl Tables {
    fn change(&self, sql: &str) {
        assert!(self.practice.execute(sql, []).unwrap() > 0, "{sql} changed nothing");
    }

    /// The last name and the date of birth of a patient.
    fn patient(&self, number: i64) -> (String, String) {
        self.practice
            .query_row(
                "SELECT rtrim(SURNAME), substr(DOB, 1, 10) FROM PATIENTS WHERE INTERNALID = ?1",
                [number],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap()
    }

    /// Exchanges numbers, as in a restored practice or a copy of another one: the numbers then mean other
    /// people.
    fn exchange_numbers(&self) {
        // Rows that belong to a number stay with it, as in a copy of another practice.
        self.practice.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        let away = 1_900_000_000;
        for (from, to) in [(ONE, away), (OTHER, ONE), (away, OTHER)] {
            self.change(&format!(
                "UPDATE PATIENTS SET INTERNALID = {to} WHERE INTERNALID = {from}"
            ));
        }
    }
}

/// A referral about this patient, with an uploaded document.
async fn about(caller: &Caller, patient: i64, subject: &str) -> Value {
    let document = Document::pdf(subject);
    upload(caller, &document).await;
    let mut body = referral(&document);
    body["patientId"] = json!(patient);
    body["subject"] = json!(subject);
    body
}

/// Sends the referral and waits for its result.
async fn send(practice: &TestPractice, caller: &Caller, body: &Value, state: &str) -> Answer {
    let id = new_id();
    caller.put(&format!("/referrals/{id}"), body).await.assert_status(202);
    reaches(practice, &format!("referral-{id}"), state).await
}

#[tokio::test]
async fn a_patient_who_was_found_and_whose_number_is_anothers_by_now_gets_no_letter_there() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let clinician = &practice.clinician;
    let (last_name, born) = tables.patient(ONE);
    let search = json!({ "lastName": last_name, "dateOfBirth": born });
    let found = clinician.post("/patients/search", &search).await;
    let matches = found.assert_status(200).at("/matches").as_array().unwrap();
    assert!(matches.iter().any(|one| one["patientId"] == ONE), "{}", found.text);

    let body = about(clinician, ONE, "Chosen by name").await;
    let sent = send(&practice, clinician, &body, "delivered").await;
    assert_eq!(sent.text_at("/patientCheck"), "nameAndDateOfBirth");
    assert_eq!(tables.out("Chosen by name").len(), 1);

    tables.exchange_numbers();
    let body = about(clinician, ONE, "Somebody else by now").await;
    let failed = send(&practice, clinician, &body, "failed").await;
    assert_eq!(failed.text_at("/problem/type"), "patient-changed");
    assert!(!failed.at("/problem/steps").as_array().unwrap().is_empty());
    assert!(tables.out("Somebody else by now").is_empty());

    // A new search finds the same person under the other number.
    let found = clinician.post("/patients/search", &search).await;
    let matches = found.assert_status(200).at("/matches").as_array().unwrap();
    assert!(matches.iter().any(|one| one["patientId"] == OTHER), "{}", found.text);
    let body = about(clinician, OTHER, "Found again").await;
    send(&practice, clinician, &body, "delivered").await;
    let kept = tables.out("Found again");
    assert_eq!((kept.len(), kept[0].patient), (1, OTHER));
}

#[tokio::test]
async fn a_platform_says_who_the_patient_is_or_sends_by_the_number_only() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let platform = &practice.platform;

    let number_only = about(platform, PATIENT, "By the number").await;
    let sent = send(&practice, platform, &number_only, "delivered").await;
    assert_eq!(sent.text_at("/patientCheck"), "numberOnly");
    assert_eq!(tables.out("By the number").len(), 1);

    let mut named = about(platform, PATIENT, "By the name").await;
    named["patient"] = json!({ "lastName": "wattle ford", "dateOfBirth": "1957-03-14" });
    let sent = send(&practice, platform, &named, "delivered").await;
    assert_eq!(sent.text_at("/patientCheck"), "nameAndDateOfBirth");
    assert_eq!(tables.out("By the name").len(), 1);

    for patient in [
        json!({ "lastName": "Wattle", "dateOfBirth": "1957-03-14" }),
        json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-15" }),
    ] {
        let mut wrong = about(platform, PATIENT, "By a wrong name").await;
        wrong["patient"] = patient;
        let failed = send(&practice, platform, &wrong, "failed").await;
        assert_eq!(failed.text_at("/problem/type"), "patient-changed");
    }
    assert!(tables.out("By a wrong name").is_empty());
    stack.assert_not_logged(&["wattle ford", "WATTLEFORD", "Wattleford", "1957-03-1"]).await;

    let mut unknown = about(platform, PATIENT, "Never sent").await;
    unknown["patient"] = json!({ "lastName": "", "dateOfBirth": "1957-02-30" });
    unknown["acknowledge"] = json!(["alive"]);
    let refused = platform.put(&format!("/referrals/{}", new_id()), &unknown).await;
    refused.assert_problem(400, "invalid-request");
    let pointers: Vec<_> = refused.at("/errors").as_array().unwrap().clone();
    let pointers: Vec<_> = pointers.iter().map(|it| it["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/patient/lastName", "/patient/dateOfBirth", "/acknowledge/0"]);
}

#[tokio::test]
async fn who_has_died_or_left_is_referred_only_when_the_sender_says_that_they_know() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let (clinician, platform) = (&practice.clinician, &practice.platform);
    for (number, status) in [(DECEASED, "deceased"), (INACTIVE, "inactive")] {
        let problem = format!("patient-{status}");
        let subject = format!("Although {status}");
        // A clinician has seen the patient, and gets the problem at once.
        let shown = clinician.get(&format!("/patients/{number}")).await;
        assert_eq!(shown.assert_status(200).text_at("/status"), status);
        let mut body = about(clinician, number, &subject).await;
        let id = new_id();
        let path = format!("/referrals/{id}");
        let refused = clinician.put(&path, &body).await;
        refused.assert_problem(409, &problem);
        assert_eq!(refused.text_at("/errors/0/pointer"), "/acknowledge");
        assert!(!refused.at("/steps").as_array().unwrap().is_empty());
        let delivery = format!("referral-{id}");
        let none = platform.get(&format!("/deliveries/{delivery}")).await;
        none.assert_problem(404, "not-found");

        // The same id is still free.
        body["acknowledge"] = json!([status]);
        clinician.put(&path, &body).await.assert_status(202);
        reaches(&practice, &delivery, "delivered").await;
        assert_eq!(tables.out(&subject).len(), 1);

        // A platform's server has seen nothing, so only the write finds out.
        let subject = format!("Unaware, {status}");
        let mut body = about(platform, number, &subject).await;
        let failed = send(&practice, platform, &body, "failed").await;
        assert_eq!(failed.text_at("/problem/type"), problem);
        assert!(tables.out(&subject).is_empty());
        body["acknowledge"] = json!([status]);
        send(&practice, platform, &body, "delivered").await;
        assert_eq!(tables.out(&subject).len(), 1);
    }
}
