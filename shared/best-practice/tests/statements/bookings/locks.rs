//! What a push holds, and whom it keeps waiting.

use std::collections::BTreeSet;

use halo_simulator::practice::{self, PracticeFiles};
use halo_simulator::sql::{Command, HeldLock, OpenConnection, SqlError};
use rusqlite::Connection;

use crate::bookings::support::{NINE, PUSH, Practice, QUARTER, Wanted, Wish};

/// Everything that a push may hold: its mark, the appointment that it found, the book of one day, and the rows that
/// it changes. Publicly, Bp has an index of the day and one of the user, but none of both.
const DECLARED: [&str; 5] = [
    "application application X",
    "BPSPatients.APPOINTMENTS rows U RECORDID",
    "BPSPatients.APPOINTMENTS rows U APPOINTMENTDATE",
    "BPSPatients.APPOINTMENTS range RangeS-U APPOINTMENTDATE",
    "BPSPatients.APPOINTMENTS rows X",
];
/// BP_CancelAppointment writes here.
const DECLARED_WHEN_CANCELLED: &str = "BPSPatients.CANCELLEDAPPOINTMENTS rows X";

fn line(lock: &HeldLock) -> String {
    let mut by = lock.by.clone();
    by.sort();
    let text = format!("{} {} {} {}", lock.object, lock.kind, lock.mode, by.join("+"));
    text.trim_end().to_owned()
}

/// The locks of the last push.
fn held(practice: &Practice) -> BTreeSet<String> {
    let ended = practice.locks.ended();
    let last = ended.iter().rev().find(|one| one.statement.as_deref() == Some("booking_push"));
    last.unwrap().locks.iter().map(line).collect()
}

/// A receptionist's own connection.
struct Receptionist {
    database: Connection,
    connection: OpenConnection,
}

impl Receptionist {
    fn at(practice: &Practice) -> Self {
        let file = |name: &str| practice.folder.path().join(name);
        let files = PracticeFiles {
            patients: file("patients.sqlite"),
            documents: file("documents.sqlite"),
        };
        Self {
            database: practice::open(&files).unwrap(),
            connection: OpenConnection::new(practice.locks.process()),
        }
    }

    fn run(&mut self, practice: &Practice, text: &str) -> Result<(), SqlError> {
        let command = Command::batch(text);
        self.connection.execute(&mut self.database, &command, &practice.environment).map(|_| ())
    }
}

#[test]
fn a_push_holds_at_most_the_rows_of_one_day() {
    let mut practice = Practice::open();
    let first = Wanted::at(NINE);
    let moved = Wanted { day: "2027-11-03", ..Wanted::at(NINE + QUARTER) };
    let mut allowed: BTreeSet<String> = DECLARED.map(str::to_owned).into();
    for (wanted, outcome) in [(&first, "created"), (&first, "unchanged"), (&moved, "moved")] {
        assert_eq!(practice.outcome(wanted), outcome);
        let held = held(&practice);
        assert!(held.is_subset(&allowed), "{outcome}: {held:#?}");
    }
    assert_eq!(practice.cancel(&moved), "cancelled");
    allowed.insert(DECLARED_WHEN_CANCELLED.to_owned());
    let held = held(&practice);
    assert!(held.is_subset(&allowed), "{held:#?}");
    assert!(!held.iter().any(|lock| lock.contains("range")), "{held:#?}");
}

/// A copy of a booking's appointment, made in Bp on another day.
fn copied(practice: &mut Practice, wanted: &Wanted) {
    let reason = wanted.reason();
    let add = format!(
        "EXEC dbo.BP_AddAppointmentEx @aptdate = '2027-11-09', @apttime = {NINE}, @appointmenttype = 1, \
         @aptlen = 900, @practitionerid = 1, @patientid = 0, @reason = '{reason}', @locationid = 1"
    );
    practice.run(&add, &[]).unwrap();
    assert_eq!(practice.live(wanted).len(), 2);
}

