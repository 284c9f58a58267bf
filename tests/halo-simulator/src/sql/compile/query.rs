//! Whole queries: CTEs, set operations, limits, FOR JSON.

use sqlparser::ast::{
    Expr, ForClause, ForXml, LimitClause, OrderByExpr, OrderByKind, Query, SetExpr, SetOperator,
    SetQuantifier, Values, With,
};

use super::super::SqlError;
use super::super::functions::Specification;
use super::super::types::Type;
use super::aggregate::direction;
use super::comparison::{coerced, common_kind};
use super::json::{assignments, for_json_rows};
use super::source::one_name_each;
use super::{Common, Compiler, Piece, Scope};

/// A query inside a statement. Its columns are named `_1`, `_2`, ...
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) sql: String,
    pub(super) columns: Vec<(String, Type)>,
}

/// A statement ready for SQLite.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) sql: String,
    /// The names as the statement writes them, and the types.
    pub(crate) columns: Vec<(String, Type)>,
    /// The variables bound to `?1, ?2, ...`.
    pub(crate) binds: Vec<String>,
    /// Whether it reads or changes a table or view that others can see, and one with hints.
    pub(crate) tables: bool,
    pub(crate) hinted: bool,
}

/// ORDER BY and limits. They belong to the query, but can use the names of the select.
#[derive(Clone, Copy, Default)]
pub(super) struct Tail<'q> {
    pub(super) order: &'q [OrderByExpr],
    pub(super) offset: Option<&'q Expr>,
    pub(super) fetch: Option<&'q Expr>,
}

const XML_COLUMN: &str = "XML_F52E2B61-18A1-11d1-B105-00805F49916B";

