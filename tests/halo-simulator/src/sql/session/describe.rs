//! `sp_columns` and `sp_tables`, with which ODBC drivers ask for tables and columns.

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::convert::Val;
use super::Session;
use super::call::Passed;

/// The parameters of both procedures, in their order. Each is a pattern for a column of the answer.
const COLUMNS: [(&str, &str); 4] = [
    ("@table_name", "TABLE_NAME"),
    ("@table_owner", "TABLE_OWNER"),
    ("@table_qualifier", "TABLE_QUALIFIER"),
    ("@column_name", "COLUMN_NAME"),
];

/// Only the procedure itself can see this view.
const COLUMNS_QUERY: &str = "SELECT * FROM sys.simulator_columns";

const TABLES_QUERY: &str = "
SELECT t.TABLE_CATALOG AS TABLE_QUALIFIER, t.TABLE_SCHEMA AS TABLE_OWNER, t.TABLE_NAME,
    CASE t.TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS TABLE_TYPE, NULL AS REMARKS
FROM INFORMATION_SCHEMA.TABLES AS t";

impl Session<'_> {
    pub(super) fn describe(
        &mut self,
        name: &[String],
        passed: Vec<Passed>,
    ) -> Result<i64, SqlError> {
        let columns = name.last().is_some_and(|name| name.eq_ignore_ascii_case("sp_columns"));
        let known = if columns { &COLUMNS[..] } else { &COLUMNS[..3] };
        let mut conditions = Vec::new();
        for (index, argument) in passed.into_iter().enumerate() {
            let wanted = argument.name.as_deref();
            let found = match wanted {
                Some(name) => known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)),
                None => known.get(index),
            };
            // The values are LIKE patterns, as in the originals. Other parameters, such as @ODBCVer and
            // @table_type, change nothing here.
            if let (Some((_, column)), Some((Val::Text(text), _))) = (found, argument.value) {
                conditions.push(format!("q.{column} LIKE {}", literal(&text)));
            }
        }
        if columns && conditions.is_empty() {
            return Err(SqlError::new(
                201,
                "Procedure or function 'sp_columns' expects parameter '@table_name', which was not \
                 supplied.",
            ));
        }
        let (query, order) = if columns {
            (COLUMNS_QUERY, "q.TABLE_QUALIFIER, q.TABLE_OWNER, q.TABLE_NAME, q.ORDINAL_POSITION")
        } else {
            (TABLES_QUERY, "q.TABLE_TYPE, q.TABLE_QUALIFIER, q.TABLE_OWNER, q.TABLE_NAME")
        };
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let owner = self.catalog.as_owner.replace(true);
        let result =
            self.batch(&format!("SELECT q.* FROM ({query}) AS q{filter} ORDER BY {order}"));
        self.catalog.as_owner.set(owner);
        result.map(|_| 0)
    }
}
