//! INSERT, UPDATE and DELETE.

use std::rc::Rc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Insert, OutputClause, Query, SelectItem,
    SetExpr, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind, With,
};

use super::super::SqlError;
use super::super::batch::Changing;
use super::super::catalog::{Table, TableColumn, literal, quote};
use super::super::storing;
use super::super::types::Type;
use super::query::{Compiled, Tail};
use super::{Column, Compiler, Piece, Scope, Source, parts};

/// An INSERT, UPDATE or DELETE ready for SQLite.
pub(crate) struct Changed {
    pub(crate) statement: Compiled,
    /// The target of `OUTPUT ... INTO`: a table and its columns.
    pub(crate) into: Option<Vec<String>>,
    /// Whether the table has an identity column.
    pub(crate) identity: bool,
    pub(crate) table: Rc<Table>,
    /// Reads the rows that an UPDATE or DELETE will change: their numbers, then all columns.
    pub(crate) before: Option<Compiled>,
}

impl Compiler<'_> {
    pub(crate) fn insert(mut self, statement: &Changing<Insert>) -> Result<Changed, SqlError> {
        let Changing { statement: insert, with, top } = statement;
        let TableObject::TableName(name) = &insert.table else {
            return Err(SqlError::unsupported("INSERT into a function"));
        };
        let table = self.catalog.table(&parts(name), self.symbols, "INSERT")?;
        if table.is_view {
            return Err(SqlError::unsupported("INSERT into a view"));
        }
        let with = self.prefix(with.as_ref())?;
        let columns = target_columns(&table, insert)?;
        let list: Vec<String> = columns.iter().map(|column| quote(&column.name)).collect();
        let mut sql = format!("{with}INSERT INTO {} ", table.qualified);
        match &insert.source {
            None => sql += "DEFAULT VALUES",
            Some(query) => {
                let rows = self.source_rows(query, &table, &columns, !insert.columns.is_empty())?;
                sql += &format!("({}) {rows}", list.join(", "));
                if let Some(top) = top {
                    sql += &format!(" LIMIT {}", self.expr(top, &Scope::default())?.sql);
                }
            }
        }
        let (output, into, names) = self.output(insert.output.as_ref(), &table, "inserted")?;
        sql += &output;
        let identity = table.columns.iter().any(|column| column.identity);
        Ok(self.changed(sql, names, into, (table, identity), None))
    }

    fn source_rows(
        &mut self,
        query: &Query,
        table: &Table,
        columns: &[TableColumn],
        named: bool,
    ) -> Result<String, SqlError> {
        let values = matches!(query.body.as_ref(), SetExpr::Values(_));
        let count = |found: usize| {
            if found == columns.len() {
                return Ok(());
            }
            if !named {
                return Err(SqlError::wrong_width());
            }
            Err(SqlError::insert_width(values, found < columns.len()))
        };
        if let SetExpr::Values(values) = query.body.as_ref() {
            let scope = Scope::default();
            let mut rows = Vec::new();
            for row in &values.rows {
                count(row.len())?;
                let mut cells = Vec::new();
                for (expr, column) in row.iter().zip(columns) {
                    let default = matches!(expr, Expr::Identifier(ident) if ident.value.eq_ignore_ascii_case("DEFAULT"));
                    let piece = if default {
                        Piece::new("NULL", Type::Unknown)
                    } else {
                        self.expr(expr, &scope)?
                    };
                    cells.push(stored(&piece, table, column, "INSERT")?);
                }
                rows.push(format!("({})", cells.join(", ")));
            }
            return Ok(format!("VALUES {}", rows.join(", ")));
        }
        let rows = self.query(query, None)?;
        count(rows.columns.len())?;
        let cells: Result<Vec<String>, SqlError> = rows
            .columns
            .iter()
            .zip(columns)
            .enumerate()
            .map(|(index, ((_, kind), column))| {
                stored(&Piece::new(format!("_{}", index + 1), *kind), table, column, "INSERT")
            })
            .collect();
        // Without `WHERE 1`, SQLite would read a following clause as an upsert.
        Ok(format!("SELECT {} FROM ({}) WHERE 1", cells?.join(", "), rows.sql))
    }

    pub(crate) fn update(mut self, statement: &Changing<Update>) -> Result<Changed, SqlError> {
        let Changing { statement: update, with, top } = statement;
        let prefix = self.prefix(with.as_ref())?;
        let from: &[TableWithJoins] = match &update.from {
            Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) => {
                from
            }
            None => std::slice::from_ref(&update.table),
        };
        let target = target_name(&update.table)?;
        let table = self.changed_table(&target, from, "UPDATE")?;
        let (from_sql, sources) = self.from(from, None)?;
        let scope = Scope { sources, parent: None };
        let key = key_of(&scope, &target, &table)?;
        let mut list = vec![format!("{key} AS _key")];
        let mut sets = Vec::new();
        for (index, Assignment { target, value }) in update.assignments.iter().enumerate() {
            let AssignmentTarget::ColumnName(name) = target else {
                return Err(SqlError::syntax("("));
            };
            let name = parts(name).pop().unwrap_or_default();
            if name.starts_with('@') {
                return Err(SqlError::unsupported("UPDATE that sets a variable"));
            }
            let column = table
                .columns
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(&name))
                .ok_or_else(|| SqlError::invalid_column(&name))?;
            if table.has_identity && column.identity {
                return Err(SqlError::new(
                    8102,
                    format!("Cannot update identity column '{}'.", column.name),
                ));
            }
            let set = format!("{} = src.", quote(&column.name));
            if sets.iter().any(|known: &String| known.starts_with(&set)) {
                return Err(SqlError::named_twice(&column.name));
            }
            let piece = self.expr(value, &scope)?;
            list.push(format!("{} AS _{}", stored(&piece, &table, column, "UPDATE")?, index + 1));
            sets.push(format!("{} = src._{}", quote(&column.name), index + 1));
        }
        let mut inner = format!("SELECT {}{from_sql}", list.join(", "));
        if let Some(condition) = &update.selection {
            inner += &format!(" WHERE {}", self.condition(condition, &scope)?.sql);
        }
        if let Some(top) = top {
            inner += &format!(" LIMIT {}", self.expr(top, &scope)?.sql);
        }
        let before =
            self.before(&prefix, &table, &format!("SELECT src._key FROM ({inner}) AS src"));
        let (output, into, names) = self.output(update.output.as_ref(), &table, "inserted")?;
        let sql = format!(
            "{prefix}UPDATE {} AS tgt SET {} FROM ({inner}) AS src WHERE tgt.rowid = src._key{output}",
            table.qualified,
            sets.join(", ")
        );
        Ok(self.changed(sql, names, into, (table, false), Some(before)))
    }

    pub(crate) fn delete(mut self, statement: &Changing<Delete>) -> Result<Changed, SqlError> {
        let Changing { statement: delete, with, top } = statement;
        let prefix = self.prefix(with.as_ref())?;
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        // `DELETE a FROM t AS a`, `DELETE FROM a FROM t AS a` and `DELETE FROM t`.
        let target = match (delete.tables.first(), from.first()) {
            (Some(name), _) => parts(name),
            (None, Some(first)) => target_name(first)?,
            (None, None) => return Err(SqlError::syntax("DELETE")),
        };
        let from = delete.using.as_deref().unwrap_or(from);
        let table = self.changed_table(&target, from, "DELETE")?;
        let (from_sql, sources) = self.from(from, None)?;
        let scope = Scope { sources, parent: None };
        let key = key_of(&scope, &target, &table)?;
        let mut inner = format!("SELECT {key}{from_sql}");
        if let Some(condition) = &delete.selection {
            inner += &format!(" WHERE {}", self.condition(condition, &scope)?.sql);
        }
        if let Some(top) = top {
            let tail = Tail::default();
            let top = self.expr(top, &scope)?.sql;
            inner += &self.limit(Some(top), tail, None)?;
        }
        let before = self.before(&prefix, &table, &inner);
        let (output, into, names) = self.output(delete.output.as_ref(), &table, "deleted")?;
        let sql = format!(
            "{prefix}DELETE FROM {} AS tgt WHERE tgt.rowid IN ({inner}){output}",
            table.qualified
        );
        Ok(self.changed(sql, names, into, (table, false), Some(before)))
    }

    fn before(&self, prefix: &str, table: &Table, keys: &str) -> Compiled {
        let table = &table.qualified;
        Compiled {
            sql: format!(
                "{prefix}SELECT tgt.rowid, tgt.* FROM {table} AS tgt WHERE tgt.rowid IN ({keys})"
            ),
            columns: Vec::new(),
            binds: self.binds.clone(),
            tables: true,
            hinted: false,
        }
    }

    fn changed(
        self,
        sql: String,
        columns: Vec<(String, Type)>,
        into: Option<Vec<String>>,
        (table, identity): (Rc<Table>, bool),
        before: Option<Compiled>,
    ) -> Changed {
        let Self { binds, tables, hinted, .. } = self;
        let statement = Compiled { sql, columns, binds, tables, hinted };
        Changed { statement, into, identity, table, before }
    }

    fn prefix(&mut self, with: Option<&With>) -> Result<String, SqlError> {
        with.map_or_else(|| Ok(String::new()), |with| self.with(with, None))
    }

    /// The table that an UPDATE or DELETE changes, found by its alias in FROM or by its own name.
    fn changed_table(
        &self,
        target: &[String],
        from: &[TableWithJoins],
        verb: &str,
    ) -> Result<Rc<Table>, SqlError> {
        let factors = from.iter().flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
        });
        for factor in factors {
            if let TableFactor::Table { name, alias: Some(alias), .. } = factor
                && let [wanted] = target
                && alias.name.value.eq_ignore_ascii_case(wanted)
            {
                return self.catalog.table(&parts(name), self.symbols, verb);
            }
        }
        self.catalog.table(target, self.symbols, verb)
    }

    /// OUTPUT as RETURNING of SQLite.
    #[expect(clippy::type_complexity, reason = "three parts of one clause, used only here")]
    fn output(
        &mut self,
        output: Option<&OutputClause>,
        table: &Table,
        pseudo: &str,
    ) -> Result<(String, Option<Vec<String>>, Vec<(String, Type)>), SqlError> {
        let Some(OutputClause::Output { select_items, into_table, .. }) = output else {
            return Ok((String::new(), None, Vec::new()));
        };
        let columns = table
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                sql: quote(&column.name),
                kind: column.kind,
            })
            .collect();
        let scope = Scope {
            sources: vec![Source { name: pseudo.to_owned(), columns, key: None }],
            parent: None,
        };
        let items = self.items(select_items, &scope).map_err(|error| match error.number {
            4104 => SqlError::unsupported("OUTPUT of values that an UPDATE replaced"),
            _ => error,
        })?;
        let list: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(index, (_, piece))| format!("{} AS _{}", piece.sql, index + 1))
            .collect();
        let into =
            into_table.as_ref().and_then(|into| into.targets.first()).map(|target| match target {
                Expr::CompoundIdentifier(idents) => {
                    idents.iter().map(|ident| ident.value.clone()).collect()
                }
                other => vec![other.to_string()],
            });
        let names: Vec<(String, Type)> =
            items.into_iter().map(|(name, piece): (String, Piece)| (name, piece.kind)).collect();
        let _: &[SelectItem] = select_items;
        Ok((format!(" RETURNING {}", list.join(", ")), into, names))
    }
}

