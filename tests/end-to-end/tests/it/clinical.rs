//! Referral guide, "Import patient data": the clinical record. The tests read the expected values from the
//! tables of the practice's database. The service reads the views instead.

use end_to_end::{Answer, TestPractice, TestStack};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Value, json};

use crate::steps::{LARGE, named, paired_practice};

async fn summary(practice: &TestPractice, patient: i64) -> Answer {
    let answer = practice.clinician.get(&format!("/patients/{patient}/clinical-summary")).await;
    answer.assert_status(200);
    answer
}

fn database(stack: &TestStack) -> Connection {
    let practice =
        stack.file().practices.iter().find(|practice| practice.site_id == LARGE).unwrap();
    Connection::open(&practice.database_file).unwrap()
}

/// Trimmed text, or null for NULL and blanks; a number as it is.
fn cell(row: &Row<'_>, index: usize) -> Value {
    match row.get_ref(index).unwrap() {
        ValueRef::Integer(number) => json!(number),
        ValueRef::Text(text) => match String::from_utf8_lossy(text).trim() {
            "" => Value::Null,
            text => json!(text),
        },
        _ => Value::Null,
    }
}

/// Rows as objects. The aliases are the names of the members.
fn objects(database: &Connection, sql: &str) -> Vec<Value> {
    let mut statement = database.prepare(sql).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        Ok(Value::Object(
            names.iter().enumerate().map(|(at, name)| (name.clone(), cell(row, at))).collect(),
        ))
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Fails unless the section's items (of a kind) have exactly these members' values, in any order.
#[track_caller]
fn assert_items(answer: &Answer, section: &str, kind: Option<&str>, expected: &[Value]) {
    let items = answer.at(&format!("/sections/{section}/items")).as_array().unwrap();
    let items: Vec<&Value> =
        items.iter().filter(|item| kind.is_none_or(|kind| item["kind"] == kind)).collect();
    assert_eq!(items.len(), expected.len(), "{section}: {items:?}");
    let mut left = items.clone();
    for wanted in expected {
        let members = wanted.as_object().unwrap();
        let place = left.iter().position(|item| {
            members.iter().all(|(name, value)| item.get(name).unwrap_or(&Value::Null) == value)
        });
        let place = place.unwrap_or_else(|| panic!("{section} lacks {wanted} in {items:?}"));
        left.remove(place);
    }
}

fn past_history(patient: i64) -> String {
    format!(
        "SELECT RECORDID AS recordId, rtrim(ITEMTEXT) AS condition, nullif(ITEMCODE, 0) AS conditionCode,
         SNOMED AS snomed, CASE STATUSCODE WHEN 1 THEN 'Active' WHEN 2 THEN 'Inactive' END AS status,
         CASE SIDE WHEN 1 THEN 'Left' WHEN 2 THEN 'Right' WHEN 3 THEN 'Bilateral' END AS side,
         CASE SEVERITY WHEN 1 THEN 'Mild' WHEN 2 THEN 'Moderate' WHEN 3 THEN 'Severe' END AS severity,
         DETAILS AS details, substr(CREATED, 1, 10) AS recordedOn,
         CASE WHEN YEAR = 0 THEN NULL WHEN MONTH = 0 THEN printf('%04d', YEAR)
              WHEN DAY = 0 THEN printf('%04d-%02d', YEAR, MONTH)
              ELSE printf('%04d-%02d-%02d', YEAR, MONTH, DAY) END AS date
         FROM PASTHISTORY WHERE INTERNALID = {patient} AND RECORDSTATUS = 1"
    )
}

fn medications(patient: i64) -> String {
    format!(
        "SELECT r.RECORDID AS recordId, r.DRUGNAME AS name, r.DOSE AS dose, f.FREQUENCYTEXT AS frequency,
         o.FOODTEXT AS food, d.DETAILTEXT AS otherDetail, r.INSTRUCTIONS AS instructions,
         nullif(r.ROUTE, 0) AS routeCode, nullif(r.QUANTITY, 0) AS quantity, r.PRODUCTUNIT AS unit,
         r.REPEATS AS repeats, r.INDICATION AS indication, substr(r.FIRSTDATE, 1, 10) AS firstDate,
         substr(r.LASTDATE, 1, 10) AS lastDate, nullif(r.PRODUCTID, 0) AS productId
         FROM CURRENTRX r JOIN RXFREQUENCY f ON f.FREQUENCYCODE = r.FREQUENCY
         JOIN RXFOOD o ON o.FOODCODE = r.FOOD JOIN RXDETAIL d ON d.DETAILCODE = r.OTHERDETAIL
         WHERE r.INTERNALID = {patient} AND r.RECORDSTATUS = 1"
    )
}

fn allergies(patient: i64) -> String {
    format!(
        "SELECT ITEMNAME AS item, REACTION AS reaction, COMMENT AS comment,
         CASE SEVERITY WHEN 1 THEN 'Mild' WHEN 2 THEN 'Moderate' WHEN 3 THEN 'Severe' END AS severity
         FROM REACTIONS WHERE INTERNALID = {patient} AND RECORDSTATUS = 1"
    )
}

fn immunisations(patient: i64) -> String {
    format!(
        "SELECT RECORDID AS recordId, substr(GIVENDATE, 1, 10) AS givenOn, VACCINENAME AS vaccine,
         nullif(VACCINEID, 0) AS vaccineId, BATCHNO AS batchNumber, nullif(SEQUENCE, 0) AS sequence,
         nullif(SITECODE, 0) AS siteCode, nullif(ROUTE, 0) AS routeCode, COMMENT AS comment
         FROM IMMUNISATIONS WHERE INTERNALID = {patient} AND RECORDSTATUS = 1"
    )
}

fn relatives(patient: i64) -> String {
    format!(
        "SELECT r.RELATIONNAME AS relation, f.CONDITION AS condition, nullif(f.DISEASECODE, 0) AS diseaseCode,
         f.COMMENT AS comment FROM FAMILYHISTORYDETAIL f JOIN RELATIONS r ON r.RELATIONCODE = f.RELATIONCODE
         WHERE f.INTERNALID = {patient} AND f.RECORDSTATUS = 1"
    )
}

fn parents(patient: i64) -> String {
    ["FATHER", "MOTHER"]
        .map(|parent| {
            format!(
                "SELECT lower('{parent}') AS relation, nullif({parent}AGE, 0) AS ageAtDeath,
                 {parent}CAUSE AS causeOfDeath FROM FAMILYHISTORY WHERE INTERNALID = {patient}
                 AND RECORDSTATUS = 1 AND ({parent}ALIVE <> 0 OR {parent}AGE <> 0)"
            )
        })
        .join(" UNION ALL ")
}

fn occupations(patient: i64) -> String {
    format!(
        "SELECT OCCUPATION AS occupation, DESCRIPTION AS description, EMPLOYER AS employer,
         nullif(YEARSTARTED, 0) AS yearStarted, nullif(YEARSTOPPED, 0) AS yearStopped, COMMENT AS comment
         FROM OCCUPATIONHISTORY WHERE INTERNALID = {patient} AND RECORDSTATUS = 1"
    )
}

fn alcohol(patient: i64) -> String {
    format!(
        "SELECT nullif(DAYSPERWEEK, 0) AS daysPerWeek, nullif(DRINKSPERDAY, 0) AS drinksPerDay,
         DESCRIPTION AS description, nullif(YEARSTARTED, 0) AS yearStarted, COMMENT AS comment
         FROM ALCOHOL WHERE INTERNALID = {patient} AND RECORDSTATUS = 1"
    )
}

fn flags(
    database: &Connection,
    answer: &Answer,
    section: &str,
    table: &str,
    columns: &[(&str, &str)],
) {
    for item in answer.at(&format!("/sections/{section}/items")).as_array().unwrap() {
        for (member, column) in columns {
            let sql =
                format!("SELECT {column} = 1 FROM {table} WHERE RECORDID = {}", item["recordId"]);
            let set: bool = database.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(item[member], set, "{member} of {item}");
        }
    }
}

#[tokio::test]
async fn the_whole_clinical_record_comes_from_one_query_and_is_what_the_practice_holds() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let database = database(stack);
    let mark = bp.mark().await;
    let answer = summary(&practice, 1).await;
    assert_eq!(named(&bp.queries_since(mark).await), ["immediateQuery:clinical_summary"]);
    assert_eq!(*answer.at("/patientId"), 1);
    assert!(answer.at("/readAt").is_string());
    for section in answer.at("/sections").as_object().unwrap().values() {
        assert_eq!(section["status"], "recorded", "{section}");
        assert!(section.get("problem").is_none() && section.get("note").is_none(), "{section}");
    }
    for patient in [1, 13, 23, 25, 26, 27, 28, 29, 30, 31, 33] {
        let answer = summary(&practice, patient).await;
        for (section, kind, sql) in [
            ("pastHistory", None, past_history(patient)),
            ("medications", None, medications(patient)),
            ("allergies", None, allergies(patient)),
            ("immunisations", None, immunisations(patient)),
            ("familyHistory", Some("relative"), relatives(patient)),
            ("familyHistory", Some("parent"), parents(patient)),
            ("social", Some("occupation"), occupations(patient)),
        ] {
            assert_items(&answer, section, kind, &objects(&database, &sql));
        }
        flags(
            &database,
            &answer,
            "pastHistory",
            "PASTHISTORY",
            &[("acute", "ACUTE"), ("inSummary", "SUMMARY")],
        );
        flags(&database, &answer, "medications", "CURRENTRX", &[("whenNeeded", "PRN")]);
        let elsewhere = [("notGivenHere", "NOTGIVENHERE")];
        flags(&database, &answer, "immunisations", "IMMUNISATIONS", &elsewhere);
    }
    assert_items(&answer, "social", Some("alcohol"), &objects(&database, &alcohol(1)));
    let lives =
        "SELECT SOCIALHISTORY AS socialHistory, RECREATION AS recreation, BLOODGROUP AS bloodGroup,
        ADVANCECAREDIRECTIVE AS advanceCareDirective FROM CLINICAL WHERE INTERNALID = 1";
    assert_items(&answer, "social", Some("circumstances"), &objects(&database, lives));
    let smoked = "SELECT 'Ex smoker' AS status, 'Smoker' AS pastStatus, PASTSMOKESPERDAY AS pastPerDay,
        PASTSTARTED AS pastYearStarted, PASTSTOPPED AS pastYearStopped FROM TOBACCO WHERE INTERNALID = 1";
    assert_items(&answer, "social", Some("tobacco"), &objects(&database, smoked));
    let comment = "SELECT COMMENT AS text FROM FAMILYHISTORY WHERE INTERNALID = 1";
    assert_items(&answer, "familyHistory", Some("comment"), &objects(&database, comment));
}

