//! What a push holds, and whom it keeps waiting.

use std::collections::BTreeSet;

use halo_simulator::sql::{HeldLock, SlotTaken};

use crate::bookings::receptionist::{
    OTHER_DOCTOR, OTHER_TOKEN, Receptionist, book, impatient, pushes,
};
use crate::bookings::support::{DAY, NINE, Practice, QUARTER, Wanted, Wish};

/// Everything that a push may hold: names, appointments that it found by their numbers, and the rows that it changes.
/// All of them are of user-days whose names it holds, and there are no ranges.
const DECLARED: [&str; 3] = [
    "application application X",
    "BPSPatients.APPOINTMENTS rows U RECORDID",
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

fn declared() -> BTreeSet<String> {
    DECLARED.map(str::to_owned).into()
}

#[test]
fn a_push_holds_at_most_the_rows_of_one_user_and_day() {
    let mut practice = Practice::open();
    let first = Wanted::at(NINE);
    let moved = Wanted { day: "2027-11-03", ..Wanted::at(NINE + QUARTER) };
    let taken = Wanted::at(NINE + 2 * QUARTER);
    let mut allowed = declared();
    for (wanted, outcome) in [(&first, "created"), (&first, "unchanged"), (&moved, "moved")] {
        assert_eq!(practice.outcome(wanted), outcome);
        let held = held(&practice);
        assert!(held.is_subset(&allowed), "{outcome}: {held:#?}");
    }
    practice.occupy(taken.time, QUARTER);
    assert_eq!(practice.outcome(&taken), "conflict");
    assert!(held(&practice).is_subset(&allowed), "{:#?}", held(&practice));
    assert_eq!(practice.cancel(&moved), "cancelled");
    allowed.insert(DECLARED_WHEN_CANCELLED.to_owned());
    assert!(held(&practice).is_subset(&allowed), "{:#?}", held(&practice));
}

#[test]
fn of_a_full_day_a_push_locks_only_what_is_in_its_way() {
    let mut practice = Practice::open();
    for quarter in 0..8 {
        practice.occupy(NINE + quarter * QUARTER, QUARTER);
        practice.run(&book(OTHER_DOCTOR, NINE + quarter * QUARTER), &[]).unwrap();
    }
    assert_eq!(practice.outcome(&Wanted { length: 2 * QUARTER, ..Wanted::at(NINE) }), "conflict");
    let ended = practice.locks.ended();
    let rows: usize = ended.last().unwrap().locks.iter().filter_map(|lock| lock.rows).sum();
    assert_eq!(rows, 2, "{:#?}", ended.last());
}

#[test]
fn while_a_push_waits_with_its_locks_people_book_beside_it() {
    let mut practice = Practice::open();
    let in_the_way = practice.occupy(NINE, QUARTER);
    let later = practice.occupy(NINE + 8 * QUARTER, QUARTER);
    let mut first = Receptionist::at(&practice);
    first.opens(&practice, in_the_way);
    let push = pushes(&practice, &Wanted::at(NINE));
    first.is_waited_for(&practice);
    // The push holds its names by now.
    let mut second = Receptionist::at(&practice);
    second.at_once(&practice, &book(1, NINE + QUARTER));
    second.at_once(&practice, &book(OTHER_DOCTOR, NINE));
    second
        .at_once(&practice, &format!("EXEC dbo.BP_MoveAppointment {later}, '{DAY}', 43200, 1, 1"));
    // The appointment in the way is cancelled, so the visit takes its place.
    first.run(&practice, &format!("EXEC dbo.BP_CancelAppointment {in_the_way}; COMMIT")).unwrap();
    assert_eq!(push.join().unwrap().unwrap().0, "created");
    practice.assert_in_the_book(&Wanted::at(NINE));
}

#[test]
fn an_appointment_beside_it_or_of_another_user_that_a_receptionist_has_locked_delays_no_push() {
    let mut practice = Practice::open();
    let beside = practice.occupy(NINE + QUARTER, QUARTER);
    practice.run(&book(OTHER_DOCTOR, NINE), &[]).unwrap();
    let sql = "SELECT max(RECORDID) FROM dbo.APPOINTMENTS";
    let of_another = practice.connection.query_row(sql, [], |row| row.get(0)).unwrap();
    for locked in [beside, of_another] {
        let mut receptionist = Receptionist::at(&practice);
        receptionist.opens(&practice, locked);
        let wanted = Wanted::at(NINE);
        let pushed = practice.try_text(&impatient(), &wanted, Wish::InTheBook).unwrap();
        assert_eq!(pushed.0, "created");
        assert_eq!(practice.cancel(&wanted), "cancelled");
    }
}

#[test]
fn an_appointment_that_somebody_books_between_the_check_and_the_commit_is_met() {
    let mut practice = Practice::open();
    // Bp books it although somebody else has the time by then.
    practice.environment.booking.slot_taken = Some(SlotTaken::DoubleBooking);
    let mut receptionist = Receptionist::at(&practice);
    // Bp reads the patient between our check and the write.
    receptionist
        .run(
            &practice,
            "BEGIN TRANSACTION; UPDATE dbo.PATIENTS SET CITY = 'Elsewhere' WHERE INTERNALID = 0",
        )
        .unwrap();
    let wanted = Wanted { length: 2 * QUARTER, ..Wanted::at(NINE) };
    let push = pushes(&practice, &wanted);
    receptionist.is_waited_for(&practice);
    receptionist.at_once(&practice, &book(1, NINE + QUARTER));
    receptionist.run(&practice, "COMMIT").unwrap();
    let (outcome, id, _) = push.join().unwrap().unwrap();
    assert_eq!((outcome.as_str(), id), ("conflict", None));
    assert_eq!(practice.live(&wanted), []);
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
    let other = Wanted { token: OTHER_TOKEN, day: "2027-11-03", ..Wanted::at(NINE + QUARTER) };
    practice.push(&wanted);
    let (_, other, _) = practice.push(&other);
    copied(&mut practice, &wanted);
    // Somebody works on another of our appointments. It is read meanwhile, and not locked.
    let mut receptionist = Receptionist::at(&practice);
    receptionist.opens(&practice, other.unwrap());
    let pushed = practice.try_text(&impatient(), &wanted, Wish::InTheBook).unwrap();
    assert_eq!(pushed.0, "unchanged");
    let mut allowed = declared();
    allowed.insert(DECLARED_WHEN_CANCELLED.to_owned());
    let held = held(&practice);
    assert!(held.is_subset(&allowed), "{held:#?}");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_push_waits_for_what_a_receptionist_has_changed_on_the_same_day_and_on_no_other() {
    let mut practice = Practice::open();
    let other = practice.occupy(NINE, QUARTER);
    let mut receptionist = Receptionist::at(&practice);
    receptionist
        .run(
            &practice,
            &format!("BEGIN TRANSACTION; UPDATE dbo.APPOINTMENTS SET REASON = 'hers' WHERE RECORDID = {other}"),
        )
        .unwrap();
    let impatient = impatient();
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
    // The push reads her appointment and comes as far as its own locks.
    receptionist.opens(&practice, theirs);
    // The push holds its own appointment and wants hers; then she wants ours.
    let wanted = Wanted::at(NINE);
    let push = pushes(&practice, &wanted);
    receptionist.is_waited_for(&practice);
    let hers = format!(
        "UPDATE dbo.APPOINTMENTS SET COMMENT = 'hers' WHERE RECORDID = {id};
         EXEC dbo.BP_CancelAppointment {theirs}; COMMIT"
    );
    receptionist.run(&practice, &hers).unwrap();
    assert_eq!(push.join().unwrap().unwrap_err().number, 1205);
    assert_eq!(practice.outcome(&wanted), "moved");
    practice.assert_in_the_book(&wanted);
}
