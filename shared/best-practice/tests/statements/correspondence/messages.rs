//! Messages into the inbox, and what happens to them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo_simulator::practice::patient;
use halo_simulator::sql::Language;

use crate::correspondence::support::{
    CHECKED, INBOX, LOOKUP, OTHER_TOKEN, Parameters, Practice, TOKEN,
};

#[test]
fn a_message_lands_unchecked_in_the_inbox_of_whoever_it_is_addressed_to() {
    let mut practice = Practice::open();
    let (doctor, ahpra, provider) = practice.doctor();
    for (at, addressee) in
        [("@userId", doctor.to_string()), ("@ahpra", ahpra), ("@provider", provider)]
            .into_iter()
            .enumerate()
    {
        let message = Parameters::message(addressee, b"%PDF-1.7 report")
            .with("@patientId", "1")
            .with("@token", &format!("PB{at:023}"));
        let done = practice.outcome(INBOX, &message);
        assert_eq!((done["Outcome"].as_str(), done["Allocated"].as_str()), ("written", "1"));
        let record = &done["RecordId"];
        let row =
            practice.row(&format!("SELECT * FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record}"));
        for (column, value) in [
            ("INTERNALID", "1"),
            ("CHECKSTATUS", "0"),
            ("CHECKEDBY", "0"),
            ("RECORDSTATUS", "1"),
            ("SUBJECT", "Left knee"),
            ("TESTNAME", "Report: Left knee"),
            ("CATEGORY", "Specialist report"),
            ("CONTACTNAME", "Harbour Orthopaedics"),
            ("SURNAME", "Wattleford"),
            ("REPORTTIME", "34200"),
            ("REPORTDATE", "2026-03-02T00:00:00"),
        ] {
            assert_eq!(row[column], value, "{column}");
        }
        assert_eq!(row["USERID"], doctor.to_string());
        assert!(!row["ADDRESSEDTO"].is_empty());
        let document = practice.row(&format!(
            "SELECT * FROM BPSDocuments.DOCUMENTS WHERE rtrim(KIND) = 'INCOMINGREPORT' AND RECORDID = {record}"
        ));
        assert_eq!(document["CONTENT"], STANDARD.encode(b"%PDF-1.7 report"));
    }
}

#[test]
fn a_message_for_nobody_or_for_several_is_not_written() {
    let mut practice = Practice::open();
    let (_, ahpra, _) = practice.doctor();
    let before = practice.count("dbo.INCOMINGREPORTS");
    let inactive = practice.row(
        "SELECT USERID FROM dbo.USERS WHERE USERSTATUS = 2 AND USERID > 0 ORDER BY USERID LIMIT 1",
    )["USERID"]
        .clone();
    for addressee in [
        ("@userId", "1999999999".to_owned()),
        ("@userId", inactive),
        ("@ahpra", "MED9999999999".to_owned()),
        ("@provider", "0000000X".to_owned()),
    ] {
        let message = Parameters::message(addressee, b"x").with("@patientId", "1");
        assert_eq!(practice.outcome(INBOX, &message)["Outcome"], "noAddressee");
    }
    practice
        .connection
        .execute(
            "UPDATE dbo.USERS SET REGISTRATIONNO = ?1 WHERE USERSTATUS = 1 AND USERID > 0",
            [&ahpra],
        )
        .unwrap();
    let message = Parameters::message(("@ahpra", ahpra), b"x").with("@patientId", "1");
    assert_eq!(practice.outcome(INBOX, &message)["Outcome"], "manyAddressees");
    for nobody in ["1999999999", &patient::DELETED.to_string()] {
        let message = message.clone().with("@patientId", nobody);
        assert_eq!(practice.outcome(INBOX, &message)["Outcome"], "noPatient");
    }
    assert_eq!(practice.count("dbo.INCOMINGREPORTS"), before);
}

