//! The statements that write letters and messages, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo_simulator::practice::{self, Demonstration, patient};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Parameter,
    SqlError, Value, execute,
};
use rusqlite::Connection;

const OUT: &str = include_str!("../statements/assumed/correspondence_out_write.sql");
const INBOX: &str = include_str!("../statements/assumed/inbox_write.sql");
const LOOKUP: &str = include_str!("../statements/assumed/delivery_lookup.sql");
const CHECKED: &str = include_str!("../statements/assumed/inbox_checked.sql");

const TOKEN: &str = "PB0123456789ABCDEFGHJKMNP";
const OTHER_TOKEN: &str = "PBZZZZ456789ABCDEFGHJKMNP";

/// A row by column name, values as text; NULL is missing.
type Row = HashMap<String, String>;

struct Practice {
    connection: Connection,
    environment: Environment,
    _folder: tempfile::TempDir,
}

/// Parameters by name, numbers as numbers.
#[derive(Clone)]
struct Parameters(Vec<(&'static str, String, &'static str)>);

impl Parameters {
    fn letter(patient: i64, sender: i64, bytes: &[u8]) -> Self {
        Self(vec![
            ("@token", TOKEN.to_owned(), "VarChar"),
            ("@patientId", patient.to_string(), "Int"),
            ("@senderId", sender.to_string(), "Int"),
            ("@subject", "Referral – “left knee”".to_owned(), "VarChar"),
            ("@recipient", "Dr Óscar O’Leary".to_owned(), "VarChar"),
            ("@day", "2026-02-28".to_owned(), "VarChar"),
            ("@fileType", "pdf".to_owned(), "VarChar"),
        ])
        .content(bytes)
    }

    /// To the first practitioner, about somebody who is described by nothing yet.
    fn message(addressee: (&'static str, String), bytes: &[u8]) -> Self {
        let text = |name, value: &str| (name, value.to_owned(), "VarChar");
        Self(vec![
            text("@token", TOKEN),
            ("@patientId", "0".to_owned(), "Int"),
            text("@surnameKey", ""),
            text("@lastName", ""),
            text("@firstName", ""),
            text("@dateOfBirth", ""),
            text("@medicare", ""),
            text("@medicareLine", ""),
            text("@ihi", ""),
            ("@userId", "0".to_owned(), "Int"),
            text("@ahpra", ""),
            text("@provider", ""),
            text("@heading", "Report: Left knee"),
            text("@subject", "Left knee"),
            text("@category", "Specialist report"),
            text("@senderName", "Harbour Orthopaedics"),
            text("@text", ""),
            text("@fileType", "pdf"),
        ])
        .content(bytes)
        .with(addressee.0, &addressee.1)
    }

    fn content(mut self, bytes: &[u8]) -> Self {
        self.0.push(("@content", STANDARD.encode(bytes), "VarChar"));
        self.0.push(("@length", bytes.len().to_string(), "Int"));
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        let place = self.0.iter_mut().find(|(known, ..)| *known == name).unwrap();
        value.clone_into(&mut place.1);
        self
    }

    fn described(self, key: &str, last: &str, first: &str, born: &str) -> Self {
        self.with("@surnameKey", key)
            .with("@lastName", last)
            .with("@firstName", first)
            .with("@dateOfBirth", born)
    }
}

impl Practice {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = practice::seed(Demonstration::Small, folder.path(), 7).unwrap();
        Self {
            connection: practice::open(&files).unwrap(),
            environment: Environment {
                now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
            _folder: folder,
        }
    }

    fn run(&mut self, statement: &str, parameters: &Parameters) -> Result<Vec<Row>, SqlError> {
        let command = Command {
            text: statement.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters: parameters
                .0
                .iter()
                .map(|(name, value, sql_type)| Parameter {
                    name: (*name).to_owned(),
                    direction: Direction::Input,
                    sql_type: (*sql_type).to_owned(),
                    value: Some(value.clone()),
                    size: None,
                })
                .collect(),
        };
        let outcome = execute(&mut self.connection, &command, &self.environment)?;
        assert_eq!(outcome.result_sets.len(), 1, "one result set is promised");
        let set = &outcome.result_sets[0];
        Ok(set
            .rows
            .iter()
            .map(|row| {
                set.columns
                    .iter()
                    .zip(row)
                    .filter_map(|(name, value)| Some((name.clone(), shown(value)?)))
                    .collect()
            })
            .collect())
    }

