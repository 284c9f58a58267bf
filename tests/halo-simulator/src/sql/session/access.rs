//! Which parts of which tables a statement reads, as far as its text tells.
//!
//! A condition `column = value` finds rows by an index if the column leads one. Everything else, such as a
//! join on a value of another row, counts as reading the whole table.

use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{
    BinaryOperator, Expr, FromTable, Ident, ObjectName, Query, SelectItem, Statement as Parsed,
    TableWithJoins, UpdateTableFromKind, Visit as _,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use super::super::SqlError;
use super::super::batch::Changing;
use super::super::catalog::{Table, literal};
use super::super::convert::{self, Val};
use super::super::locks::{Access, Seek, SeekColumn, comparable};
use super::super::undo::Keys;
use super::Session;
use super::parts::{CHANGING, Locking, PLAIN, Part, Parts, column_name, is_constant, locking};

/// The statement whose reading is in question.
#[derive(Clone, Copy)]
pub(super) enum Reading<'a> {
    Nothing,
    Query(&'a Query),
    Expr(&'a Expr),
    Insert(&'a sqlparser::ast::Insert),
    Update(&'a Changing<sqlparser::ast::Update>),
    Delete(&'a Changing<sqlparser::ast::Delete>),
}

/// What a statement needs before it runs.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) accesses: Vec<Access>,
    /// The tables of the accesses, in the same order.
    pub(super) keys: Vec<std::sync::Arc<Keys>>,
}

/// A table of a part, resolved.
struct Entry {
    alias: String,
    table: Rc<Table>,
    locking: Locking,
}

/// A column by the position of its table in the part, and its name.
type ColumnOf = (usize, String);

impl Session<'_> {
    /// What a statement reads.
    pub(super) fn needs(&self, reading: Reading<'_>) -> Result<Needs, SqlError> {
        let mut parts = Parts::default();
        let mut needs = Needs::default();
        // A visitor that never breaks always continues.
        let _ = match reading {
            Reading::Nothing => ControlFlow::Continue(()),
            Reading::Query(query) => query.visit(&mut parts),
            Reading::Expr(expr) => expr.visit(&mut parts),
            Reading::Insert(insert) => insert.visit(&mut parts),
            Reading::Update(update) => {
                let from = match &update.statement.from {
                    Some(
                        UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from),
                    ) => from.as_slice(),
                    None => std::slice::from_ref(&update.statement.table),
                };
                let target = update.statement.table.relation.to_string();
                self.changed_part(from, update.statement.selection.as_ref(), &target, &mut needs)?;
                update.statement.visit(&mut parts)
            }
            Reading::Delete(delete) => {
                let delete = &delete.statement;
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) =
                    &delete.from;
                let first = || from.first().map(|table| table.relation.to_string());
                let target = delete.tables.first().map(ToString::to_string).or_else(first);
                let from = delete.using.as_deref().unwrap_or(from);
                let target = target.unwrap_or_default();
                self.changed_part(from, delete.selection.as_ref(), &target, &mut needs)?;
                delete.visit(&mut parts)
            }
        };
        for part in parts.0 {
            self.part(part, "", &[], PLAIN, &mut needs)?;
        }
        Ok(needs)
    }

    /// The tables of an UPDATE or DELETE. It looks for its rows with update locks.
    fn changed_part(
        &self,
        from: &[TableWithJoins],
        selection: Option<&Expr>,
        target: &str,
        needs: &mut Needs,
    ) -> Result<(), SqlError> {
        let mut part = Part::default();
        part.add(from, selection);
        let bare = |name: &str| {
            let name = name.split_whitespace().next().unwrap_or_default();
            name.rsplit('.').next().unwrap_or_default().trim_matches(['[', ']', '"']).to_lowercase()
        };
        self.part(part, &bare(target), &[], PLAIN, needs)
    }

    /// `given` are the values of columns that the view around this part shows.
    fn part(
        &self,
        part: Part,
        target: &str,
        given: &[(String, Vec<Val>)],
        usual: Locking,
        needs: &mut Needs,
    ) -> Result<(), SqlError> {
        let mut entries = Vec::new();
        for named in part.tables {
            let parts: Vec<String> = named
                .name
                .0
                .iter()
                .map(|part| part.to_string().trim_matches(['[', ']', '"']).to_owned())
                .collect();
            // A name of the WITH clause is no table.
            let Ok(table) = self.catalog.table(&parts, &self.frame.symbols, "SELECT") else {
                continue;
            };
            let last = parts.last().map(|name| name.to_lowercase()).unwrap_or_default();
            let is_target =
                !target.is_empty() && (named.alias.eq_ignore_ascii_case(target) || last == target);
            let usual = if is_target { CHANGING } else { usual };
            if table.qualified.starts_with("\"temp\"") {
                continue;
            }
            if let Some(locking) = locking(&named.hints, usual)? {
                entries.push(Entry { alias: named.alias, table, locking });
            }
        }
        let mut known = self.known(&entries, &part.conditions);
        for (name, values) in given {
            let shows = |item: &&SelectItem| match item {
                SelectItem::ExprWithAlias { alias, .. } => alias.value.eq_ignore_ascii_case(name),
                SelectItem::UnnamedExpr(expr) => {
                    column_name(expr).is_some_and(|(_, it)| it.eq_ignore_ascii_case(name))
                }
                _ => false,
            };
            if let Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) =
                part.shown.iter().find(shows)
                && let Some(column) = place(&entries, expr)
            {
                known.push((column, values.clone()));
            }
        }
        spread(&entries, &part.conditions, &mut known);
        for (at, entry) in entries.iter().enumerate() {
            let own: Vec<(String, Vec<Val>)> = known
                .iter()
                .filter(|((table, _), _)| *table == at)
                .map(|((_, name), values)| (name.clone(), values.clone()))
                .collect();
            if entry.table.is_view {
                self.view(&entry.table, &own, entry.locking, needs)?;
                continue;
            }
            let keys = self.keys(&entry.table)?;
            let seek = if entry.locking.whole { None } else { seek(&keys, &own) };
            let Locking { mode, keep, .. } = entry.locking;
            needs.accesses.push(Access { object: keys.object.clone(), seek, mode, keep });
            needs.keys.push(keys);
        }
        Ok(())
    }

    /// The tables behind a view.
    fn view(
        &self,
        view: &Table,
        given: &[(String, Vec<Val>)],
        locking: Locking,
        needs: &mut Needs,
    ) -> Result<(), SqlError> {
        let schema = view.qualified.split('.').next().unwrap_or_default();
        let sql = format!(
            "SELECT sql FROM {schema}.sqlite_master WHERE name = {} AND type = 'view'",
            literal(&view.name)
        );
        let text: String = self
            .database
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|error| SqlError::from_sqlite(&error, "SELECT"))?;
        let parsed = Parser::parse_sql(&SQLiteDialect {}, &text)
            .map_err(|_| SqlError::unsupported(format!("locks behind the view {}", view.name)))?;
        let Some(Parsed::CreateView(created)) = parsed.into_iter().next() else { return Ok(()) };
        let mut parts = Parts::default();
        let _ = created.query.visit(&mut parts);
        for mut part in parts.0 {
            for named in &mut part.tables {
                // A view's names mean objects of its own database.
                if schema != "\"dbo\"" {
                    let database = Ident::new(schema.trim_matches('"'));
                    let qualified = vec![database, Ident::new("dbo"), own_name(&named.name)];
                    named.name = ObjectName::from(qualified);
                }
            }
            let owner = self.catalog.as_owner.replace(true);
            let result = self.part(part, "", given, locking, needs);
            self.catalog.as_owner.set(owner);
            result?;
        }
        Ok(())
    }

    /// The columns whose value the conditions name.
    fn known(&self, entries: &[Entry], conditions: &[Expr]) -> Vec<(ColumnOf, Vec<Val>)> {
        let mut known = Vec::new();
        for condition in conditions {
            let (column, list) = match condition {
                Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                    match (place(entries, left), place(entries, right)) {
                        (Some(column), None) => (column, vec![right.as_ref()]),
                        (None, Some(column)) => (column, vec![left.as_ref()]),
                        _ => continue,
                    }
                }
                Expr::InList { expr, list, negated: false } => match place(entries, expr) {
                    Some(column) => (column, list.iter().collect()),
                    None => continue,
                },
                _ => continue,
            };
            if !list.iter().all(|value| is_constant(value)) {
                continue;
            }
            let table = &entries[column.0].table;
            let Some(target) =
                table.columns.iter().find(|it| it.name.eq_ignore_ascii_case(&column.1))
            else {
                continue;
            };
            let values: Result<Vec<Val>, SqlError> = list
                .into_iter()
                .map(|expr| {
                    let compiled = self.compiler().scalar(expr)?;
                    let kind = compiled.columns[0].1;
                    let row = self.fetch(&compiled, "SELECT")?.into_iter().flatten().next();
                    let value = row.unwrap_or(Val::Null);
                    Ok(comparable(convert::convert(value, kind, target.kind, 0)?))
                })
                .collect();
            if let Ok(values) = values {
                known.push((column, values));
            }
        }
        known
    }
}

