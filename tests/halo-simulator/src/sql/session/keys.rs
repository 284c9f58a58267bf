//! The keys of a table: the columns by which SQL Server could find its rows, and lock them one by one.

use std::sync::Arc;

use rusqlite::types::Value;

use super::super::SqlError;
use super::super::catalog::Table;
use super::super::convert::{self, Val};
use super::super::locks::{Image, Object, Seek, comparable};
use super::super::types::Type;
use super::super::undo::Keys;
use super::Session;

impl Session<'_> {
    /// The keys of a table that is not temporary.
    pub(super) fn keys(&self, table: &Table) -> Result<Arc<Keys>, SqlError> {
        if let Some(known) = self.work.keys.borrow().get(&table.qualified) {
            return Ok(Arc::clone(known));
        }
        let keys = self
            .read_keys(table)
            .map(Arc::new)
            .map_err(|error| SqlError::from_sqlite(&error, "SELECT"))?;
        self.work.keys.borrow_mut().insert(table.qualified.clone(), Arc::clone(&keys));
        Ok(keys)
    }

    fn read_keys(&self, table: &Table) -> rusqlite::Result<Keys> {
        let schema = table.qualified.split('.').next().unwrap_or_default().trim_matches('"');
        let mut statement = self
            .database
            .prepare_cached("SELECT name, type, pk FROM pragma_table_info(?1, ?2) ORDER BY cid")?;
        let rows = statement.query_map([table.name.as_str(), schema], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let mut columns = Vec::new();
        let mut primary = Vec::new();
        let mut numbered = false;
        for (at, row) in rows.enumerate() {
            let (name, kind, key) = row?;
            if key > 0 {
                primary.push((key, at));
                numbered = kind.eq_ignore_ascii_case("integer");
            }
            columns.push((name, Type::parse(&kind).unwrap_or(Type::Unknown)));
        }
        numbered &= primary.len() == 1;
        primary.sort_unstable();
        let mut indexes: Vec<Vec<usize>> = Vec::new();
        if !primary.is_empty() {
            indexes.push(primary.into_iter().map(|(_, at)| at).collect());
        }
        let mut statement = self.database.prepare_cached(
            "SELECT l.seq, i.cid FROM pragma_index_list(?1, ?2) AS l
             JOIN pragma_index_info(l.name, ?2) AS i
             WHERE l.origin <> 'pk' AND l.partial = 0 AND i.cid >= 0 ORDER BY l.seq, i.seqno",
        )?;
        let rows = statement.query_map([table.name.as_str(), schema], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })?;
        let mut last = None;
        for row in rows {
            let (index, column) = row?;
            let column = convert::to_usize(column);
            match indexes.last_mut() {
                Some(current) if last == Some(index) => current.push(column),
                _ => indexes.push(vec![column]),
            }
            last = Some(index);
        }
        let mut indexed: Vec<usize> = indexes.iter().flatten().copied().collect();
        indexed.sort_unstable();
        indexed.dedup();
        let current = self.catalog.current();
        let database = if schema == "dbo" { current } else { schema };
        let object = Object::from(format!("{database}.{}", table.name));
        let qualified = table.qualified.clone();
        Ok(Keys { object, qualified, columns, indexes, numbered, indexed })
    }

    /// The rows in this part of an index.
    pub(super) fn rows_found(
        &self,
        keys: &Keys,
        seek: &Seek,
    ) -> Result<Vec<(i64, Image)>, SqlError> {
        let mut values: Vec<Value> = Vec::new();
        let mut conditions = Vec::new();
        for column in &seek.columns {
            let (name, kind) = &keys.columns[column.position];
            let mut marks = Vec::new();
            for value in &column.values {
                // The `T` of a moment is the only letter that its column compares with case.
                values.push(match value {
                    Val::Text(text) if kind.is_temporal() => Val::Text(text.to_uppercase()),
                    other => other.clone(),
                });
                marks.push(format!("?{}", values.len()));
            }
            let collation = if kind.may_be_text() { " COLLATE BP" } else { "" };
            let name = super::super::catalog::quote(name);
            conditions.push(format!("{name}{collation} IN ({})", marks.join(", ")));
        }
        self.images(keys, &conditions.join(" AND "), values)
    }

    /// These rows, as far as they exist.
    pub(super) fn rows_numbered(
        &self,
        keys: &Keys,
        rows: &[i64],
    ) -> Result<Vec<(i64, Image)>, SqlError> {
        let list: Vec<String> = rows.iter().map(ToString::to_string).collect();
        self.images(keys, &format!("rowid IN ({})", list.join(", ")), Vec::new())
    }

    fn images(
        &self,
        keys: &Keys,
        condition: &str,
        values: Vec<Value>,
    ) -> Result<Vec<(i64, Image)>, SqlError> {
        let sql = format!(
            "SELECT rowid{} FROM {} WHERE {condition}",
            keys.indexed_list(),
            keys.qualified
        );
        let failed = |error: rusqlite::Error| SqlError::from_sqlite(&error, "SELECT");
        let mut statement = self.database.prepare_cached(&sql).map_err(failed)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| {
            let mut cells = Vec::with_capacity(keys.indexed.len());
            for (index, at) in keys.indexed.iter().enumerate() {
                cells.push((*at, comparable(row.get(index + 1)?)));
            }
            Ok((row.get(0)?, Image(cells)))
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }
}
