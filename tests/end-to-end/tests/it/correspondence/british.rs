//! A practice whose SQL Server reads the day before the month.

use super::*;
use crate::steps::form;

/// Mallee Crossing Doctors, where the login's language is British English.
const BRITISH: &str = "71004";

#[tokio::test]
async fn letters_and_dates_of_birth_keep_their_day_where_the_login_writes_the_day_first() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let site = bp.practice(BRITISH).await;
    assert_eq!(site["loginLanguage"], "British");
    let doctor = &site["users"].as_array().unwrap().iter().find(|user| user["active"] == true);
    let text = |name: &str| doctor.unwrap()[name].as_str().unwrap().to_owned();
    let practice = stack.new_practice().await;
    let code = bp.pairing_code(BRITISH).await;
    let asked = form(BRITISH, &code, &text("firstName"), &text("lastName"));
    practice.clinician.put("/connection", &asked).await.assert_status(200);
    let records = Connection::open(site["databaseFile"].as_str().unwrap()).unwrap();
    records.busy_timeout(Duration::from_secs(20)).unwrap();
    let day = |query: &str, subject: &str| -> String {
        let moment: String = records.query_row(query, [subject], |row| row.get(0)).unwrap();
        moment.trim_end_matches("T00:00:00").to_owned()
    };

    let zone = site["timeZone"].as_str().unwrap();
    let today = || jiff::Timestamp::now().in_tz(zone).unwrap().date().to_string();
    let before = today();
    let document = Document::pdf("a letter");
    upload(&practice.clinician, &document).await;
    let id = new_id();
    let sent = practice.clinician.put(&format!("/referrals/{id}"), &referral(&document)).await;
    sent.assert_status(202);
    reaches(&practice, &format!("referral-{id}"), "delivered").await;
    let written = day(
        "SELECT CORRESPONDENCEDATE FROM CORRESPONDENCEOUT WHERE rtrim(SUBJECT) = ?1",
        "Referral – “left knee”",
    );
    assert!([before, today()].contains(&written), "{written}");

    // Read the wrong way round, the first day becomes another one and the second is refused.
    for (subject, born) in [("Fifth", "1968-06-05"), ("Seventeenth", "1968-06-17")] {
        let mut body = message("report");
        body["subject"] = json!(subject);
        body["addressee"] = json!({ "ahpraNumber": text("registrationNumber") });
        body["patient"] = json!({ "lastName": "Unheard-Of", "dateOfBirth": born });
        let reply = new_id();
        practice.platform.put(&format!("/correspondence/{reply}"), &body).await.assert_status(202);
        reaches(&practice, &format!("message-{reply}"), "delivered").await;
        let query = "SELECT DOB FROM INCOMINGREPORTS WHERE rtrim(SUBJECT) = ?1";
        assert_eq!(day(query, subject), born);
    }
}
