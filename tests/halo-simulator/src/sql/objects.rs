//! The databases on the practice's server and their objects, as the catalogue lists them.

use super::catalog::{Catalog, literal, quote};
use super::procedures;

/// The patients database, which also has the procedures.
pub(crate) const PATIENTS: &str = "BPSPatients";
const DOCUMENTS: &str = "BPSDocuments";
/// Bp's sample practice of made-up people. In the simulator everyone is made up, so it is the practice
/// itself.
const SAMPLES: &str = "BPSSamples";
/// The vendor's reference data. No login changes it.
pub(crate) const DRUGS: &str = "BPSDrugs";

/// The first id of procedures. The ids of tables and views are their positions in SQLite's list.
const FIRST_PROCEDURE: usize = 900_000;

/// A database: its name, and the SQLite schema that holds it.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) file: String,
}

/// Whether the object belongs to the simulator or to SQLite. No login sees it.
pub(crate) fn is_internal(object: &str) -> bool {
    let lower = object.to_ascii_lowercase();
    lower.starts_with("sqlite_") || lower.starts_with("simulator_")
}

impl Catalog<'_> {
    /// The database that `dbo.` means.
    pub(crate) fn current(&self) -> &'static str {
        if self.attachments().iter().any(|name| name == PATIENTS) { DOCUMENTS } else { PATIENTS }
    }

    /// Every database that can qualify a name.
    pub(crate) fn databases(&self) -> Vec<Database> {
        let current = self.current();
        let named =
            |name: &str, file: &str| Database { name: name.to_owned(), file: file.to_owned() };
        let samples = if current == PATIENTS { "dbo" } else { PATIENTS };
        let mut all = vec![named(current, "dbo"), named(SAMPLES, samples)];
        all.extend(
            self.attachments().iter().filter(|name| *name != "dbo").map(|name| named(name, name)),
        );
        all
    }

    /// The database that has this name in statements.
    pub(crate) fn database_named(&self, name: &str) -> Option<Database> {
        self.databases().into_iter().find(|database| database.name.eq_ignore_ascii_case(name))
    }

    /// A condition on `m.name`: the object is not internal and not denied to the login.
    fn visible(&self) -> String {
        let denied: Vec<String> =
            self.environment.denied_objects.iter().map(|object| literal(object)).collect();
        format!(
            "m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE 'simulator\\_%' ESCAPE '\\' \
             AND m.name COLLATE NOCASE NOT IN ({})",
            denied.join(", ")
        )
    }

    /// SQL for the objects of a database that the login can see: `id`, `name` and `type` (`U`, `V`, `P`).
    pub(crate) fn objects_of(&self, database: &Database) -> String {
        let mut parts = vec![format!(
            "SELECT m.rowid + 1000 AS id, m.name AS name,
                CASE m.type WHEN 'view' THEN 'V' ELSE 'U' END AS type
             FROM {}.sqlite_master AS m WHERE m.type IN ('table', 'view') AND {}",
            quote(&database.file),
            self.visible()
        )];
        if matches!(database.name.as_str(), PATIENTS | SAMPLES) {
            for (index, procedure) in procedures::names().enumerate() {
                if !self.is_denied(procedure) {
                    let id = FIRST_PROCEDURE + index;
                    parts.push(format!("SELECT {id}, {}, 'P'", literal(procedure)));
                }
            }
        }
        parts.join(" UNION ALL ")
    }

    /// SQL for the columns of a database that the login can see: `id`, `object`, `number`, `name`,
    /// `declared`, `optional` and `counted` (whether it is an identity).
    pub(crate) fn columns_of(&self, database: &Database) -> String {
        let missing: Vec<String> = self
            .environment
            .missing_columns
            .iter()
            .map(|(object, column)| literal(&format!("{object}.{column}")))
            .collect();
        format!(
            "SELECT m.rowid + 1000 AS id, m.name AS object, c.cid + 1 AS number, c.name AS name,
                CASE WHEN c.type = '' THEN coalesce(ts_computed(c.name), 'sql_variant') ELSE c.type END
                    AS declared,
                NOT (c.\"notnull\" OR c.pk) AS optional,
                (c.pk > 0 AND m.sql LIKE '%AUTOINCREMENT%') AS counted
             FROM {}.sqlite_master AS m JOIN pragma_table_info(m.name, {}) AS c
             WHERE m.type IN ('table', 'view') AND {}
                AND (m.name || '.' || c.name) COLLATE NOCASE NOT IN ({})",
            quote(&database.file),
            literal(&database.file),
            self.visible(),
            missing.join(", ")
        )
    }

    /// SQL for the id of a visible object. The SQL in `name` computes the object's name, which may start
    /// with a database. The SQL in `kind`, if present, computes one of SQL Server's object types.
    pub(crate) fn object_lookup(&self, name: &str, kind: Option<&str>) -> String {
        let mut all = self.databases();
        all.push(Database { name: "tempdb".to_owned(), file: "temp".to_owned() });
        let parts: Vec<String> = all
            .iter()
            .map(|database| {
                format!(
                    "SELECT id, name, type, {} AS place FROM ({})",
                    literal(&database.name),
                    self.objects_of(database)
                )
            })
            .collect();
        let kind =
            kind.map_or_else(String::new, |kind| format!(" AND type = upper(rtrim({kind}))"));
        format!(
            "SELECT id FROM ({}) WHERE name = ts_object({name}) COLLATE NOCASE
             AND place = ifnull(ts_object_database({name}), {}) COLLATE NOCASE{kind}",
            parts.join(" UNION ALL "),
            literal(self.current())
        )
    }

    /// SQL for OBJECT_NAME.
    pub(crate) fn object_name(&self, id: &str) -> String {
        let current = Database { name: self.current().to_owned(), file: "dbo".to_owned() };
        format!("(SELECT name FROM ({}) WHERE id = {id})", self.objects_of(&current))
    }

    /// SQL for COL_LENGTH.
    pub(crate) fn column_length(&self, table: &str, column: &str) -> String {
        let current = Database { name: self.current().to_owned(), file: "dbo".to_owned() };
        format!(
            "(SELECT ts_type_length(declared) FROM ({}) WHERE name = {column} COLLATE NOCASE
              AND id = ({} LIMIT 1))",
            self.columns_of(&current),
            self.object_lookup(table, None)
        )
    }
}
