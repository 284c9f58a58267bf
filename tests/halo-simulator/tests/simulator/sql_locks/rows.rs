//! Rows: what is changed and not committed.

use crate::sql_locks::server::{DAY, OTHER_DAY, Server};

#[test]
fn a_read_waits_for_a_changed_row_and_sees_it_only_once_it_is_committed() {
    let server = Server::new();
    let (mut receptionist, mut reader) = (server.client(), server.client());
    let id = receptionist.run(&server.book(0, DAY, 36_000)).unwrap();
    receptionist.run("BEGIN TRANSACTION").unwrap();
    receptionist
        .run(&format!("UPDATE dbo.APPOINTMENTS SET REASON = 'new' WHERE RECORDID = {id}"))
        .unwrap();
    let read = format!("SELECT ISNULL(REASON, 'old') FROM dbo.APPOINTMENTS WHERE RECORDID = {id}");
    assert_eq!(reader.refused(&format!("SET LOCK_TIMEOUT 0; {read}")), 1222);
    let dirty = read.replace("WHERE", "WITH (NOLOCK) WHERE");
    assert_eq!(reader.run(&dirty).unwrap(), "new");
    let session = reader.id();
    let waiting = reader.start(&format!("SET LOCK_TIMEOUT -1; {read}"));
    server.until_waiting(session);
    receptionist.run("ROLLBACK").unwrap();
    assert_eq!(waiting.join().unwrap().1.unwrap(), "old");
}

#[test]
fn readers_of_other_rows_go_on() {
    let server = Server::new();
    let (mut receptionist, mut reader) = (server.client(), server.client());
    let id = receptionist.run(&server.book(0, DAY, 36_000)).unwrap();
    let other = receptionist.run(&server.book(0, OTHER_DAY, 36_000)).unwrap();
    receptionist.run("BEGIN TRANSACTION").unwrap();
    receptionist
        .run(&format!("UPDATE dbo.APPOINTMENTS SET REASON = 'new' WHERE RECORDID = {id}"))
        .unwrap();
    let user = server.users[0];
    reader.run("SET LOCK_TIMEOUT 0").unwrap();
    for (free, condition) in [
        (true, format!("RECORDID = {other}")),
        (true, format!("USERID = {user} AND APPOINTMENTDATE = '{OTHER_DAY}'")),
        (false, format!("USERID = {user} AND APPOINTMENTDATE = '{DAY}'")),
        // A search without an index meets every row.
        (false, "REASON = 'something else'".to_owned()),
    ] {
        let answer =
            reader.run(&format!("SELECT COUNT(*) FROM dbo.APPOINTMENTS WHERE {condition}"));
        assert_eq!(answer.is_ok(), free, "{condition}: {answer:?}");
    }
}

#[test]
fn a_view_is_read_by_the_keys_of_its_tables() {
    let server = Server::new();
    let (mut receptionist, mut reader) = (server.client(), server.client());
    receptionist.run("BEGIN TRANSACTION").unwrap();
    receptionist.run("UPDATE dbo.PATIENTS SET CITY = 'Elsewhere' WHERE INTERNALID = 1").unwrap();
    reader.run("SET LOCK_TIMEOUT 0").unwrap();
    assert_eq!(reader.refused("SELECT City FROM BPS_Patients WHERE InternalID = 1"), 1222);
    assert_ne!(reader.run("SELECT City FROM BPS_Patients WHERE InternalID = 2").unwrap(), "");
}

#[test]
fn a_rollback_takes_back_what_was_inserted_changed_and_deleted() {
    let server = Server::new();
    let mut client = server.client();
    let count = "SELECT COUNT(*), SUM(APPOINTMENTTIME) FROM dbo.APPOINTMENTS";
    let id = client.run(&server.book(0, DAY, 36_000)).unwrap();
    let before = client.run(count).unwrap();
    let changes = format!(
        "UPDATE dbo.APPOINTMENTS SET REASON = 'zzz', APPOINTMENTTIME = 1 WHERE RECORDID = {id};
         DELETE FROM dbo.APPOINTMENTS WHERE RECORDID = {id};
         {};
         UPDATE dbo.TITLES SET TITLE = 'Sir' WHERE TITLECODE = 1",
        server.book(0, DAY, 39_600)
    );
    client.run(&format!("BEGIN TRANSACTION; {changes}")).unwrap();
    assert_ne!(client.run(count).unwrap(), before);
    client.run("ROLLBACK").unwrap();
    assert_eq!(client.run(count).unwrap(), before);
    assert_ne!(client.run("SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 1").unwrap(), "Sir");
}

#[test]
fn a_savepoint_takes_back_only_what_came_after_it_and_keeps_the_locks() {
    let server = Server::new();
    let (mut client, mut other) = (server.client(), server.client());
    client
        .run(
            "BEGIN TRANSACTION;
             UPDATE dbo.TITLES SET TITLE = 'one' WHERE TITLECODE = 1;
             SAVE TRANSACTION here;
             UPDATE dbo.TITLES SET TITLE = 'two' WHERE TITLECODE = 2;
             ROLLBACK TRANSACTION here",
        )
        .unwrap();
    let read = "SELECT TITLE FROM dbo.TITLES WHERE TITLECODE IN (1, 2) ORDER BY TITLECODE";
    let titles = client.run(read).unwrap();
    assert!(titles.starts_with("one\n") && !titles.ends_with("two"), "{titles}");
    assert_eq!(
        other.refused("SET LOCK_TIMEOUT 0; SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 2"),
        1222
    );
}

#[test]
fn a_rollback_leaves_table_variables_and_takes_back_temporary_tables() {
    let server = Server::new();
    let answer = server.client().run(
        "DECLARE @kept TABLE (N int); CREATE TABLE #gone (N int);
         BEGIN TRANSACTION; INSERT INTO @kept VALUES (1); INSERT INTO #gone VALUES (1); ROLLBACK;
         SELECT (SELECT COUNT(*) FROM @kept), (SELECT COUNT(*) FROM #gone)",
    );
    assert_eq!(answer.unwrap(), "1|0");
}

#[test]
fn the_same_unique_key_waits_for_the_transaction_that_stored_it_first() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    let insert = "INSERT INTO dbo.SEX (SEXCODE, SEX) VALUES (77, 'x')";
    one.run(&format!("BEGIN TRANSACTION; {insert}")).unwrap();
    assert_eq!(two.refused(&format!("SET LOCK_TIMEOUT 0; {insert}")), 1222);
    one.run("COMMIT").unwrap();
    assert_eq!(two.refused(insert), 2627);
}
