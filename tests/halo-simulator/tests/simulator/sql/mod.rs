//! A small practice and a test harness that takes T-SQL and returns rows as text.

use halo_simulator::practice::Demonstration;
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Outcome,
    Parameter, SqlError, Value, execute, register,
};
use rusqlite::Connection;

const SCHEMA: &str = "
ATTACH ':memory:' AS dbo;
ATTACH ':memory:' AS BPSDocuments;
CREATE TABLE dbo.TITLES (TITLECODE int NOT NULL PRIMARY KEY, TITLE char(30) COLLATE BP NOT NULL);
CREATE TABLE dbo.USERGROUPS (GROUPCODE int NOT NULL PRIMARY KEY, GROUPNAME char(60) COLLATE BP NOT NULL);
CREATE TABLE dbo.LOCATIONS (LOCATIONID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  LOCATIONNAME varchar(100) COLLATE BP NOT NULL, ADDRESS1 char(50) COLLATE BP, ADDRESS2 char(50) COLLATE BP,
  CITY char(40) COLLATE BP, POSTCODE char(4) COLLATE BP, PHONE char(14) COLLATE BP,
  AHPHONE char(14) COLLATE BP, FAX char(14) COLLATE BP, EMAIL varchar(250) COLLATE BP);
CREATE TABLE dbo.USERS (USERID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  USERSTATUS int NOT NULL, LOCATIONID int NOT NULL, GROUPCODE int NOT NULL, TITLECODE int NOT NULL,
  SURNAME char(100) COLLATE BP NOT NULL, FIRSTNAME char(30) COLLATE BP NOT NULL, APPOINTMENTS int NOT NULL);
CREATE TABLE dbo.PATIENTS (INTERNALID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  EXTERNALID char(12) COLLATE BP, PATIENTSTATUS int NOT NULL, TITLECODE int NOT NULL REFERENCES TITLES(TITLECODE),
  FIRSTNAME char(40) COLLATE BP, MIDDLENAME char(30) COLLATE BP, SURNAME char(40) COLLATE BP,
  PREFERREDNAME char(30) COLLATE BP, ADDRESS1 char(40) COLLATE BP, ADDRESS2 char(40) COLLATE BP,
  CITY char(40) COLLATE BP, POSTCODE char(4) COLLATE BP, POSTALADDRESS char(40) COLLATE BP,
  POSTALCITY char(40) COLLATE BP, POSTALPOSTCODE char(4) COLLATE BP, DOB datetime, SEXCODE int NOT NULL,
  ETHNICCODE int NOT NULL, HOMEPHONE char(14) COLLATE BP, WORKPHONE char(14) COLLATE BP,
  MOBILEPHONE char(14) COLLATE BP, MEDICARENO char(13) COLLATE BP, MEDICARELINENO char(1) COLLATE BP,
  MEDICAREEXPIRY char(10) COLLATE BP, PENSIONCODE int NOT NULL, PENSIONNO char(14) COLLATE BP,
  PENSIONEXPIRY datetime, DVACODE int NOT NULL, DVANO char(14) COLLATE BP, RECORDNO char(10) COLLATE BP,
  CREATED datetime NOT NULL, CREATEDBY int NOT NULL, UPDATED datetime);
CREATE TABLE dbo.EMAIL (RECORDID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  INTERNALID int NOT NULL, EMAILCODE int NOT NULL, EMAIL varchar(250) COLLATE BP, CREATED datetime NOT NULL,
  CREATEDBY int NOT NULL, UPDATED datetime);
CREATE TABLE dbo.APPOINTMENTTYPES (APPOINTMENTCODE int NOT NULL PRIMARY KEY, DESCRIPTION char(250) COLLATE BP);
CREATE TABLE dbo.SESSIONS (SESSIONID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  USERID int NOT NULL, LOCATIONID int NOT NULL, DAYOFWEEK int NOT NULL, STARTTIME int NOT NULL,
  ENDTIME int NOT NULL, LENGTH int NOT NULL, STARTDATE datetime, ENDDATE datetime, WEEKS int NOT NULL,
  CYCLEWEEK int NOT NULL, CYCLEDATE datetime);