fn own_name(name: &ObjectName) -> Ident {
    Ident::new(name.0.last().map(ToString::to_string).unwrap_or_default())
}

/// The table's column that an expression names.
fn place(entries: &[Entry], expr: &Expr) -> Option<ColumnOf> {
    let (qualifier, name) = column_name(expr)?;
    let has = |entry: &Entry| {
        entry.table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let at = entries.iter().position(|entry| match qualifier {
        Some(qualifier) => entry.alias.eq_ignore_ascii_case(qualifier),
        None => has(entry),
    })?;
    has(&entries[at]).then(|| (at, name.to_owned()))
}

/// `a.X = b.Y` gives Y the value of X.
fn spread(entries: &[Entry], conditions: &[Expr], known: &mut Vec<(ColumnOf, Vec<Val>)>) {
    let links: Vec<(ColumnOf, ColumnOf)> = conditions
        .iter()
        .filter_map(|condition| match condition {
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                Some((place(entries, left)?, place(entries, right)?))
            }
            _ => None,
        })
        .collect();
    let same = |a: &ColumnOf, b: &ColumnOf| a.0 == b.0 && a.1.eq_ignore_ascii_case(&b.1);
    for _ in 0..entries.len() {
        for (left, right) in &links {
            for (from, to) in [(left, right), (right, left)] {
                let value = known.iter().find(|(column, _)| same(column, from));
                if let Some((_, values)) = value
                    && !known.iter().any(|(column, _)| same(column, to))
                {
                    let values = values.clone();
                    known.push((to.clone(), values));
                }
            }
        }
    }
}

/// The index that finds the fewest rows: the one with the most leading columns of known value.
fn seek(keys: &Keys, known: &[(String, Vec<Val>)]) -> Option<Seek> {
    let value = |at: &usize| {
        let name = &keys.columns[*at].0;
        let found = known.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
        found.map(|(_, values)| SeekColumn {
            position: *at,
            name: name.clone(),
            values: values.clone(),
        })
    };
    let mut best: Option<Vec<SeekColumn>> = None;
    for (number, index) in keys.indexes.iter().enumerate() {
        let columns: Vec<SeekColumn> = index.iter().map_while(value).collect();
        if columns.is_empty() {
            continue;
        }
        // The primary key comes first. If it is known whole, it finds one row.
        if number == 0 && columns.len() == index.len() {
            return Some(Seek { columns });
        }
        if best.as_ref().is_none_or(|best| columns.len() > best.len()) {
            best = Some(columns);
        }
    }
    best.map(|columns| Seek { columns })
}