#[tokio::test]
async fn observations_come_latest_first_with_both_halves_of_a_blood_pressure_in_one() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let answer = summary(&practice, 1).await;
    let items = answer.at("/sections/observations/items").as_array().unwrap();
    let of = |code: &str| items.iter().filter(|item| item["code"] == code).collect::<Vec<_>>();

    let pressures = of("bloodPressure");
    let values: Vec<_> = pressures.iter().map(|item| item["value"].as_str().unwrap()).collect();
    assert_eq!(values[..2], ["131/79", "138/82"]);
    assert_eq!(pressures[0]["systolic"], "131");
    assert_eq!(pressures[0]["diastolic"], "79");
    assert_eq!(pressures[0]["unit"], "mmHg");
    assert!(pressures[0]["observedAt"].as_str().unwrap().ends_with("T10:15"));
    let half = of("systolicPressure");
    assert_eq!((half.len(), &half[0]["value"]), (1, &json!("142")));
    assert_eq!(half[0]["observedAt"].as_str().unwrap().len(), 10, "a time nobody recorded");
    assert!(of("diastolicPressure").is_empty(), "half of a pair was cut off");
    assert_eq!(pressures.len() + half.len(), 5);
    assert_eq!(of("bloodSugar")[0]["value"], ">27.8");
    assert_eq!(of("weight")[0]["unit"], "kg");
    assert_eq!(of("pulse").len(), 5);
    let times: Vec<_> = items.iter().map(|item| item["observedAt"].as_str().unwrap()).collect();
    let days: Vec<_> = times.iter().map(|at| &at[..10]).collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "{days:?}");

    let database = database(stack);
    let answer = summary(&practice, 23).await;
    for (code, kind) in [(2, "pulse"), (8, "weight"), (7, "height"), (9, "bodyMassIndex")] {
        let expected = objects(
            &database,
            &format!(
                "SELECT DATAVALUE AS value, DATANAME AS name,
                 strftime('%Y-%m-%dT%H:%M', substr(OBSDATE, 1, 10), OBSTIME || ' seconds') AS observedAt
                 FROM OBSERVATIONS WHERE INTERNALID = 23 AND RECORDSTATUS = 1 AND DATACODE = {code}
                 ORDER BY OBSDATE DESC, OBSTIME DESC LIMIT 5"
            ),
        );
        let shown: Vec<Value> = answer
            .at("/sections/observations/items")
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["code"] == kind)
            .map(|item| json!({ "value": item["value"], "name": item["name"], "observedAt": item["observedAt"] }))
            .collect();
        assert_eq!(shown, expected, "{kind}");
    }
}