fn target_columns(table: &Table, insert: &Insert) -> Result<Vec<TableColumn>, SqlError> {
    if insert.columns.is_empty() {
        let skip_identity = table.has_identity;
        return Ok(table
            .columns
            .iter()
            .filter(|column| !(skip_identity && column.identity))
            .cloned()
            .collect());
    }
    let mut known: Vec<String> = Vec::new();
    insert
        .columns
        .iter()
        .map(|name| {
            let name = parts(name).pop().unwrap_or_default();
            let column = table
                .columns
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(&name))
                .ok_or_else(|| SqlError::invalid_column(&name))?;
            if table.has_identity && column.identity {
                return Err(SqlError::new(
                    544,
                    format!(
                        "Cannot insert explicit value for identity column in table '{}' when \
                         IDENTITY_INSERT is set to OFF.",
                        table.name
                    ),
                ));
            }
            if known.contains(&column.name) {
                return Err(SqlError::named_twice(&column.name));
            }
            known.push(column.name.clone());
            Ok(column.clone())
        })
        .collect()
}

fn stored(
    piece: &Piece,
    table: &Table,
    column: &TableColumn,
    verb: &str,
) -> Result<String, SqlError> {
    storing::implicit(piece.kind, column.kind)?;
    Ok(format!(
        "ts_store({}, {}, {}, {}, {}, {}, '{verb}')",
        piece.sql,
        literal(&piece.kind.to_string()),
        literal(&column.kind.to_string()),
        literal(&table.name),
        literal(&column.name),
        i32::from(column.not_null && !column.identity)
    ))
}

fn target_name(table: &TableWithJoins) -> Result<Vec<String>, SqlError> {
    match &table.relation {
        TableFactor::Table { name, .. } => Ok(parts(name)),
        other => Err(SqlError::unsupported(format!("changing {other}"))),
    }
}

fn key_of(scope: &Scope<'_>, target: &[String], table: &Table) -> Result<String, SqlError> {
    let wanted = target.last().map_or("", String::as_str);
    scope
        .sources
        .iter()
        .find(|source| source.name.eq_ignore_ascii_case(wanted))
        .or_else(|| {
            scope.sources.iter().find(|source| source.name.eq_ignore_ascii_case(&table.name))
        })
        .or_else(|| scope.sources.first().filter(|_| scope.sources.len() == 1))
        .and_then(|source| source.key.clone())
        .ok_or_else(|| SqlError::unsupported(format!("changing {}", target.join("."))))
}