#[test]
fn a_described_patient_is_taken_only_when_exactly_one_agrees_on_everything() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let blank = Parameters::message(("@userId", doctor.to_string()), b"x");
    let twin = practice.row(
        "SELECT rtrim(MEDICARENO) AS N, rtrim(MEDICARELINENO) AS L FROM dbo.PATIENTS WHERE INTERNALID = 3",
    );
    let number = twin["N"].replace(' ', "");
    let brien = |first| blank.clone().described("OBRIEN", "O’Brien", first, "1968-11-02");
    let twins = |first| blank.clone().described("FARRADAY", "Farraday", first, "2015-02-19");
    let cases = [
        ("one agrees", brien("declan"), patient::APOSTROPHE),
        ("one agrees on surname and birthday, which a twin elsewhere may share", brien(""), 0),
        ("the first name differs", brien("Deborah"), 0),
        ("the date of birth differs", brien("declan").with("@dateOfBirth", "1968-11-03"), 0),
        ("twins, told apart by the first name", twins("Imogen"), patient::OTHER_TWIN),
        ("twins, not told apart", twins(""), 0),
        ("twins, not told apart by the card", twins("").with("@medicare", &number), 0),
        (
            "twins, not told apart by the line on the card alone",
            twins("").with("@medicare", &number).with("@medicareLine", &twin["L"]),
            0,
        ),
        (
            "twins, told apart by the first name with the line on the card",
            twins("Isla").with("@medicare", &number).with("@medicareLine", &twin["L"]),
            patient::TWIN,
        ),
        ("the card is somebody else's", twins("Isla").with("@medicare", "2000000009"), 0),
        (
            "an identifier that Bp does not have",
            blank
                .clone()
                .described("NIHILL", "Nihill", "Quentin", "1979-07-30")
                .with("@ihi", "8003600000000000"),
            0,
        ),
        (
            "namesakes of one day",
            blank.clone().described("BROWN", "Brown", "Michael", "1975-05-05"),
            0,
        ),
        (
            "a name with a blank and one without, of one day, told apart by the first name",
            blank.clone().described("MCDONALD", "McDonald", "Fiona", "1949-09-09"),
            8,
        ),
        (
            "twice in the view for two e-mail addresses, and still one",
            blank.clone().described("TAPPER", "Tapper", "Bronwyn", "1970-06-06"),
            patient::TWO_EMAILS,
        ),
        (
            "deleted",
            blank.clone().described("WINTERBOURNE", "Winterbourne", "Phoebe", "1977-03-03"),
            0,
        ),
    ];
    for (at, (case, message, expected)) in cases.into_iter().enumerate() {
        let message = message.with("@token", &format!("PB{at:023}"));
        let done = practice.outcome(INBOX, &message);
        assert_eq!(done["Outcome"], "written", "{case}");
        let record = &done["RecordId"];
        let row =
            practice.row(&format!("SELECT * FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record}"));
        assert_eq!(row["INTERNALID"], expected.to_string(), "{case}");
        assert_eq!(done["Allocated"], if expected > 0 { "1" } else { "0" }, "{case}");
        // The row says what the sender said, for the person who allocates it.
        let sent: HashMap<_, _> = message.0.iter().map(|(name, value, _)| (*name, value)).collect();
        assert_eq!(&row["SURNAME"], sent["@lastName"], "{case}");
        assert_eq!(row["DOB"], format!("{}T00:00:00", sent["@dateOfBirth"]), "{case}");
        assert_eq!(row.get("IHI").map_or("", String::as_str), sent["@ihi"], "{case}");
    }
}

/// A message about the patient with this number, whose sender knows the name and the date of birth.
fn numbered(practice: &Practice, number: i64, key: &str, last: &str, born: &str) -> Parameters {
    let (doctor, ..) = practice.doctor();
    Parameters::message(("@userId", doctor.to_string()), b"x")
        .described(key, last, "", born)
        .with("@patientId", &number.to_string())
}

