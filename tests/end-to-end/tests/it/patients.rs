//! Referral guide, "Import patient data": search by last name and date of birth, pick, import.

use end_to_end::{Answer, TestPractice, TestStack};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

async fn search(practice: &TestPractice, last_name: &str, born: &str) -> Answer {
    let body = json!({ "lastName": last_name, "dateOfBirth": born });
    practice.clinician.post("/patients/search", &body).await
}

fn ids(answer: &Answer) -> Vec<i64> {
    answer
        .at("/matches")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["patientId"].as_i64().unwrap())
        .collect()
}

/// The practice's own database, opened directly.
fn database(stack: &TestStack) -> Connection {
    let practice =
        stack.file().practices.iter().find(|practice| practice.site_id == LARGE).unwrap();
    Connection::open(&practice.database_file).unwrap()
}

#[tokio::test]
async fn a_search_is_one_query_and_shows_enough_to_pick_the_right_person() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    let found = search(&practice, "Wattleford", "1957-03-14").await;
    found.assert_status(200);
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:patient_search"]);
    assert_eq!(found.header("cache-control"), Some("no-store"));
    let person = found.at("/matches/0");
    assert_eq!(person["patientId"], 1);
    assert_eq!(person["status"], "active");
    assert_eq!(person["firstName"], "Marguerite");
    assert_eq!(person["lastName"], "Wattleford");
    assert_eq!(person["dateOfBirth"], "1957-03-14");
    assert_eq!(person["sex"], "Female");
    assert!(person["suburb"].is_string());
    let (medicare, title): (String, String) = database(stack)
        .query_row(
            "SELECT rtrim(p.MEDICARENO), rtrim(t.TITLE) FROM PATIENTS p JOIN TITLES t ON t.TITLECODE = p.TITLECODE WHERE p.INTERNALID = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(person["medicareEnding"], medicare[medicare.len() - 4..]);
    assert_eq!(person["title"], title);
    assert_eq!(found.at("/more"), false);
}

#[tokio::test]
async fn a_surname_is_found_however_it_is_spelt_and_from_its_first_letters() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    for (spellings, born, id) in [
        (
            &["O'Brien", "o'brien", "OBRIEN", "O Brien", "o\u{2019}brien", "OBr"][..],
            "1968-11-02",
            5,
        ),
        (&["D'Angelo", "dangelo", "D-Ang"][..], "1991-05-23", 6),
        (&["Smith-Jones", "smith jones", "SMITHJONES", "Smith"][..], "1986-12-01", 9),
        (&["Van Der Berg", "vanderberg", "van der"][..], "1973-04-17", 10),
        (&["B\u{e9}chard", "B\u{c9}CHARD"][..], "1962-01-31", 12),
        (&["Oldacre", "OLDACRE"][..], "1980-10-10", 14),
        (&["St Clair", "St. Clair", "stclair"][..], "1993-02-28", 15),
    ] {
        for spelling in spellings {
            let found = search(&practice, spelling, born).await;
            assert!(
                ids(found.assert_status(200)).contains(&id),
                "{spelling} does not find patient {id}: {}",
                found.text
            );
        }
    }
    let both = search(&practice, "mcdonald", "1949-09-09").await;
    assert_eq!(
        {
            let mut ids = ids(&both);
            ids.sort_unstable();
            ids
        },
        [7, 8]
    );
}

#[tokio::test]
async fn a_wildcard_finds_nobody_and_says_why() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    for wild in ["%", "B%", "_atchelor", "[A-Z]", "*"] {
        let answer = search(&practice, wild, "1990-01-01").await;
        answer.assert_problem(400, "invalid-request");
        assert_eq!(answer.text_at("/errors/0/pointer"), "/lastName");
    }
    assert!(bp.queries_since(mark).await.is_empty(), "a wildcard reached the practice");
}

#[tokio::test]
async fn twins_are_both_shown_and_told_apart_by_their_first_names() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let found = search(&practice, "Farraday", "2015-02-19").await;
    // Ordered by first name, then by number.
    assert_eq!(ids(&found), [4, 3]);
    assert_eq!(found.text_at("/matches/0/firstName"), "Imogen");
}

