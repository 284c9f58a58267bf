//! The appointment book has the cases that a booking integration must handle.

use crate::practice_support::{all, large, number};

#[test]
fn the_book_has_every_kind_of_entry() {
    for (which, practice) in all() {
        for (what, condition) in [
            ("booked", "RECORDSTATUS = 1 AND APPOINTMENTCODE = 1 AND INTERNALID > 0"),
            ("cancelled", "RECORDSTATUS = 4"),
            ("arrived", "ARRIVALTIME > 0"),
            ("not attended", "APPOINTMENTCODE = 10"),
            ("blocked", "INTERNALID = 0 AND RECORDSTATUS = 1"),
            ("booked under a negative user", "CREATEDBY < 0"),
            ("after the reference date", "APPOINTMENTDATE > '2026-12-01T00:00:00'"),
        ] {
            let sql = format!("SELECT count(*) FROM dbo.APPOINTMENTS WHERE {condition}");
            assert!(number(&practice, &sql) > 0, "{what} at {which:?}");
        }
    }
}

#[test]
fn every_cancelled_appointment_says_by_whom_and_when() {
    for (which, practice) in all() {
        let unexplained = number(
            &practice,
            "SELECT count(*) FROM dbo.APPOINTMENTS AS a WHERE RECORDSTATUS = 4 AND NOT EXISTS
             (SELECT 1 FROM dbo.CANCELLEDAPPOINTMENTS AS c WHERE c.APPOINTMENTID = a.RECORDID)",
        );
        assert_eq!(unexplained, 0, "{which:?}");
    }
}

#[test]
fn nobody_has_two_live_appointments_at_once() {
    for (which, practice) in all() {
        let overlapping = number(
            &practice,
            "SELECT count(*) FROM dbo.APPOINTMENTS AS a JOIN dbo.APPOINTMENTS AS b
                ON b.USERID = a.USERID AND b.APPOINTMENTDATE = a.APPOINTMENTDATE AND b.RECORDID > a.RECORDID
                AND a.APPOINTMENTTIME < b.APPOINTMENTTIME + b.APPOINTMENTLENGTH
                AND b.APPOINTMENTTIME < a.APPOINTMENTTIME + a.APPOINTMENTLENGTH
             WHERE a.RECORDSTATUS = 1 AND b.RECORDSTATUS = 1",
        );
        assert_eq!(overlapping, 0, "{which:?}");
    }
}

#[test]
fn nobody_is_booked_while_away() {
    for (which, practice) in all() {
        let absent = number(
            &practice,
            "SELECT count(*) FROM dbo.APPOINTMENTS AS a JOIN dbo.DAYSAWAY AS d ON d.USERID = a.USERID
             AND d.RECORDSTATUS = 1 AND a.APPOINTMENTDATE BETWEEN d.STARTDATE AND d.FINISHDATE
             AND a.APPOINTMENTTIME < 61200",
        );
        assert_eq!(absent, 0, "{which:?}");
    }
    assert!(number(&large(), "SELECT count(*) FROM dbo.BPS_DaysAway") > 5);
}

#[test]
fn practitioners_of_several_locations_have_sessions_at_each() {
    let practice = large();
    let places = number(
        &practice,
        "SELECT count(DISTINCT LOCATIONID) FROM dbo.SESSIONS WHERE USERID = 3 AND RECORDSTATUS = 1",
    );
    assert_eq!(places, 3);
    assert_eq!(number(&practice, "SELECT count(*) FROM dbo.BPS_Sessions WHERE Day = 'Monday'"), 24);
}