#[test]
fn a_number_that_belongs_to_somebody_else_files_the_message_under_nobody() {
    let mut practice = Practice::open();
    let one = patient::DEMONSTRATION;
    let cases = [
        ("the record agrees", one, "WATTLEFORD", "Wattle-Ford", "1957-03-14", true),
        ("another surname", one, "SOMEBODY", "Somebody", "1957-03-14", false),
        ("another date of birth", one, "WATTLEFORD", "Wattleford", "1957-03-15", false),
        ("a deleted record", patient::DELETED, "WINTERBOURNE", "Winterbourne", "1977-03-03", false),
        ("no such number", 1_999_999_999, "WATTLEFORD", "Wattleford", "1957-03-14", false),
    ];
    for (at, (case, number, key, last, born, filed)) in cases.into_iter().enumerate() {
        let message = numbered(&practice, number, key, last, born);
        let done = practice.outcome(INBOX, &message.with("@token", &format!("PB{at:023}")));
        assert_eq!(done["Outcome"], "written", "{case}");
        assert_eq!(done["Allocated"], if filed { "1" } else { "0" }, "{case}");
        let record = &done["RecordId"];
        let row =
            practice.row(&format!("SELECT * FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record}"));
        assert_eq!(row["INTERNALID"], if filed { number } else { 0 }.to_string(), "{case}");
        // The person who allocates it sees what the sender said, and nothing of somebody else.
        let shown = |name: &str| row.get(name).map_or("", String::as_str);
        if filed {
            assert_eq!((shown("SURNAME"), shown("FIRSTNAME")), ("Wattleford", "Marguerite"));
        } else {
            assert_eq!((shown("SURNAME"), shown("FIRSTNAME")), (last, ""), "{case}");
            assert_eq!(shown("DOB").get(..10), Some(born), "{case}");
            assert_eq!((shown("MEDICARENO"), shown("IHI")), ("", ""), "{case}");
        }
    }
}

#[test]
fn a_message_that_was_written_is_found_under_whomever_it_was_filed_then() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let described = Parameters::message(("@userId", doctor.to_string()), b"x").described(
        "WATTLEFORD",
        "Wattleford",
        "Marguerite",
        "1957-03-14",
    );
    let messages = [described, numbered(&practice, 1, "WATTLEFORD", "Wattleford", "1957-03-14")];
    for (at, message) in messages.into_iter().enumerate() {
        let token = format!("PB{at:023}");
        let message = message.with("@token", &token);
        let refile = |patient: i64| {
            format!(
                "UPDATE dbo.INCOMINGREPORTS SET INTERNALID = {patient} WHERE USERREFERENCE = '{token}'"
            )
        };
        let again = |practice: &mut Practice| {
            let found = practice.outcome(INBOX, &message);
            assert_eq!(found["Outcome"], "found");
            (found["RecordId"].clone(), found["Allocated"].clone())
        };
        let record = practice.outcome(INBOX, &message)["RecordId"].clone();
        assert_eq!(again(&mut practice), (record.clone(), "1".to_owned()));
        // It waits under nobody, because nobody agreed when it was written.
        practice.connection.execute(&refile(0), []).unwrap();
        assert_eq!(again(&mut practice), (record.clone(), "0".to_owned()));
        // Staff file it under the patient, and Bp moves it to the record.
        practice.connection.execute(&refile(1), []).unwrap();
        practice
            .connection
            .execute_batch(&format!(
                "INSERT INTO dbo.CORRESPONDENCEIN (DOCUMENTID, RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID,
                 CONTACTID, CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE,
                 CREATED, CREATEDBY, STATUSCODE) SELECT 90000{at}, 1, 2, 0, 1, {doctor}, 0, 0, USERREFERENCE, {doctor},
                 1, 1, 0, 0, CREATED, 0, 1 FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record};"
            ))
            .unwrap();
        assert_eq!(again(&mut practice), (format!("90000{at}"), "1".to_owned()));
        let gone = "DELETE FROM dbo.INCOMINGREPORTS WHERE REPORTID = ?1";
        practice.connection.execute(gone, [&record]).unwrap();
        assert_eq!(again(&mut practice), (format!("90000{at}"), "1".to_owned()));
    }
}