#[test]
fn a_push_that_cancels_a_copy_locks_no_other_appointment_for_it() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let other = Wanted {
        token: "PB0000000111111111111111B",
        day: "2027-11-03",
        ..Wanted::at(NINE + QUARTER)
    };
    practice.push(&wanted);
    let (_, other, _) = practice.push(&other);
    copied(&mut practice, &wanted);
    // Somebody works on another of our appointments. It is read meanwhile, and not locked.
    let mut receptionist = Receptionist::at(&practice);
    let looks_at = format!(
        "BEGIN TRANSACTION; SELECT COMMENT FROM dbo.APPOINTMENTS WITH (UPDLOCK) WHERE RECORDID = {}",
        other.unwrap()
    );
    receptionist.run(&practice, &looks_at).unwrap();
    let impatient = PUSH.replace("SET LOCK_TIMEOUT 5000", "SET LOCK_TIMEOUT 20");
    assert_eq!(practice.try_text(&impatient, &wanted, Wish::InTheBook).unwrap().0, "unchanged");
    let mut allowed: BTreeSet<String> = DECLARED.map(str::to_owned).into();
    allowed.insert(DECLARED_WHEN_CANCELLED.to_owned());
    let held = held(&practice);
    assert!(held.is_subset(&allowed), "{held:#?}");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_push_waits_for_a_receptionist_on_the_same_day_and_for_nobody_else() {
    let mut practice = Practice::open();
    let other = practice.occupy(NINE, QUARTER);
    let mut receptionist = Receptionist::at(&practice);
    receptionist
        .run(
            &practice,
            &format!("BEGIN TRANSACTION; UPDATE dbo.APPOINTMENTS SET REASON = 'hers' WHERE RECORDID = {other}"),
        )
        .unwrap();
    let impatient = PUSH.replace("SET LOCK_TIMEOUT 5000", "SET LOCK_TIMEOUT 20");
    assert_ne!(impatient, PUSH);
    let wanted = Wanted::at(NINE + QUARTER);
    let refused = practice.try_text(&impatient, &wanted, Wish::InTheBook).unwrap_err();
    assert_eq!(refused.number, 1222);
    let tomorrow = Wanted { day: "2027-11-03", ..Wanted::at(NINE) };
    let beside = practice.try_text(&impatient, &tomorrow, Wish::InTheBook).unwrap();
    assert_eq!(beside.0, "created");
    receptionist.run(&practice, "COMMIT").unwrap();
    // The same booking now moves to the day that it wanted.
    assert_eq!(practice.outcome(&wanted), "moved");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn in_a_circle_the_push_gives_way_and_never_the_receptionist() {
    let mut practice = Practice::open();
    let theirs = practice.occupy(NINE, QUARTER);
    let ours = Wanted { day: "2027-11-03", ..Wanted::at(NINE) };
    let (_, id, _) = practice.push(&ours);
    let id = id.unwrap();
    let mut receptionist = Receptionist::at(&practice);
    let hold = |record: i64| {
        format!("UPDATE dbo.APPOINTMENTS SET COMMENT = 'hers' WHERE RECORDID = {record}")
    };
    // Others read her appointment, so the push comes as far as its own locks.
    let looks_at = format!(
        "BEGIN TRANSACTION; SELECT COMMENT FROM dbo.APPOINTMENTS WITH (UPDLOCK) WHERE RECORDID = {theirs}"
    );
    receptionist.run(&practice, &looks_at).unwrap();
    // The push holds its own appointment and wants the receptionist's day; then she wants ours.
    let environment = practice.environment.clone();
    let locks = practice.locks.clone();
    let her_session = receptionist.connection.id();
    let second = std::thread::spawn(move || {
        let waits_for_her =
            || locks.open().iter().any(|open| open.waits_for.contains(&her_session));
        while !waits_for_her() {
            std::thread::yield_now();
        }
        let text = format!("{}; COMMIT", hold(id));
        let Receptionist { mut database, mut connection } = receptionist;
        connection.execute(&mut database, &Command::batch(&text), &environment).map(|_| ())
    });
    let patient = PUSH.replace("SET LOCK_TIMEOUT 5000", "SET LOCK_TIMEOUT -1");
    let wanted = Wanted::at(NINE + QUARTER);
    let refused = practice.try_text(&patient, &wanted, Wish::InTheBook).unwrap_err();
    assert_eq!(refused.number, 1205);
    second.join().unwrap().unwrap();
    assert_eq!(practice.outcome(&wanted), "moved");
    practice.assert_in_the_book(&wanted);
}