    fn outcome(&mut self, statement: &str, parameters: &Parameters) -> Row {
        let mut rows = self.run(statement, parameters).unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// What SQLite has, columns as text.
    fn row(&self, sql: &str) -> Row {
        let mut statement = self.connection.prepare(sql).unwrap();
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).unwrap();
        let row = rows.next().unwrap().unwrap_or_else(|| panic!("no row for {sql}"));
        let found = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| {
                let value = match row.get_ref(at).unwrap() {
                    rusqlite::types::ValueRef::Null => return None,
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Real(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) => {
                        String::from_utf8(text.to_vec()).unwrap().trim_end().to_owned()
                    }
                    rusqlite::types::ValueRef::Blob(bytes) => STANDARD.encode(bytes),
                };
                Some((name.clone(), value))
            })
            .collect();
        assert!(rows.next().unwrap().is_none(), "several rows for {sql}");
        found
    }

    fn count(&self, from: &str) -> i64 {
        self.connection
            .query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0))
            .unwrap()
    }

    /// An active practitioner with a registration number and a provider number of their own.
    fn doctor(&self) -> (i64, String, String) {
        let row = self.row(
            "SELECT USERID, rtrim(REGISTRATIONNO) AS A, rtrim(PROVIDERNO) AS P FROM dbo.USERS AS u \
             WHERE USERSTATUS = 1 AND USERID > 0 AND rtrim(REGISTRATIONNO) <> '' AND rtrim(PROVIDERNO) <> '' \
             AND (SELECT count(*) FROM dbo.USERS AS o WHERE o.REGISTRATIONNO = u.REGISTRATIONNO) = 1 \
             ORDER BY USERID LIMIT 1",
        );
        (row["USERID"].parse().unwrap(), row["A"].clone(), row["P"].clone())
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.trim_end().to_owned()),
        Value::Bit(truth) => Some(truth.to_string()),
        other => Some(format!("{other:?}")),
    }
}

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
        ("one agrees", brien(""), patient::APOSTROPHE),
        ("one agrees, first name too", brien("declan"), patient::APOSTROPHE),
        ("the first name differs", brien("Deborah"), 0),
        ("the date of birth differs", brien("").with("@dateOfBirth", "1968-11-03"), 0),
        ("twins, told apart by the first name", twins("Imogen"), patient::OTHER_TWIN),
        ("twins, not told apart", twins(""), 0),
        ("twins, not told apart by the card", twins("").with("@medicare", &number), 0),
        (
            "twins, told apart by the line on the card",
            twins("").with("@medicare", &number).with("@medicareLine", &twin["L"]),
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
            "a name with a blank and one without, of one day",
            blank.clone().described("MCDONALD", "McDonald", "", "1949-09-09"),
            0,
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
        // What the sender said stands there for whoever allocates it.
        let sent: HashMap<_, _> = message.0.iter().map(|(name, value, _)| (*name, value)).collect();
        assert_eq!(&row["SURNAME"], sent["@lastName"], "{case}");
        assert_eq!(row["DOB"], format!("{}T00:00:00", sent["@dateOfBirth"]), "{case}");
        assert_eq!(row.get("IHI").map_or("", String::as_str), sent["@ihi"], "{case}");
    }
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
    assert_eq!(practice.count(&format!("dbo.INCOMINGREPORTS WHERE USERREFERENCE = '{TOKEN}'")), 0);
}

#[test]
fn only_messages_that_are_asked_about_and_checked_are_reported() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let mut reports = Vec::new();
    for token in [TOKEN, OTHER_TOKEN, "PBYYYY456789ABCDEFGHJKMNP"] {
        let message = Parameters::message(("@userId", doctor.to_string()), b"x")
            .with("@patientId", "1")
            .with("@token", token);
        reports.push(practice.outcome(INBOX, &message)["RecordId"].clone());
    }
    let asked = Parameters(vec![("@tokens", format!("{TOKEN} {OTHER_TOKEN}"), "VarChar")]);
    assert!(practice.run(CHECKED, &asked).unwrap().is_empty());
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
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["Token"], TOKEN);
    assert_eq!(found[0]["CheckedOn"], "2026-03-02");
    assert_eq!((found[0]["Notation"].as_str(), found[0]["Action"].as_str()), ("1", "6"));
}
