//! The tables and conditions of a statement, taken from its text.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, ObjectName, Query, Select, SelectItem,
    TableFactor, TableWithJoins, Visit as _, Visitor,
};

use super::super::SqlError;
use super::super::locks::{Keep, Mode};

/// The tables of one SELECT, and the conditions under which it reads them.
#[derive(Default)]
pub(super) struct Part {
    pub(super) tables: Vec<Named>,
    pub(super) conditions: Vec<Expr>,
    /// For a view: the columns that it shows.
    pub(super) shown: Vec<SelectItem>,
}

pub(super) struct Named {
    pub(super) name: ObjectName,
    pub(super) alias: String,
    pub(super) hints: Vec<String>,
}

#[derive(Clone, Copy)]
pub(super) struct Locking {
    pub(super) mode: Mode,
    pub(super) keep: Keep,
    pub(super) whole: bool,
}

pub(super) const PLAIN: Locking = Locking { mode: Mode::Shared, keep: Keep::Nothing, whole: false };
pub(super) const CHANGING: Locking =
    Locking { mode: Mode::Update, keep: Keep::Nothing, whole: false };

#[derive(Default)]
pub(super) struct Parts(pub(super) Vec<Part>);

impl Visitor for Parts {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let mut part = Part { shown: select.projection.clone(), ..Part::default() };
        part.add(&select.from, select.selection.as_ref());
        self.0.push(part);
        ControlFlow::Continue(())
    }
}

impl Part {
    pub(super) fn add(&mut self, from: &[TableWithJoins], selection: Option<&Expr>) {
        from.iter().for_each(|table| self.add_joined(table));
        if let Some(condition) = selection {
            conjuncts(condition, &mut self.conditions);
        }
    }

    fn add_joined(&mut self, table: &TableWithJoins) {
        self.add_factor(&table.relation);
        for join in &table.joins {
            self.add_factor(&join.relation);
            if let JoinOperator::Join(on)
            | JoinOperator::Inner(on)
            | JoinOperator::Left(on)
            | JoinOperator::LeftOuter(on)
            | JoinOperator::Right(on)
            | JoinOperator::RightOuter(on) = &join.join_operator
                && let JoinConstraint::On(condition) = on
            {
                conjuncts(condition, &mut self.conditions);
            }
        }
    }

    fn add_factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table { name, alias, args: None, with_hints, .. } => {
                let own = || name.0.last().map(ToString::to_string).unwrap_or_default();
                let alias = alias.as_ref().map_or_else(own, |alias| alias.name.value.clone());
                self.tables.push(Named {
                    name: name.clone(),
                    alias: alias.trim_matches(['[', ']', '"']).to_owned(),
                    hints: with_hints.iter().map(|hint| hint.to_string().to_uppercase()).collect(),
                });
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.add_joined(table_with_joins),
            _ => {}
        }
    }
}

fn conjuncts(condition: &Expr, into: &mut Vec<Expr>) {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left, into);
            conjuncts(right, into);
        }
        Expr::Nested(inner) => conjuncts(inner, into),
        other => into.push(other.clone()),
    }
}

/// A bare column of a table, with its qualifier.
pub(super) fn column_name(expr: &Expr) -> Option<(Option<&str>, &str)> {
    match expr {
        Expr::Identifier(ident) if !ident.value.starts_with('@') => Some((None, &ident.value)),
        Expr::CompoundIdentifier(idents) => match idents.as_slice() {
            [.., qualifier, name] => Some((Some(&qualifier.value), &name.value)),
            _ => None,
        },
        Expr::Nested(inner) => column_name(inner),
        _ => None,
    }
}

/// Whether the expression has the same value for every row.
pub(super) fn is_constant(expr: &Expr) -> bool {
    struct Search;
    impl Visitor for Search {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(ident) if ident.value.starts_with('@') => {
                    ControlFlow::Continue(())
                }
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Search).is_continue()
}

/// The locks that hints ask for, or `None` for READPAST and the like. NOLOCK reads without any.
pub(super) fn locking(hints: &[String], usual: Locking) -> Result<Option<Locking>, SqlError> {
    let mut locking = usual;
    for hint in hints {
        match hint.as_str() {
            "NOLOCK" | "READUNCOMMITTED" => return Ok(None),
            "UPDLOCK" => {
                locking.mode = locking.mode.max(Mode::Update);
                locking.keep =
                    if locking.keep == Keep::Nothing { Keep::Rows } else { locking.keep };
            }
            "XLOCK" => {
                locking.mode = Mode::Exclusive;
                locking.keep =
                    if locking.keep == Keep::Nothing { Keep::Rows } else { locking.keep };
            }
            "HOLDLOCK" | "SERIALIZABLE" => locking.keep = Keep::Range,
            "REPEATABLEREAD" if locking.keep == Keep::Nothing => locking.keep = Keep::Rows,
            "TABLOCK" => locking.whole = true,
            "TABLOCKX" => {
                locking = Locking { mode: Mode::Exclusive, keep: Keep::Rows, whole: true };
            }
            "READPAST" => return Err(SqlError::unsupported("READPAST")),
            _ => {}
        }
    }
    Ok(Some(locking))
}