impl Compiler<'_> {
    /// A query as a complete statement.
    pub(crate) fn statement(mut self, query: &Query) -> Result<Compiled, SqlError> {
        let assigning = assignments(&query.body);
        if assigning.is_some() && query.for_clause.is_some() {
            return Err(SqlError::new(
                13602,
                "The FOR JSON clause is not allowed in a ASSIGNMENT statement.",
            ));
        }
        if assigning == Some(false) {
            return Err(SqlError::new(
                141,
                "A SELECT statement that assigns a value to a variable must not be combined with \
                 data-retrieval operations.",
            ));
        }
        let rows = self.query(query, None)?;
        let Self { binds, tables, hinted, .. } = self;
        Ok(Compiled { sql: rows.sql, columns: rows.columns, binds, tables, hinted })
    }

    pub(super) fn query(
        &mut self,
        query: &Query,
        parent: Option<&Scope<'_>>,
    ) -> Result<Rows, SqlError> {
        let depth = self.commons.len();
        let with = match &query.with {
            Some(with) => self.with(with, parent)?,
            None => String::new(),
        };
        let rows = self.body(query, parent);
        self.commons.truncate(depth);
        let rows = rows?;
        Ok(Rows { sql: with + &rows.sql, columns: rows.columns })
    }

    /// The WITH clause. Its names stay in scope until the caller removes them.
    pub(super) fn with(
        &mut self,
        with: &With,
        parent: Option<&Scope<'_>>,
    ) -> Result<String, SqlError> {
        let mut list = Vec::new();
        for cte in &with.cte_tables {
            let name = cte.alias.name.value.clone();
            let sql = format!("cte_{}", self.alias());
            let rename = |columns: Vec<(String, Type)>| -> Vec<(String, Type)> {
                columns
                    .into_iter()
                    .enumerate()
                    .map(|(index, (name, kind))| match cte.alias.columns.get(index) {
                        Some(column) => (column.name.value.clone(), kind),
                        None => (name, kind),
                    })
                    .collect()
            };
            // A recursive CTE refers to itself, so its first arm determines the columns.
            if let SetExpr::SetOperation { left, .. } = cte.query.body.as_ref() {
                let (binds, aliases) = (self.binds.len(), self.aliases);
                let first = self.set_expr(left, parent, Tail::default())?;
                self.binds.truncate(binds);
                self.aliases = aliases;
                let columns = rename(first.columns);
                self.commons.push(Common { name: name.clone(), sql: sql.clone(), columns });
                let rows = self.inner_query(&cte.query, parent)?;
                list.push(format!("{sql} AS ({})", rows.sql));
                continue;
            }
            let rows = self.inner_query(&cte.query, parent)?;
            list.push(format!("{sql} AS ({})", rows.sql));
            let columns = rename(rows.columns);
            one_name_each(&name, columns.iter().map(|(name, _)| name.as_str()))?;
            self.commons.push(Common { name, sql, columns });
        }
        Ok(format!("WITH RECURSIVE {} ", list.join(", ")))
    }

    fn body(&mut self, query: &Query, parent: Option<&Scope<'_>>) -> Result<Rows, SqlError> {
        let order: &[OrderByExpr] = match query.order_by.as_ref().map(|order| &order.kind) {
            None => &[],
            Some(OrderByKind::Expressions(list)) => list,
            Some(OrderByKind::All(_)) => return Err(SqlError::syntax("ALL")),
        };
        let offset = match &query.limit_clause {
            None => None,
            Some(LimitClause::LimitOffset { limit: None, offset, .. }) => {
                offset.as_ref().map(|offset| &offset.value)
            }
            Some(_) => return Err(SqlError::syntax("LIMIT")),
        };
        if (offset.is_some() || query.fetch.is_some()) && order.is_empty() {
            return Err(SqlError::syntax("OFFSET"));
        }
        if query.fetch.is_some() && offset.is_none() {
            return Err(SqlError::new(
                153,
                "Invalid usage of the option NEXT in the FETCH statement.",
            ));
        }
        let fetch = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
        let rows = self.set_expr(&query.body, parent, Tail { order, offset, fetch })?;
        match &query.for_clause {
            None | Some(ForClause::Browse) => Ok(rows),
            Some(ForClause::Json {
                for_json,
                root,
                include_null_values,
                without_array_wrapper,
            }) => {
                let specification = Specification {
                    paths: Vec::new(),
                    types: Vec::new(),
                    root: root.clone(),
                    include_null_values: *include_null_values,
                    without_array_wrapper: *without_array_wrapper,
                };
                for_json_rows(rows, specification, for_json, &query.body)
            }
            Some(ForClause::Xml { for_xml: ForXml::Path(Some(path)), .. })
                if path.is_empty() && rows.columns.len() == 1 && rows.columns[0].0.is_empty() =>
            {
                // In this mode bytes are written in base64, with or without BINARY BASE64.
                let text = match rows.columns[0].1 {
                    Type::Binary { .. } => "ts_to_base64",
                    _ => "ts_xml",
                };
                Ok(Rows {
                    sql: format!("SELECT group_concat({text}(_1), '') AS _1 FROM ({})", rows.sql),
                    columns: vec![(XML_COLUMN.to_owned(), Type::nvarchar(None))],
                })
            }
            Some(ForClause::Xml { .. }) => Err(SqlError::unsupported("this form of FOR XML")),
        }
    }

    pub(super) fn set_expr(
        &mut self,
        body: &SetExpr,
        parent: Option<&Scope<'_>>,
        tail: Tail<'_>,
    ) -> Result<Rows, SqlError> {
        match body {
            SetExpr::Select(select) => self.select(select, parent, tail),
            SetExpr::Query(query) => {
                let rows = self.query(query, parent)?;
                self.order_and_limit(
                    format!("SELECT * FROM ({})", rows.sql),
                    rows.columns,
                    parent,
                    tail,
                )
            }
            SetExpr::Values(values) => self.values(values, parent),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let plain = [left, right].map(
                    |side| matches!(side.as_ref(), SetExpr::Select(select) if select.top.is_none()),
                );
                let left = self.set_expr(left, parent, Tail::default())?;
                let right = self.set_expr(right, parent, Tail::default())?;
                if left.columns.len() != right.columns.len() {
                    return Err(SqlError::new(
                        205,
                        "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an \
                         equal number of expressions in their target lists.",
                    ));
                }
                let comparable = (op, set_quantifier) != (&SetOperator::Union, &SetQuantifier::All);
                let old = left.columns.iter().chain(&right.columns).find(|(_, k)| k.is_legacy());
                if let Some((_, kind)) = old.filter(|_| comparable) {
                    return Err(SqlError::new(
                        5335,
                        format!(
                            "The data type {} cannot be used as an operand to the UNION, INTERSECT or \
                             EXCEPT operators because it is not comparable.",
                            kind.name()
                        ),
                    ));
                }
                let word = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
                    (SetOperator::Union, _) => "UNION",
                    (SetOperator::Intersect, _) => "INTERSECT",
                    (SetOperator::Except | SetOperator::Minus, _) => "EXCEPT",
                };
                let columns: Vec<(String, Type)> = left
                    .columns
                    .iter()
                    .zip(&right.columns)
                    .map(|((name, a), (_, b))| (name.clone(), of_both(*a, *b)))
                    .collect();
                let arm = |rows: &Rows, plain: bool| {
                    // A recursive CTE may name itself only directly in an arm's FROM.
                    if plain && word == "UNION ALL" && !needs_coercion(rows, &columns) {
                        rows.sql.clone()
                    } else {
                        arm(rows, &columns)
                    }
                };
                let sql = format!("{} {word} {}", arm(&left, plain[0]), arm(&right, plain[1]));
                self.order_and_limit(sql, columns, parent, tail)
            }
            other => Err(SqlError::unsupported(format!("the query {other}"))),
        }
    }

    /// Appends ORDER BY (only over output columns) and limits.
    fn order_and_limit(
        &mut self,
        mut sql: String,
        columns: Vec<(String, Type)>,
        parent: Option<&Scope<'_>>,
        tail: Tail<'_>,
    ) -> Result<Rows, SqlError> {
        let mut list = Vec::new();
        for item in tail.order {
            in_range(&item.expr, columns.len())?;
            let position = output_position(&item.expr, &columns).ok_or_else(|| {
                SqlError::new(
                    104,
                    "ORDER BY items must appear in the select list if the statement contains a UNION, \
                     INTERSECT or EXCEPT operator.",
                )
            })?;
            let piece = Piece::new(format!("_{}", position + 1), columns[position].1);
            list.push(format!("{}{}", piece.collated(), direction(item)));
        }
        if !list.is_empty() {
            sql += &format!(" ORDER BY {}", list.join(", "));
        }
        sql += &self.limit(None, tail, parent)?;
        Ok(Rows { sql, columns })
    }

    /// `LIMIT ... OFFSET ...` from TOP or OFFSET/FETCH.
    pub(super) fn limit(
        &mut self,
        top: Option<String>,
        tail: Tail<'_>,
        parent: Option<&Scope<'_>>,
    ) -> Result<String, SqlError> {
        let outside = Scope { sources: Vec::new(), parent };
        let limit = match (top, tail.fetch) {
            (Some(top), _) => top,
            (None, Some(fetch)) => self.expr(fetch, &outside)?.sql,
            (None, None) if tail.offset.is_none() => return Ok(String::new()),
            (None, None) => "-1".to_owned(),
        };
        Ok(match tail.offset {
            Some(offset) => format!(" LIMIT {limit} OFFSET {}", self.expr(offset, &outside)?.sql),
            None => format!(" LIMIT {limit}"),
        })
    }

    fn values(&mut self, values: &Values, parent: Option<&Scope<'_>>) -> Result<Rows, SqlError> {
        let scope = Scope { sources: Vec::new(), parent };
        let mut rows = Vec::new();
        for row in &values.rows {
            let mut pieces = Vec::new();
            for expr in row.iter() {
                pieces.push(self.expr(expr, &scope)?);
            }
            rows.push(pieces);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(SqlError::new(
                10709,
                "The number of columns for each row in a table value constructor must be the same.",
            ));
        }
        let kinds: Vec<Type> =
            (0..width).map(|index| common_kind(rows.iter().map(|row| &row[index]))).collect();
        let arms: Vec<String> = rows
            .iter()
            .map(|row| {
                let list: Vec<String> = row
                    .iter()
                    .zip(&kinds)
                    .enumerate()
                    .map(|(index, (piece, kind))| {
                        format!("{} AS _{}", coerced(piece, *kind), index + 1)
                    })
                    .collect();
                format!("SELECT {}", list.join(", "))
            })
            .collect();
        let columns = kinds.into_iter().map(|kind| (String::new(), kind)).collect();
        Ok(Rows { sql: arms.join(" UNION ALL "), columns })
    }
}