#[tokio::test]
async fn inactive_and_deceased_patients_are_marked_and_deleted_ones_are_not_there() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    assert_eq!(
        search(&practice, "Pemberton", "1939-12-24").await.text_at("/matches/0/status"),
        "inactive"
    );
    assert_eq!(
        search(&practice, "Kingsley", "1931-05-01").await.text_at("/matches/0/status"),
        "deceased"
    );
    let deleted = search(&practice, "Winterbourne", "1977-03-03").await;
    assert!(ids(deleted.assert_status(200)).is_empty());
    practice.clinician.get("/patients/21").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_crowd_is_cut_at_fifty_in_a_stable_order_with_a_sign_that_there_are_more() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let found = search(&practice, "batchelor", "1990-01-01").await;
    assert_eq!(ids(&found).len(), 50);
    assert_eq!(*found.at("/more"), json!(true));
    assert_eq!(ids(&search(&practice, "Batchelor", "1990-01-01").await), ids(&found));
    let names: Vec<_> = found
        .at("/matches")
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["firstName"].as_str().unwrap().to_lowercase())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[tokio::test]
async fn a_patient_with_two_email_addresses_is_one_patient() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    assert_eq!(ids(&search(&practice, "Tapper", "1970-06-06").await), [22]);
    let person = practice.clinician.get("/patients/22").await;
    assert!(person.assert_status(200).text_at("/email").contains("@example."));
}

#[tokio::test]
async fn the_import_fills_every_field_of_the_form_from_one_query() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let mark = bp.mark().await;
    let answer = practice.clinician.get("/patients/1").await;
    answer.assert_status(200);
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:patient_demographics"]);

    let database = database(stack);
    let column = |name: &str| -> Value {
        let text: Option<String> = database
            .query_row(
                &format!("SELECT CAST({name} AS text) FROM PATIENTS WHERE INTERNALID = 1"),
                [],
                |row| row.get(0),
            )
            .unwrap();
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .map_or(Value::Null, Value::from)
    };
    for (pointer, name) in [
        ("/firstName", "FIRSTNAME"),
        ("/middleName", "MIDDLENAME"),
        ("/lastName", "SURNAME"),
        ("/preferredName", "PREFERREDNAME"),
        ("/address/line1", "ADDRESS1"),
        ("/address/line2", "ADDRESS2"),
        ("/address/suburb", "CITY"),
        ("/address/postcode", "POSTCODE"),
        ("/postalAddress/line1", "POSTALADDRESS"),
        ("/postalAddress/suburb", "POSTALCITY"),
        ("/postalAddress/postcode", "POSTALPOSTCODE"),
        ("/phones/home", "HOMEPHONE"),
        ("/phones/work", "WORKPHONE"),
        ("/phones/mobile", "MOBILEPHONE"),
        ("/medicare/number", "MEDICARENO"),
        ("/medicare/line", "MEDICARELINENO"),
        ("/medicare/expiry", "MEDICAREEXPIRY"),
        ("/dva/number", "DVANO"),
        ("/pension/number", "PENSIONNO"),
        ("/healthFund/name", "HEALTHFUNDNAME"),
        ("/healthFund/number", "HEALTHFUNDNO"),
        ("/ihi", "IHI"),
    ] {
        assert_eq!(*answer.at(pointer), column(name), "{pointer}");
        assert!(
            !answer.at(pointer).is_null() || ["/address/line2", "/dva/number"].contains(&pointer),
            "{pointer} is empty"
        );
    }
    let born = column("DOB");
    assert_eq!(answer.text_at("/dateOfBirth"), &born.as_str().unwrap()[..10]);
    for pointer in [
        "/sex",
        "/gender",
        "/email",
        "/ethnicity",
        "/usualDoctor",
        "/nextOfKin/lastName",
        "/nextOfKin/phone",
    ] {
        assert!(answer.at(pointer).is_string(), "{pointer} is missing in {}", answer.text);
    }
}