#[test]
fn a_numbered_patient_whose_record_was_corrected_since_has_the_message_once() {
    let mut practice = Practice::open();
    let message = numbered(&practice, 1, "WATTLEFORD", "Wattleford", "1957-03-14");
    let record = practice.outcome(INBOX, &message)["RecordId"].clone();
    let married = "UPDATE dbo.PATIENTS SET SURNAME = 'Somebody' WHERE INTERNALID = 1";
    practice.connection.execute(married, []).unwrap();
    let again = practice.outcome(INBOX, &message);
    assert_eq!((again["Outcome"].as_str(), &again["RecordId"]), ("found", &record));
}

#[test]
fn a_text_is_shown_in_the_inbox_and_kept_as_a_file() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let message = Parameters::message(("@userId", doctor.to_string()), b"It\x92s here.\r\n")
        .with("@patientId", "1")
        .with("@text", "It’s here.\r\n")
        .with("@fileType", "txt");
    let record = practice.outcome(INBOX, &message)["RecordId"].clone();
    let row = practice.row(&format!("SELECT * FROM dbo.INCOMINGREPORTS WHERE REPORTID = {record}"));
    assert_eq!(row["REPORTBODY"], "It’s here.");
    let document = practice.row(&format!(
        "SELECT * FROM BPSDocuments.DOCUMENTS WHERE rtrim(KIND) = 'INCOMINGREPORT' AND RECORDID = {record}"
    ));
    assert_eq!(document["CONTENT"], STANDARD.encode(b"It\x92s here.\r\n"));
}

#[test]
fn a_message_is_recognised_wherever_bp_has_moved_it() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let message =
        Parameters::message(("@userId", doctor.to_string()), b"x").with("@patientId", "1");
    let token = Parameters(vec![("@token", TOKEN.to_owned(), "VarChar")]);
    assert!(practice.run(LOOKUP, &token).unwrap().is_empty());
    let report = practice.outcome(INBOX, &message)["RecordId"].clone();
    let found = practice.run(LOOKUP, &token).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0]["Place"].as_str(), &found[0]["RecordId"]), ("2", &report));

    // Bp files it: one way keeps the row of the inbox, another does not.
    practice
        .connection
        .execute_batch(&format!(
            "INSERT INTO dbo.CORRESPONDENCEIN (DOCUMENTID, RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CONTACTID,
             CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED,
             CREATEDBY, STATUSCODE) SELECT 900001, 1, 2, 0, 1, {doctor}, 0, 0, USERREFERENCE, {doctor}, 1, 1, 0, 0,
             CREATED, 0, 1 FROM dbo.INCOMINGREPORTS WHERE REPORTID = {report};"
        ))
        .unwrap();
    let found = practice.run(LOOKUP, &token).unwrap();
    assert_eq!(found.iter().map(|row| row["Place"].as_str()).collect::<Vec<_>>(), ["2", "3"]);
    practice
        .connection
        .execute("DELETE FROM dbo.INCOMINGREPORTS WHERE REPORTID = ?1", [&report])
        .unwrap();
    let again = practice.outcome(INBOX, &message);
    assert_eq!(
        (again["Outcome"].as_str(), again["RecordId"].as_str(), again["Allocated"].as_str()),
        ("found", "900001", "1")
    );
    // Staff file it under somebody else: it is still the same message for the lookup, which comes before each
    // repetition.
    let moved = "UPDATE dbo.CORRESPONDENCEIN SET INTERNALID = 2 WHERE DOCUMENTID = 900001";
    practice.connection.execute(moved, []).unwrap();
    assert_eq!(practice.run(LOOKUP, &token).unwrap()[0]["RecordId"], "900001");
    assert_eq!(practice.count(&format!("dbo.INCOMINGREPORTS WHERE USERREFERENCE = '{TOKEN}'")), 0);
}

