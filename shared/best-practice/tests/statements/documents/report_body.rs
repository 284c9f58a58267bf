//! The body of a result, whatever type its column has.

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Parameter, Value,
    execute,
};

const START: &str = include_str!("../../../statements/assumed/document_start.sql");
const CONTENT: &str = include_str!("../../../statements/assumed/document_content.sql");

/// Base64 of `Made up: normal.`
const ENCODED: &str = "TWFkZSB1cDogbm9ybWFsLg==";

#[test]
fn a_result_is_read_from_a_column_of_type_image_and_from_one_of_type_text() {
    for sql_type in ["image", "text"] {
        let folder = tempfile::tempdir().unwrap();
        let files = practice::seed(Demonstration::Small, folder.path(), 7).unwrap();
        let database = practice::open(&files).unwrap();
        let (patient, report): (i64, i64) = database
            .query_row(
                "SELECT INTERNALID, REPORTID FROM dbo.INVESTIGATIONS WHERE STORED = 0 AND RECORDSTATUS = 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let body = if sql_type == "text" {
            "'Made up: normal.'"
        } else {
            "X'4D6164652075703A206E6F726D616C2E'"
        };
        database
            .execute_batch(&format!(
                "UPDATE dbo.INVESTIGATIONS SET REPORTBODY = {body} WHERE REPORTID = {report};
                 PRAGMA writable_schema = ON;
                 UPDATE dbo.sqlite_schema SET sql = replace(sql, 'REPORTBODY image', 'REPORTBODY {sql_type}')
                 WHERE name = 'INVESTIGATIONS';"
            ))
            .unwrap();
        drop(database);
        let mut database = practice::open(&files).unwrap();
        for (statement, limit) in [(START, Some("1000")), (CONTENT, None)] {
            let parameter = |name: &str, value: &str| Parameter {
                name: name.to_owned(),
                direction: Direction::Input,
                sql_type: "Int".to_owned(),
                value: Some(value.to_owned()),
                size: None,
            };
            let mut parameters = vec![
                parameter("@patientId", &patient.to_string()),
                parameter("@folder", "1"),
                parameter("@documentId", &report.to_string()),
            ];
            parameters.extend(limit.map(|limit| parameter("@inlineLimit", limit)));
            let command = Command {
                text: statement.to_owned(),
                kind: CommandKind::Text,
                execution_mode: ExecutionMode::Reader,
                parameters,
            };
            let environment = Environment {
                now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            };
            let outcome = execute(&mut database, &command, &environment).unwrap();
            let set = &outcome.result_sets[0];
            let content = set.columns.iter().position(|name| name == "Content").unwrap();
            assert_eq!(set.rows[0][content], Value::Text(ENCODED.to_owned()), "{sql_type}");
        }
    }
}