#[tokio::test]
async fn a_patient_of_whom_only_the_name_is_known_has_empty_fields_and_no_blanks() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let answer = practice.clinician.get("/patients/2").await;
    answer.assert_status(200);
    assert_eq!(answer.text_at("/lastName"), "Nihill");
    for pointer in [
        "/address/line1",
        "/phones/home",
        "/email",
        "/medicare",
        "/dva",
        "/pension",
        "/healthFund",
        "/ihi",
        "/usualDoctor",
    ] {
        assert!(answer.at(pointer).is_null(), "{pointer} is {}", answer.at(pointer));
    }
    let newborn = practice.clinician.get("/patients/20").await;
    assert!(newborn.assert_status(200).at("/firstName").is_null());
}

#[tokio::test]
async fn an_older_release_without_the_gender_column_or_the_next_of_kin_still_answers() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(
        LARGE,
        json!({
            "deniedObjects": ["NEXTOFKIN"],
            "missingColumns": ["BPS_Patients.Gender"],
        }),
    )
    .await;
    let answer = practice.clinician.get("/patients/1").await;
    answer.assert_status(200);
    assert!(answer.at("/gender").is_null() && answer.at("/nextOfKin").is_null(), "{}", answer.text);
    assert_eq!(answer.text_at("/lastName"), "Wattleford");
}

#[tokio::test]
async fn a_patient_who_has_died_is_shown_with_the_day_if_bp_lets_us_read_it() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let alive = practice.clinician.get("/patients/1").await;
    assert_eq!(*alive.assert_status(200).at("/deceased"), json!(false));
    assert!(alive.at("/dateOfDeath").is_null());
    let died = practice.clinician.get("/patients/17").await;
    assert_eq!(*died.assert_status(200).at("/deceased"), json!(true));
    let day: String = database(stack)
        .query_row(
            "SELECT substr(DATEOFDEATH, 1, 10) FROM PATIENTS WHERE INTERNALID = 17",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(died.text_at("/dateOfDeath"), day);
    bp.set_practice(LARGE, json!({ "deniedObjects": ["PATIENTS"] })).await;
    let died = practice.clinician.get("/patients/17").await;
    assert_eq!(*died.assert_status(200).at("/deceased"), json!(true));
    assert!(died.at("/dateOfDeath").is_null(), "{}", died.text);
}

#[tokio::test]
async fn a_view_that_bp_does_not_let_us_read_is_said_so() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Patients"] })).await;
    search(&practice, "Nguyen", "1995-08-08").await.assert_problem(502, "bp-permission-missing");
}

#[tokio::test]
async fn every_failure_of_a_search_is_a_clear_problem_and_passing_ones_are_ridden_out() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let nguyen = async || search(&practice, "Nguyen", "1995-08-08").await;
    for (effect, status, slug) in [
        ("503", 503, "site-offline"),
        ("malformedBody", 502, "malformed-answer"),
        ("wrongShape", 502, "malformed-answer"),
        ("executionFailed", 502, "bp-refused"),
        ("tooLarge", 422, "record-too-large"),
        ("401", 502, "halo-key-refused"),
    ] {
        bp.faults(json!([{ "operation": "immediateQuery", "effect": effect }])).await;
        nguyen().await.assert_problem(status, slug);
    }
    for effect in [
        "429",
        "500",
        "504BeforeExecution",
        "504AfterExecution",
        "dropBefore",
        "dropAfter",
        "truncatedBody",
        "malformedBody",
    ] {
        bp.faults(json!([{ "operation": "immediateQuery", "effect": effect, "times": 1 }])).await;
        let answer = nguyen().await;
        assert_eq!(answer.status, 200, "{effect} once: {}", answer.text);
    }
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    bp.no_faults().await;
    nguyen().await.assert_problem(503, "site-offline");
}

#[tokio::test]
async fn a_practice_that_does_not_answer_is_given_up_before_the_gateway_gives_up() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.faults(
        json!([{ "operation": "immediateQuery", "effect": "slow", "delayMs": 28_000, "times": 1 }]),
    )
    .await;
    let answer = search(&practice, "Nguyen", "1995-08-08").await;
    answer.assert_problem(504, "site-slow");
    assert!(answer.at("/retryAfterSeconds").is_u64());
}
