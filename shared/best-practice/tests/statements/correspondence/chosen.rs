//! A letter is about the patient that its sender chose, even if somebody else has the number by now.

use halo_simulator::practice::patient;

use crate::correspondence::support::{OTHER_TOKEN, OUT, Parameters, Practice, Row};

/// A letter about this patient, who was chosen by name and date of birth.
fn chosen(number: i64, key: &str, born: &str) -> Parameters {
    Parameters::letter(number, 0, b"%PDF-1.7").with("@surnameKey", key).with("@dateOfBirth", born)
}

fn about_demonstration() -> Parameters {
    chosen(patient::DEMONSTRATION, "WATTLEFORD", "1957-03-14")
}

/// Sends a letter. Returns the answer, and how many letters and files were added.
fn send(practice: &mut Practice, letter: &Parameters) -> (Row, (i64, i64)) {
    let count = |practice: &Practice| {
        (practice.count("dbo.CORRESPONDENCEOUT"), practice.count("BPSDocuments.DOCUMENTS"))
    };
    let before = count(practice);
    let row = practice.outcome(OUT, letter);
    let after = count(practice);
    (row, (after.0 - before.0, after.1 - before.1))
}

fn assert_refused(practice: &mut Practice, letter: &Parameters, outcome: &str) {
    let (row, added) = send(practice, letter);
    assert_eq!(row["Outcome"], outcome);
    assert!(!row.contains_key("RecordId"), "{row:?}");
    assert_eq!(added, (0, 0), "something was written");
}

fn assert_written(practice: &mut Practice, letter: &Parameters) {
    let (row, added) = send(practice, letter);
    assert_eq!((row["Outcome"].as_str(), added), ("written", (1, 1)));
}

fn change(practice: &Practice, sql: &str) {
    assert_eq!(practice.connection.execute(sql, []).unwrap(), 1, "{sql}");
}

#[test]
fn a_letter_about_the_chosen_patient_is_written_however_the_name_is_spelt_in_bp() {
    for (spelt, key) in [
        ("Wattleford", "WATTLEFORD"),
        ("WATTLE-FORD", "WATTLEFORD"),
        ("wattle ford", "WATTLEFORD"),
        ("O''Wattle", "OWATTLE"),
        ("O’Wattle", "OWATTLE"),
        ("St. Wattle", "STWATTLE"),
        ("Müller", "MÜLLER"),
        ("Strauß", "STRAUSS"),
        ("Strauss", "STRAUSS"),
    ] {
        let mut practice = Practice::open();
        change(
            &practice,
            &format!("UPDATE dbo.PATIENTS SET SURNAME = '{spelt}' WHERE INTERNALID = 1"),
        );
        assert_written(&mut practice, &chosen(1, key, "1957-03-14"));
    }
}

#[test]
fn a_letter_is_not_written_when_the_number_is_somebody_elses_by_now() {
    for change_in_bp in [
        "SURNAME = 'Somebody'",
        "SURNAME = 'Wattlefords'",
        "SURNAME = NULL",
        "DOB = '1957-03-15T00:00:00'",
        "DOB = NULL",
    ] {
        let mut practice = Practice::open();
        let sql = format!("UPDATE dbo.PATIENTS SET {change_in_bp} WHERE INTERNALID = 1");
        change(&practice, &sql);
        assert_refused(&mut practice, &about_demonstration(), "patientChanged");
        let number_only = about_demonstration().with("@surnameKey", "").with("@dateOfBirth", "");
        assert_written(&mut practice, &number_only);
    }
}

#[test]
fn one_of_name_and_date_of_birth_is_compared_alone_where_only_one_is_known() {
    let mut practice = Practice::open();
    assert_refused(&mut practice, &chosen(1, "SOMEBODY", ""), "patientChanged");
    assert_refused(&mut practice, &chosen(1, "", "1957-03-15"), "patientChanged");
    assert_written(&mut practice, &chosen(1, "WATTLEFORD", ""));
    assert_written(&mut practice, &chosen(1, "", "1957-03-14").with("@token", OTHER_TOKEN));
}

#[test]
fn a_letter_that_is_there_already_is_found_whoever_has_the_number_by_then() {
    let mut practice = Practice::open();
    assert_written(&mut practice, &about_demonstration());
    change(&practice, "UPDATE dbo.PATIENTS SET SURNAME = 'Somebody' WHERE INTERNALID = 1");
    let (row, added) = send(&mut practice, &about_demonstration());
    assert_eq!((row["Outcome"].as_str(), added), ("found", (0, 0)));
}

#[test]
fn a_letter_about_somebody_who_has_died_or_left_is_written_only_if_the_sender_knows() {
    for (number, accept, other, outcome) in [
        (patient::DECEASED, "@acceptDeceased", "@acceptInactive", "patientDeceased"),
        (patient::INACTIVE, "@acceptInactive", "@acceptDeceased", "patientInactive"),
    ] {
        let mut practice = Practice::open();
        let letter = Parameters::letter(number, 0, b"%PDF-1.7");
        assert_refused(&mut practice, &letter, outcome);
        assert_refused(&mut practice, &letter.clone().with(other, "1"), outcome);
        assert_written(&mut practice, &letter.with(accept, "1"));
    }
}

#[test]
fn a_date_of_death_refuses_a_letter_whatever_the_status_says_and_bps_no_date_refuses_none() {
    let mut practice = Practice::open();
    let died = |day: &str| {
        format!("UPDATE dbo.PATIENTS SET DATEOFDEATH = '{day}T00:00:00' WHERE INTERNALID = 1")
    };
    change(&practice, &died("2026-01-05"));
    assert_refused(&mut practice, &about_demonstration(), "patientDeceased");
    assert_written(&mut practice, &about_demonstration().with("@acceptDeceased", "1"));
    change(&practice, &died("1900-01-01"));
    assert_written(&mut practice, &about_demonstration().with("@token", OTHER_TOKEN));
}

#[test]
fn that_somebody_else_has_the_number_is_said_before_that_they_have_died() {
    let mut practice = Practice::open();
    let letter = chosen(patient::DECEASED, "SOMEBODY", "1957-03-14");
    assert_refused(&mut practice, &letter, "patientChanged");
    let gone = chosen(patient::DELETED, "SOMEBODY", "1957-03-14");
    assert_refused(&mut practice, &gone, "noPatient");
}

#[test]
fn a_status_whose_word_is_not_known_and_a_second_e_mail_address_stand_in_nobodys_way() {
    let mut practice = Practice::open();
    change(&practice, "UPDATE dbo.PATIENTS SET PATIENTSTATUS = 0 WHERE INTERNALID = 1");
    assert_written(&mut practice, &about_demonstration());
    change(&practice, "UPDATE dbo.PATIENTS SET PATIENTSTATUS = 3 WHERE INTERNALID = 1");
    change(
        &practice,
        "INSERT INTO dbo.EMAIL (RECORDSTATUS, INTERNALID, EMAILCODE, EMAIL, CREATED, CREATEDBY) \
         VALUES (1, 1, 1, 'second@example.org', '2026-01-01T00:00:00', 1)",
    );
    let again = about_demonstration().with("@token", OTHER_TOKEN);
    assert_refused(&mut practice, &again, "patientDeceased");
}
