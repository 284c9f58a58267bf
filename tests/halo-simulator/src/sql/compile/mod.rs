//! Rewrites T-SQL queries for SQLite: resolves names, tracks types and names the collation.

mod aggregate;
mod apply;
mod argument;
mod comparison;
mod constant;
mod data;
mod expression;
mod function;
mod grouping;
mod json;
mod metadata;
mod query;
mod select;
mod source;
mod walk;
mod xml;

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::SqlError;
use super::catalog::{Catalog, Symbols};
use super::reserved::is_reserved;
use super::types::Type;

pub(crate) use data::Changed;
pub(crate) use query::Compiled;

/// An expression in SQLite's SQL.
#[derive(Clone, Debug)]
struct Piece {
    sql: String,
    kind: Type,
    /// An explicit COLLATE.
    collation: Option<Collation>,
}

/// A collation that the statement names.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Collation {
    name: String,
    /// Whether it tells upper and lower case apart.
    exact: bool,
}

impl Collation {
    fn sqlite(&self) -> &'static str {
        if self.exact { "BINARY" } else { "BP" }
    }
}

impl Piece {
    fn new(sql: impl Into<String>, kind: Type) -> Self {
        Self { sql: sql.into(), kind, collation: None }
    }

    /// The expression in the form for SQLite's comparisons and sorting.
    fn collated(&self) -> String {
        match &self.collation {
            Some(collation) => format!("({}) COLLATE {}", self.sql, collation.sqlite()),
            None if self.kind.may_be_text() => format!("({}) COLLATE BP", self.sql),
            None => self.sql.clone(),
        }
    }
}

/// A column that names can resolve to.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    sql: String,
    kind: Type,
}

/// Something in a FROM clause.
#[derive(Clone, Debug, Default)]
struct Source {
    /// The alias, or the object's own name.
    name: String,
    columns: Vec<Column>,
    /// The SQL of the row's key, for tables that can be changed.
    key: Option<String>,
}

/// The sources in which names are resolved, innermost first.
#[derive(Debug, Default)]
struct Scope<'p> {
    sources: Vec<Source>,
    parent: Option<&'p Self>,
}

/// A common table expression in scope.
#[derive(Clone, Debug)]
struct Common {
    name: String,
    sql: String,
    columns: Vec<(String, Type)>,
}

/// Rewrites the statements of one batch.
pub(crate) struct Compiler<'a> {
    catalog: &'a Catalog<'a>,
    symbols: &'a Symbols,
    /// Bound variables, in the order of SQLite's `?1, ?2, ...`.
    binds: Vec<String>,
    aliases: usize,
    commons: Vec<Common>,
    /// Whether it names a table or view that others can see, and one with hints.
    tables: bool,
    hinted: bool,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(catalog: &'a Catalog<'a>, symbols: &'a Symbols) -> Self {
        Self {
            catalog,
            symbols,
            binds: Vec::new(),
            aliases: 0,
            commons: Vec::new(),
            tables: false,
            hinted: false,
        }
    }

    /// An expression outside any query, as a statement that selects it.
    pub(crate) fn scalar(mut self, expr: &sqlparser::ast::Expr) -> Result<Compiled, SqlError> {
        let piece = self.expr(expr, &Scope::default())?;
        Ok(self.alone(piece))
    }

    /// A condition outside any query, as a statement that selects it.
    pub(crate) fn holds(mut self, expr: &sqlparser::ast::Expr) -> Result<Compiled, SqlError> {
        let piece = self.condition(expr, &Scope::default())?;
        Ok(self.alone(piece))
    }

    fn alone(self, piece: Piece) -> Compiled {
        Compiled {
            sql: format!("SELECT {}", piece.sql),
            columns: vec![(String::new(), piece.kind)],
            tables: self.tables,
            hinted: self.hinted,
            binds: self.binds,
        }
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A variable or a value of the session, bound at execution.
    fn bind(&mut self, name: &str, kind: Type) -> Piece {
        let name = name.to_lowercase();
        let index = match self.binds.iter().position(|bound| *bound == name) {
            Some(index) => index,
            None => {
                self.binds.push(name);
                self.binds.len() - 1
            }
        };
        Piece::new(format!("?{}", index + 1), kind)
    }

    fn variable(&mut self, name: &str) -> Result<Piece, SqlError> {
        if let Some(kind) = system_variable(name) {
            return Ok(self.bind(name, kind));
        }
        match self.symbols.variables.get(&name.to_lowercase()) {
            Some(kind) => Ok(self.bind(name, *kind)),
            None => Err(SqlError::undeclared(name)),
        }
    }
}

fn system_variable(name: &str) -> Option<Type> {
    Some(match name.to_ascii_lowercase().as_str() {
        "@@rowcount" | "@@error" | "@@trancount" | "@@spid" | "@@fetch_status"
        | "@@lock_timeout" => Type::Int,
        "@@identity" => Type::Decimal { precision: 38, scale: 0 },
        "@@version" | "@@servername" | "@@language" => Type::nvarchar(Some(300)),
        "@@datefirst" => Type::TinyInt,
        _ => return None,
    })
}

impl Scope<'_> {
    fn column(&self, name: &str) -> Result<Piece, SqlError> {
        let mut found = self
            .sources
            .iter()
            .flat_map(|source| &source.columns)
            .filter(|column| column.name.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(Piece::new(column.sql.clone(), column.kind)),
            (Some(_), Some(_)) => {
                Err(SqlError::new(209, format!("Ambiguous column name '{name}'.")))
            }
            _ => match self.parent {
                Some(parent) => parent.column(name),
                None => Err(SqlError::invalid_column(name)),
            },
        }
    }

    fn qualified(&self, qualifier: &str, name: &str, written: &str) -> Result<Piece, SqlError> {
        match self.sources.iter().find(|source| source.name.eq_ignore_ascii_case(qualifier)) {
            Some(source) => source
                .columns
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(name))
                .map(|column| Piece::new(column.sql.clone(), column.kind))
                .ok_or_else(|| SqlError::invalid_column(name)),
            None => match self.parent {
                Some(parent) => parent.qualified(qualifier, name, written),
                None => Err(SqlError::new(
                    4104,
                    format!("The multi-part identifier \"{written}\" could not be bound."),
                )),
            },
        }
    }
}

/// The parts of an object's name, without brackets. `a..b` has an empty middle part.
fn parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(Ident { value, .. }) => value.clone(),
            other @ ObjectNamePart::Function(_) => other.to_string(),
        })
        .collect()
}

/// Refuses a reserved word without brackets as a name.
fn named(ident: &Ident) -> Result<(), SqlError> {
    if ident.quote_style.is_none() && is_reserved(&ident.value) {
        return Err(SqlError::syntax(&ident.value));
    }
    Ok(())
}

fn is_variable(ident: &Ident) -> bool {
    ident.quote_style.is_none() && ident.value.starts_with('@')
}
