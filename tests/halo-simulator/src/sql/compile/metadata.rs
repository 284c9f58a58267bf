//! `INFORMATION_SCHEMA`, as far as clients use it to learn what a release has.

use super::super::catalog::{Catalog, literal};
use super::super::types::Type;

const NAME: Type = Type::nvarchar(Some(128));

/// The rows of `INFORMATION_SCHEMA.TABLES` or `.COLUMNS`, and their columns.
pub(super) fn information_schema(
    catalog: &Catalog<'_>,
    view: &str,
) -> Option<(String, Vec<(String, Type)>)> {
    let named = |names: &[(&str, Type)]| {
        names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect::<Vec<_>>()
    };
    let denied: Vec<String> =
        catalog.environment.denied_objects.iter().map(|object| literal(object)).collect();
    // What a login may not touch it does not see either.
    let visible = format!(
        "m.type IN ('table', 'view') AND m.name NOT GLOB 'sqlite_*' \
         AND m.name COLLATE NOCASE NOT IN ({})",
        denied.join(", ")
    );
    match view.to_ascii_uppercase().as_str() {
        "TABLES" => Some((
            format!(
                "SELECT 'BPSPatients' AS _1, 'dbo' AS _2, m.name AS _3, \
                 CASE m.type WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS _4 \
                 FROM dbo.sqlite_master AS m WHERE {visible}"
            ),
            named(&[
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("TABLE_TYPE", NAME),
            ]),
        )),
        "COLUMNS" => {
            let missing: Vec<String> = catalog
                .environment
                .missing_columns
                .iter()
                .map(|(object, column)| literal(&format!("{object}.{column}")))
                .collect();
            Some((
                format!(
                    "SELECT 'BPSPatients' AS _1, 'dbo' AS _2, m.name AS _3, c.name AS _4, \
                     c.cid + 1 AS _5, CASE WHEN c.\"notnull\" OR c.pk THEN 'NO' ELSE 'YES' END AS _6, \
                     lower(substr(c.type, 1, instr(c.type || '(', '(') - 1)) AS _7, \
                     CASE WHEN c.type LIKE '%char%' THEN ts_type_length(c.type) END AS _8 \
                     FROM dbo.sqlite_master AS m JOIN pragma_table_info(m.name, 'dbo') AS c \
                     WHERE {visible} AND (m.name || '.' || c.name) COLLATE NOCASE NOT IN ({})",
                    missing.join(", ")
                ),
                named(&[
                    ("TABLE_CATALOG", NAME),
                    ("TABLE_SCHEMA", NAME),
                    ("TABLE_NAME", NAME),
                    ("COLUMN_NAME", NAME),
                    ("ORDINAL_POSITION", Type::Int),
                    ("IS_NULLABLE", Type::varchar(Some(3))),
                    ("DATA_TYPE", NAME),
                    ("CHARACTER_MAXIMUM_LENGTH", Type::Int),
                ]),
            ))
        }
        _ => None,
    }
}
