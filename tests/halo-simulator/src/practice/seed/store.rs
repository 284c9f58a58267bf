//! Writes to the documents database.

use std::io::BufWriter;

use rusqlite::{Connection, Statement, params};

use super::Seeding;
use super::bytes::{File, FileType};

/// The store in use.
pub(super) const CURRENT: i64 = 2;
/// An older store.
pub(super) const OLDER: i64 = 1;

/// The table of a document's row.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    CorrespondenceIn,
    CorrespondenceOut,
    EpcReport,
    Investigation,
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Self::CorrespondenceIn => "CORRESPONDENCEIN",
            Self::CorrespondenceOut => "CORRESPONDENCEOUT",
            Self::EpcReport => "EPCREPORT",
            Self::Investigation => "INVESTIGATION",
        }
    }
}

/// A larger file is written piece by piece.
const AT_ONCE: usize = 262_144;

pub(super) struct Store<'c> {
    connection: &'c Connection,
    insert: Statement<'c>,
}

/// The place of a document's bytes.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) store: i64,
    pub(super) kind: Kind,
    pub(super) record: i64,
    pub(super) page: i64,
}

impl<'c> Store<'c> {
    pub(super) fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        let connection = seeding.connection;
        let insert = connection.prepare(
            "INSERT INTO BPSDocuments.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT) \
             VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, zeroblob(?7)))",
        )?;
        Ok(Self { connection, insert })
    }

    pub(super) fn insert(
        &mut self,
        at: Address,
        kind: FileType,
        size: usize,
        title: &str,
    ) -> rusqlite::Result<()> {
        let seed = (at.record as u64) << 8 | (at.page as u64) << 2 | at.kind as u64;
        let file = File::new(kind, size, title, seed);
        let small = (file.len() <= AT_ONCE).then(|| file.to_bytes());
        let large = small.is_none();
        let length = i64::try_from(file.len()).unwrap_or(i64::MAX);
        self.insert.execute(params![
            at.store,
            at.kind.text(),
            at.record,
            at.page,
            kind.extension(),
            small,
            length
        ])?;
        if large {
            let row = self.connection.last_insert_rowid();
            let blob =
                self.connection.blob_open("BPSDocuments", "DOCUMENTS", "CONTENT", row, false)?;
            let written = file.write(&mut BufWriter::with_capacity(AT_ONCE, blob));
            written.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        }
        Ok(())
    }
}
