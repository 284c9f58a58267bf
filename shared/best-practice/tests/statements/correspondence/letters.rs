//! Letters into Correspondence Out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo_simulator::practice::patient;
use halo_simulator::sql::Language;

use crate::correspondence::support::{LOOKUP, OTHER_TOKEN, OUT, Parameters, Practice, TOKEN};

#[test]
fn a_letter_lands_in_correspondence_out_with_every_column_filled() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let bytes = b"%PDF-1.7 made up \x00\xff\n";
    let done = practice.outcome(OUT, &Parameters::letter(patient::DEMONSTRATION, doctor, bytes));
    assert_eq!(done["Outcome"], "written");
    let record = &done["RecordId"];
    let row =
        practice.row(&format!("SELECT * FROM dbo.CORRESPONDENCEOUT WHERE RECORDID = {record}"));
    let expected = [
        ("INTERNALID", "1"),
        ("RECORDSTATUS", "1"),
        ("USERREFERENCE", TOKEN),
        ("SUBJECT", "Referral – “left knee”"),
        ("CONTACTNAME", "Dr Óscar O’Leary"),
        ("CORRESPONDENCEDATE", "2026-02-28T00:00:00"),
        ("CATEGORY", "Referral"),
        ("STATUSCODE", "1"),
        ("CHECKEDBY", "0"),
        ("CREATED", "2026-03-02T09:30:00"),
    ];
    for (column, value) in expected {
        assert_eq!(row[column], value, "{column}");
    }
    assert_eq!(row["USERID"], doctor.to_string());
    assert!(!row["SENDERNAME"].is_empty() && row["LOCATIONID"] != "0", "{row:?}");
    let document = practice.row(&format!(
        "SELECT * FROM BPSDocuments.DOCUMENTS WHERE rtrim(KIND) = 'CORRESPONDENCEOUT' AND RECORDID = {record}"
    ));
    assert_eq!(document["CONTENT"], STANDARD.encode(bytes));
    assert_eq!((document["FILETYPE"].as_str(), document["PAGENUMBER"].as_str()), ("pdf", "1"));
    assert_eq!(document["STORE"], row["STORED"]);
    // Bp's own view shows it.
    let seen = practice.row(&format!(
        "SELECT Subject, ContactName, Draft FROM dbo.BPS_CorrespondenceOut WHERE RecordID = {record}"
    ));
    assert_eq!(seen["Draft"], "No");
}

#[test]
fn a_letter_that_is_sent_again_is_found_and_not_written_twice() {
    let mut practice = Practice::open();
    let letter = Parameters::letter(patient::DEMONSTRATION, 0, b"%PDF-1.7");
    let (letters, files) =
        (practice.count("dbo.CORRESPONDENCEOUT"), practice.count("BPSDocuments.DOCUMENTS"));
    let first = practice.outcome(OUT, &letter);
    for status in [1, 2] {
        // A letter that somebody has deleted is not put back.
        practice
            .connection
            .execute(
                "UPDATE dbo.CORRESPONDENCEOUT SET RECORDSTATUS = ?1 WHERE USERREFERENCE = ?2",
                (status, TOKEN),
            )
            .unwrap();
        let again = practice.outcome(OUT, &letter);
        assert_eq!(again["Outcome"], "found");
        assert_eq!(again["RecordId"], first["RecordId"]);
    }
    practice.outcome(OUT, &letter.with("@token", OTHER_TOKEN));
    assert_eq!(practice.count("dbo.CORRESPONDENCEOUT"), letters + 2);
    assert_eq!(practice.count("BPSDocuments.DOCUMENTS"), files + 2);

    // Staff move it to somebody else: it is still the same letter for the lookup, which comes before each repetition.
    let moved = "UPDATE dbo.CORRESPONDENCEOUT SET INTERNALID = 2 WHERE USERREFERENCE = ?1";
    practice.connection.execute(moved, [TOKEN]).unwrap();
    let token = Parameters(vec![("@token", TOKEN.to_owned(), "VarChar")]);
    assert_eq!(practice.run(LOOKUP, &token).unwrap()[0]["RecordId"], first["RecordId"]);
}

