//! Queries that group: what they may select, and where an aggregate may stand.

use sqlparser::ast::{Expr, GroupByExpr, Select, SelectItem};

use super::super::SqlError;
use super::walk::{any, children, is_aggregate, is_subquery, is_windowed};
use super::{Compiler, Scope, is_variable};

/// The clause in which a column stands, for SQL Server's number and words.
#[derive(Clone, Copy)]
pub(super) enum Clause {
    Select,
    Having,
    OrderBy,
}

impl Clause {
    fn refused(self, column: &str) -> SqlError {
        let (number, words) = match self {
            Self::Select => (8120, "the select list"),
            Self::Having => (8121, "the HAVING clause"),
            Self::OrderBy => (8127, "the ORDER BY clause"),
        };
        let column = match self {
            Self::Select | Self::Having => format!("'{column}'"),
            Self::OrderBy => format!("\"{column}\""),
        };
        SqlError::new(
            number,
            format!(
                "Column {column} is invalid in {words} because it is not contained in either an \
                 aggregate function or the GROUP BY clause."
            ),
        )
    }
}

/// Whether the query gives one row for a group of rows.
pub(super) fn groups(select: &Select) -> bool {
    let grouped =
        matches!(&select.group_by, GroupByExpr::Expressions(groups, _) if !groups.is_empty());
    grouped
        || select.having.is_some()
        || select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                any(expr, is_aggregate)
            }
            _ => false,
        })
}

/// Refuses aggregates and window functions where rows are still chosen.
pub(super) fn before_grouping(expr: &Expr, number: i32) -> Result<(), SqlError> {
    if any(expr, is_windowed) {
        return Err(SqlError::new(
            4108,
            "Windowed functions can only appear in the SELECT or ORDER BY clauses.",
        ));
    }
    if !any(expr, is_aggregate) {
        return Ok(());
    }
    Err(SqlError::new(
        number,
        match number {
            147 => {
                "An aggregate may not appear in the WHERE clause unless it is in a subquery contained \
                 in a HAVING clause or a select list, and the column being aggregated is an outer \
                 reference."
            }
            144 => {
                "Cannot use an aggregate or a subquery in an expression used for the group by list of \
                 a GROUP BY clause."
            }
            _ => {
                "An aggregate cannot appear in an ON clause unless it is in a subquery contained in a \
                 HAVING clause or select list, and the column being aggregated is an outer reference."
            }
        },
    ))
}

/// Refuses an aggregate over aggregates or subqueries.
pub(super) fn aggregated(arguments: &[Expr]) -> Result<(), SqlError> {
    if arguments.iter().any(|expr| any(expr, is_aggregate) || any(expr, is_subquery)) {
        return Err(SqlError::new(
            130,
            "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.",
        ));
    }
    Ok(())
}

impl Compiler<'_> {
    /// Refuses a column that is neither grouped nor aggregated. `keys` are the groups, compiled.
    pub(super) fn grouped(
        &mut self,
        expr: &Expr,
        keys: &[String],
        clause: Clause,
        scope: &Scope<'_>,
    ) -> Result<(), SqlError> {
        if is_aggregate(expr) || is_subquery(expr) {
            return Ok(());
        }
        if let Some(column) = scope.own(expr) {
            let sql = self.expr(expr, scope)?.sql;
            return if keys.contains(&sql) { Ok(()) } else { Err(clause.refused(&column)) };
        }
        let parts = children(expr);
        if parts.is_empty() {
            return Ok(());
        }
        if !keys.is_empty() && !super::walk::is_condition(expr) && !any(expr, is_aggregate) {
            let sql = self.expr(expr, scope)?.sql;
            if keys.contains(&sql) {
                return Ok(());
            }
        }
        parts.into_iter().try_for_each(|part| self.grouped(part, keys, clause, scope))
    }

    /// Refuses a select list with columns that are neither grouped nor aggregated.
    pub(super) fn selected_groups(
        &mut self,
        projection: &[SelectItem],
        keys: &[String],
        scope: &Scope<'_>,
    ) -> Result<(), SqlError> {
        for item in projection {
            let wanted = match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    self.grouped(expr, keys, Clause::Select, scope)?;
                    continue;
                }
                SelectItem::QualifiedWildcard(name, _) => Some(name.to_string()),
                _ => None,
            };
            for source in &scope.sources {
                let meant = wanted.as_ref().is_none_or(|wanted| {
                    wanted.trim_end_matches(".*").eq_ignore_ascii_case(&source.name)
                });
                let loose = source.columns.iter().find(|column| !keys.contains(&column.sql));
                if let Some(column) = loose.filter(|_| meant) {
                    let column = format!("{}.{}", source.name, column.name);
                    return Err(Clause::Select.refused(&column));
                }
            }
        }
        Ok(())
    }
}

impl Scope<'_> {
    /// The full name of a column of this query itself. `None` for anything else.
    fn own(&self, expr: &Expr) -> Option<String> {
        let (qualifier, name) = match expr {
            Expr::Identifier(ident) if !is_variable(ident) => (None, ident.value.as_str()),
            Expr::CompoundIdentifier(idents) => match &idents[..] {
                [.., qualifier, name] => (Some(qualifier.value.as_str()), name.value.as_str()),
                _ => return None,
            },
            _ => return None,
        };
        self.sources
            .iter()
            .filter(|source| {
                qualifier.is_none_or(|wanted| source.name.eq_ignore_ascii_case(wanted))
            })
            .find(|source| source.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name)))
            .map(|source| format!("{}.{name}", source.name))
    }
}