/// The marks of messages, and what is known of the messages: number and patient.
fn asked(messages: &[(&str, &str, &str)]) -> Parameters {
    let tokens: Vec<&str> = messages.iter().map(|(token, ..)| *token).collect();
    let keys: String = messages
        .iter()
        .map(|(_, record, patient)| format!("{record:0>10} {patient:0>10} "))
        .collect();
    Parameters(vec![("@tokens", tokens.join(" "), "VarChar"), ("@keys", keys, "VarChar")])
}

#[test]
fn a_message_is_found_by_what_is_known_of_it_and_without_that_by_its_mark() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let message =
        Parameters::message(("@userId", doctor.to_string()), b"x").with("@patientId", "1");
    let report = practice.outcome(INBOX, &message)["RecordId"].clone();
    let places = |practice: &mut Practice, record: &str, patient: &str| {
        let found = practice.run(CHECKED, &asked(&[(TOKEN, record, patient)])).unwrap();
        let places: Vec<String> = found.iter().skip(1).map(|row| row["Place"].clone()).collect();
        places.join(" ")
    };
    // The number of another message does no harm, because the mark must agree.
    for (record, patient) in
        [(report.as_str(), "1"), (&report, "0"), ("0", "1"), ("0", "0"), ("1", "2")]
    {
        assert_eq!(places(&mut practice, record, patient), "2", "{record} {patient}");
    }
    // Filed under another patient, as staff do to correct it, and kept in the inbox. Then only in the
    // record.
    practice
        .connection
        .execute_batch(&format!(
            "UPDATE dbo.INCOMINGREPORTS SET INTERNALID = 2 WHERE REPORTID = {report};
             INSERT INTO dbo.CORRESPONDENCEIN (DOCUMENTID, RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CONTACTID,
             CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED,
             CREATEDBY, STATUSCODE) SELECT 900001, 1, 2, 0, 2, {doctor}, 0, 0, USERREFERENCE, {doctor}, 1, 1, 0, 0,
             CREATED, 0, 1 FROM dbo.INCOMINGREPORTS WHERE REPORTID = {report};"
        ))
        .unwrap();
    for (record, patient) in [(report.as_str(), "1"), (&report, "2"), ("0", "0")] {
        assert_eq!(places(&mut practice, record, patient), "2 3", "{record} {patient}");
    }
    // Two texts that are only a part of a token, and one that differs in case only.
    for (at, text) in [&TOKEN[..10], "PB", &TOKEN.to_lowercase()].into_iter().enumerate() {
        practice
            .connection
            .execute(
                &format!(
                    "INSERT INTO dbo.CORRESPONDENCEIN (DOCUMENTID, RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID,
                     CONTACTID, CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE,
                     CREATED, CREATEDBY, STATUSCODE) SELECT 90001{at}, 1, 2, 0, 2, {doctor}, 0, 0, ?1, {doctor}, 1, 1,
                     0, 0, CREATED, 0, 1 FROM dbo.INCOMINGREPORTS WHERE REPORTID = {report}"
                ),
                [text],
            )
            .unwrap();
    }
    for (record, patient) in [(report.as_str(), "2"), ("0", "0")] {
        assert_eq!(places(&mut practice, record, patient), "2 3", "{record} {patient}");
    }
    // A deleted item of the inbox that still names the first patient hides nothing.
    let deleted =
        "UPDATE dbo.INCOMINGREPORTS SET INTERNALID = 1, RECORDSTATUS = 2 WHERE REPORTID = ?1";
    practice.connection.execute(deleted, [&report]).unwrap();
    for (record, patient) in [(report.as_str(), "1"), (&report, "0"), ("0", "0")] {
        assert_eq!(places(&mut practice, record, patient), "2 3", "{record} {patient}");
    }
    practice
        .connection
        .execute("DELETE FROM dbo.INCOMINGREPORTS WHERE REPORTID = ?1", [&report])
        .unwrap();
    for (record, patient) in [(report.as_str(), "1"), (&report, "2"), ("0", "0")] {
        assert_eq!(places(&mut practice, record, patient), "3", "{record} {patient}");
    }
}

