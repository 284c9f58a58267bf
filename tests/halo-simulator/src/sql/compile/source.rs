//! FROM clauses.

use sqlparser::ast::{
    JoinConstraint, JoinOperator, Query, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::super::SqlError;
use super::super::catalog::quote;
use super::super::types::Type;
use super::metadata::system_view;
use super::query::Rows;
use super::{Column, Compiler, Scope, Source, parts};

impl Compiler<'_> {
    /// ` FROM ...` (or nothing), and the sources that it brings into scope.
    pub(super) fn from(
        &mut self,
        from: &[TableWithJoins],
        parent: Option<&Scope<'_>>,
    ) -> Result<(String, Vec<Source>), SqlError> {
        let mut sources = Vec::new();
        let mut list = Vec::new();
        for table in from {
            list.push(self.joined(table, &mut sources, parent)?);
        }
        if list.is_empty() {
            return Ok((String::new(), sources));
        }
        Ok((format!(" FROM {}", list.join(", ")), sources))
    }

    fn joined(
        &mut self,
        table: &TableWithJoins,
        sources: &mut Vec<Source>,
        parent: Option<&Scope<'_>>,
    ) -> Result<String, SqlError> {
        let mut sql = self.factor(&table.relation, sources, parent)?;
        for join in &table.joins {
            let (word, constraint) = match &join.join_operator {
                JoinOperator::Join(on) | JoinOperator::Inner(on) => ("JOIN", on),
                JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => ("LEFT JOIN", on),
                JoinOperator::Right(on) | JoinOperator::RightOuter(on) => ("RIGHT JOIN", on),
                JoinOperator::FullOuter(on) => ("FULL JOIN", on),
                JoinOperator::CrossJoin(on) => ("CROSS JOIN", on),
                JoinOperator::CrossApply | JoinOperator::OuterApply => {
                    let outer = matches!(join.join_operator, JoinOperator::OuterApply);
                    let scope = Scope { sources: std::mem::take(sources), parent };
                    let applied = self.apply(&join.relation, &scope);
                    *sources = scope.sources;
                    let (text, source) = applied?;
                    sources.push(source);
                    sql += &if outer {
                        format!(" LEFT JOIN {text} ON 1")
                    } else {
                        format!(" CROSS JOIN {text}")
                    };
                    continue;
                }
                _ => return Err(SqlError::unsupported(format!("the join {join}"))),
            };
            let relation = self.factor(&join.relation, sources, parent)?;
            sql += &format!(" {word} {relation}");
            match constraint {
                JoinConstraint::On(condition) => {
                    let scope = Scope { sources: std::mem::take(sources), parent };
                    let condition = self.expr(condition, &scope);
                    *sources = scope.sources;
                    sql += &format!(" ON {}", condition?.sql);
                }
                JoinConstraint::None => {}
                JoinConstraint::Using(_) | JoinConstraint::Natural => {
                    return Err(SqlError::syntax("USING"));
                }
            }
        }
        Ok(sql)
    }

    fn factor(
        &mut self,
        factor: &TableFactor,
        sources: &mut Vec<Source>,
        parent: Option<&Scope<'_>>,
    ) -> Result<String, SqlError> {
        let outside = Scope { sources: Vec::new(), parent };
        let (sql, source) = match factor {
            TableFactor::Table { name, alias, args: None, with_hints, .. } => {
                self.hinted |= !with_hints.is_empty();
                self.named(&parts(name), alias.as_ref())?
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let rows = self.inner_query(subquery, parent)?;
                let name = self.alias();
                let source = derived(&name, alias.as_ref(), &rows.columns, |index| {
                    format!("{name}._{}", index + 1)
                });
                (format!("({}) AS {name}", rows.sql), source)
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                let sql = self.joined(table_with_joins, sources, parent)?;
                return Ok(format!("({sql})"));
            }
            TableFactor::Table { args: Some(_), .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Function { .. } => self.table_function(factor, &outside)?,
            other => return Err(SqlError::unsupported(format!("the table source {other}"))),
        };
        if sources.iter().any(|known| known.name.eq_ignore_ascii_case(&source.name))
            && !source.name.is_empty()
        {
            return Err(SqlError::new(
                1013,
                format!(
                    "The objects \"{0}\" and \"{0}\" in the FROM clause have the same exposed names. Use \
                     correlation names to distinguish them.",
                    source.name
                ),
            ));
        }
        sources.push(source);
        Ok(sql)
    }

    /// A query inside another one. It may only be ordered if the order decides its rows.
    pub(super) fn inner_query(
        &mut self,
        query: &Query,
        parent: Option<&Scope<'_>>,
    ) -> Result<Rows, SqlError> {
        let top = matches!(query.body.as_ref(), SetExpr::Select(select) if select.top.is_some());
        let cut = top || query.limit_clause.is_some() || query.fetch.is_some();
        if query.order_by.is_some() && !cut && query.for_clause.is_none() {
            return Err(SqlError::new(
                1033,
                "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, \
                 and common table expressions, unless TOP, OFFSET or FOR XML is also specified.",
            ));
        }
        self.query(query, parent)
    }

    /// A table, view, table variable or CTE.
    pub(super) fn named(
        &mut self,
        names: &[String],
        alias: Option<&TableAlias>,
    ) -> Result<(String, Source), SqlError> {
        let short = self.alias();
        if let [name] = names
            && let Some(common) =
                self.commons.iter().rev().find(|common| common.name.eq_ignore_ascii_case(name))
        {
            let common = common.clone();
            let mut source =
                derived(&short, alias, &common.columns, |index| format!("{short}._{}", index + 1));
            if alias.is_none() {
                source.name = common.name;
            }
            return Ok((format!("{} AS {short}", common.sql), source));
        }
        if let Some((sql, columns)) = system_view(self.catalog, names) {
            let mut source =
                derived(&short, alias, &columns, |index| format!("{short}._{}", index + 1));
            if alias.is_none() {
                source.name = names.last().cloned().unwrap_or_default();
            }
            return Ok((format!("({sql}) AS {short}"), source));
        }
        let table = self.catalog.table(names, self.symbols, "SELECT")?;
        self.tables |= !table.qualified.starts_with("\"temp\"");
        let columns = table
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                sql: format!("{short}.{}", quote(&column.name)),
                kind: column.kind,
            })
            .collect();
        let name = alias.map_or_else(|| table.name.clone(), |alias| alias.name.value.clone());
        let written = names.last().cloned().unwrap_or_default();
        let name = if alias.is_none() && written.starts_with(['@', '#']) { written } else { name };
        let key = (!table.is_view).then(|| format!("{short}.rowid"));
        Ok((format!("{} AS {short}", table.qualified), Source { name, columns, key }))
    }
}

/// The columns of a subquery under its alias.
pub(super) fn derived(
    short: &str,
    alias: Option<&TableAlias>,
    columns: &[(String, Type)],
    sql: impl Fn(usize) -> String,
) -> Source {
    let names = alias.map_or(&[][..], |alias| alias.columns.as_slice());
    Source {
        name: alias.map_or_else(|| short.to_owned(), |alias| alias.name.value.clone()),
        columns: columns
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| Column {
                name: names
                    .get(index)
                    .map_or_else(|| name.clone(), |column| column.name.value.clone()),
                sql: sql(index),
                kind: *kind,
            })
            .collect(),
        key: None,
    }
}
