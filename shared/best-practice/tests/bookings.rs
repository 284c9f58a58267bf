//! The statements of the appointment book, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Parameter,
    SlotTaken, SqlError, Value, execute,
};
use rusqlite::Connection;

const PUSH: &str = include_str!("../statements/public/booking_push.sql");
const LOOKUP: &str = include_str!("../statements/public/booking_lookup.sql");
const BOOK: &str = include_str!("../statements/public/appointment_book.sql");
const STAFF: &str = include_str!("../statements/public/staff_by_registration.sql");

const TOKEN: &str = "PB0000000111111111111111A";
/// A doctor of the small practice, and a Tuesday on which nobody has booked anything yet.
const DOCTOR: i64 = 1;
const DAY: &str = "2027-11-02";
const NINE: i64 = 32_400;
const QUARTER: i64 = 900;

struct Practice {
    connection: Connection,
    environment: Environment,
    _folder: tempfile::TempDir,
}

/// A booking as it is wanted.
#[derive(Clone)]
struct Wanted {
    token: &'static str,
    user: i64,
    location: i64,
    day: &'static str,
    time: i64,
    length: i64,
    kind: i64,
    text: &'static str,
}

impl Wanted {
    fn at(time: i64) -> Self {
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

    fn reason(&self) -> String {
        format!("{} [{}]", self.text, self.token)
    }
}

/// Outcome, appointment and sessions.
type Answer = (String, Option<i64>, String);

/// A live appointment: user, location, day, time, length, type, text.
type Row = (i64, i64, String, i64, i64, i64, String);

impl Practice {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = practice::seed(Demonstration::Small, folder.path(), 7).unwrap();
        Self {
            connection: practice::open(&files).unwrap(),
            environment: Environment {
                now: jiff::civil::date(2027, 11, 1).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
            _folder: folder,
        }
    }

    fn run(
        &mut self,
        text: &str,
        parameters: &[(&str, &str, &str)],
    ) -> Result<Vec<Vec<Value>>, SqlError> {
        let parameters = parameters
            .iter()
            .map(|(name, sql_type, value)| Parameter {
                name: (*name).to_owned(),
                direction: Direction::Input,
                sql_type: (*sql_type).to_owned(),
                value: Some((*value).to_owned()),
                size: None,
            })
            .collect();
        let command = Command {
            text: text.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters,
        };
        let outcome = execute(&mut self.connection, &command, &self.environment)?;
        Ok(outcome.result_sets.into_iter().next_back().map(|set| set.rows).unwrap_or_default())
    }

    fn try_push(&mut self, wanted: &Wanted, cancel: bool) -> Result<Answer, SqlError> {
        let number = |number: i64| number.to_string();
        let rows = self.run(
            PUSH,
            &[
                ("@token", "VarChar", wanted.token),
                ("@firstDay", "Date", "2027-11-01"),
                ("@wanted", "Int", if cancel { "0" } else { "1" }),
                ("@userId", "Int", &number(wanted.user)),
                ("@locationId", "Int", &number(wanted.location)),
                ("@day", "Date", wanted.day),
                ("@time", "Int", &number(wanted.time)),
                ("@length", "Int", &number(wanted.length)),
                ("@type", "Int", &number(wanted.kind)),
                ("@reason", "VarChar", &wanted.reason()),
                ("@patientId", "Int", "0"),
                ("@loginId", "Int", "0"),
            ],
        )?;
        let [row] = &rows[..] else { panic!("one row, not {rows:?}") };
        let id = match &row[1] {
            Value::Int(id) => Some(*id),
            _ => None,
        };
        Ok((text(&row[0]), id, text(&row[2])))
    }

    fn push(&mut self, wanted: &Wanted) -> Answer {
        self.try_push(wanted, false).unwrap()
    }

    fn outcome(&mut self, wanted: &Wanted) -> String {
        self.push(wanted).0
    }

    fn cancel(&mut self, wanted: &Wanted) -> String {
        self.try_push(wanted, true).unwrap().0
    }

