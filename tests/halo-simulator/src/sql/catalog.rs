//! The tables and views, and what the login may access.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::Connection;

use super::declared;
use super::objects::{DRUGS, is_internal};
use super::types::Type;
use super::{Environment, SqlError};

/// A table or view.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name, quoted for SQLite.
    pub(crate) qualified: String,
    /// The name in the schema's casing.
    pub(crate) name: String,
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) has_identity: bool,
    pub(crate) is_view: bool,
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) not_null: bool,
    /// SQLite assigns the value automatically: the column is a rowid alias.
    pub(crate) identity: bool,
}

/// The variables that the current batch has declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    /// Variables by lower-case name.
    pub(crate) variables: HashMap<String, Type>,
    /// Table variables by lower-case name, with the temporary table behind each.
    pub(crate) tables: HashMap<String, String>,
}

/// The database's objects as the login sees them.
pub(crate) struct Catalog<'a> {
    pub(crate) database: &'a Connection,
    pub(crate) environment: &'a Environment,
    /// While a procedure's body runs, its owner's rights apply instead of the caller's.
    pub(crate) as_owner: Cell<bool>,
    cache: RefCell<HashMap<String, Option<Rc<Table>>>>,
}

pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl<'a> Catalog<'a> {
    pub(crate) fn new(database: &'a Connection, environment: &'a Environment) -> Self {
        Self { database, environment, as_owner: Cell::new(false), cache: RefCell::default() }
    }

    pub(crate) fn is_denied(&self, object: &str) -> bool {
        !self.as_owner.get()
            && self
                .environment
                .denied_objects
                .iter()
                .any(|denied| denied.eq_ignore_ascii_case(object))
    }

    /// Forgets temporary tables, because a batch can create and drop them.
    pub(crate) fn forget_temporary(&self) {
        self.cache.borrow_mut().retain(|key, _| !key.starts_with("temp."));
    }

    /// Finds the object that a statement names.
    pub(crate) fn table(
        &self,
        parts: &[String],
        symbols: &Symbols,
        verb: &str,
    ) -> Result<Rc<Table>, SqlError> {
        let written = parts.join(".");
        let unknown = || SqlError::invalid_object(&written);
        let object = parts.last().ok_or_else(unknown)?;
        if object.starts_with('@') {
            let physical = symbols.tables.get(&object.to_lowercase()).ok_or_else(|| {
                SqlError::new(1087, format!("Must declare the table variable \"{object}\"."))
            })?;
            return self.find("temp", physical)?.ok_or_else(unknown);
        }
        if object.starts_with('#') {
            return self.find("temp", object)?.ok_or_else(unknown);
        }
        if is_internal(object) {
            return Err(unknown());
        }
        let schema = match parts {
            [_] => "dbo".to_owned(),
            [schema, _] if schema.eq_ignore_ascii_case("dbo") => "dbo".to_owned(),
            [database, schema, _] if schema.is_empty() || schema.eq_ignore_ascii_case("dbo") => {
                self.database_named(database).ok_or_else(unknown)?.file
            }
            _ => return Err(unknown()),
        };
        let table = self.find(&schema, object)?.ok_or_else(unknown)?;
        if self.is_denied(&table.name) || (schema == DRUGS && verb != "SELECT") {
            return Err(SqlError::denied(verb, &table.name));
        }
        Ok(table)
    }

    /// The attached databases other than `main` and `temp`.
    pub(crate) fn attachments(&self) -> Vec<String> {
        let names = || -> rusqlite::Result<Vec<String>> {
            let mut statement =
                self.database.prepare_cached("SELECT name FROM pragma_database_list")?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        let mut names = names().unwrap_or_default();
        names.retain(|name| name != "main" && name != "temp");
        names
    }

    fn find(&self, schema: &str, object: &str) -> Result<Option<Rc<Table>>, SqlError> {
        let key = format!("{schema}.{}", object.to_lowercase());
        if let Some(known) = self.cache.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = self
            .read(schema, object)
            .map_err(|error| SqlError::from_sqlite(&error, "SELECT"))?
            .map(Rc::new);
        self.cache.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn read(&self, schema: &str, object: &str) -> rusqlite::Result<Option<Table>> {
        use rusqlite::OptionalExtension as _;
        let sql = format!(
            "SELECT name, type, sql FROM {}.sqlite_master
             WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
            quote(schema)
        );
        let row = self.database.prepare_cached(&sql).and_then(|mut statement| {
            statement
                .query_row([object], |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                    ))
                })
                .optional()
        });
        let Some((name, kind, definition)) = row.or_else(|error| match error {
            // The practice's file is not attached, so the object does not exist.
            rusqlite::Error::SqliteFailure(_, Some(ref text))
                if text.starts_with("no such table") =>
            {
                Ok(None)
            }
            other => Err(other),
        })?
        else {
            return Ok(None);
        };
        let mut statement = self
            .database
            .prepare_cached("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1, ?2)")?;
        let rows = statement.query_map([name.as_str(), schema], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })?;
        let mut columns = Vec::new();
        let mut keys = 0;
        for row in rows {
            let (column, kind, not_null, key) = row?;
            keys += i64::from(key > 0);
            if self.is_missing(&name, &column) {
                continue;
            }
            let kind = match declared::computed(&column) {
                Some(computed) if kind.is_empty() => computed.to_owned(),
                _ => kind,
            };
            columns.push(TableColumn {
                identity: key > 0 && kind.eq_ignore_ascii_case("integer"),
                kind: Type::parse(&kind).unwrap_or(Type::Unknown),
                name: column,
                not_null: not_null || key > 0,
            });
        }
        let single_key = keys == 1;
        for column in &mut columns {
            column.identity &= single_key;
        }
        Ok(Some(Table {
            qualified: format!("{}.{}", quote(schema), quote(&name)),
            has_identity: definition.to_ascii_uppercase().contains("AUTOINCREMENT"),
            is_view: kind == "view",
            name,
            columns,
        }))
    }

    fn is_missing(&self, object: &str, column: &str) -> bool {
        self.environment
            .missing_columns
            .iter()
            .any(|(o, c)| o.eq_ignore_ascii_case(object) && c.eq_ignore_ascii_case(column))
    }
}
