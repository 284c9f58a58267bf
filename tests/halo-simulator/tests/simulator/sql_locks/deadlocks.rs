//! Sessions that wait for each other.

use crate::sql_locks::server::{Client, DAY, Server};

const ONE: &str = "UPDATE dbo.TITLES SET TITLE = 'x' WHERE TITLECODE = 1";
const TWO: &str = "UPDATE dbo.TITLES SET TITLE = 'x' WHERE TITLECODE = 2";

/// `first` waits for `second`; then `second` runs what makes the circle.
fn circle(server: &Server, mut first: Client, mut second: Client, closing: &str) -> [Ended; 2] {
    first.run(&format!("BEGIN TRANSACTION; {ONE}")).unwrap();
    second.run(&format!("BEGIN TRANSACTION; {TWO}")).unwrap();
    let session = first.id();
    let waiting = first.start(TWO);
    server.until_waiting(session);
    let answer = second.run(closing);
    if answer.is_ok() {
        second.run("COMMIT").unwrap();
    }
    let (first, first_answer) = waiting.join().unwrap();
    [(first, first_answer.map(|_| ())), (second, answer.map(|_| ()))]
}

type Ended = (Client, Result<(), halo_simulator::sql::SqlError>);

fn number(ended: &Ended) -> Option<i32> {
    ended.1.as_ref().err().map(|error| error.number)
}

#[test]
fn the_session_of_low_priority_is_the_victim_and_the_other_goes_on() {
    let server = Server::new();
    for low_is_first in [true, false] {
        let (mut first, mut second) = (server.client(), server.client());
        let low = if low_is_first { &mut first } else { &mut second };
        // It has done more, and still gives way.
        low.run(&format!(
            "SET DEADLOCK_PRIORITY LOW; BEGIN TRANSACTION; {}",
            server.book(0, DAY, 36_000)
        ))
        .unwrap();
        let [first, second] = circle(&server, first, second, ONE);
        let (mut victim, mut winner) = if low_is_first { (first, second) } else { (second, first) };
        assert_eq!((number(&victim), number(&winner)), (Some(1205), None));
        assert_eq!(victim.0.run("SELECT @@TRANCOUNT").unwrap(), "0");
        winner.0.run("IF @@TRANCOUNT > 0 ROLLBACK").unwrap();
        let booked =
            format!("SELECT COUNT(*) FROM dbo.APPOINTMENTS WHERE APPOINTMENTDATE = '{DAY}'");
        assert_eq!(victim.0.run(&booked).unwrap(), "0", "what the victim did is undone");
    }
}

#[test]
fn among_equals_the_one_that_has_done_least_gives_way() {
    let server = Server::new();
    let (first, mut second) = (server.client(), server.client());
    second.run(&format!("BEGIN TRANSACTION; {}", server.book(0, DAY, 36_000))).unwrap();
    let [first, second] = circle(&server, first, second, ONE);
    assert_eq!((number(&first), number(&second)), (Some(1205), None));
}

#[test]
fn a_victim_in_a_try_block_has_to_roll_back_in_its_catch_block() {
    let server = Server::new();
    let (first, mut second) = (server.client(), server.client());
    second.run("SET DEADLOCK_PRIORITY -7").unwrap();
    let caught = format!(
        "DECLARE @seen varchar(40); BEGIN TRY {ONE} END TRY
         BEGIN CATCH SET @seen = CONCAT(ERROR_NUMBER(), '|', XACT_STATE(), '|', @@TRANCOUNT);
         ROLLBACK; IF @seen <> '1205|-1|2' AND @seen <> '1205|-1|1' THROW 50009, @seen, 1; BEGIN TRANSACTION END CATCH"
    );
    let [first, second] = circle(&server, first, second, &caught);
    assert_eq!((number(&first), number(&second)), (None, None), "{:?}", second.1);
}

#[test]
fn a_reader_can_be_part_of_a_circle() {
    let server = Server::new();
    let (first, mut second) = (server.client(), server.client());
    second.run("SET DEADLOCK_PRIORITY LOW").unwrap();
    let [first, second] =
        circle(&server, first, second, "SELECT TITLE FROM dbo.TITLES WHERE TITLECODE = 1");
    assert_eq!((number(&first), number(&second)), (None, Some(1205)));
}
