//! The practices have the people that cause problems for integrations.

use std::collections::BTreeSet;

use crate::practice_support::{all, large, number, small, texts};
use halo_simulator::practice::{CAST, CROWD_SIZE, CROWD_SURNAME, highlights, patient};

#[test]
fn the_practices_have_the_promised_size() {
    assert_eq!(number(&large(), "SELECT count(*) FROM dbo.PATIENTS WHERE INTERNALID <> 0"), 2_000);
    assert_eq!(number(&small(), "SELECT count(*) FROM dbo.PATIENTS WHERE INTERNALID <> 0"), 120);
    assert_eq!(number(&large(), "SELECT count(*) FROM dbo.BPS_PracticeLocations"), 3);
    assert_eq!(number(&small(), "SELECT count(*) FROM dbo.BPS_PracticeLocations"), 1);
    let practitioners = "SELECT count(DISTINCT USERID) FROM dbo.SESSIONS";
    assert_eq!(number(&large(), practitioners), 12);
    assert_eq!(number(&small(), practitioners), 3);
}

#[test]
fn the_practices_are_five_with_people_of_their_own() {
    let (mut sites, mut doctors, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (which, practice) in all() {
        assert!(sites.insert((which.site_id(), which.name())), "{which:?} is there twice");
        let bookable = "SELECT count(DISTINCT USERID) FROM dbo.SESSIONS";
        assert!(number(&practice, bookable) >= 3, "{which:?} has few practitioners");
        let registered = texts(
            &practice,
            "SELECT DISTINCT rtrim(RegistrationNo) FROM dbo.BPS_Users WHERE rtrim(RegistrationNo) <> ''",
        );
        for number in registered {
            assert!(number[3..].starts_with("999"), "{number} may belong to somebody");
            assert!(doctors.insert(number.clone()), "{number} works at {which:?} and elsewhere");
        }
        let provided = texts(&practice, "SELECT PROVIDERNUMBER FROM dbo.PROVIDER_LOCATION");
        assert!(provided.iter().all(|number| number.starts_with("999")), "{provided:?}");
        let cards = texts(
            &practice,
            "SELECT DISTINCT substr(MedicareNo, 1, 1) FROM dbo.BPS_Patients WHERE rtrim(MedicareNo) <> ''",
        );
        assert_eq!(cards, ["9"], "{which:?}");
        let ordinary =
            "SELECT group_concat(rtrim(FIRSTNAME) || ' ' || rtrim(SURNAME)) FROM dbo.PATIENTS
            WHERE INTERNALID BETWEEN 101 AND 110";
        names.insert(texts(&practice, ordinary));
    }
    assert_eq!(sites.len(), 5);
    assert_eq!(names.len(), 5, "two practices have the same ordinary patients: {names:?}");
}

#[test]
fn no_foreign_key_dangles() {
    for (which, practice) in all() {
        let mut statement = practice.prepare("PRAGMA dbo.foreign_key_check").unwrap();
        let broken: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(broken.is_empty(), "{which:?}: {broken:?}");
    }
}

#[test]
fn the_dummy_rows_are_in_the_tables_and_in_no_view() {
    let practice = large();
    for (table, view, key) in [
        ("PATIENTS", "BPS_Patients", "INTERNALID"),
        ("USERS", "BPS_Users", "USERID"),
        ("LOCATIONS", "BPS_PracticeLocations", "LOCATIONID"),
    ] {
        let count = |object: &str| {
            number(&practice, &format!("SELECT count(*) FROM dbo.{object} WHERE {key} = 0"))
        };
        assert_eq!((count(table), count(view)), (1, 0), "{table}");
    }
}

#[test]
fn two_users_share_a_name_and_two_others_share_a_registration_number() {
    let practice = large();
    let namesakes = texts(
        &practice,
        "SELECT ProviderNo FROM dbo.BPS_Users WHERE Firstname = 'David' AND Surname = 'Nguyen' ORDER BY UserID",
    );
    assert_eq!(namesakes.len(), 2);
    assert_ne!(namesakes[0][..6], namesakes[1][..6]);
    let shared = texts(
        &practice,
        "SELECT rtrim(RegistrationNo) FROM dbo.BPS_Users WHERE rtrim(RegistrationNo) <> ''
         GROUP BY RegistrationNo HAVING count(*) > 1",
    );
    assert_eq!(shared, ["MED9990000010"]);
}

#[test]
fn a_registration_number_may_be_null_or_blank() {
    let practice = large();
    assert_eq!(
        number(
            &practice,
            "SELECT count(*) FROM dbo.BPS_Users WHERE RegistrationNo IS NULL AND ProviderNo <> ''"
        ),
        1
    );
    assert!(number(&practice, "SELECT count(*) FROM dbo.BPS_Users WHERE RegistrationNo = ''") > 0);
}

#[test]
fn user_ids_can_be_huge_and_inactive_users_are_in_no_view() {
    let practice = large();
    assert_eq!(number(&practice, "SELECT max(UserID) FROM dbo.BPS_Users"), 2_000_000_564);
    assert_eq!(number(&practice, "SELECT count(*) FROM dbo.USERS WHERE USERSTATUS = 2"), 2);
    assert_eq!(number(&practice, "SELECT count(*) FROM dbo.BPS_Users WHERE Surname = 'Finch'"), 0);
}

#[test]
fn a_practitioner_has_a_different_provider_number_at_each_location() {
    let practice = large();
    let numbers = texts(
        &practice,
        "SELECT PROVIDERNUMBER FROM dbo.PROVIDER_LOCATION WHERE USERID = 3 ORDER BY LOCATIONID",
    );
    assert_eq!(numbers.len(), 3);
    assert!(
        numbers.iter().all(|number| number.len() == 8 && number.starts_with("999103")),
        "{numbers:?}"
    );
    assert_ne!(numbers[0], numbers[1]);
}

#[test]
fn more_people_than_a_list_shows_share_a_surname_and_a_date_of_birth() {
    let crowd = format!(
        "SELECT count(*) FROM dbo.BPS_Patients WHERE Surname = '{CROWD_SURNAME}'
         AND DOB = '1990-01-01T00:00:00' AND StatusText = 'Active' "
    );
    assert!(number(&large(), &crowd) >= CROWD_SIZE);
    assert_eq!(number(&small(), &crowd), 0);
}

#[test]
fn twins_differ_in_their_first_names_and_medicare_lines_only() {
    let practice = large();
    let twins = "FROM dbo.BPS_Patients WHERE Surname = 'Farraday' AND DOB = '2015-02-19T00:00:00'";
    for (column, different) in
        [("Firstname", 2), ("MedicareLineNo", 2), ("MedicareNo", 1), ("City", 1), ("Sex", 1)]
    {
        assert_eq!(
            number(&practice, &format!("SELECT count(DISTINCT {column}) {twins}")),
            different,
            "{column}"
        );
    }
}

#[test]
fn the_cast_is_stored_as_it_was_typed() {
    for (_, practice) in all() {
        for role in &CAST {
            let (first, last): (String, Option<String>) = practice
                .query_row(
                    "SELECT FIRSTNAME, SURNAME FROM dbo.PATIENTS WHERE INTERNALID = ?1",
                    [role.patient],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            assert_eq!(first, format!("{:<40}", role.first_name));
            assert_eq!(last, role.last_name.map(|name| format!("{name:<40}")));
        }
    }
}

#[test]
fn statuses_are_words_and_the_deleted_patient_is_in_no_view() {
    let practice = large();
    let status = |id: i64| {
        texts(
            &practice,
            &format!("SELECT rtrim(StatusText) FROM dbo.BPS_Patients WHERE InternalID = {id}"),
        )
    };
    assert_eq!(status(patient::DEMONSTRATION), ["Active"]);
    assert_eq!(status(patient::INACTIVE), ["Inactive"]);
    assert_eq!(status(patient::DECEASED), ["Deceased"]);
    assert!(status(patient::DELETED).is_empty());
    assert_eq!(status(patient::TWO_EMAILS).len(), 2);
}

#[test]
fn nothing_is_known_of_the_empty_patient() {
    let practice = large();
    let tables = texts(
        &practice,
        "SELECT m.name FROM dbo.sqlite_schema AS m
         WHERE m.type = 'table' AND m.name NOT IN ('PATIENTS', 'sqlite_sequence')
         AND EXISTS (SELECT 1 FROM pragma_table_info(m.name, 'dbo') WHERE name = 'INTERNALID')",
    );
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        let id = patient::EMPTY;
        assert_eq!(
            number(&practice, &format!("SELECT count(*) FROM dbo.{table} WHERE INTERNALID = {id}")),
            0,
            "{table}"
        );
    }
}

#[test]
fn everything_is_known_of_the_demonstration_patient() {
    for (_, practice) in all() {
        let mut statement =
            practice.prepare("SELECT * FROM dbo.BPS_Patients WHERE InternalID = ?1").unwrap();
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        statement
            .query_row([patient::DEMONSTRATION], |row| {
                for (index, name) in names.iter().enumerate() {
                    let value: rusqlite::types::Value = row.get(index)?;
                    let blank = match &value {
                        rusqlite::types::Value::Null => true,
                        rusqlite::types::Value::Text(text) => text.trim().is_empty(),
                        _ => false,
                    };
                    assert!(!blank, "{name}");
                }
                Ok(())
            })
            .unwrap();
        for view in [
            "BPS_History",
            "BPS_CurrentRx",
            "BPS_Reactions",
            "BPS_Observations",
            "BPS_FamilyHistory",
            "BPS_FamilyHistoryDetail",
            "BPS_Tobacco",
            "BPS_Alcohol",
            "BPS_Clinical",
            "BPS_OccupationHistory",
            "BPS_Immunisations",
            "BPS_Investigations",
            "BPS_CorrespondenceIn",
            "BPS_CorrespondenceOut",
            "BPS_EPCReports",
            "BPS_ClinicalImages",
        ] {
            let id = patient::DEMONSTRATION;
            let rows = number(
                &practice,
                &format!("SELECT count(*) FROM dbo.{view} WHERE InternalID = {id}"),
            );
            assert!(rows > 0, "{view}");
        }
    }
}

#[test]
fn what_is_known_of_allergies_and_what_is_listed_may_disagree() {
    let practice = large();
    for (id, known, listed) in [
        (patient::NIL_KNOWN, 1, false),
        (patient::NIL_KNOWN_BUT_LISTED, 1, true),
        (patient::RECORDED_BUT_EMPTY, 2, false),
        (patient::NOT_RECORDED, 0, false),
        (patient::NOT_RECORDED_BUT_LISTED, 0, true),
        (patient::DEMONSTRATION, 2, true),
    ] {
        let code = number(
            &practice,
            &format!("SELECT KNOWNALLERGIES FROM dbo.CLINICAL WHERE INTERNALID = {id}"),
        );
        let rows = number(
            &practice,
            &format!("SELECT count(*) FROM dbo.BPS_Reactions WHERE InternalID = {id}"),
        );
        assert_eq!((code, rows > 0), (known, listed), "patient {id}");
    }
}

#[test]
fn the_clinical_view_repeats_some_patients_in_words_that_need_not_agree() {
    let practice = large();
    let rows = |id: i64| {
        number(&practice, &format!("SELECT count(*) FROM dbo.BPS_Clinical WHERE InternalID = {id}"))
    };
    let kinds = |id: i64| {
        number(
            &practice,
            &format!(
                "SELECT count(*) FROM (SELECT DISTINCT * FROM dbo.BPS_Clinical WHERE InternalID = {id})"
            ),
        )
    };
    assert_eq!((rows(patient::REPEATED), kinds(patient::REPEATED)), (3, 1));
    assert_eq!((rows(patient::REPEATED_DIFFERENTLY), kinds(patient::REPEATED_DIFFERENTLY)), (3, 3));
}

#[test]
fn one_patient_has_three_thousand_observations() {
    let id = patient::LONG_HISTORY;
    let sql = format!("SELECT count(*) FROM dbo.BPS_Observations WHERE InternalID = {id}");
    assert_eq!(number(&large(), &sql), 3_000);
}

#[test]
fn highlights_tell_what_is_in_the_database() {
    for (which, practice) in all() {
        let found = highlights(&practice).unwrap();
        assert_eq!(
            (found.site_id.as_str(), found.practice_name.as_str()),
            (which.site_id(), which.name())
        );
        assert_eq!(found.patients.len(), CAST.len());
        assert!(found.patients.iter().all(|one| !one.why.is_empty()));
        assert!(found.users.iter().any(|user| !user.active));
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["users"][0]["userId"], 1);
        assert_eq!(json["users"][0]["title"], "Dr");
        assert_eq!(json["patients"][0]["dateOfBirth"], "1957-03-14");
        assert_eq!(json["patients"][0]["lastName"], "Wattleford");
    }
}

#[test]
fn patient_0_has_blanks_where_others_have_text() {
    // Public programs have trimmed the names of all active rows for years.
    for (which, practice) in all() {
        let columns = texts(
            &practice,
            "SELECT name FROM pragma_table_info('PATIENTS', 'dbo') WHERE type LIKE '%char%'",
        );
        assert!(columns.len() > 30, "{columns:?}");
        for column in columns {
            let blank = number(
                &practice,
                &format!(
                    "SELECT {column} IS NOT NULL AND trim({column}) = '' FROM dbo.PATIENTS WHERE INTERNALID = 0"
                ),
            );
            assert_eq!(blank, 1, "{which:?} {column}");
        }
        let width =
            number(&practice, "SELECT length(SURNAME) FROM dbo.PATIENTS WHERE INTERNALID = 0");
        assert_eq!(width, 40);
    }
}
