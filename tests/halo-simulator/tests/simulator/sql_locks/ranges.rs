//! Key ranges: what a transaction keeps free.

use crate::sql_locks::server::{DAY, OTHER_DAY, Server};

#[test]
fn a_locked_day_of_one_user_refuses_only_bookings_of_that_user_and_day() {
    let server = Server::new();
    let (mut ours, mut theirs) = (server.client(), server.client());
    ours.run("BEGIN TRANSACTION").unwrap();
    ours.run(&server.hold_day(0, DAY)).unwrap();
    assert_eq!(theirs.refused(&server.book(0, DAY, 36_000)), 1222);
    assert_ne!(theirs.run(&server.book(0, OTHER_DAY, 36_000)).unwrap(), "0");
    assert_ne!(theirs.run(&server.book(1, DAY, 36_000)).unwrap(), "0");
    // The owner of the range books in it.
    assert_ne!(ours.run(&server.book(0, DAY, 36_000)).unwrap(), "0");
    ours.run("COMMIT").unwrap();
    assert_ne!(theirs.run(&server.book(0, DAY, 39_600)).unwrap(), "0");
}

#[test]
fn rows_of_a_locked_range_cannot_be_changed_or_moved_into_it() {
    let server = Server::new();
    let (mut ours, mut theirs) = (server.client(), server.client());
    let inside = ours.run(&server.book(0, DAY, 36_000)).unwrap();
    let outside = ours.run(&server.book(0, OTHER_DAY, 36_000)).unwrap();
    ours.run("BEGIN TRANSACTION").unwrap();
    ours.run(&server.hold_day(0, DAY)).unwrap();
    let held = server.held(ours.id());
    assert!(held.contains(&"APPOINTMENTS rows U USERID+APPOINTMENTDATE".to_owned()), "{held:?}");
    let user = server.users[0];
    for refused in [
        format!("EXEC BP_CancelAppointment @aptid = {inside}, @loginid = 0"),
        format!("EXEC BP_MoveAppointment {inside}, '{OTHER_DAY}', 50000, {user}, 1"),
        format!("EXEC BP_MoveAppointment {outside}, '{DAY}', 50000, {user}, 1"),
    ] {
        assert_eq!(theirs.refused(&format!("SET LOCK_TIMEOUT 0; {refused}")), 1222, "{refused}");
    }
    let free = format!(
        "SET LOCK_TIMEOUT 0; EXEC BP_MoveAppointment {outside}, '2031-03-06', 50000, {user}, 1"
    );
    theirs.run(&free).unwrap();
    // Nothing is changed, so others read the locked rows.
    let read = format!(
        "SELECT COUNT(*) FROM BPS_Appointments WHERE InternalID = 1 AND AppointmentDate = '{DAY}'"
    );
    assert_eq!(theirs.run(&format!("SET LOCK_TIMEOUT 0; {read}")).unwrap(), "1");
}

#[test]
fn two_readers_hold_one_range_until_one_of_them_wants_to_write_in_it() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    let read = server.hold_day(0, DAY).replace("UPDLOCK, ", "");
    for client in [&mut one, &mut two] {
        client.run("BEGIN TRANSACTION").unwrap();
        client.run(&format!("SET LOCK_TIMEOUT 0; {read}")).unwrap();
    }
    let [mode] = server.held(one.id()).try_into().unwrap();
    assert_eq!(mode, "APPOINTMENTS range RangeS-S USERID+APPOINTMENTDATE");
    assert_eq!(one.refused(&server.book(0, DAY, 36_000)), 1222);
    two.run("COMMIT").unwrap();
    one.run(&server.book(0, DAY, 36_000)).unwrap();
}

#[test]
fn two_writers_cannot_hold_one_empty_range() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    one.run("BEGIN TRANSACTION").unwrap();
    two.run("BEGIN TRANSACTION").unwrap();
    one.run(&server.hold_day(0, DAY)).unwrap();
    let no_wait = |text: String| format!("SET LOCK_TIMEOUT 0; {text}");
    assert_eq!(two.refused(&no_wait(server.hold_day(0, DAY))), 1222);
    two.run(&no_wait(server.hold_day(1, DAY))).unwrap();
}

#[test]
fn without_an_index_for_the_condition_the_lock_is_on_the_table() {
    let server = Server::new();
    let (mut ours, mut theirs) = (server.client(), server.client());
    ours.run(
        "BEGIN TRANSACTION;
         SELECT COUNT(*) FROM dbo.APPOINTMENTS WITH (UPDLOCK, HOLDLOCK) WHERE LOCATIONID = 1",
    )
    .unwrap();
    assert_eq!(server.held(ours.id()), ["APPOINTMENTS table U"]);
    assert_eq!(theirs.refused(&server.book(1, OTHER_DAY, 36_000)), 1222);
    ours.run("ROLLBACK").unwrap();
    theirs.run(&server.book(1, OTHER_DAY, 36_000)).unwrap();
}