    /// Live appointments with the mark, as anyone sees them in the database.
    fn live(&self, wanted: &Wanted) -> Vec<Row> {
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

    fn assert_in_the_book(&self, wanted: &Wanted) {
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

    fn change(&self, sql: &str) {
        assert!(self.connection.execute(sql, []).unwrap() > 0, "{sql} changed nothing");
    }

    /// Somebody at the practice books something.
    fn occupy(&mut self, time: i64, length: i64) -> i64 {
        let batch = format!(
            "DECLARE @id int; EXEC @id = dbo.BP_AddAppointment '{DAY}', {time}, {length}, {DOCTOR}, 1, 1, 1; \
             SELECT @id AS Id"
        );
        let rows = self.run(&batch, &[]).unwrap();
        let Value::Int(id) = rows[0][0] else { panic!("no id") };
        assert!(id > 0);
        id
    }

    fn away(&self) {
        self.change(&format!(
            "INSERT INTO dbo.DAYSAWAY (RECORDSTATUS, USERID, STARTDATE, FINISHDATE, AWAYREASON, CREATED, CREATEDBY)
             VALUES (1, {DOCTOR}, '{DAY}T00:00:00', '{DAY}T00:00:00', 'Leave', '{DAY}T00:00:00', 1)"
        ));
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim_end().to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        other => panic!("neither text nor number: {other:?}"),
    }
}

fn words(rows: &[Vec<Value>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn a_booking_appears_once_at_its_time_however_often_it_is_pushed() {
    let mut practice = Practice::open();
    let wanted = Wanted { location: 1, length: 1800, kind: 29, ..Wanted::at(NINE) };
    let (outcome, id, sessions) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), sessions.as_str()), ("created", "inside"));
    assert!(id.unwrap() > 0);
    practice.assert_in_the_book(&wanted);
    for _ in 0..3 {
        assert_eq!(practice.push(&wanted), ("unchanged".to_owned(), id, "outside".to_owned()));
    }
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_booking_moves_in_day_time_doctor_and_place_and_stays_the_same_appointment() {
    let mut practice = Practice::open();
    let first = Wanted::at(NINE);
    let (_, id, _) = practice.push(&first);
    for next in [
        Wanted::at(NINE + QUARTER),
        Wanted { day: "2027-11-03", ..Wanted::at(NINE) },
        Wanted { user: 2, ..Wanted::at(NINE) },
        // Half over the place where it stands itself.
        Wanted { user: 2, length: 1800, ..Wanted::at(NINE + QUARTER / 3) },
    ] {
        let (outcome, moved, _) = practice.push(&next);
        assert_eq!((outcome.as_str(), moved), ("moved", id));
        practice.assert_in_the_book(&next);
    }
}

#[test]
fn length_type_and_text_are_corrected_in_place() {
    let mut practice = Practice::open();
    let (_, id, _) = practice.push(&Wanted::at(NINE));
    for next in [
        Wanted { length: 2700, ..Wanted::at(NINE) },
        Wanted { length: 600, ..Wanted::at(NINE) },
        Wanted { kind: 29, ..Wanted::at(NINE) },
        // Letters of another case are another text.
        Wanted {
            text: "online appointment. rep visit: zoë made-up, example labs.",
            ..Wanted::at(NINE)
        },
    ] {
        let (outcome, same, _) = practice.push(&next);
        assert_eq!((outcome.as_str(), same), ("updated", id));
        practice.assert_in_the_book(&next);
    }
}

#[test]
fn a_shorter_visit_moves_to_a_gap_where_the_longer_one_would_not_fit() {
    let mut practice = Practice::open();
    practice.push(&Wanted { length: 2700, ..Wanted::at(NINE) });
    practice.occupy(NINE + 4 * QUARTER, QUARTER);
    practice.occupy(NINE + 6 * QUARTER, QUARTER);
    let gap = Wanted::at(NINE + 5 * QUARTER);
    assert_eq!(practice.outcome(&gap), "moved");
    practice.assert_in_the_book(&gap);
}

#[test]
fn a_cancelled_booking_leaves_the_book_and_comes_back_when_it_is_wanted_again() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    assert_eq!(practice.cancel(&wanted), "cancelled", "there was nothing to cancel");
    practice.push(&wanted);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.live(&wanted), []);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.outcome(&wanted), "created");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn an_overlap_anywhere_in_the_visit_is_a_conflict_and_changes_nothing() {
    for (time, length) in [
        (NINE, QUARTER),
        (NINE - 600, QUARTER),
        (NINE + 1200, QUARTER),
        (NINE + 300, 60),
        (NINE - 60, 7200),
    ] {
        let mut practice = Practice::open();
        practice.occupy(time, length);
        let wanted = Wanted { length: 1800, ..Wanted::at(NINE) };
        let (outcome, id, _) = practice.push(&wanted);
        assert_eq!((outcome.as_str(), id), ("conflict", None), "beside {time}+{length}");
        assert_eq!(practice.live(&wanted), []);
    }
    let mut practice = Practice::open();
    practice.occupy(NINE - QUARTER, QUARTER);
    practice.occupy(NINE + 1800, QUARTER);
    assert_eq!(practice.outcome(&Wanted { length: 1800, ..Wanted::at(NINE) }), "created");
}

#[test]
fn a_move_into_a_taken_slot_leaves_the_appointment_where_it_was() {
    let mut practice = Practice::open();
    let first = Wanted::at(NINE);
    let (_, id, _) = practice.push(&first);
    practice.occupy(NINE + 1800, QUARTER);
    for taken in [Wanted::at(NINE + 1800), Wanted { length: 3600, ..Wanted::at(NINE) }] {
        let (outcome, left, _) = practice.push(&taken);
        assert_eq!((outcome.as_str(), left), ("conflict", id));
        practice.assert_in_the_book(&first);
    }
}

#[test]
fn a_conflict_clears_up_once_the_slot_is_free() {
    let mut practice = Practice::open();
    let other = practice.occupy(NINE, QUARTER);
    let wanted = Wanted::at(NINE);
    assert_eq!(practice.outcome(&wanted), "conflict");
    practice.run(&format!("EXEC dbo.BP_CancelAppointment @aptid = {other}"), &[]).unwrap();
    assert_eq!(practice.outcome(&wanted), "created");
}

#[test]
fn a_patient_who_has_arrived_occupies_the_slot_as_well() {
    let mut practice = Practice::open();
    let other = practice.occupy(NINE, QUARTER);
    practice.run(&format!("EXEC dbo.BP_ArriveAppointment @aptid = {other}"), &[]).unwrap();
    assert_eq!(practice.outcome(&Wanted::at(NINE)), "conflict");
}

#[test]
fn whatever_bp_does_with_a_slot_taken_at_the_last_moment_it_is_a_conflict_and_never_two() {
    for variant in
        [None, Some(SlotTaken::Error), Some(SlotTaken::ReturnZero), Some(SlotTaken::DoubleBooking)]
    {
        let mut practice = Practice::open();
        practice.environment.booking.slot_taken = variant;
        practice.occupy(NINE, QUARTER);
        let wanted = Wanted::at(NINE);
        assert_eq!(practice.outcome(&wanted), "conflict", "{variant:?}");
        assert_eq!(practice.live(&wanted), []);
    }
    // Another appointment appears between the look and the end of the write.
    let mut practice = Practice::open();
    practice
        .connection
        .execute_batch(
            "CREATE TRIGGER dbo.RACE AFTER INSERT ON APPOINTMENTS WHEN instr(NEW.REASON, '[PB') > 0 BEGIN
                INSERT INTO APPOINTMENTS (INTERNALID, RECORDSTATUS, USERID, LOCATIONID, VISITID, APPOINTMENTDATE,
                    APPOINTMENTTIME, APPOINTMENTLENGTH, APPOINTMENTCODE, APPOINTMENTTYPE, URGENT, REASON, ARRIVALTIME,
                    CONSULTATIONTIME, VISITLENGTH, ROOMID, OPERATIONID, BOOKEDBY, ACCOUNTTYPE, NNAC, PATIENTS, CREATED,
                    CREATEDBY, FOLLOWUP)
                SELECT 1, 1, USERID, LOCATIONID, VISITID, APPOINTMENTDATE, APPOINTMENTTIME + 300, 300, 1, 1, 0, 'Check-up',
                    0, 0, 0, ROOMID, OPERATIONID, 1, ACCOUNTTYPE, NNAC, 1, CREATED, 1, FOLLOWUP
                FROM APPOINTMENTS WHERE RECORDID = NEW.RECORDID; END",
        )
        .unwrap();
    let wanted = Wanted::at(NINE);
    let (outcome, id, _) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), id), ("conflict", None));
    assert_eq!(practice.live(&wanted), []);
}