#[test]
fn a_letter_without_a_known_sender_is_the_usual_doctors() {
    let mut practice = Practice::open();
    let usual =
        practice.row("SELECT USERID FROM dbo.PATIENTS WHERE INTERNALID = 1")["USERID"].clone();
    assert_ne!(usual, "0");
    for sender in [0, 1_999_999_999] {
        let letter = Parameters::letter(patient::DEMONSTRATION, sender, b"x")
            .with("@day", "")
            .with("@token", &format!("PB{sender:023}"));
        let record = practice.outcome(OUT, &letter)["RecordId"].clone();
        let row =
            practice.row(&format!("SELECT * FROM dbo.CORRESPONDENCEOUT WHERE RECORDID = {record}"));
        assert_eq!(row["USERID"], usual);
        assert_eq!(row["CORRESPONDENCEDATE"], "2026-03-02T00:00:00");
    }
    let letter = Parameters::letter(patient::NO_DOCTOR, 0, b"x").with("@token", OTHER_TOKEN);
    assert_eq!(practice.outcome(OUT, &letter)["Outcome"], "written");
}

#[test]
fn a_letters_day_is_the_same_for_a_login_that_writes_the_day_first() {
    for (token, day) in [(TOKEN, "2026-05-06"), (OTHER_TOKEN, "2026-05-17")] {
        let mut practice = Practice::open();
        practice.language = Language::British;
        let letter = Parameters::letter(patient::DEMONSTRATION, 1, b"x")
            .with("@token", token)
            .with("@day", day);
        let record = practice.outcome(OUT, &letter)["RecordId"].clone();
        let row =
            practice.row(&format!("SELECT * FROM dbo.CORRESPONDENCEOUT WHERE RECORDID = {record}"));
        assert_eq!(row["CORRESPONDENCEDATE"], format!("{day}T00:00:00"));
    }
}

#[test]
fn a_sender_without_a_title_is_named_all_the_same() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let name = practice.row(&format!(
        "SELECT rtrim(FIRSTNAME) || ' ' || rtrim(SURNAME) AS N FROM dbo.USERS WHERE USERID = {doctor}"
    ));
    let untitled = format!("UPDATE dbo.USERS SET TITLECODE = 9999 WHERE USERID = {doctor}");
    practice.connection.execute(&untitled, []).unwrap();
    let letter = Parameters::letter(patient::DEMONSTRATION, doctor, b"x");
    let record = practice.outcome(OUT, &letter)["RecordId"].clone();
    let row =
        practice.row(&format!("SELECT * FROM dbo.CORRESPONDENCEOUT WHERE RECORDID = {record}"));
    assert_eq!(row["SENDERNAME"], name["N"]);
}

#[test]
fn a_letter_about_nobody_leaves_no_trace() {
    let mut practice = Practice::open();
    let before =
        (practice.count("dbo.CORRESPONDENCEOUT"), practice.count("BPSDocuments.DOCUMENTS"));
    for nobody in [0, -1, patient::DELETED, 1_999_999_999] {
        let done = practice.outcome(OUT, &Parameters::letter(nobody, 0, b"x"));
        assert_eq!(done["Outcome"], "noPatient");
        assert!(!done.contains_key("RecordId"));
    }
    // Bytes that were lost on the way.
    let cut = Parameters::letter(1, 0, b"whole").with("@length", "4");
    assert_eq!(practice.run(OUT, &cut).unwrap_err().number, 50001);
    let after = (practice.count("dbo.CORRESPONDENCEOUT"), practice.count("BPSDocuments.DOCUMENTS"));
    assert_eq!(before, after);
}

#[test]
fn when_the_bytes_cannot_be_written_the_letter_is_not_there_either() {
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["DOCUMENTS".to_owned()];
    let before = practice.count("dbo.CORRESPONDENCEOUT");
    let letter = Parameters::letter(patient::DEMONSTRATION, 0, b"x");
    assert_eq!(practice.run(OUT, &letter).unwrap_err().number, 229);
    assert_eq!(practice.count("dbo.CORRESPONDENCEOUT"), before);
    practice.environment.denied_objects.clear();
    assert_eq!(practice.outcome(OUT, &letter)["Outcome"], "written");
}

#[test]
fn a_document_of_twenty_megabytes_arrives_whole() {
    let mut practice = Practice::open();
    let bytes: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|at| (at % 251) as u8).collect();
    let done = practice.outcome(OUT, &Parameters::letter(patient::DEMONSTRATION, 0, &bytes));
    let record: i64 = done["RecordId"].parse().unwrap();
    let kept: Vec<u8> = practice
        .connection
        .query_row(
            "SELECT CONTENT FROM BPSDocuments.DOCUMENTS WHERE rtrim(KIND) = 'CORRESPONDENCEOUT' AND RECORDID = ?1",
            [record],
            |row| row.get(0),
        )
        .unwrap();
    assert!(kept == bytes);
}
