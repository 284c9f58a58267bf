//! sp_getapplock.

use crate::sql_locks::server::{DAY, Server};

fn lock(resource: &str, mode: &str, wait: i64) -> String {
    format!(
        "DECLARE @r int; EXEC @r = sp_getapplock @Resource = '{resource}', @LockMode = '{mode}',
         @LockOwner = 'Transaction', @LockTimeout = {wait}; SELECT @r"
    )
}

#[test]
fn a_lock_on_a_name_lasts_to_the_end_of_the_transaction() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    assert_eq!(one.run(&lock("mark", "Exclusive", 0)).unwrap(), "-999");
    one.run("BEGIN TRANSACTION").unwrap();
    two.run("BEGIN TRANSACTION").unwrap();
    assert_eq!(one.run(&lock("mark", "Exclusive", 0)).unwrap(), "0");
    assert_eq!(one.run(&lock("mark", "Exclusive", 0)).unwrap(), "0", "by its own owner again");
    assert_eq!(two.run(&lock("mark", "Shared", 10)).unwrap(), "-1");
    assert_eq!(two.run(&lock("Mark", "Exclusive", 0)).unwrap(), "0", "another name");
    let session = two.id();
    let waiting = two.start(&lock("mark", "Exclusive", -1));
    server.until_waiting(session);
    one.run("ROLLBACK").unwrap();
    assert_eq!(waiting.join().unwrap().1.unwrap(), "1", "granted after a wait");
}

#[test]
fn shared_locks_stand_beside_each_other_and_can_be_given_back() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    for client in [&mut one, &mut two] {
        client.run("BEGIN TRANSACTION").unwrap();
        assert_eq!(client.run(&lock("mark", "Shared", 0)).unwrap(), "0");
    }
    assert_eq!(one.run(&lock("mark", "Exclusive", 0)).unwrap(), "-1");
    let give = "DECLARE @r int; EXEC @r = sp_releaseapplock @Resource = 'mark'; SELECT @r";
    assert_eq!(two.run(give).unwrap(), "0");
    assert_eq!(two.run(give).unwrap(), "-999");
    assert_eq!(one.run(&lock("mark", "Exclusive", 0)).unwrap(), "0");
}

#[test]
fn a_circle_through_a_name_refuses_the_lock_and_leaves_the_transaction() {
    let server = Server::new();
    let (mut one, mut two) = (server.client(), server.client());
    one.run("BEGIN TRANSACTION").unwrap();
    one.run(&lock("mark", "Exclusive", 0)).unwrap();
    two.run(&format!("SET DEADLOCK_PRIORITY LOW; BEGIN TRANSACTION; {}", server.hold_day(0, DAY)))
        .unwrap();
    let session = one.id();
    let waiting =
        one.start(&server.book(0, DAY, 36_000).replace("LOCK_TIMEOUT 0", "LOCK_TIMEOUT -1"));
    server.until_waiting(session);
    assert_eq!(two.run(&lock("mark", "Exclusive", -1)).unwrap(), "-3");
    assert_eq!(two.run("SELECT @@TRANCOUNT").unwrap(), "1");
    two.run("ROLLBACK").unwrap();
    waiting.join().unwrap().1.unwrap();
}
