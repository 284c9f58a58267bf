//! What the practice changes in the book, and what the statements make of it.

use crate::bookings::support::{DAY, DOCTOR, NINE, Practice, QUARTER, TOKEN, Wanted};

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
fn sessions_that_cannot_be_read_are_said_to_be_so_and_cost_nothing_else() {
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["BP_GetFreeAppointments".to_owned()];
    let (outcome, _, sessions) = practice.push(&Wanted::at(NINE));
    assert_eq!((outcome.as_str(), sessions.as_str()), ("created", "unreadable"));
}

#[test]
fn a_type_for_recalls_makes_no_appointment_where_the_types_may_be_read() {
    let recall = Wanted { kind: 12, ..Wanted::at(NINE) };
    let mut practice = Practice::open();
    assert_eq!(practice.outcome(&recall), "recallType");
    assert_eq!(practice.live(&recall), []);
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["APPOINTMENTTYPES".to_owned()];
    assert_eq!(practice.outcome(&recall), "created");
    let mut practice = Practice::open();
    practice.environment.missing_columns =
        vec![("APPOINTMENTTYPES".to_owned(), "DESCRIPTION".to_owned())];
    assert_eq!(practice.outcome(&recall), "created");
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
        assert_eq!(practice.outcome(&wanted), "unchanged", "{change}");
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
fn of_several_copies_the_one_that_has_arrived_stays_and_then_the_oldest() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let oldest = practice.push(&wanted).1.unwrap();
    let mut copies = Vec::new();
    for time in [36_000, 37_800] {
        let copy = practice.occupy(time, QUARTER);
        practice.change(&format!(
            "UPDATE dbo.APPOINTMENTS SET INTERNALID = 0, REASON = '{}' WHERE RECORDID = {copy}",
            wanted.reason()
        ));
        copies.push(copy);
    }
    let [first, second] = copies[..] else { panic!("two copies") };
    practice.run(&format!("EXEC dbo.BP_ArriveAppointment @aptid = {second}"), &[]).unwrap();
    let (outcome, id, _) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), id), ("arrived", Some(second)));
    let status = |practice: &Practice, id| practice.appointment(id).0;
    assert_eq!([oldest, first, second].map(|id| status(&practice, id)), [4, 4, 1]);
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