#[tokio::test]
async fn nil_known_and_not_recorded_are_told_apart_and_contradictions_are_noted() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    // By Bp's code, by its word if the code may not be read, and by the code alone.
    for denied in [json!([]), json!(["CLINICAL"]), json!(["BPS_Clinical"])] {
        bp.set_practice(LARGE, json!({ "deniedObjects": denied })).await;
        for (patient, status, listed, noted) in [
            (25, "nilKnown", 0, false),
            (26, "recorded", 2, true),
            (27, "notRecorded", 0, true),
            (28, "notRecorded", 0, false),
            (29, "recorded", 2, false),
        ] {
            let answer = summary(&practice, patient).await;
            let allergies = answer.at("/sections/allergies");
            assert_eq!(allergies["status"], status, "patient {patient}");
            assert_eq!(allergies["items"].as_array().unwrap().len(), listed, "patient {patient}");
            assert_eq!(allergies["note"].is_string(), noted, "patient {patient}: {allergies}");
        }
    }
    bp.set_practice(LARGE, json!({ "deniedObjects": ["CLINICAL", "BPS_Clinical"] })).await;
    let neither = summary(&practice, 25).await;
    assert_eq!(neither.text_at("/sections/allergies/status"), "unavailable");
    bp.set_practice(LARGE, json!({ "deniedObjects": [] })).await;
    let empty = summary(&practice, 2).await;
    for section in empty.at("/sections").as_object().unwrap().values() {
        assert_eq!(*section, json!({ "status": "notRecorded", "items": [] }));
    }
}

