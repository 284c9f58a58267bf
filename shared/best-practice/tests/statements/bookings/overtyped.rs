//! Reception edits the text of our appointments every day. The appointment's number is the second key.

use crate::bookings::support::{LOOKUP, NINE, Practice, QUARTER, TOKEN, Wanted, words};

const TEN: i64 = NINE + 3600;

/// Texts that people leave behind: other words, and our mark shortened, bent or broken.
const OVERTYPED: [&str; 5] =
    ["Rep lunch", "", "Zoë PBD3K769XKYKCJPSY8PQJX83S", "Rep visit [PBD3K76", "Rep visit [PB]"];

fn booked() -> (Practice, Wanted, i64) {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let id = practice.push(&wanted).1.unwrap();
    practice.know(id);
    (practice, wanted, id)
}

#[test]
fn an_overtyped_visit_is_really_cancelled() {
    for text in OVERTYPED {
        let (mut practice, wanted, id) = booked();
        practice.overtype(id, text);
        assert_eq!(practice.cancel(&wanted), "cancelled", "{text}");
        assert_eq!(practice.appointment(id).0, 4, "it still stands: {text}");
    }
}

#[test]
fn an_overtyped_visit_moves_and_is_not_there_twice() {
    for text in OVERTYPED {
        let (mut practice, _, id) = booked();
        practice.overtype(id, text);
        let later = Wanted::at(TEN);
        let (outcome, moved, _) = practice.push(&later);
        assert_eq!((outcome.as_str(), moved), ("moved", Some(id)), "{text}");
        practice.assert_in_the_book(&later);
        let status = practice.appointment(id);
        assert_eq!((status.2, status.3), (TEN, later.reason()));
    }
}

#[test]
fn the_text_of_an_overtyped_visit_is_put_back() {
    for text in OVERTYPED {
        let (mut practice, wanted, id) = booked();
        practice.overtype(id, text);
        let (outcome, same, _) = practice.push(&wanted);
        assert_eq!((outcome.as_str(), same), ("updated", Some(id)), "{text}");
        practice.assert_in_the_book(&wanted);
    }
}

#[test]
fn an_overtyped_visit_that_is_too_late_is_taken_out_where_it_stands() {
    let (mut practice, _, id) = booked();
    practice.overtype(id, "Rep lunch");
    assert_eq!(practice.too_late(&Wanted::at(TEN)).0, "tooLate");
    assert_eq!(practice.appointment(id).0, 4);
}

#[test]
fn the_number_alone_makes_nothing_ours_that_is_a_patients_or_another_bookings() {
    let (mut practice, wanted, id) = booked();
    practice.overtype(id, "Mrs Made-Up");
    practice.give_to_a_patient(id);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(id), (1, 1, NINE, "Mrs Made-Up".to_owned()));

    let (mut practice, wanted, id) = booked();
    let others = "Rep visit [PBAAAAAAAAAAAAAAAAAAAAAAA]";
    practice.overtype(id, others);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(id), (1, 0, NINE, others.to_owned()));
}

#[test]
fn after_a_restored_backup_the_number_is_somebody_elses_and_is_left_alone() {
    let (mut practice, wanted, id) = booked();
    practice.change(&format!(
        "UPDATE dbo.APPOINTMENTS SET REASON = 'Staff meeting', CREATED = '2027-11-01T11:05:00' \
         WHERE RECORDID = {id}"
    ));
    let meeting = (1, 0, NINE, "Staff meeting".to_owned());
    assert_eq!(practice.push(&Wanted::at(TEN)).0, "created");
    assert_eq!(practice.appointment(id), meeting);
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(id), meeting);
}

#[test]
fn an_overtyped_visit_that_has_arrived_is_left_alone() {
    let (mut practice, wanted, id) = booked();
    practice.overtype(id, "Rep lunch");
    practice.run(&format!("EXEC dbo.BP_ArriveAppointment @aptid = {id}"), &[]).unwrap();
    assert_eq!(practice.cancel(&wanted), "arrived");
    assert_eq!(practice.appointment(id).0, 1);
}

#[test]
fn of_an_overtyped_visit_and_a_copy_with_the_mark_the_numbered_one_stays() {
    let (mut practice, wanted, id) = booked();
    let copy = practice.occupy(TEN, QUARTER);
    practice.change(&format!(
        "UPDATE dbo.APPOINTMENTS SET INTERNALID = 0, REASON = '{}' WHERE RECORDID = {copy}",
        wanted.reason()
    ));
    practice.overtype(id, "Rep lunch");
    let (outcome, ours, _) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), ours), ("updated", Some(id)));
    assert_eq!(practice.appointment(copy).0, 4, "the copy still stands");
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_look_finds_an_overtyped_visit_by_its_number() {
    let (mut practice, _, id) = booked();
    practice.overtype(id, "Rep lunch");
    let look = |practice: &mut Practice, number: i64| {
        let (number, created) = (number.to_string(), practice.created.clone());
        let parameters = [
            ("@token", "VarChar", TOKEN),
            ("@firstDay", "Date", "2027-11-01"),
            ("@appointmentId", "Int", number.as_str()),
            ("@created", "VarChar", created.as_str()),
            ("@patientId", "Int", "0"),
        ];
        words(&practice.run(LOOKUP, &parameters).unwrap()).len()
    };
    assert_eq!(look(&mut practice, 0), 0);
    assert_eq!(look(&mut practice, id), 1);
}

#[test]
fn an_overtyped_visit_is_found_on_whatever_day_it_was_put() {
    let (mut practice, wanted, id) = booked();
    practice.overtype(id, "Rep lunch");
    practice.change(&format!(
        "UPDATE dbo.APPOINTMENTS SET APPOINTMENTDATE = '2027-10-29T00:00:00' WHERE RECORDID = {id}"
    ));
    assert_eq!(practice.cancel(&wanted), "cancelled");
    assert_eq!(practice.appointment(id).0, 4, "it still stands");
}
