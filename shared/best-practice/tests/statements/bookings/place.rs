//! A booking takes its place in the book once, and never the place of another appointment.

use halo_simulator::sql::SlotTaken;

use crate::bookings::support::{NINE, PUSH, Practice, QUARTER, Wanted, Wish};

#[test]
fn a_booking_appears_once_at_its_time_however_often_it_is_pushed() {
    let mut practice = Practice::open();
    let wanted = Wanted { location: 1, length: 1800, kind: 29, ..Wanted::at(NINE) };
    let (outcome, id, sessions) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), sessions.as_str()), ("created", "inside"));
    assert!(id.unwrap() > 0);
    practice.assert_in_the_book(&wanted);
    for _ in 0..3 {
        assert_eq!(practice.push(&wanted), ("unchanged".to_owned(), id, "unknown".to_owned()));
    }
    practice.assert_in_the_book(&wanted);
}

#[test]
fn a_booking_that_stands_in_a_session_is_never_said_to_be_outside() {
    let mut practice = Practice::open();
    let first = Wanted { length: 1800, ..Wanted::at(NINE) };
    practice.push(&first);
    for next in [
        Wanted { text: "Online appointment. Rep visit: Somebody else.", ..first.clone() },
        Wanted { length: QUARTER, ..first.clone() },
        Wanted::at(NINE + QUARTER),
        Wanted { day: "2027-11-03", ..Wanted::at(NINE) },
        Wanted { user: 2, ..Wanted::at(NINE) },
    ] {
        let (outcome, _, sessions) = practice.push(&next);
        assert!(["moved", "updated"].contains(&outcome.as_str()), "{outcome}");
        assert_ne!(sessions, "outside", "{} {}", next.day, next.time);
    }
    // A move to a free time outside the sessions is reported as outside.
    let lunch = Wanted::at(46_800);
    let (outcome, _, sessions) = practice.push(&lunch);
    assert_eq!((outcome.as_str(), sessions.as_str()), ("moved", "outside"));
}

#[test]
fn a_procedure_that_ends_our_transaction_is_a_conflict_and_leaves_nothing() {
    let mut practice = Practice::open();
    practice.environment.booking.slot_taken = Some(SlotTaken::EndsTransaction);
    let wanted = Wanted::at(NINE);
    let (outcome, id, _) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), id), ("conflict", None));
    assert_eq!(practice.live(&wanted), []);
}

#[test]
fn a_procedure_that_leaves_a_transaction_open_is_a_conflict_and_nothing_is_half_committed() {
    let mut practice = Practice::open();
    practice.environment.booking.slot_taken = Some(SlotTaken::OpensTransaction);
    let wanted = Wanted::at(NINE);
    let (outcome, id, _) = practice.push(&wanted);
    assert_eq!((outcome.as_str(), id), ("conflict", None));
    assert_eq!(practice.live(&wanted), []);
}

#[test]
fn a_transaction_that_is_left_open_before_ours_stops_the_push() {
    let mut practice = Practice::open();
    practice.environment.booking.slot_taken = Some(SlotTaken::OpensTransactionEarly);
    let wanted = Wanted::at(NINE);
    let refused = practice.try_text(PUSH, &wanted, Wish::InTheBook).unwrap_err();
    assert_eq!(refused.number, 51_003);
    assert_eq!(practice.live(&wanted), []);
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
        // Half over its own present time.
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
        // A text that differs only in upper and lower case is another text.
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
    // Another appointment appears between the check and the end of the write.
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
