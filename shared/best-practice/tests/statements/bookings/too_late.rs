//! A visit that has begun: nothing is created or moved, and nothing outdated stays.

use crate::bookings::support::{NINE, Practice, QUARTER, TOKEN, Wanted};

const TEN: i64 = NINE + 3600;

#[test]
fn a_visit_that_was_moved_too_late_leaves_no_appointment_at_its_old_time() {
    for old in [
        Wanted::at(NINE),
        Wanted { day: "2027-11-03", ..Wanted::at(TEN) },
        Wanted { user: 2, ..Wanted::at(TEN) },
    ] {
        let mut practice = Practice::open();
        practice.push(&old);
        let wanted = Wanted::at(TEN);
        let (outcome, id, _) = practice.too_late(&wanted);
        assert_eq!((outcome.as_str(), id), ("tooLate", None));
        assert_eq!(practice.live(&wanted), []);
        assert_eq!(practice.too_late(&wanted).0, "tooLate", "once more");
    }
}

#[test]
fn a_visit_that_stands_as_wanted_stays_although_it_has_begun() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let id = practice.push(&wanted).1;
    let (outcome, same, _) = practice.too_late(&wanted);
    assert_eq!((outcome.as_str(), same), ("unchanged", id));
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_visit_that_never_came_into_the_book_is_not_put_in_once_it_has_begun() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let (outcome, id, _) = practice.too_late(&wanted);
    assert_eq!((outcome.as_str(), id), ("tooLate", None));
    assert_eq!(practice.live(&wanted), []);
}

#[test]
fn a_visit_that_has_arrived_elsewhere_is_left_alone() {
    let mut practice = Practice::open();
    let old = Wanted::at(NINE);
    let id = practice.push(&old).1;
    practice.change(&format!(
        "UPDATE dbo.APPOINTMENTS SET APPOINTMENTCODE = 2, ARRIVALTIME = 32000 \
         WHERE instr(REASON, '{TOKEN}') > 0"
    ));
    let (outcome, same, _) = practice.too_late(&Wanted::at(TEN));
    assert_eq!((outcome.as_str(), same), ("arrived", id));
    practice.assert_in_the_book(&old);
}

#[test]
fn at_its_own_time_a_visit_that_has_begun_is_corrected_as_far_as_it_fits() {
    let mut practice = Practice::open();
    let old = Wanted::at(NINE);
    let id = practice.push(&old).1;
    let text = Wanted { text: "Rep visit: somebody else.", ..Wanted::at(NINE) };
    let (outcome, same, _) = practice.too_late(&text);
    assert_eq!((outcome.as_str(), same), ("updated", id));
    practice.assert_in_the_book(&text);
    practice.occupy(NINE + QUARTER, QUARTER);
    let (outcome, same, _) = practice.too_late(&Wanted { length: 1800, ..text.clone() });
    assert_eq!((outcome.as_str(), same), ("tooLate", id));
    practice.assert_in_the_book(&text);
}

#[test]
fn a_patients_appointment_with_our_mark_is_not_taken_out_when_it_is_too_late() {
    let mut practice = Practice::open();
    let id = practice.push(&Wanted::at(NINE)).1.unwrap();
    practice.give_to_a_patient(id);
    assert_eq!(practice.too_late(&Wanted::at(TEN)).0, "tooLate");
    assert_eq!(practice.appointment(id).0, 1);
}
