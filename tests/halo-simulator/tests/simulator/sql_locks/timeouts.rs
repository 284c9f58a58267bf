//! SET LOCK_TIMEOUT and what an error 1222 leaves.

use crate::sql_locks::server::{DAY, Server};

#[test]
fn a_lock_time_out_ends_the_statement_and_not_the_transaction() {
    let server = Server::new();
    let (mut receptionist, mut ours) = (server.client(), server.client());
    receptionist
        .run("BEGIN TRANSACTION; UPDATE dbo.TITLES SET TITLE = 'x' WHERE TITLECODE = 1")
        .unwrap();
    ours.run("BEGIN TRANSACTION").unwrap();
    ours.run(&server.book(0, DAY, 36_000)).unwrap();
    let read = "SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 1";
    assert_eq!(ours.refused(&format!("SET LOCK_TIMEOUT 20; {read}")), 1222);
    assert_eq!(ours.run("SELECT @@TRANCOUNT, @@LOCK_TIMEOUT").unwrap(), "1|20");
    assert_eq!(
        ours.run(&format!(
            "BEGIN TRY {read} END TRY BEGIN CATCH SELECT ERROR_NUMBER(), XACT_STATE() END CATCH"
        ))
        .unwrap(),
        "1222|1"
    );
    ours.run("COMMIT").unwrap();
    let booked = format!("SELECT COUNT(*) FROM dbo.APPOINTMENTS WHERE APPOINTMENTDATE = '{DAY}'");
    assert_eq!(ours.run(&booked).unwrap(), "1");
}

#[test]
fn under_xact_abort_a_lock_time_out_takes_the_transaction_back() {
    let server = Server::new();
    let (mut receptionist, mut ours) = (server.client(), server.client());
    receptionist
        .run("BEGIN TRANSACTION; UPDATE dbo.TITLES SET TITLE = 'x' WHERE TITLECODE = 1")
        .unwrap();
    let text = format!(
        "SET XACT_ABORT ON; BEGIN TRANSACTION; {}; SET LOCK_TIMEOUT 20; SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 1",
        server.book(0, DAY, 36_000)
    );
    assert_eq!(ours.refused(&text), 1222);
    let after = format!(
        "SELECT @@TRANCOUNT, (SELECT COUNT(*) FROM dbo.APPOINTMENTS WHERE APPOINTMENTDATE = '{DAY}')"
    );
    assert_eq!(ours.run(&after).unwrap(), "0|0");
    assert!(server.held(ours.id()).is_empty());
}

#[test]
fn a_session_that_is_ended_stops_waiting() {
    let server = Server::new();
    let (mut receptionist, reader) = (server.client(), server.client());
    receptionist
        .run("BEGIN TRANSACTION; UPDATE dbo.TITLES SET TITLE = 'x' WHERE TITLECODE = 1")
        .unwrap();
    let session = reader.id();
    let waiting = reader.start("SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 1");
    server.until_waiting(session);
    server.locks.interrupt_all();
    assert_eq!(waiting.join().unwrap().1.unwrap_err().number, 596);
}
