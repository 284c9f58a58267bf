//! A patient's appointment is never ours, whatever its text says.

use crate::bookings::support::{BOOK, LOOKUP, NINE, Practice, QUARTER, TOKEN, Wanted, words};

const TEN: i64 = NINE + 3600;

#[test]
fn a_visit_whose_slot_was_given_to_a_patient_is_a_conflict_and_the_patient_keeps_it() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let id = practice.push(&wanted).1.unwrap();
    practice.give_to_a_patient(id);
    for _ in 0..2 {
        let (outcome, ours, _) = practice.push(&wanted);
        assert_eq!((outcome.as_str(), ours), ("conflict", None), "sent again");
    }
    assert_eq!(practice.appointment(id), (1, 1, NINE, wanted.reason()));
}

#[test]
fn cancelling_a_visit_whose_slot_was_given_to_a_patient_leaves_the_patient_there() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let id = practice.push(&wanted).1.unwrap();
    practice.give_to_a_patient(id);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(id), (1, 1, NINE, wanted.reason()));
}

#[test]
fn a_visit_whose_slot_was_given_to_a_patient_moves_without_the_patient() {
    let mut practice = Practice::open();
    let id = practice.push(&Wanted::at(NINE)).1.unwrap();
    practice.give_to_a_patient(id);
    let later = Wanted::at(TEN);
    let (outcome, ours, _) = practice.push(&later);
    assert_eq!(outcome, "created");
    assert_ne!(ours, Some(id));
    assert_eq!(practice.appointment(id).2, NINE, "the patient was moved");
    assert_eq!(practice.appointment(ours.unwrap()).1, 0);
}

#[test]
fn a_patients_appointment_that_quotes_the_mark_is_no_copy() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let ours = practice.push(&wanted).1;
    let quoted = practice.book_a_patient(TEN, &wanted.reason());
    assert_eq!(practice.push(&wanted).0, "unchanged");
    assert_eq!(practice.appointment(quoted), (1, 1, TEN, wanted.reason()));
    let later = Wanted::at(NINE + QUARTER);
    let (outcome, moved, _) = practice.push(&later);
    assert_eq!((outcome.as_str(), moved), ("moved", ours));
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(quoted), (1, 1, TEN, wanted.reason()));
}

#[test]
fn a_patient_with_our_mark_who_has_arrived_does_not_make_the_visit_arrived() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let quoted = practice.book_a_patient(TEN, &wanted.reason());
    practice.run(&format!("EXEC dbo.BP_ArriveAppointment @aptid = {quoted}"), &[]).unwrap();
    assert_eq!(practice.push(&wanted).0, "created");
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(quoted).0, 1);
}

#[test]
fn neither_the_look_nor_the_list_shows_a_patients_appointment_with_a_mark() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    practice.book_a_patient(TEN, &wanted.reason());
    let look = |practice: &mut Practice| {
        let mark = ("@token", "VarChar", TOKEN);
        let nobody = ("@patientId", "Int", "0");
        let day = ("@firstDay", "Date", "2027-11-01");
        let number = ("@appointmentId", "Int", "0");
        let created = ("@created", "VarChar", "");
        let found = practice.run(LOOKUP, &[mark, day, number, created, nobody]);
        let listed = practice.run(BOOK, &[("@from", "Date", "2027-11-01"), nobody]);
        (words(&found.unwrap()).len(), words(&listed.unwrap()).len())
    };
    assert_eq!(look(&mut practice), (0, 0));
    practice.push(&wanted);
    assert_eq!(look(&mut practice), (1, 1));
}
