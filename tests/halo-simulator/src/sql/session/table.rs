//! Table variables and temporary tables.

use super::super::SqlError;
use super::super::batch::TableDefinition;
use super::super::catalog::{Table, TableColumn, quote};
use super::super::compile::Compiler;
use super::super::convert::Val;
use super::super::storing;
use super::super::types::Type;
use super::Session;
use super::access::Reading;

impl Session<'_> {
    pub(super) fn declare_table(
        &mut self,
        name: &str,
        definition: &TableDefinition,
    ) -> Result<(), SqlError> {
        let key = name.to_lowercase();
        if self.frame.symbols.tables.contains_key(&key) {
            return Ok(());
        }
        let physical = format!("{key}_{}", self.temporaries);
        self.create_table(&physical, definition)?;
        self.frame.symbols.tables.insert(key, physical);
        Ok(())
    }

    pub(super) fn create_table(
        &mut self,
        name: &str,
        definition: &TableDefinition,
    ) -> Result<(), SqlError> {
        let mut parts = Vec::new();
        for column in &definition.columns {
            let mut sql = column_sql(&column.name, column.kind, column.identity);
            if column.not_null && !column.identity {
                sql += " NOT NULL";
            }
            if column.unique && !column.identity {
                sql += " UNIQUE";
            }
            if let Some(default) = &column.default {
                let value = Compiler::new(&self.catalog, &self.frame.symbols).scalar(default)?;
                let value = value.sql.trim_start_matches("SELECT ").to_owned();
                sql += &format!(" DEFAULT ({value})");
            }
            parts.push(sql);
        }
        for key in &definition.keys {
            let list: Vec<String> = key.iter().map(|name| quote(name)).collect();
            parts.push(format!("UNIQUE ({})", list.join(", ")));
        }
        self.create(name, &parts)
    }

    /// Creates the table of `SELECT ... INTO #name`.
    pub(super) fn create_for_rows(
        &mut self,
        name: &str,
        columns: &[(String, Type)],
    ) -> Result<(), SqlError> {
        if let Some((index, _)) = columns.iter().enumerate().find(|(_, (name, _))| name.is_empty())
        {
            return Err(SqlError::new(
                1038,
                format!("An object or column name is missing or empty (column {}).", index + 1),
            ));
        }
        let parts: Vec<String> =
            columns.iter().map(|(name, kind)| column_sql(name, *kind, false)).collect();
        self.create(name, &parts)
    }

    fn create(&mut self, name: &str, parts: &[String]) -> Result<(), SqlError> {
        self.temporaries += 1;
        let sql = format!("CREATE TABLE temp.{} ({})", quote(name), parts.join(", "));
        self.database.execute_batch(&sql).map_err(|error| {
            if error.to_string().contains("already exists") {
                SqlError::new(
                    2714,
                    format!("There is already an object named '{name}' in the database."),
                )
            } else {
                SqlError::from_sqlite(&error, "CREATE")
            }
        })?;
        self.forget_temporary();
        self.created(name);
        if name.starts_with('#') {
            self.temporary.push((self.depth, name.to_owned()));
        }
        Ok(())
    }

    fn forget_temporary(&self) {
        self.catalog.forget_temporary();
        self.work.keys.borrow_mut().retain(|name, _| !name.starts_with("\"temp\""));
    }

    pub(super) fn drop_table(&mut self, name: &str, if_exists: bool) -> Result<(), SqlError> {
        let bare = name.rsplit('.').next().unwrap_or(name);
        if !bare.starts_with('#') {
            return Err(SqlError::new(
                3701,
                format!(
                    "Cannot drop the table '{name}', because it does not exist or you do not have permission."
                ),
            ));
        }
        let condition = if if_exists { "IF EXISTS " } else { "" };
        let sql = format!("DROP TABLE {condition}temp.{}", quote(bare));
        self.database.execute_batch(&sql).map_err(|_| {
            SqlError::new(
                3701,
                format!(
                    "Cannot drop the table '{name}', because it does not exist or you do not have permission."
                ),
            )
        })?;
        self.forget_temporary();
        Ok(())
    }

    /// The columns for values without names: the named ones, or all except identities.
    pub(super) fn target_columns(
        &self,
        target: &[String],
        named: &[String],
    ) -> Result<Vec<TableColumn>, SqlError> {
        let table = self.catalog.table(target, &self.frame.symbols, "INSERT")?;
        if named.is_empty() {
            let free = |column: &&TableColumn| !(table.has_identity && column.identity);
            return Ok(table.columns.iter().filter(free).cloned().collect());
        }
        let find = |name: &String| {
            let found = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            found.cloned().ok_or_else(|| SqlError::invalid_column(name))
        };
        named.iter().map(find).collect()
    }

    /// Inserts rows into a table variable or temporary table.
    pub(super) fn store_rows(
        &mut self,
        target: &[String],
        named: &[String],
        rows: &[Vec<Val>],
    ) -> Result<(), SqlError> {
        let table = self.catalog.table(target, &self.frame.symbols, "INSERT")?;
        let columns = self.target_columns(target, named)?;
        self.atomically(&table, None, (Reading::Nothing, false), |session| {
            session.store_each(&table, &columns, rows)
        })
    }

    fn store_each(
        &self,
        table: &Table,
        columns: &[TableColumn],
        rows: &[Vec<Val>],
    ) -> Result<(), SqlError> {
        let list: Vec<String> = columns.iter().map(|column| quote(&column.name)).collect();
        for row in rows {
            if row.len() > columns.len() {
                return Err(SqlError::wrong_width());
            }
            let marks: Vec<String> = (1..=row.len()).map(|index| format!("?{index}")).collect();
            let sql = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.qualified,
                list[..row.len()].join(", "),
                marks.join(", ")
            );
            let mut values = Vec::with_capacity(row.len());
            for (value, column) in row.iter().zip(columns) {
                let place = storing::Target {
                    table: &table.name,
                    column: &column.name,
                    not_null: column.not_null && !column.identity,
                    verb: "INSERT",
                };
                values.push(storing::store(value.clone(), Type::Unknown, column.kind, &place)?);
            }
            self.database
                .execute(&sql, rusqlite::params_from_iter(values))
                .map_err(|error| SqlError::from_sqlite(&error, "INSERT"))?;
        }
        Ok(())
    }
}

fn column_sql(name: &str, kind: Type, identity: bool) -> String {
    if identity {
        return format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", quote(name));
    }
    let collation = if kind.may_be_text() { " COLLATE BP" } else { "" };
    let declared = match kind {
        Type::Unknown => String::new(),
        Type::Json => "nvarchar(2000000000)".to_owned(),
        other => format!("{}{}", other.name(), arguments(other)),
    };
    format!("{} {declared}{collation}", quote(name))
}

/// The length or precision. SQLite takes only numbers, so `max` is written as no length.
fn arguments(kind: Type) -> String {
    match kind {
        Type::Text { length, .. } | Type::Binary { length, .. } => {
            format!("({})", length.map_or(2_000_000_000, |length| length))
        }
        Type::Decimal { precision, scale } => format!("({precision}, {scale})"),
        _ => String::new(),
    }
}
