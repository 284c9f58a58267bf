//! The tables, views and procedures of a practice, from the simulator's catalogue.

use std::path::Path;

use halo_simulator::practice::{self, Demonstration};
use halo_simulator::sql::{
    BookingWeather, Command, CommandKind, Environment, ExecutionMode, Value as Cell, execute,
};
use serde_json::{Value, json};

use crate::Failure;

const COLUMNS: &str = "SELECT o.name, c.name, t.name, c.max_length
    FROM {database}sys.objects AS o
    JOIN {database}sys.columns AS c ON c.object_id = o.object_id
    JOIN {database}sys.types AS t ON t.user_type_id = c.user_type_id
    WHERE o.type IN ('U', 'V') ORDER BY o.name, c.column_id";
const PROCEDURES: &str = "SELECT o.name FROM sys.objects AS o WHERE o.type = 'P' ORDER BY o.name";

/// Every object with its columns: `[{name, columns: [{name, type, length}]}]`, and the names of procedures.
pub(crate) fn of_a_practice(folder: &Path) -> Result<Value, Failure> {
    let error = |error: &dyn std::fmt::Display| Failure::Catalogue(error.to_string());
    let files =
        practice::seed(Demonstration::Small, folder, 7).map_err(|failure| error(&failure))?;
    let mut database = practice::open(&files).map_err(|failure| error(&failure))?;
    let mut rows = |text: &str| -> Result<Vec<Vec<String>>, Failure> {
        let command = Command {
            text: text.to_owned(),
            kind: CommandKind::Text,
            execution_mode: ExecutionMode::Reader,
            parameters: Vec::new(),
        };
        let environment = Environment {
            now: jiff::civil::date(2026, 3, 2).at(9, 30, 0, 0),
            denied_objects: Vec::new(),
            missing_columns: Vec::new(),
            booking: BookingWeather::default(),
        };
        let outcome = execute(&mut database, &command, &environment)?;
        let sets = outcome.result_sets.into_iter().next().map(|set| set.rows).unwrap_or_default();
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => text.trim_end().to_owned(),
            Cell::Int(number) => number.to_string(),
            _ => String::new(),
        };
        Ok(sets.iter().map(|row| row.iter().map(text).collect()).collect())
    };
    let mut objects: Vec<Value> = Vec::new();
    for database in ["", "BPSDocuments."] {
        for row in rows(&COLUMNS.replace("{database}", database))? {
            let [object, column, kind, length] = &row[..] else { continue };
            if objects.last().is_none_or(|last| last["name"] != object.as_str()) {
                objects.push(json!({ "name": object, "columns": [] }));
            }
            let column = json!({ "name": column, "type": kind, "length": length });
            if let Some(columns) =
                objects.last_mut().and_then(|last| last["columns"].as_array_mut())
            {
                columns.push(column);
            }
        }
    }
    let procedures: Vec<String> = rows(PROCEDURES)?.into_iter().flatten().collect();
    Ok(json!({ "objects": objects, "procedures": procedures }))
}
