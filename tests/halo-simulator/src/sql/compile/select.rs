//! One SELECT.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind, Top,
    TopQuantity,
};

use super::super::SqlError;
use super::super::types::Type;
use super::aggregate::direction;
use super::comparison::sortable;
use super::grouping::{Clause, before_grouping, groups};
use super::query::{Rows, Tail, in_range, output_position};
use super::{Compiler, Piece, Scope, is_variable, named, parts};

impl Compiler<'_> {
    pub(super) fn select(
        &mut self,
        select: &Select,
        parent: Option<&Scope<'_>>,
        tail: Tail<'_>,
    ) -> Result<Rows, SqlError> {
        let (from, sources) = self.from(&select.from, parent)?;
        let scope = Scope { sources, parent };
        let items = self.items(&select.projection, &scope)?;
        let distinct = match &select.distinct {
            Some(Distinct::Distinct) => "DISTINCT ",
            Some(Distinct::On(_)) => return Err(SqlError::syntax("ON")),
            _ => "",
        };
        if !distinct.is_empty()
            && let Some((_, piece)) = items.iter().find(|(_, piece)| piece.kind.is_legacy())
        {
            return Err(SqlError::new(
                421,
                format!(
                    "The {} data type cannot be selected as DISTINCT because it is not comparable.",
                    piece.kind.name()
                ),
            ));
        }
        let list: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(index, (_, piece))| {
                let sql = if distinct.is_empty() { piece.sql.clone() } else { piece.collated() };
                format!("{sql} AS _{}", index + 1)
            })
            .collect();
        let mut sql = format!("SELECT {distinct}{}{from}", list.join(", "));
        if let Some(condition) = &select.selection {
            before_grouping(condition, 147)?;
            sql += &format!(" WHERE {}", self.condition(condition, &scope)?.sql);
        }
        let mut group_keys = Vec::new();
        if let GroupByExpr::Expressions(groups, modifiers) = &select.group_by {
            if !modifiers.is_empty() {
                return Err(SqlError::unsupported("GROUP BY WITH ROLLUP or CUBE"));
            }
            let mut keys = Vec::new();
            for group in groups {
                before_grouping(group, 144)?;
                if matches!(group, Expr::Value(_)) {
                    return Err(SqlError::new(
                        164,
                        "Each GROUP BY expression must contain at least one column that is not an outer \
                         reference.",
                    ));
                }
                let key = self.expr(group, &scope)?;
                sortable(&key)?;
                keys.push(key.collated());
                group_keys.push(key.sql);
            }
            if !keys.is_empty() {
                sql += &format!(" GROUP BY {}", keys.join(", "));
            }
        }
        let grouped = groups(select);
        if grouped {
            self.selected_groups(&select.projection, &group_keys, &scope)?;
        }
        if let Some(having) = &select.having {
            self.grouped(having, &group_keys, Clause::Having, &scope)?;
            sql += &format!(" HAVING {}", self.condition(having, &scope)?.sql);
        }
        let columns: Vec<(String, Type)> =
            items.iter().map(|(name, piece)| (name.clone(), piece.kind)).collect();
        let mut order = Vec::new();
        for item in tail.order {
            in_range(&item.expr, columns.len())?;
            let place = |position: usize| Piece {
                sql: format!("_{}", position + 1),
                ..items[position].1.clone()
            };
            let piece = match output_position(&item.expr, &columns) {
                Some(position) => place(position),
                None if distinct.is_empty() => {
                    if grouped {
                        self.grouped(&item.expr, &group_keys, Clause::OrderBy, &scope)?;
                    }
                    self.expr(&item.expr, &scope)?
                }
                None => {
                    let wanted = self.expr(&item.expr, &scope)?.sql;
                    let selected = items.iter().position(|(_, piece)| piece.sql == wanted);
                    place(selected.ok_or_else(|| {
                        SqlError::new(
                            145,
                            "ORDER BY items must appear in the select list if SELECT DISTINCT is \
                             specified.",
                        )
                    })?)
                }
            };
            sortable(&piece)?;
            order.push(format!("{}{}", piece.collated(), direction(item)));
        }
        if !order.is_empty() {
            sql += &format!(" ORDER BY {}", order.join(", "));
        }
        if select.top.is_some() && tail.offset.is_some() {
            return Err(SqlError::new(
                10741,
                "A TOP can not be used in the same query or sub-query as a OFFSET.",
            ));
        }
        let top = match &select.top {
            Some(top) => Some(self.top(top, &scope)?),
            None => None,
        };
        sql += &self.limit(top, tail, parent)?;
        Ok(Rows { sql, columns })
    }

    fn top(&mut self, top: &Top, scope: &Scope<'_>) -> Result<String, SqlError> {
        if top.with_ties || top.percent {
            return Err(SqlError::unsupported("TOP WITH TIES and TOP PERCENT"));
        }
        match &top.quantity {
            Some(TopQuantity::Constant(number)) => Ok(number.to_string()),
            Some(TopQuantity::Expr(expr)) => Ok(self.expr(expr, scope)?.sql),
            None => Err(SqlError::syntax("TOP")),
        }
    }

    /// The select list with its stars expanded.
    pub(super) fn items(
        &mut self,
        projection: &[SelectItem],
        scope: &Scope<'_>,
    ) -> Result<Vec<(String, Piece)>, SqlError> {
        let mut items = Vec::with_capacity(projection.len());
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let piece = self.expr(expr, scope)?;
                    items.push((natural_name(expr), piece));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    named(alias)?;
                    items.push((alias.value.clone(), self.expr(expr, scope)?));
                }
                SelectItem::Wildcard(_) => {
                    for source in &scope.sources {
                        for column in &source.columns {
                            items.push((
                                column.name.clone(),
                                Piece::new(column.sql.clone(), column.kind),
                            ));
                        }
                    }
                }
                SelectItem::QualifiedWildcard(kind, _) => {
                    let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                        return Err(SqlError::syntax("*"));
                    };
                    let wanted = parts(name).pop().unwrap_or_default();
                    let source = scope
                        .sources
                        .iter()
                        .find(|source| source.name.eq_ignore_ascii_case(&wanted))
                        .ok_or_else(|| {
                            SqlError::new(
                                107,
                                format!(
                                    "The column prefix '{wanted}' does not match with a table name or \
                                     alias name used in the query."
                                ),
                            )
                        })?;
                    for column in &source.columns {
                        items.push((
                            column.name.clone(),
                            Piece::new(column.sql.clone(), column.kind),
                        ));
                    }
                }
                other @ SelectItem::ExprWithAliases { .. } => {
                    return Err(SqlError::syntax(&other.to_string()));
                }
            }
        }
        Ok(items)
    }
}

/// The name that SQL Server gives to a column without alias: a plain column has the name as the query
/// spells it, and any other has none.
fn natural_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(ident) if !is_variable(ident) => ident.value.clone(),
        Expr::CompoundIdentifier(idents) => {
            idents.last().map(|ident| ident.value.clone()).unwrap_or_default()
        }
        _ => String::new(),
    }
}