#[test]
fn an_unmatched_message_arrives_where_bp_has_no_dummy_patient() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let without = "PRAGMA foreign_keys = OFF; DELETE FROM dbo.PATIENTS WHERE INTERNALID = 0";
    practice.connection.execute_batch(without).unwrap();
    let message = Parameters::message(("@userId", doctor.to_string()), b"x").described(
        "MADEUP",
        "Made-Up",
        "Person",
        "1980-05-06",
    );
    let written = practice.outcome(INBOX, &message);
    assert_eq!((&*written["Outcome"], &*written["Allocated"]), ("written", "0"));
}

#[test]
fn a_described_patients_day_of_birth_is_the_same_for_a_login_that_writes_the_day_first() {
    let mut practice = Practice::open();
    practice.language = Language::British;
    let (doctor, ..) = practice.doctor();
    let message = Parameters::message(("@userId", doctor.to_string()), b"x").described(
        "MADEUP",
        "Made-Up",
        "Person",
        "1980-05-06",
    );
    let report = practice.outcome(INBOX, &message)["RecordId"].clone();
    let row =
        practice.row(&format!("SELECT DOB FROM dbo.INCOMINGREPORTS WHERE REPORTID = {report}"));
    assert_eq!(row["DOB"], "1980-05-06T00:00:00");
}

#[test]
fn the_inbox_is_read_before_the_record_because_bp_moves_items_that_way() {
    for statement in [INBOX, CHECKED, LOOKUP] {
        let statement = statement.split("SET NOCOUNT ON").last().unwrap();
        let inbox = statement.find("dbo.INCOMINGREPORTS").unwrap();
        assert!(inbox < statement.find("dbo.CORRESPONDENCEIN").unwrap());
    }
}

#[test]
fn only_messages_that_are_asked_about_are_reported_checked_or_in_whose_inbox() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let mut reports = Vec::new();
    for token in [TOKEN, OTHER_TOKEN, "PBYYYY456789ABCDEFGHJKMNP"] {
        let message = Parameters::message(("@userId", doctor.to_string()), b"x")
            .with("@patientId", "1")
            .with("@token", token);
        reports.push(practice.outcome(INBOX, &message)["RecordId"].clone());
    }
    let asked = asked(&[(TOKEN, &reports[0], "1"), (OTHER_TOKEN, &reports[1], "1")]);
    let found = practice.run(CHECKED, &asked).unwrap();
    let [head, unchecked @ ..] = &found[..] else { panic!("a head row") };
    assert_eq!((head["Token"].trim(), head["Place"].as_str()), ("", "0"));
    assert_eq!(unchecked.len(), 2, "{unchecked:?}");
    for row in unchecked {
        assert_eq!((row["CheckedBy"].as_str(), row["Live"].as_str()), ("0", "1"));
        assert_eq!(row["UserId"], doctor.to_string());
    }
    // The first and the third are checked; the second waits.
    for report in [&reports[0], &reports[2]] {
        practice
            .connection
            .execute(
                "UPDATE dbo.INCOMINGREPORTS SET CHECKEDBY = ?2, CHECKDATE = '2026-03-02T00:00:00', NOTATION = 1, \
                 ACTION = 6 WHERE REPORTID = ?1",
                (report, doctor),
            )
            .unwrap();
    }
    let found = practice.run(CHECKED, &asked).unwrap();
    let checked: Vec<_> = found.iter().filter(|row| row["CheckedBy"] != "0").collect();
    let [checked] = &checked[..] else { panic!("one is checked: {found:?}") };
    assert_eq!(checked["Token"], TOKEN);
    assert_eq!(checked["CheckedOn"], "2026-03-02");
    assert_eq!((checked["Notation"].as_str(), checked["Action"].as_str()), ("1", "6"));
}
