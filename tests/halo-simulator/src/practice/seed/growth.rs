//! Makes a practice as large as a real one: the rows of its ordinary patients are copied to new patients.

use rusqlite::{Connection, params};

use super::super::cast::patient;

/// The patients of the large practice.
pub const PATIENTS: i64 = 50_000;
/// The documents in the record of all its patients.
pub const DOCUMENTS: i64 = 2_000_000;

/// Ordinary patients have larger numbers. Those up to here stand for problems of real records.
const LAST_OF_THE_CAST: i64 = 99;

/// The tables with documents, and the share of all documents that each holds, in percent. Items of the inbox
/// are no documents of the record; as many as this share are added.
const FOLDERS: [(&str, i64); 5] = [
    ("CORRESPONDENCEIN", 36),
    ("CORRESPONDENCEOUT", 26),
    ("INVESTIGATIONS", 36),
    ("EPCREPORTS", 2),
    ("INCOMINGREPORTS", 8),
];

/// Rows that the thickest patient gets from others. This patient has thousands of letters already.
const THICK: [(&str, i64); 8] = [
    ("OBSERVATIONS", 3_000),
    ("INVESTIGATIONS", 2_000),
    ("CORRESPONDENCEOUT", 1_000),
    ("EPCREPORTS", 100),
    ("PASTHISTORY", 300),
    ("CURRENTRX", 100),
    ("REACTIONS", 50),
    ("IMMUNISATIONS", 200),
];

/// Columns that no reader needs. They would only make the file larger.
const UNREAD: [&str; 6] =
    ["REQUESTDATE", "IMPORTDATE", "CHECKDATE", "ACTIONDATE", "UPDATED", "REPORTHEADER"];

/// The patient with the most rows.
const THICKEST: i64 = patient::MANY_DOCUMENTS;

pub(super) fn grow(connection: &Connection) -> rusqlite::Result<()> {
    let people: i64 = number(connection, "SELECT COUNT(*) FROM PATIENTS")?;
    let ordinary = number(
        connection,
        &format!("SELECT COUNT(*) FROM PATIENTS WHERE INTERNALID > {LAST_OF_THE_CAST}"),
    )?;
    let span = number(connection, "SELECT MAX(INTERNALID) FROM PATIENTS")?;
    let copies = (PATIENTS - people + ordinary - 1) / ordinary;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA main.cache_size = -262144;
         CREATE TEMP TABLE pass (n INTEGER PRIMARY KEY)",
    )?;
    let tables = tables_of_patients(connection)?;
    // An index is made faster after the rows.
    let indexes = indexes(connection)?;
    for (name, _) in &indexes {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    for (table, rows) in THICK {
        let template = Template::of(connection, table, "INTERNALID", rows)?;
        template.insert(1..=1, &THICKEST.to_string(), None)?;
    }
    for table in &tables {
        let is_folder = FOLDERS.iter().any(|(folder, _)| folder == table);
        // The appointment book is full already, and no patient appears in it twice at a time.
        if is_folder || table == "APPOINTMENTS" {
            continue;
        }
        let template = Template::of(connection, table, "INTERNALID", i64::MAX)?;
        let born = (table == "PATIENTS").then_some("DOB");
        template.insert(1..=copies, &format!("s.INTERNALID + p.n * {span}"), born)?;
    }
    for (table, percent) in FOLDERS {
        let template = Template::of(connection, table, "INTERNALID", i64::MAX)?;
        let there = number(connection, &format!("SELECT COUNT(*) FROM {table}"))?;
        let missing = DOCUMENTS * percent / 100 - there;
        let passes = (missing + template.rows - 1) / template.rows.max(1);
        let target = format!("s.INTERNALID + p.n % {} * {span}", copies + 1);
        let dated = match table {
            "CORRESPONDENCEIN" | "CORRESPONDENCEOUT" => "CORRESPONDENCEDATE",
            _ => "REPORTDATE",
        };
        template.insert(1..=passes, &target, Some(dated))?;
    }
    for (_, made) in &indexes {
        connection.execute_batch(made)?;
    }
    connection.execute(
        "UPDATE CORRESPONDENCEIN SET CLINICALIMAGE = 1 WHERE INTERNALID = ?1 AND DOCUMENTID % 50 = 0",
        [THICKEST],
    )?;
    // Every tenth letter has its file. More would only make the file larger: a file is read by its key.
    for (table, key) in [("CORRESPONDENCEIN", "DOCUMENTID"), ("CORRESPONDENCEOUT", "RECORDID")] {
        connection.execute_batch(&format!(
            "INSERT OR IGNORE INTO BPSDocuments.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT)
             SELECT STORED, '{table}', {key}, 1, 'txt', CAST('Letter ' || {key} AS BLOB)
             FROM {table} WHERE STORED > 0 AND {key} % 10 = 0"
        ))?;
    }
    // Visits of our platform among the appointments to come.
    connection.execute(
        "UPDATE APPOINTMENTS SET INTERNALID = 0, REASON = 'Visit [PB' || printf('%023d', RECORDID) || ']'
         WHERE APPOINTMENTDATE > ?1 AND RECORDSTATUS = 1 AND RECORDID % 53 = 0",
        params![super::midnight(super::day(1))],
    )?;
    // Some of our messages, in the inbox and filed.
    for (kind, table, key) in
        [(1, "INCOMINGREPORTS", "REPORTID"), (2, "CORRESPONDENCEIN", "DOCUMENTID")]
    {
        connection.execute_batch(&format!(
            "UPDATE {table} SET USERREFERENCE = 'PB{kind}' || printf('%022d', n), RECORDSTATUS = 1, CHECKEDBY = 0
             FROM (SELECT {key} AS id, row_number() OVER (ORDER BY {key}) AS n FROM {table}
                   WHERE INTERNALID > {LAST_OF_THE_CAST} LIMIT 20) WHERE {key} = id"
        ))?;
    }
    connection.execute_batch("DROP TABLE pass; PRAGMA analysis_limit = 2000; ANALYZE main;")
}

