//! A made-up practice, and what is written into it.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Language, Locks,
    Parameter, SqlError, Value, execute_on,
};
use rusqlite::Connection;

pub(crate) const OUT: &str =
    include_str!("../../../statements/assumed/correspondence_out_write.sql");
pub(crate) const INBOX: &str = include_str!("../../../statements/assumed/inbox_write.sql");
pub(crate) const LOOKUP: &str = include_str!("../../../statements/assumed/delivery_lookup.sql");
pub(crate) const CHECKED: &str = include_str!("../../../statements/assumed/inbox_checked.sql");

pub(crate) const TOKEN: &str = "PB0123456789ABCDEFGHJKMNP";
pub(crate) const OTHER_TOKEN: &str = "PBZZZZ456789ABCDEFGHJKMNP";

/// A row by column name, with values as text. NULL is missing.
pub(crate) type Row = HashMap<String, String>;

pub(crate) struct Practice {
    pub(crate) connection: Connection,
    pub(crate) environment: Environment,
    /// The language of the practice's login.
    pub(crate) language: Language,
    pub(crate) locks: Arc<Locks>,
    pub(crate) _folder: tempfile::TempDir,
}

/// Parameters by name, numbers as numbers.
#[derive(Clone)]
pub(crate) struct Parameters(pub(crate) Vec<(&'static str, String, &'static str)>);

impl Parameters {
    pub(crate) fn letter(patient: i64, sender: i64, bytes: &[u8]) -> Self {
        Self(vec![
            ("@token", TOKEN.to_owned(), "VarChar"),
            ("@patientId", patient.to_string(), "Int"),
            ("@senderId", sender.to_string(), "Int"),
            ("@subject", "Referral – “left knee”".to_owned(), "VarChar"),
            ("@recipient", "Dr Óscar O’Leary".to_owned(), "VarChar"),
            ("@day", "2026-02-28".to_owned(), "VarChar"),
            ("@surnameKey", String::new(), "VarChar"),
            ("@dateOfBirth", String::new(), "VarChar"),
            ("@acceptDeceased", "0".to_owned(), "Int"),
            ("@acceptInactive", "0".to_owned(), "Int"),
            ("@fileType", "pdf".to_owned(), "VarChar"),
        ])
        .content(bytes)
    }

    /// A message to the first practitioner, about a patient who is not described yet.
    pub(crate) fn message(addressee: (&'static str, String), bytes: &[u8]) -> Self {
        let text = |name, value: &str| (name, value.to_owned(), "VarChar");
        Self(vec![
            text("@token", TOKEN),
            ("@patientId", "0".to_owned(), "Int"),
            text("@surnameKey", ""),
            text("@firstNameKey", ""),
            text("@lastName", ""),
            text("@firstName", ""),
            text("@dateOfBirth", ""),
            text("@medicare", ""),
            text("@medicareLine", ""),
            text("@ihi", ""),
            ("@userId", "0".to_owned(), "Int"),
            text("@ahpra", ""),
            text("@provider", ""),
            ("@fallbackUserId", "0".to_owned(), "Int"),
            text("@fallbackAhpra", ""),
            text("@fallbackProvider", ""),
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

    pub(crate) fn content(mut self, bytes: &[u8]) -> Self {
        self.0.push(("@content", STANDARD.encode(bytes), "VarChar"));
        self.0.push(("@length", bytes.len().to_string(), "Int"));
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        let place = self.0.iter_mut().find(|(known, ..)| *known == name).unwrap();
        value.clone_into(&mut place.1);
        self
    }

    pub(crate) fn described(self, key: &str, last: &str, first: &str, born: &str) -> Self {
        self.with("@surnameKey", key)
            .with("@lastName", last)
            .with("@firstNameKey", &domain::spelling::key(first))
            .with("@firstName", first)
            .with("@dateOfBirth", born)
    }
}

impl Practice {
    pub(crate) fn open() -> Self {
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
            language: Language::default(),
            locks: Arc::default(),
            _folder: folder,
        }
    }

    pub(crate) fn run(
        &mut self,
        statement: &str,
        parameters: &Parameters,
    ) -> Result<Vec<Row>, SqlError> {
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
        let (process, environment) = (self.locks.process(), &self.environment);
        let connection = &mut self.connection;
        let outcome = execute_on(&process, self.language, connection, &command, environment)?;
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

    pub(crate) fn outcome(&mut self, statement: &str, parameters: &Parameters) -> Row {
        let mut rows = self.run(statement, parameters).unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// A row of the database, with its columns as text.
    pub(crate) fn row(&self, sql: &str) -> Row {
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

    pub(crate) fn count(&self, from: &str) -> i64 {
        self.connection
            .query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0))
            .unwrap()
    }

    /// An active practitioner with a registration number and a provider number of their own.
    pub(crate) fn doctor(&self) -> (i64, String, String) {
        let row = self.row(
            "SELECT USERID, rtrim(REGISTRATIONNO) AS A, rtrim(PROVIDERNO) AS P FROM dbo.USERS AS u \
             WHERE USERSTATUS = 1 AND USERID > 0 AND rtrim(REGISTRATIONNO) <> '' AND rtrim(PROVIDERNO) <> '' \
             AND (SELECT count(*) FROM dbo.USERS AS o WHERE o.REGISTRATIONNO = u.REGISTRATIONNO) = 1 \
             ORDER BY USERID LIMIT 1",
        );
        (row["USERID"].parse().unwrap(), row["A"].clone(), row["P"].clone())
    }
}

pub(crate) fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.trim_end().to_owned()),
        Value::Bit(truth) => Some(truth.to_string()),
        other => Some(format!("{other:?}")),
    }
}
