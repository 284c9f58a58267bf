//! What SQLite reads for a statement is counted.

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Environment, ExecutionMode, execute_counted,
};

#[test]
fn rows_without_a_key_are_counted_one_by_one_and_rows_by_a_key_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = practice::seed(Demonstration::Small, folder.path(), 7).unwrap();
    let mut database = practice::open(&files).unwrap();
    let environment = Environment {
        now: practice::REFERENCE_DATE.at(9, 30, 0, 0),
        denied_objects: Vec::new(),
        missing_columns: Vec::new(),
        booking: BookingWeather::default(),
    };
    let mut counted = |condition: &str| {
        let command = Command {
            text: format!("SELECT p.INTERNALID FROM dbo.PATIENTS AS p WHERE {condition}"),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters: Vec::new(),
        };
        let examined = execute_counted(&mut database, &command, &environment);
        assert!(examined.outcome.is_ok(), "{examined:?}");
        examined.counted.into_iter().next().unwrap()
    };
    let (scan, search) = (counted("p.CITY = 'Nowhere'"), counted("p.INTERNALID = 1"));
    assert!(scan.scanned > 100, "{scan:?}");
    assert!(scan.steps >= 3 * scan.scanned, "{scan:?}");
    assert!(search.scanned == 0 && search.steps < 20, "{search:?}");
    assert!(search.plan[0].starts_with("SEARCH"), "{search:?}");
}
