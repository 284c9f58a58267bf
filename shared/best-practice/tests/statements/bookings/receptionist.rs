//! People who work in Bp while a push runs, and pushes that run at the same time.

use std::thread::{self, JoinHandle};

use halo_simulator::practice;
use halo_simulator::sql::{Command, OpenConnection, SqlError};
use rusqlite::Connection;

use crate::bookings::support::{Answer, DAY, PUSH, Practice, QUARTER, Wanted, Wish};

pub(crate) const OTHER_TOKEN: &str = "PB0000000111111111111111B";
pub(crate) const OTHER_DOCTOR: i64 = 2;

/// A receptionist's own connection.
pub(crate) struct Receptionist {
    database: Connection,
    connection: OpenConnection,
}

impl Receptionist {
    pub(crate) fn at(practice: &Practice) -> Self {
        Self {
            database: practice::open(&practice.files()).unwrap(),
            connection: OpenConnection::new(practice.locks.process()),
        }
    }

    pub(crate) fn run(&mut self, practice: &Practice, text: &str) -> Result<(), SqlError> {
        let command = Command::batch(text);
        self.connection.execute(&mut self.database, &command, &practice.environment).map(|_| ())
    }

    /// Does it without waiting for anybody.
    pub(crate) fn at_once(&mut self, practice: &Practice, text: &str) {
        self.run(practice, &format!("SET LOCK_TIMEOUT 0; {text}; SET LOCK_TIMEOUT -1")).unwrap();
    }

    /// Opens an appointment, as somebody who is about to change it.
    pub(crate) fn opens(&mut self, practice: &Practice, appointment: i64) {
        let open = format!(
            "BEGIN TRANSACTION; SELECT COMMENT FROM dbo.APPOINTMENTS WITH (UPDLOCK) WHERE RECORDID = {appointment}"
        );
        self.run(practice, &open).unwrap();
    }

    /// Returns when the push waits for her.
    pub(crate) fn is_waited_for(&self, practice: &Practice) {
        let her = self.connection.id();
        while !practice.locks.open().iter().any(|open| open.waits_for.contains(&her)) {
            thread::yield_now();
        }
    }
}

/// Books a patient with a doctor on the day.
pub(crate) fn book(doctor: i64, time: i64) -> String {
    format!("EXEC dbo.BP_AddAppointment '{DAY}', {time}, {QUARTER}, {doctor}, 1, 1, 1")
}

/// A push that waits for hardly anything.
pub(crate) fn impatient() -> String {
    let text = PUSH.replace("LOCK_TIMEOUT 5000", "LOCK_TIMEOUT 20");
    let text = text.replace("@LockTimeout = 5000", "@LockTimeout = 20");
    assert_eq!(text.matches("5000;").count(), 0);
    text
}

/// A push that waits as long as it takes.
pub(crate) fn patient() -> String {
    let text = PUSH.replace("LOCK_TIMEOUT 5000", "LOCK_TIMEOUT -1");
    text.replace("@LockTimeout = 5000", "@LockTimeout = -1")
}

/// A patient push on a connection of its own.
pub(crate) fn pushes(practice: &Practice, wanted: &Wanted) -> JoinHandle<Result<Answer, SqlError>> {
    let (mut beside, wanted) = (practice.beside(), wanted.clone());
    thread::spawn(move || beside.try_text(&patient(), &wanted, Wish::InTheBook))
}
