//! The schema, as SQL files that a database person can read.
//!
//! Text columns are declared with SQLite's own collation `RTRIM`, which ignores trailing blanks. So any
//! SQLite tool can filter, sort and count in the files. SQL Server also ignores case. The collation `BP`
//! does this, and the T-SQL engine names it in every comparison.

use rusqlite::Connection;

/// Tables come first, because views refer to them.
const PATIENTS: [&str; 16] = [
    include_str!("schema/patients.sql"),
    include_str!("schema/staff.sql"),
    include_str!("schema/appointments.sql"),
    include_str!("schema/clinical.sql"),
    include_str!("schema/medicines.sql"),
    include_str!("schema/visits.sql"),
    include_str!("schema/contacts.sql"),
    include_str!("schema/social.sql"),
    include_str!("schema/results.sql"),
    include_str!("schema/correspondence.sql"),
    include_str!("schema/views_people.sql"),
    include_str!("schema/views_appointments.sql"),
    include_str!("schema/views_clinical.sql"),
    include_str!("schema/views_visits.sql"),
    include_str!("schema/views_social.sql"),
    include_str!("schema/views_documents.sql"),
];

const DOCUMENTS: &str = include_str!("schema/documents.sql");

const DRUGS: &str = include_str!("schema/drugs.sql");

/// All texts of the schema.
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    PATIENTS.into_iter().chain([DOCUMENTS, DRUGS])
}

/// Creates the tables and views of the patients database in the connection's main database.
pub(super) fn create_patients(connection: &Connection) -> rusqlite::Result<()> {
    PATIENTS.iter().try_for_each(|file| connection.execute_batch(file))
}

/// Creates the documents database in the connection's main database.
pub(super) fn create_documents(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(DOCUMENTS)
}

/// Creates the tables of the drugs database, which is attached as `BPSDrugs`.
pub(super) fn create_drugs(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(DRUGS)
}
