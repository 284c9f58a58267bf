//! A made-up practice, and what is wanted in its book.

use std::sync::Arc;

use halo_simulator::practice::{self, PracticeFiles};
use halo_simulator::sql::{
    Command, CommandKind, Environment, ExecutionMode, Language, Locks, SqlError, Value, execute_on,
};
use rusqlite::Connection;

pub(crate) const PUSH: &str = include_str!("../../../statements/public/booking_push.sql");
pub(crate) const LOOKUP: &str = include_str!("../../../statements/public/booking_lookup.sql");
pub(crate) const BOOK: &str = include_str!("../../../statements/public/appointment_book.sql");
pub(crate) const STAFF: &str = include_str!("../../../statements/public/staff_by_registration.sql");

pub(crate) const TOKEN: &str = "PB0000000111111111111111A";
/// A doctor of the small practice, and a Tuesday on which nobody has booked anything yet.
pub(crate) const DOCTOR: i64 = 1;
pub(crate) const DAY: &str = "2027-11-02";
pub(crate) const NINE: i64 = 32_400;
pub(crate) const QUARTER: i64 = 900;

pub(crate) struct Practice {
    pub(crate) connection: Connection,
    pub(crate) environment: Environment,
    pub(crate) locks: Arc<Locks>,
    /// The appointment's number, as the booking stores it; 0 for none.
    pub(crate) known: i64,
    /// When that appointment was created, as the booking stores it; empty for none.
    pub(crate) created: String,
    /// The tokens of bookings that are wanted elsewhere, with commas between them.
    pub(crate) lifts: &'static str,
    pub(crate) folder: Arc<tempfile::TempDir>,
}

/// A booking as it is wanted.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) token: &'static str,
    pub(crate) user: i64,
    pub(crate) location: i64,
    pub(crate) day: &'static str,
    pub(crate) time: i64,
    pub(crate) length: i64,
    pub(crate) kind: i64,
    pub(crate) text: &'static str,
}

impl Wanted {
    pub(crate) fn at(time: i64) -> Self {
        Self {
            token: TOKEN,
            user: DOCTOR,
            location: 1,
            day: DAY,
            time,
            length: QUARTER,
            kind: 1,
            text: "Online appointment. Rep visit: Zoë Made-Up, Example Labs.",
        }
    }

    pub(crate) fn reason(&self) -> String {
        format!("{} [{}]", self.text, self.token)
    }
}

/// What `@wanted` says.
#[derive(Clone, Copy)]
pub(crate) enum Wish {
    Out = 0,
    InTheBook = 1,
    AsItStands = 2,
}

/// Outcome, appointment and sessions.
pub(crate) type Answer = (String, Option<i64>, String);

/// A live appointment: user, location, day, time, length, type, text.
pub(crate) type Row = (i64, i64, String, i64, i64, i64, String);

impl Practice {
    pub(crate) fn open() -> Self {
        let support::Practice { connection, environment, folder, .. } =
            support::Practice::open().at(jiff::civil::date(2027, 11, 1).at(9, 30, 0, 0));
        let (locks, known, created) = (Arc::default(), 0, String::new());
        let folder = Arc::new(folder);
        Self { connection, environment, locks, known, created, lifts: "", folder }
    }

    /// Another connection to the same practice. It knows no appointment's number.
    pub(crate) fn beside(&self) -> Self {
        Self {
            connection: practice::open(&self.files()).unwrap(),
            environment: self.environment.clone(),
            locks: Arc::clone(&self.locks),
            known: 0,
            created: String::new(),
            lifts: "",
            folder: Arc::clone(&self.folder),
        }
    }

    pub(crate) fn files(&self) -> PracticeFiles {
        let file = |name: &str| self.folder.path().join(name);
        PracticeFiles { patients: file("patients.sqlite"), documents: file("documents.sqlite") }
    }

    pub(crate) fn run(
        &mut self,
        text: &str,
        parameters: &[(&str, &str, &str)],
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let parameters = parameters
            .iter()
            .map(|(name, sql_type, value)| support::input(name, sql_type, *value))
            .collect();
        let command = Command {
            text: text.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters,
        };
        // Our statements run for a British login: it reads dates in the order that is easier to get wrong.
        let language = match text.starts_with("-- statement:") {
            true => Language::British,
            false => Language::English,
        };
        let (process, environment) = (self.locks.process(), &self.environment);
        let connection = &mut self.connection;
        let outcome = execute_on(&process, language, connection, &command, environment)?;
        Ok(outcome.result_sets.into_iter().next_back().map(|set| set.rows).unwrap_or_default())
    }

    pub(crate) fn try_push(&mut self, wanted: &Wanted, wish: Wish) -> Result<Answer, SqlError> {
        self.try_text(PUSH, wanted, wish)
    }

    /// Pushes with this text of the statement.
    pub(crate) fn try_text(
        &mut self,
        push: &str,
        wanted: &Wanted,
        wish: Wish,
    ) -> Result<Answer, SqlError> {
        let number = |number: i64| number.to_string();
        let (known, created) = (number(self.known), self.created.clone());
        let rows = self.run(
            push,
            &[
                ("@token", "VarChar", wanted.token),
                ("@firstDay", "Date", "2027-11-01"),
                ("@appointmentId", "Int", &known),
                ("@created", "VarChar", &created),
                ("@wanted", "Int", &number(wish as i64)),
                ("@userId", "Int", &number(wanted.user)),
                ("@locationId", "Int", &number(wanted.location)),
                ("@day", "Date", wanted.day),
                ("@time", "Int", &number(wanted.time)),
                ("@length", "Int", &number(wanted.length)),
                ("@type", "Int", &number(wanted.kind)),
                ("@reason", "VarChar", &wanted.reason()),
                ("@lifts", "VarChar", self.lifts),
                ("@patientId", "Int", "0"),
                ("@loginId", "Int", "0"),
            ],
        )?;
        let [row] = &rows[..] else { panic!("one row, not {rows:?}") };
        let id = match &row[1] {
            Value::Int(id) => Some(*id),
            _ => None,
        };
        Ok((text(&row[0]), id, text(&row[3])))
    }