#[tokio::test]
async fn repeated_rows_are_shown_once_and_those_that_differ_all_with_a_note() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let circumstances = |answer: &Answer| {
        let items = answer.at("/sections/social/items").as_array().unwrap();
        items.iter().filter(|item| item["kind"] == "circumstances").count()
    };
    let equal = summary(&practice, 30).await;
    assert!(circumstances(&equal) <= 1, "{}", equal.text);
    assert!(equal.at("/sections/social/note").is_null());
    let differing = summary(&practice, 31).await;
    assert_eq!(circumstances(&differing), 3, "{}", differing.text);
    assert!(differing.text_at("/sections/social/note").contains("do not agree"));
}

#[tokio::test]
async fn what_bp_does_not_let_us_read_costs_its_section_only() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let whole = summary(&practice, 1).await;
    for (change, section, kind) in [
        (json!({ "deniedObjects": ["BPS_Reactions"] }), "allergies", "bp-permission-missing"),
        (json!({ "deniedObjects": ["BPS_CurrentRx"] }), "medications", "bp-permission-missing"),
        (
            json!({ "deniedObjects": [], "missingColumns": ["BPS_History.SNOMED"] }),
            "pastHistory",
            "bp-release-differs",
        ),
        (
            json!({ "missingColumns": ["BPS_Observations.ObservationTime"] }),
            "observations",
            "bp-release-differs",
        ),
    ] {
        bp.set_practice(LARGE, change).await;
        let answer = summary(&practice, 1).await;
        for (name, found) in answer.at("/sections").as_object().unwrap() {
            if name == section {
                assert_eq!(found["status"], "unavailable", "{name}");
                assert_eq!(found["problem"]["type"], kind, "{name}");
                assert_eq!(found["items"], json!([]), "{name}");
            } else {
                assert_eq!(found, whole.at(&format!("/sections/{name}")), "{name}");
            }
        }
    }
    // An unreadable list must not look like "no known allergies".
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Reactions"], "missingColumns": [] }))
        .await;
    let nil = summary(&practice, 25).await;
    assert_eq!(nil.text_at("/sections/allergies/status"), "unavailable");
    // One of a section's views is denied: the rest is shown, and the answer says what is missing.
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Tobacco"] })).await;
    let partly = summary(&practice, 1).await;
    assert_eq!(partly.text_at("/sections/social/status"), "recorded");
    assert_eq!(*partly.at("/sections/social/problem/unreadable"), json!(["BPS_Tobacco"]));
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Patients"] })).await;
    let none = practice.clinician.get("/patients/1/clinical-summary").await;
    none.assert_problem(502, "bp-permission-missing");
}

