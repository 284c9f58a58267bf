//! CROSS and OUTER APPLY, and table functions.
//!
//! SQLite has no lateral joins, but a table function's arguments may name earlier tables. So an applied
//! subquery becomes a JSON array, and `json_each` turns it into rows again.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, ObjectName, TableAlias, TableFactor};

use super::super::SqlError;
use super::super::catalog::literal;
use super::super::types::Type;
use super::source::derived;
use super::{Column, Compiler, Piece, Scope, Source, parts};

impl Compiler<'_> {
    /// The right side of APPLY. Its subquery or arguments may name the left side.
    pub(super) fn apply(
        &mut self,
        factor: &TableFactor,
        scope: &Scope<'_>,
    ) -> Result<(String, Source), SqlError> {
        let TableFactor::Derived { subquery, alias, .. } = factor else {
            return self.table_function(factor, scope);
        };
        let rows = self.inner_query(subquery, Some(scope))?;
        let name = self.alias();
        let cells: Vec<String> = rows
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| match kind {
                Type::Binary { .. } => format!("hex(_{})", index + 1),
                _ => format!("_{}", index + 1),
            })
            .collect();
        let sql = format!(
            "json_each((SELECT json_group_array(json_array({})) FROM ({}))) AS {name}",
            cells.join(", "),
            rows.sql
        );
        let source = derived(&name, alias.as_ref(), &rows.columns, |index| {
            let cell = format!("json_extract({name}.value, '$[{index}]')");
            match rows.columns[index].1 {
                Type::Binary { .. } => format!("unhex({cell})"),
                _ => cell,
            }
        });
        Ok((sql, source))
    }

    /// `STRING_SPLIT` and `OPENJSON`.
    pub(super) fn table_function(
        &mut self,
        factor: &TableFactor,
        scope: &Scope<'_>,
    ) -> Result<(String, Source), SqlError> {
        let short = self.alias();
        let named = |alias: Option<&TableAlias>, columns: Vec<Column>| Source {
            name: alias.map_or_else(|| short.clone(), |alias| alias.name.value.clone()),
            columns,
            key: None,
        };
        match factor {
            TableFactor::Table { name, alias, args: Some(arguments), .. } => {
                let arguments = self.function_arguments(&arguments.args, scope)?;
                let columns = function_columns(name, &short)?;
                let call = function_call(name, &arguments)?;
                Ok((format!("{call} AS {short}"), named(alias.as_ref(), columns)))
            }
            TableFactor::Function { name, args, alias, .. } => {
                let arguments = self.function_arguments(args, scope)?;
                let columns = function_columns(name, &short)?;
                let call = function_call(name, &arguments)?;
                Ok((format!("{call} AS {short}"), named(alias.as_ref(), columns)))
            }
            TableFactor::OpenJsonTable { json_expr, json_path, columns, alias } => {
                let json = self.expr(json_expr, scope)?.sql;
                let path = json_path.as_ref().map_or_else(|| "'$'".to_owned(), ToString::to_string);
                // An object gives one row. An array gives one row for each element.
                let rows = format!(
                    "CASE json_type({json}, {path}) WHEN 'array' THEN json_extract({json}, {path}) \
                     ELSE json_array(json(json_extract({json}, {path}))) END"
                );
                let mut list = Vec::new();
                for column in columns {
                    let kind = Type::parse(&column.r#type.to_string())
                        .ok_or_else(|| SqlError::syntax(&column.r#type.to_string()))?;
                    let path = column
                        .path
                        .clone()
                        .unwrap_or_else(|| format!("$.\"{}\"", column.name.value));
                    let path =
                        literal(path.trim_start_matches("lax ").trim_start_matches("strict "));
                    let value = format!("json_extract({short}.value, {path})");
                    let sql = if column.as_json {
                        value
                    } else {
                        let kind_name = literal(&kind.to_string());
                        format!(
                            "ts_cast(CASE json_type({short}.value, {path}) WHEN 'true' THEN 'true' WHEN \
                             'false' THEN 'false' WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE \
                             {value} END, 'nvarchar(max)', {kind_name}, 0)"
                        )
                    };
                    let kind = if column.as_json { Type::Json } else { kind };
                    list.push(Column { name: column.name.value.clone(), sql, kind });
                }
                Ok((format!("json_each({rows}) AS {short}"), named(alias.as_ref(), list)))
            }
            other => Err(SqlError::unsupported(format!("APPLY over {other}"))),
        }
    }

    fn function_arguments(
        &mut self,
        arguments: &[FunctionArg],
        scope: &Scope<'_>,
    ) -> Result<Vec<Piece>, SqlError> {
        let mut pieces = Vec::new();
        for argument in arguments {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else {
                return Err(SqlError::syntax(&argument.to_string()));
            };
            let expr: &Expr = expr;
            pieces.push(self.expr(expr, scope)?);
        }
        Ok(pieces)
    }
}

fn function_name(name: &ObjectName) -> String {
    parts(name).pop().unwrap_or_default().to_ascii_uppercase()
}

fn function_call(name: &ObjectName, arguments: &[Piece]) -> Result<String, SqlError> {
    match (function_name(name).as_str(), arguments) {
        ("STRING_SPLIT", [text, separator, ..]) => {
            Ok(format!("json_each(ts_split({}, {}))", text.sql, separator.sql))
        }
        ("OPENJSON", [json]) => Ok(format!("json_each({})", json.sql)),
        ("OPENJSON", [json, path]) => Ok(format!("json_each({}, {})", json.sql, path.sql)),
        _ => Err(SqlError::invalid_object(&parts(name).join("."))),
    }
}

fn function_columns(name: &ObjectName, short: &str) -> Result<Vec<Column>, SqlError> {
    let column = |name: &str, sql: String, kind| Column { name: name.to_owned(), sql, kind };
    Ok(match function_name(name).as_str() {
        "STRING_SPLIT" => vec![
            column("value", format!("{short}.value"), Type::nvarchar(None)),
            column("ordinal", format!("({short}.key + 1)"), Type::BigInt),
        ],
        "OPENJSON" => vec![
            column("key", format!("CAST({short}.key AS TEXT)"), Type::nvarchar(Some(4000))),
            column(
                "value",
                format!(
                    "CASE {short}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
                     ELSE CAST({short}.value AS TEXT) END"
                ),
                Type::nvarchar(None),
            ),
            column(
                "type",
                format!(
                    "CASE {short}.type WHEN 'null' THEN 0 WHEN 'text' THEN 1 WHEN 'integer' THEN 2 \
                     WHEN 'real' THEN 2 WHEN 'true' THEN 3 WHEN 'false' THEN 3 WHEN 'array' THEN 4 \
                     ELSE 5 END"
                ),
                Type::TinyInt,
            ),
        ],
        _ => return Err(SqlError::invalid_object(&parts(name).join("."))),
    })
}
