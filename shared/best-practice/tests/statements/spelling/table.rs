//! A made-up practice's tables, queried without Halo.

use std::collections::HashMap;

use halo_simulator::sql::Value;

pub(crate) struct Table {
    pub(crate) bp: support::Practice,
}

impl Table {
    pub(crate) fn open() -> Self {
        Self { bp: support::Practice::open() }
    }

    /// The last result's rows by column, values as text; parameters are name, type and value.
    pub(crate) fn ask(
        &mut self,
        sql: &str,
        parameters: &[(&str, &str, String)],
    ) -> Vec<HashMap<String, String>> {
        let parameters = parameters
            .iter()
            .map(|(name, sql_type, value)| support::input(name, sql_type, value.as_str()))
            .collect();
        let outcome = self.bp.run(sql, parameters).unwrap();
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