CREATE TABLE dbo.DAYSAWAY (RECORDID INTEGER PRIMARY KEY AUTOINCREMENT, RECORDSTATUS int NOT NULL,
  USERID int NOT NULL, STARTDATE datetime, FINISHDATE datetime, AWAYREASON char(100) COLLATE BP);
CREATE TABLE dbo.APPOINTMENTS (RECORDID INTEGER PRIMARY KEY AUTOINCREMENT, INTERNALID int NOT NULL,
  RECORDSTATUS int NOT NULL, USERID int NOT NULL REFERENCES USERS(USERID), LOCATIONID int NOT NULL,
  APPOINTMENTDATE datetime NOT NULL, APPOINTMENTTIME int NOT NULL, APPOINTMENTLENGTH int NOT NULL,
  APPOINTMENTCODE int NOT NULL, APPOINTMENTTYPE int NOT NULL, URGENT int NOT NULL,
  REASON varchar(500) COLLATE BP, ARRIVALTIME int NOT NULL, BOOKEDBY int NOT NULL,
  ATTENDANCECONFIRMED int, ATTENDANCEUPDATED datetime, CREATED datetime NOT NULL,
  CREATEDBY int NOT NULL, UPDATED datetime, UPDATEDBY int, VIDEOURL varchar(2000) COLLATE BP);
CREATE TABLE BPSDocuments.PAGES (ID INTEGER PRIMARY KEY AUTOINCREMENT, NAME nvarchar(20) COLLATE BP NOT NULL,
  CONTENT varbinary(2000000000));
CREATE VIEW dbo.BPS_Patients AS SELECT INTERNALID AS InternalID, FIRSTNAME AS Firstname,
  SURNAME AS Surname, DOB, MOBILEPHONE AS MobilePhone, 'Female    ' AS Gender FROM PATIENTS
  WHERE RECORDSTATUS = 1 AND INTERNALID <> 0;
INSERT INTO dbo.TITLES VALUES (0, ''), (1, 'Mr'), (2, 'Dr');
INSERT INTO dbo.USERGROUPS VALUES (0, ''), (1, 'Principal doctor');
INSERT INTO dbo.LOCATIONS (RECORDSTATUS, LOCATIONNAME) VALUES (1, 'Quokka Street'), (1, 'Banksia Road');
INSERT INTO dbo.USERS VALUES (0, 1, 1, 1, 0, 0, '', '', 0), (5, 1, 1, 2, 1, 2, 'Teal', 'Robin', 1),
  (2000000553, 1, 1, 1, 1, 2, 'Wren', 'Jay', 1), (7, 1, 2, 1, 1, 2, 'Gone', 'Lark', 1);
INSERT INTO dbo.APPOINTMENTTYPES VALUES (1, 'Standard'), (2, 'Long');
INSERT INTO dbo.SESSIONS VALUES (1, 1, 5, 2, 2, 32400, 36000, 900, NULL, NULL, 1, 1, NULL);
INSERT INTO dbo.DAYSAWAY VALUES (1, 1, 5, '2026-03-09T00:00:00', '2026-03-10T00:00:00', 'Leave');
";

pub(crate) struct Practice {
    pub(crate) connection: Connection,
    pub(crate) environment: Environment,
}