/// Copies of some ordinary patients' rows, ready to be inserted many times.
struct Template<'c> {
    connection: &'c Connection,
    table: &'c str,
    columns: Vec<String>,
    rows: i64,
}

impl<'c> Template<'c> {
    fn of(
        connection: &'c Connection,
        table: &'c str,
        order: &str,
        most: i64,
    ) -> rusqlite::Result<Self> {
        let mut described = connection.prepare(
            "SELECT name, CASE WHEN type LIKE '%char%' OR type LIKE '%text%' THEN 1 WHEN type LIKE 'image' THEN 2 ELSE 0 END
             FROM pragma_table_info(?1) WHERE NOT (pk > 0 AND upper(type) = 'INTEGER' AND name <> 'INTERNALID')",
        )?;
        let described: Vec<(String, i64)> = described
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        // Padding and long texts would only make the file larger.
        let values: Vec<String> = described
            .iter()
            .map(|(column, kind)| match kind {
                _ if UNREAD.contains(&column.as_str()) => format!("NULL AS {column}"),
                1 => format!("substr(rtrim({column}), 1, 24) AS {column}"),
                2 => format!("substr({column}, 1, 16) AS {column}"),
                _ => column.clone(),
            })
            .collect();
        connection.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.source;
             CREATE TEMP TABLE source AS SELECT {} FROM {table} WHERE INTERNALID > {LAST_OF_THE_CAST}
             ORDER BY {order} LIMIT {most}",
            values.join(", ")
        ))?;
        let rows = number(connection, "SELECT COUNT(*) FROM temp.source")?;
        let columns = described.into_iter().map(|(column, _)| column).collect();
        Ok(Self { connection, table, columns, rows })
    }

    /// Inserts the rows once for each pass, for the patient that `patient` names. `shifted` is a date that
    /// moves back with each pass.
    fn insert(
        &self,
        passes: std::ops::RangeInclusive<i64>,
        patient: &str,
        shifted: Option<&str>,
    ) -> rusqlite::Result<()> {
        self.connection.execute_batch("DELETE FROM temp.pass")?;
        let mut pass = self.connection.prepare("INSERT INTO temp.pass VALUES (?1)")?;
        for number in passes {
            pass.execute([number])?;
        }
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|column| match column.as_str() {
                "INTERNALID" => patient.to_owned(),
                column if shifted == Some(column) => {
                    format!(
                        "strftime('%Y-%m-%dT00:00:00', s.{column}, '-' || (p.n * 11) || ' days')"
                    )
                }
                column => format!("s.{column}"),
            })
            .collect();
        // The pass is the outer loop, so that patients come in the order of their numbers.
        self.connection.execute_batch(&format!(
            "INSERT INTO {} ({}) SELECT {} FROM temp.pass AS p CROSS JOIN temp.source AS s",
            self.table,
            self.columns.join(", "),
            values.join(", ")
        ))
    }
}

/// The tables whose rows belong to patients.
fn tables_of_patients(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT m.name FROM sqlite_master AS m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'
         AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) AS c WHERE c.name = 'INTERNALID') ORDER BY m.name",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The name of each index, and the statement that makes it.
fn indexes(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
    )?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn number(connection: &Connection, sql: &str) -> rusqlite::Result<i64> {
    connection.query_row(sql, [], |row| row.get(0))
}
