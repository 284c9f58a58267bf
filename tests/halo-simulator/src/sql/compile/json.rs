//! FOR JSON, and the lists of SELECT that it cannot be combined with.

use sqlparser::ast::{Expr, ForJson, Select, SelectItem, SetExpr};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::functions::Specification;
use super::super::types::Type;
use super::is_variable;
use super::query::Rows;

/// The column name SQL Server gives to top-level FOR JSON.
const JSON_COLUMN: &str = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";

pub(super) fn for_json_rows(
    rows: Rows,
    mut specification: Specification,
    mode: &ForJson,
    body: &SetExpr,
) -> Result<Rows, SqlError> {
    if matches!(mode, ForJson::Auto)
        && let SetExpr::Select(select) = body
        && several_sources(select)
    {
        return Err(SqlError::unsupported("FOR JSON AUTO over several tables (use FOR JSON PATH)"));
    }
    for (name, kind) in &rows.columns {
        if name.is_empty() {
            return Err(SqlError::new(
                13605,
                "Column expressions and data sources without names or aliases cannot be formatted as \
                 JSON text using FOR JSON clause. Add alias to the unnamed column or table.",
            ));
        }
        specification.types.push(kind.to_string());
        specification.paths.push(match mode {
            ForJson::Path => name.split('.').map(str::to_owned).collect(),
            ForJson::Auto => vec![name.clone()],
        });
    }
    let text = serde_json::to_string(&specification)
        .map_err(|error| SqlError::unsupported(format!("this FOR JSON ({error})")))?;
    let list: Vec<String> = (1..=rows.columns.len()).map(|index| format!("_{index}")).collect();
    Ok(Rows {
        sql: format!(
            "SELECT ts_json({}, {}) AS _1 FROM ({})",
            literal(&text),
            list.join(", "),
            rows.sql
        ),
        columns: vec![(JSON_COLUMN.to_owned(), Type::Json)],
    })
}

/// Whether every item of the select list is assigned to a variable. `None` if no item is.
pub(super) fn assignments(body: &SetExpr) -> Option<bool> {
    let SetExpr::Select(select) = body else { return None };
    let assigns = |item: &&SelectItem| matches!(item, SelectItem::ExprWithAlias { alias, .. } if is_variable(alias));
    let count = select.projection.iter().filter(assigns).count();
    (count > 0).then_some(count == select.projection.len())
}

fn several_sources(select: &Select) -> bool {
    let joined = select.from.len() > 1 || select.from.iter().any(|table| !table.joins.is_empty());
    joined
        && select
            .projection
            .iter()
            .any(|item| !matches!(item, SelectItem::UnnamedExpr(Expr::Function(_))))
}