impl Practice {
    pub(crate) fn open() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let mut practice = Self {
            connection,
            environment: Environment {
                now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
        };
        practice.connection.execute(
            "INSERT INTO dbo.PATIENTS (INTERNALID, RECORDSTATUS, PATIENTSTATUS, TITLECODE, SEXCODE,
             ETHNICCODE, PENSIONCODE, DVACODE, CREATED, CREATEDBY)
             VALUES (0, 1, 1, 0, 0, 0, 0, 0, '2020-01-01T00:00:00', 0)",
            [],
        ).unwrap();
        for (first, last, dob, mobile) in [
            ("Kai", "Budgie", "'1980-05-17T00:00:00'", "0491 570 006"),
            ("Lee", "O''Possum", "'1991-12-01T00:00:00'", "0491570156"),
            ("Kai", "Budgerigar", "NULL", ""),
        ] {
            practice.run(&format!(
                "INSERT INTO dbo.PATIENTS (RECORDSTATUS, PATIENTSTATUS, TITLECODE, FIRSTNAME, SURNAME,
                 DOB, MOBILEPHONE, SEXCODE, ETHNICCODE, PENSIONCODE, DVACODE, CREATED, CREATEDBY)
                 VALUES (1, 1, 1, '{first}', '{last}', {dob}, '{mobile}', 1, 0, 0, 0, GETDATE(), 1)"
            )).unwrap();
        }
        practice
    }

    pub(crate) fn execute(&mut self, command: &Command) -> Result<Outcome, SqlError> {
        execute(&mut self.connection, command, &self.environment)
    }

    pub(crate) fn run(&mut self, text: &str) -> Result<Outcome, SqlError> {
        self.with(text, &[])
    }

    pub(crate) fn with(
        &mut self,
        text: &str,
        parameters: &[(&str, &str, &str)],
    ) -> Result<Outcome, SqlError> {
        self.execute(&command(CommandKind::Text, text, parameters))
    }

    pub(crate) fn procedure(
        &mut self,
        name: &str,
        parameters: &[(&str, &str, &str)],
    ) -> Result<Outcome, SqlError> {
        self.execute(&command(CommandKind::StoredProcedure, name, parameters))
    }

    /// All result sets as text. `|` separates cells, `;` separates rows, and ` / ` separates sets.
    pub(crate) fn rows(&mut self, text: &str) -> String {
        match self.run(text) {
            Ok(outcome) => shown(&outcome),
            Err(error) => format!("error {error}"),
        }
    }

    pub(crate) fn number(&mut self, text: &str) -> i32 {
        self.run(text)
            .map_or_else(|error| error.number, |outcome| panic!("no error: {}", shown(&outcome)))
    }
}

pub(crate) fn command(kind: CommandKind, text: &str, parameters: &[(&str, &str, &str)]) -> Command {
    Command {
        text: text.to_owned(),
        kind,
        execution_mode: ExecutionMode::Reader,
        parameters: parameters
            .iter()
            .map(|(name, sql_type, value)| Parameter {
                name: (*name).to_owned(),
                direction: Direction::Input,
                sql_type: (*sql_type).to_owned(),
                value: (*value != "NULL").then(|| (*value).to_owned()),
                size: None,
            })
            .collect(),
    }
}

pub(crate) fn shown(outcome: &Outcome) -> String {
    let cell = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Bit(bit) => bit.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number}"),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let sets: Vec<String> = outcome
        .result_sets
        .iter()
        .map(|set| {
            let rows: Vec<String> = set
                .rows
                .iter()
                .map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|"))
                .collect();
            rows.join(";")
        })
        .collect();
    sets.join(" / ")
}

/// Runs every case on a new practice and reports all differences.
pub(crate) fn expect(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let found = Practice::open().rows(text);
        if found != *expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// A seeded demonstration practice, as in the simulator.
pub(crate) struct Seeded {
    pub(crate) practice: support::Practice,
}

impl Seeded {
    pub(crate) fn open(which: Demonstration) -> Self {
        Self { practice: support::Practice::of(which) }
    }

    pub(crate) fn run(&mut self, text: &str) -> Result<Outcome, SqlError> {
        self.practice.run(text, Vec::new())
    }

    pub(crate) fn rows(&mut self, text: &str) -> String {
        self.run(text).map_or_else(|error| format!("error {error}"), |outcome| shown(&outcome))
    }
}