/// SQL Server determines the types of a set operation pair by pair, and gives a column of bare NULLs the
/// type int. So text in that column of a third part is converted to int, which fails.
fn of_both(a: Type, b: Type) -> Type {
    match a.combine(b) {
        Type::Unknown => Type::Int,
        kind => kind,
    }
}

fn needs_coercion(rows: &Rows, columns: &[(String, Type)]) -> bool {
    rows.columns.iter().zip(columns).any(|((_, from), (_, to))| {
        let piece = Piece::new("_", *from);
        coerced(&piece, *to) != piece.sql
    })
}

/// One arm of a set operation, with its columns converted to the common types.
fn arm(rows: &Rows, columns: &[(String, Type)]) -> String {
    let list: Vec<String> = rows
        .columns
        .iter()
        .zip(columns)
        .enumerate()
        .map(|(index, ((_, from), (_, to)))| {
            let piece = Piece::new(format!("_{}", index + 1), *from);
            let value = Piece::new(coerced(&piece, *to), *to);
            format!("{} AS _{}", value.collated(), index + 1)
        })
        .collect();
    format!("SELECT {} FROM ({})", list.join(", "), rows.sql)
}

/// Refuses a position that the select list does not have.
pub(super) fn in_range(expr: &Expr, width: usize) -> Result<(), SqlError> {
    let Expr::Value(value) = expr else { return Ok(()) };
    match value.to_string().parse::<usize>() {
        Ok(number) if !(1..=width).contains(&number) => Err(SqlError::new(
            108,
            format!(
                "The ORDER BY position number {number} is out of range of the number of items in the \
                 select list."
            ),
        )),
        _ => Ok(()),
    }
}

/// The output column that an ORDER BY item means, by number or by name.
pub(super) fn output_position(expr: &Expr, columns: &[(String, Type)]) -> Option<usize> {
    match expr {
        Expr::Value(value) => {
            let number: usize = value.to_string().parse().ok()?;
            (1..=columns.len()).contains(&number).then(|| number - 1)
        }
        Expr::Identifier(ident) => {
            columns.iter().position(|(name, _)| name.eq_ignore_ascii_case(&ident.value))
        }
        _ => None,
    }
}