    pub(crate) fn push(&mut self, wanted: &Wanted) -> Answer {
        self.try_push(wanted, Wish::InTheBook).unwrap()
    }

    pub(crate) fn outcome(&mut self, wanted: &Wanted) -> String {
        self.push(wanted).0
    }

    pub(crate) fn cancel(&mut self, wanted: &Wanted) -> String {
        self.try_push(wanted, Wish::Out).unwrap().0
    }

    /// The visit has begun. An appointment elsewhere is taken out.
    pub(crate) fn too_late(&mut self, wanted: &Wanted) -> Answer {
        self.try_push(wanted, Wish::AsItStands).unwrap()
    }

    /// Live appointments with the mark, as anyone sees them in the database.
    pub(crate) fn live(&self, wanted: &Wanted) -> Vec<Row> {
        let sql = "SELECT USERID, LOCATIONID, substr(APPOINTMENTDATE, 1, 19), APPOINTMENTTIME, \
             APPOINTMENTLENGTH, APPOINTMENTTYPE, REASON FROM dbo.APPOINTMENTS \
             WHERE RECORDSTATUS = 1 AND instr(REASON, ?1) > 0 ORDER BY RECORDID";
        let mut statement = self.connection.prepare(sql).unwrap();
        statement
            .query_map([wanted.token], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    pub(crate) fn assert_in_the_book(&self, wanted: &Wanted) {
        let row = (
            wanted.user,
            wanted.location,
            format!("{}T00:00:00", wanted.day),
            wanted.time,
            wanted.length,
            wanted.kind,
            wanted.reason(),
        );
        assert_eq!(self.live(wanted), [row]);
    }

    pub(crate) fn change(&self, sql: &str) {
        assert!(self.connection.execute(sql, []).unwrap() > 0, "{sql} changed nothing");
    }

    /// Somebody at the practice books something.
    pub(crate) fn occupy(&mut self, time: i64, length: i64) -> i64 {
        let batch = format!(
            "DECLARE @id int; EXEC @id = dbo.BP_AddAppointment '{DAY}', {time}, {length}, {DOCTOR}, 1, 1, 1; \
             SELECT @id AS Id"
        );
        let rows = self.run(&batch, &[]).unwrap();
        let Value::Int(id) = rows[0][0] else { panic!("no id") };
        assert!(id > 0);
        id
    }

    /// The booking stores this appointment's number, and when it was created.
    pub(crate) fn know(&mut self, id: i64) {
        let created = self.run(
            &format!(
                "SELECT CONVERT(varchar(23), a.CREATED, 121) AS Created \
                 FROM dbo.APPOINTMENTS AS a WHERE a.RECORDID = {id}"
            ),
            &[],
        );
        (self.known, self.created) = (id, text(&created.unwrap()[0][0]));
    }

    /// Somebody at the practice replaces our text.
    pub(crate) fn overtype(&self, id: i64, reason: &str) {
        self.change(&format!(
            "UPDATE dbo.APPOINTMENTS SET REASON = '{reason}' WHERE RECORDID = {id}"
        ));
    }

    /// Gives our appointment to a patient. Its text does not change.
    pub(crate) fn give_to_a_patient(&self, id: i64) {
        self.change(&format!("UPDATE dbo.APPOINTMENTS SET INTERNALID = 1 WHERE RECORDID = {id}"));
    }

    /// Books a patient's appointment with this text.
    pub(crate) fn book_a_patient(&mut self, time: i64, reason: &str) -> i64 {
        let batch = format!(
            "DECLARE @id int; EXEC @id = dbo.BP_AddAppointmentEx @aptdate = '{DAY}', @apttime = {time}, \
             @appointmenttype = 1, @aptlen = {QUARTER}, @practitionerid = {DOCTOR}, @patientid = 1, \
             @reason = '{reason}', @locationid = 1; SELECT @id AS Id"
        );
        let rows = self.run(&batch, &[]).unwrap();
        let Value::Int(id) = rows[0][0] else { panic!("no id") };
        assert!(id > 0);
        id
    }

    /// An appointment as anyone sees it in the database: status, patient, time and text.
    pub(crate) fn appointment(&self, id: i64) -> (i64, i64, i64, String) {
        let sql = "SELECT RECORDSTATUS, INTERNALID, APPOINTMENTTIME, REASON FROM dbo.APPOINTMENTS \
             WHERE RECORDID = ?1";
        self.connection
            .query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
    }

    pub(crate) fn away(&self) {
        self.change(&format!(
            "INSERT INTO dbo.DAYSAWAY (RECORDSTATUS, USERID, STARTDATE, FINISHDATE, AWAYREASON, CREATED, CREATEDBY)
             VALUES (1, {DOCTOR}, '{DAY}T00:00:00', '{DAY}T00:00:00', 'Leave', '{DAY}T00:00:00', 1)"
        ));
    }
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim_end().to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        other => panic!("neither text nor number: {other:?}"),
    }
}

pub(crate) fn words(rows: &[Vec<Value>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(text).collect()).collect()
}
