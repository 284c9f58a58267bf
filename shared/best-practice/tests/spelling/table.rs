//! A made-up practice's tables, asked without Halo in between.

use std::collections::HashMap;

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Direction, Environment, ExecutionMode, Parameter, Value,
    execute,
};
use rusqlite::Connection;

pub(crate) struct Table {
    pub(crate) connection: Connection,
    environment: Environment,
    _folder: tempfile::TempDir,
}

impl Table {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = practice::seed(Demonstration::Small, folder.path(), 7).unwrap();
        Self {
            connection: practice::open(&files).unwrap(),
            environment: Environment {
                now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
                denied_objects: Vec::new(),
                missing_columns: Vec::new(),
                booking: BookingWeather::default(),
            },
            _folder: folder,
        }
    }

    /// The last result's rows by column, values as text; parameters are name, type and value.
    pub(crate) fn ask(
        &mut self,
        sql: &str,
        parameters: &[(&str, &str, String)],
    ) -> Vec<HashMap<String, String>> {
        let command = Command {
            text: sql.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters: parameters
                .iter()
                .map(|(name, sql_type, value)| Parameter {
                    name: (*name).to_owned(),
                    direction: Direction::Input,
                    sql_type: (*sql_type).to_owned(),
                    value: Some(value.clone()),
                    size: None,
                })
                .collect(),
        };
        let outcome = execute(&mut self.connection, &command, &self.environment).unwrap();
        let set = outcome.result_sets.into_iter().next_back().unwrap();
        set.rows
            .into_iter()
            .map(|row| set.columns.iter().cloned().zip(row.into_iter().map(shown)).collect())
            .collect()
    }
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    }
}