#[test]
fn a_doctor_who_is_away_gets_no_new_visit_and_keeps_the_one_that_stands() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    practice.away();
    assert_eq!(practice.push(&wanted), ("away".to_owned(), None, "unknown".to_owned()));
    assert_eq!(practice.live(&wanted), []);

    let mut practice = Practice::open();
    practice.push(&wanted);
    practice.away();
    assert_eq!(practice.outcome(&wanted), "unchanged");
    assert_eq!(practice.outcome(&Wanted { length: 600, ..Wanted::at(NINE) }), "updated");
    let elsewhere = Wanted { day: "2027-11-03", ..Wanted::at(NINE) };
    assert_eq!(practice.outcome(&elsewhere), "moved");
    assert_eq!(practice.outcome(&wanted), "away");
    practice.assert_in_the_book(&elsewhere);

    let mut practice = Practice::open();
    practice.environment.booking.away = true;
    assert_eq!(practice.outcome(&wanted), "away");
}

#[test]
fn a_time_outside_the_sessions_is_taken_and_said_to_be() {
    let mut practice = Practice::open();
    let lunch = Wanted::at(46_800);
    let (outcome, _, sessions) = practice.push(&lunch);
    assert_eq!((outcome.as_str(), sessions.as_str()), ("created", "outside"));
    practice.assert_in_the_book(&lunch);
}

