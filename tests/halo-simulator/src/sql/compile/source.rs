//! FROM clauses.

use sqlparser::ast::{
    JoinConstraint, JoinOperator, Query, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::super::SqlError;
use super::super::catalog::quote;
use super::super::types::Type;
use super::grouping::before_grouping;
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
            // An ON does not see what stands before the comma.
            let mut own = Vec::new();
            list.push(self.joined(table, &mut own, parent)?);
            for source in own {
                distinct(&sources, &source, aliased(&table.relation))?;
                sources.push(source);
            }
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
                    let condition = before_grouping(condition, 1015)
                        .and_then(|()| self.condition(condition, &scope));
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
                check_derived(alias.as_ref(), &rows.columns)?;
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
        distinct(sources, &source, aliased(factor))?;
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

fn aliased(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::Table { alias: Some(_), .. } | TableFactor::Derived { .. })
}

/// Refuses two sources with one name.
fn distinct(known: &[Source], source: &Source, aliased: bool) -> Result<(), SqlError> {
    let twice = !source.name.is_empty()
        && known.iter().any(|known| known.name.eq_ignore_ascii_case(&source.name));
    if !twice {
        return Ok(());
    }
    if aliased {
        return Err(SqlError::new(
            1011,
            format!(
                "The correlation name '{}' is specified multiple times in a FROM clause.",
                source.name
            ),
        ));
    }
    Err(SqlError::new(
        1013,
        format!(
            "The objects \"{0}\" and \"{0}\" in the FROM clause have the same exposed names. Use \
             correlation names to distinguish them.",
            source.name
        ),
    ))
}

/// Refuses a derived table without a name, or whose columns have none or two.
fn check_derived(alias: Option<&TableAlias>, columns: &[(String, Type)]) -> Result<(), SqlError> {
    let Some(alias) = alias else { return Err(SqlError::syntax(")")) };
    let name = &alias.name.value;
    let given = alias.columns.len();
    if given == 0 {
        return one_name_each(name, columns.iter().map(|(name, _)| name.as_str()));
    }
    if given != columns.len() {
        let (number, word) = if given < columns.len() { (8158, "more") } else { (8159, "fewer") };
        return Err(SqlError::new(
            number,
            format!("'{name}' has {word} columns than were specified in the column list."),
        ));
    }
    one_name_each(name, alias.columns.iter().map(|column| column.name.value.as_str()))
}

/// Refuses columns of an inner query that have no name, or the same name.
pub(super) fn one_name_each<'n>(
    table: &str,
    names: impl Iterator<Item = &'n str>,
) -> Result<(), SqlError> {
    let mut known: Vec<String> = Vec::new();
    for (index, name) in names.enumerate() {
        if name.is_empty() {
            return Err(SqlError::new(
                8155,
                format!("No column name was specified for column {} of '{table}'.", index + 1),
            ));
        }
        let lower = name.to_lowercase();
        if known.contains(&lower) {
            return Err(SqlError::new(
                8156,
                format!("The column '{name}' was specified multiple times for '{table}'."),
            ));
        }
        known.push(lower);
    }
    Ok(())
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
