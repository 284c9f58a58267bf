//! Unusual clinical records.

use rusqlite::types::Value as Cell;

use super::*;

/// The status of each section of a summary, or the problem.
fn told(answer: &Answer) -> String {
    let Some(sections) = answer.json["sections"].as_object() else {
        return format!("{} {}", answer.status.as_u16(), answer.text_at("/type"));
    };
    let allergies = sections["allergies"]["status"].as_str().unwrap_or_default();
    let unread = sections.values().filter(|section| section["status"] == "unavailable").count();
    format!("allergies {allergies}, {unread} sections unavailable")
}

#[tokio::test]
async fn one_odd_row_never_costs_the_whole_record() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("One row that cannot be");
    let patient = clinic.patient("Obstime", "Sam", "1966-01-08");
    let owner = ("INTERNALID", Cell::from(patient));
    let reaction = clinic.number("SELECT min(RECORDID) FROM REACTIONS WHERE RECORDSTATUS = 1");
    let penicillin = [owner.clone(), ("ITEMNAME", Cell::from("Penicillin".to_owned()))];
    clinic.like("REACTIONS", "RECORDID", reaction, &penicillin);
    let reading = clinic.number("SELECT min(RECORDID) FROM OBSERVATIONS WHERE RECORDSTATUS = 1");
    let midnight = [owner, ("OBSTIME", Cell::from(86_400))];
    clinic.like("OBSERVATIONS", "RECORDID", reading, &midnight);
    let path = format!("/patients/{patient}/clinical-summary");
    let now = told(&practice.clinician.get(&path).await);
    let right = "allergies recorded, 0 sections unavailable";
    report.case("a pulse at 24:00", "502 malformed-answer", &now, right);

    let sql = "SELECT min(f.INTERNALID) FROM FAMILYHISTORY f JOIN PATIENTS p ON p.INTERNALID = f.INTERNALID \
               AND p.RECORDSTATUS = 1 WHERE f.FATHERALIVE = 2";
    let patient = clinic.number(sql);
    clinic.view("BPS_FamilyHistory", "THEN 'Yes' ELSE", "THEN 'Alive' ELSE");
    let path = format!("/patients/{patient}/clinical-summary");
    let answer = practice.clinician.get(&path).await;
    let now = answer.status.as_u16().to_string();
    report.case("a parent who is \"Alive\"", "502", &now, "200");
    report.finish();
}

impl Clinic {
    /// Changes the words that a view shows.
    fn view(&self, name: &str, words: &str, others: &str) {
        let sql = format!("SELECT sql FROM sqlite_master WHERE name = '{name}'");
        let text: String = self.practice.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert!(text.contains(words), "{name} does not say {words}");
        let text = text.replace(words, others);
        self.practice.execute_batch(&format!("DROP VIEW {name}; {text}")).unwrap();
    }
}

#[tokio::test]
async fn no_known_allergies_is_never_guessed_from_a_word() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let clinic = Clinic::open(stack, &bp).await;
    let mut report = Report::new("Bp's word where nothing is recorded of allergies");
    let patient = clinic.number(
        "SELECT min(c.INTERNALID) FROM CLINICAL c JOIN PATIENTS p ON p.INTERNALID = c.INTERNALID \
         AND p.RECORDSTATUS = 1 WHERE c.KNOWNALLERGIES = 0 AND c.INTERNALID > 0 \
         AND c.INTERNALID NOT IN (SELECT INTERNALID FROM REACTIONS)",
    );
    let path = format!("/patients/{patient}/clinical-summary?sections=allergies");
    let mut former = String::new();
    for (word, before) in [
        ("", "notRecorded"),
        ("Nil recorded", "nilKnown"),
        ("Not recorded", "notRecorded, with a note that something is"),
    ] {
        let (words, others) =
            (format!("'Recorded' ELSE '{former}' END"), format!("'Recorded' ELSE '{word}' END"));
        if word != former {
            clinic.view("BPS_Clinical", &words, &others);
        }
        former = word.to_owned();
        let answer = practice.clinician.get(&path).await;
        let section = answer.assert_status(200).at("/sections/allergies");
        let note = section["note"].as_str().unwrap_or_default();
        let claims = if note.contains("says that something") {
            ", with a note that something is"
        } else {
            ""
        };
        let now = format!("{}{claims}", section["status"].as_str().unwrap());
        report.case(&format!("the word \"{word}\""), before, &now, "notRecorded");
    }
    report.finish();
}