#[test]
fn a_user_who_has_left_or_never_was_gets_no_visit() {
    let mut practice = Practice::open();
    for user in [3, 77] {
        let wanted = Wanted { user, ..Wanted::at(NINE) };
        assert_eq!(practice.outcome(&wanted), "unknownUser");
        assert_eq!(practice.live(&wanted), []);
    }
}

#[test]
fn what_has_arrived_or_is_over_is_left_alone() {
    for change in
        ["APPOINTMENTCODE = 2, ARRIVALTIME = 32000", "APPOINTMENTCODE = 6", "APPOINTMENTCODE = 10"]
    {
        let mut practice = Practice::open();
        let wanted = Wanted::at(NINE);
        let (_, id, _) = practice.push(&wanted);
        practice.change(&format!(
            "UPDATE dbo.APPOINTMENTS SET {change} WHERE instr(REASON, '{TOKEN}') > 0"
        ));
        let later = Wanted::at(NINE + QUARTER);
        let (outcome, same, _) = practice.push(&later);
        assert_eq!((outcome.as_str(), same), ("arrived", id), "{change}");
        assert_eq!(practice.cancel(&wanted), "arrived");
        practice.assert_in_the_book(&wanted);
    }
}

#[test]
fn what_was_changed_or_deleted_in_bp_is_put_back() {
    for change in [
        "RECORDSTATUS = 4",
        "APPOINTMENTTIME = 36000",
        "APPOINTMENTLENGTH = 300",
        "APPOINTMENTDATE = '2027-11-09T00:00:00'",
        "USERID = 2",
        "APPOINTMENTTYPE = 2",
        "REASON = 'bring lunch! ' || REASON || ' (confirmed)'",
    ] {
        let mut practice = Practice::open();
        let wanted = Wanted::at(NINE);
        practice.push(&wanted);
        practice.change(&format!(
            "UPDATE dbo.APPOINTMENTS SET {change} WHERE instr(REASON, '{TOKEN}') > 0"
        ));
        let outcome = practice.outcome(&wanted);
        assert!(["created", "moved", "updated"].contains(&outcome.as_str()), "{change}: {outcome}");
        practice.assert_in_the_book(&wanted);
    }
}