#[tokio::test]
async fn only_the_sections_asked_for_are_read_and_an_unknown_one_is_refused() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "deniedObjects": ["BPS_Observations"] })).await;
    let path = "/patients/1/clinical-summary?sections=allergies,familyHistory";
    let answer = practice.clinician.get(path).await;
    let sections = answer.assert_status(200).at("/sections").as_object().unwrap();
    assert_eq!(sections.keys().collect::<Vec<_>>(), ["allergies", "familyHistory"]);
    let mark = bp.mark().await;
    for wrong in ["sections=allergies,everything", "sections=", "section=allergies"] {
        let path = format!("/patients/1/clinical-summary?{wrong}");
        practice.clinician.get(&path).await.assert_problem(400, "invalid-request");
    }
    for nobody in ["21", "0", "99999999", "abc"] {
        let path = format!("/patients/{nobody}/clinical-summary");
        practice.clinician.get(&path).await.assert_problem(404, "not-found");
    }
    let asked = named(&bp.queries_since(mark).await);
    assert_eq!(
        asked, ["immediateQuery:clinical_summary"; 2],
        "only 21 and 99999999 can be patients"
    );
    let own = "/patients/1/clinical-summary";
    practice.stranger.get(own).await.assert_status(401);
    practice.clinician.at("another-practice").get(own).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_malformed_answer_is_said_so_and_a_read_record_is_audited_and_never_logged() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let path = "/patients/1/clinical-summary";
    for (effect, status, slug) in [
        ("malformedBody", 502, "malformed-answer"),
        ("wrongShape", 502, "malformed-answer"),
        ("503", 503, "site-offline"),
        ("tooLarge", 422, "record-too-large"),
    ] {
        bp.faults(json!([{ "operation": "immediateQuery", "effect": effect }])).await;
        practice.clinician.get(path).await.assert_problem(status, slug);
    }
    bp.no_faults().await;
    let answer = summary(&practice, 1).await;
    let trail = practice.practice_admin.get("/audit?patientId=1").await;
    let lines = trail.at("/items").as_array().unwrap();
    assert_eq!(lines.len(), 1, "{}", trail.text);
    assert_eq!(lines[0]["action"], "clinicalSummaryRead");
    let canaries = [
        answer.text_at("/sections/social/items/0/status"),
        "Lawn bowls, bush walking.",
        "old fibro sheeting",
        "Insulin glargine",
        "reviewed, stable",
        "138/82",
    ];
    stack.assert_not_logged(&canaries).await;
    stack.assert_not_stored(&canaries).await;
}
