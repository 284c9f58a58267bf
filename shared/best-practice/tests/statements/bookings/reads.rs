//! Reading the book and the users.

use crate::bookings::support::{
    BOOK, DAY, LOOKUP, NINE, Practice, QUARTER, STAFF, TOKEN, Wanted, Wish, words,
};

#[test]
fn a_login_that_may_not_read_the_book_is_told_so_and_leaves_no_trace() {
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["APPOINTMENTS".to_owned()];
    assert_eq!(practice.try_push(&Wanted::at(NINE), Wish::InTheBook).unwrap_err().number, 229);
    let mut practice = Practice::open();
    practice.environment.denied_objects = vec!["BP_AddAppointmentEx".to_owned()];
    assert_eq!(practice.try_push(&Wanted::at(NINE), Wish::InTheBook).unwrap_err().number, 229);
    assert_eq!(practice.live(&Wanted::at(NINE)), []);
}

#[test]
fn a_lookup_finds_what_stands_and_nothing_that_is_cancelled() {
    let mut practice = Practice::open();
    let wanted = Wanted::at(NINE);
    let look = |practice: &mut Practice| {
        let parameters = [
            ("@token", "VarChar", TOKEN),
            ("@firstDay", "Date", "2027-11-01"),
            ("@appointmentId", "Int", "0"),
            ("@created", "VarChar", ""),
            ("@patientId", "Int", "0"),
        ];
        words(&practice.run(LOOKUP, &parameters).unwrap())
    };
    assert!(look(&mut practice).is_empty());
    let (_, id, _) = practice.push(&wanted);
    let reason = wanted.reason();
    let id = id.unwrap().to_string();
    let row: Vec<String> =
        [&id, "2027-11-01 09:30:00.000", "1", "1", DAY, "32400", "900", "1", &reason, "0"]
            .map(str::to_owned)
            .into();
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
        let parameters = [("@from", "Date", from), ("@patientId", "Int", "0")];
        words(&practice.run(BOOK, &parameters).unwrap())
    };
    assert_eq!(list(&mut practice, "2027-11-01").len(), 2);
    let later = list(&mut practice, "2027-11-03");
    assert_eq!(later.len(), 1);
    assert_eq!(later[0][4], "2027-11-04");
}

#[test]
fn users_come_with_their_registration_numbers_and_those_who_left_apart() {
    let mut practice = Practice::open();
    let users = |practice: &mut Practice| {
        let mut rows = words(&practice.run(STAFF, &[]).unwrap());
        let head = rows.remove(0);
        // Users without a number come in rows of Kind 2.
        rows.retain(|row| row[0] == "1");
        (head[1].clone(), rows.into_iter().map(|row| row[2..5].join(" ")).collect::<Vec<_>>())
    };
    let (seen, rows) = users(&mut practice);
    assert_eq!(seen, "1");
    assert!(rows.contains(&"1 MED9990000201 1".to_owned()), "{rows:?}");
    assert!(rows.contains(&"3 MED9990000203 0".to_owned()), "{rows:?}");
    assert!(rows.iter().all(|row| !row.starts_with("4 ")), "a user without a number: {rows:?}");

    let unnumbered = words(&practice.run(STAFF, &[]).unwrap());
    let unnumbered: Vec<_> = unnumbered.iter().filter(|row| row[0] == "2").collect();
    assert!(unnumbered.iter().any(|row| row[2] == "4" && !row[6].is_empty()), "{unnumbered:?}");

    practice.environment.denied_objects = vec!["USERS".to_owned()];
    let (seen, rows) = users(&mut practice);
    assert_eq!(seen, "0");
    assert!(rows.contains(&"1 MED9990000201 1".to_owned()), "{rows:?}");
    assert!(rows.iter().all(|row| row.ends_with(" 1")), "{rows:?}");
}