#[test]
fn copies_made_in_bp_are_cleared_away() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    practice.push(&wanted);
    for time in [36_000, 37_800] {
        let reason = wanted.reason();
        practice
            .run(
                &format!(
                    "EXEC dbo.BP_AddAppointmentEx @aptdate = '{DAY}', @apttime = {time}, @appointmenttype = 1, \
                     @aptlen = 900, @practitionerid = {DOCTOR}, @patientid = 0, @reason = '{reason}', @locationid = 1"
                ),
                &[],
            )
            .unwrap();
    }
    assert_eq!(practice.live(&wanted).len(), 3);
    assert_eq!(practice.outcome(&wanted), "unchanged");
    practice.assert_in_the_book(&wanted);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.live(&wanted), []);
}

#[test]
fn a_mark_is_told_from_one_that_begins_alike() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let other = Wanted { token: "PB0000000111111111111111B", ..Wanted::at(NINE + QUARTER) };
    practice.push(&wanted);
    assert_eq!(practice.outcome(&other), "created");
    assert_eq!(practice.cancel(&other), "cancelled");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_login_that_may_not_read_the_book_is_told_so_and_leaves_no_trace() {
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["APPOINTMENTS".to_owned()];
    assert_eq!(practice.try_push(&Wanted::at(NINE), false).unwrap_err().number, 229);
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["BP_AddAppointmentEx".to_owned()];
    assert_eq!(practice.try_push(&Wanted::at(NINE), false).unwrap_err().number, 229);
    assert_eq!(practice.live(&Wanted::at(NINE)), []);
}

#[test]
fn a_lookup_finds_what_stands_and_nothing_that_is_cancelled() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let look = |practice: &mut Practice| {
        let parameters = [("@token", "VarChar", TOKEN), ("@firstDay", "Date", "2027-11-01")];
        words(&practice.run(LOOKUP, &parameters).unwrap())
    };
    assert!(look(&mut practice).is_empty());
    let (_, id, _) = practice.push(&wanted);
    let reason = wanted.reason();
    let id = id.unwrap().to_string();
    let row: Vec<String> =
        [&id, "1", "1", DAY, "32400", "900", "1", &reason, "0"].map(str::to_owned).into();
    assert_eq!(look(&mut practice), [row]);
    practice.cancel(&wanted);
    assert!(look(&mut practice).is_empty());
}

#[test]
fn the_book_lists_what_carries_a_mark_from_a_day_on() {
    let mut practice = Practice::open();
    practice.occupy(36_000, QUARTER);
    practice.push(&Wanted::at(NINE));
    practice.push(&Wanted {
        token: "PB0000000111111111111111B",
        day: "2027-11-04",
        ..Wanted::at(NINE)
    });
    let list = |practice: &mut Practice, from| {
        words(&practice.run(BOOK, &[("@from", "Date", from)]).unwrap())
    };
    assert_eq!(list(&mut practice, "2027-11-01").len(), 2);
    let later = list(&mut practice, "2027-11-03");
    assert_eq!(later.len(), 1);
    assert_eq!(later[0][3], "2027-11-04");
}

#[test]
fn users_come_with_their_registration_numbers_and_those_who_left_apart() {
    let mut practice = Practice::open();
    let users = |practice: &mut Practice| {
        let mut rows = words(&practice.run(STAFF, &[]).unwrap());
        let head = rows.remove(0);
        (head[1].clone(), rows.into_iter().map(|row| row[2..].join(" ")).collect::<Vec<_>>())
    };
    let (seen, rows) = users(&mut practice);
    assert_eq!(seen, "1");
    assert!(rows.contains(&"1 MED9990000201 1".to_owned()), "{rows:?}");
    assert!(rows.contains(&"3 MED9990000203 0".to_owned()), "{rows:?}");
    assert!(rows.iter().all(|row| !row.starts_with("4 ")), "a user without a number: {rows:?}");

    practice.environment.denied_objects = vec!["USERS".to_owned()];
    let (seen, rows) = users(&mut practice);
    assert_eq!(seen, "0");
    assert!(rows.contains(&"1 MED9990000201 1".to_owned()), "{rows:?}");
    assert!(rows.iter().all(|row| row.ends_with(" 1")), "{rows:?}");
}
