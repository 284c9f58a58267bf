//! The content of a practice's Bp.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;

use super::clinic::{Sent, To, hash};

/// A practice's two databases.
pub(super) struct Tables {
    practice: Connection,
    documents: Connection,
    /// How many rows there were before.
    before: Rows,
}

/// Numbers of rows: letters, messages (in the inbox, and filed by a doctor), and their bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Rows {
    out: usize,
    inbox: usize,
    bytes: usize,
}

/// The tables of messages and letters: the table, its key, and its kind in the documents database.
const OUT: [&str; 3] = ["CORRESPONDENCEOUT", "RECORDID", "CORRESPONDENCEOUT"];
const INBOX: [&str; 3] = ["INCOMINGREPORTS", "REPORTID", "INCOMINGREPORT"];
const FILED: [&str; 3] = ["CORRESPONDENCEIN", "DOCUMENTID", "CORRESPONDENCEIN"];

/// A row with our mark.
#[derive(Debug)]
struct Kept {
    record: i64,
    token: String,
    subject: String,
    patient: i64,
    user: i64,
    contact: String,
}

impl Tables {
    /// Opens the databases of a practice that the simulator describes.
    pub(super) fn open(there: &Value) -> Self {
        let open = |field: &str| {
            let connection = Connection::open(there[field].as_str().unwrap()).unwrap();
            connection.busy_timeout(Duration::from_secs(20)).unwrap();
            connection
        };
        let (practice, documents) = (open("databaseFile"), open("documentsFile"));
        let before = rows(&practice, &documents);
        Self { practice, documents, before }
    }

    /// Every row that we wrote to one of the tables.
    fn kept(&self, [table, key, _]: [&str; 3]) -> Vec<Kept> {
        let sql = format!(
            "SELECT {key}, rtrim(USERREFERENCE), rtrim(SUBJECT), INTERNALID, USERID,
                rtrim(coalesce(CONTACTNAME, ''))
             FROM {table} WHERE USERREFERENCE LIKE 'PB%' ORDER BY {key}"
        );
        let mut statement = self.practice.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok(Kept {
                record: row.get(0)?,
                token: row.get(1)?,
                subject: row.get(2)?,
                patient: row.get(3)?,
                user: row.get(4)?,
                contact: row.get(5)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The newest of our messages that no doctor has checked.
    pub(super) fn newest_message(&self) -> Option<i64> {
        let sql = "SELECT REPORTID FROM INCOMINGREPORTS
            WHERE USERREFERENCE LIKE 'PB%' AND CHECKEDBY = 0 ORDER BY REPORTID DESC LIMIT 1";
        self.practice.query_row(sql, [], |row| row.get(0)).optional().unwrap()
    }

    /// Whether a record's number belongs to a document with this subject.
    pub(super) fn is_about(&self, record: i64, subject: &str) -> bool {
        [OUT, INBOX, FILED].into_iter().any(|[table, key, _]| {
            let sql =
                format!("SELECT count(*) FROM {table} WHERE {key} = ?1 AND rtrim(SUBJECT) = ?2");
            let found =
                self.practice.query_row(&sql, (record, subject), |row| row.get::<_, i64>(0));
            found.unwrap() > 0
        })
    }

    /// Compares all new rows with what was sent: nothing is missing, nothing is there twice, nothing else
    /// is there, and each row belongs to the right patient and doctor.
    pub(super) fn verify(&self, site: &str, sent: &BTreeMap<String, Sent>) {
        let mut tokens = BTreeSet::new();
        let (letters, messages): (Vec<&Sent>, Vec<&Sent>) =
            sent.values().partition(|one| matches!(one.to, To::Recipient(_)));
        for (place, expected) in [(OUT, &letters), (INBOX, &messages)] {
            let kept = self.kept(place);
            let mut found: BTreeMap<&str, &Kept> = BTreeMap::new();
            for one in &kept {
                assert_eq!(one.token.len(), 25, "{site}: the mark is not whole: {one:?}");
                assert!(tokens.insert(one.token.clone()), "{site}: one mark twice: {one:?}");
                let other = found.insert(&one.subject, one);
                assert!(other.is_none(), "{site}: it is there twice: {one:?} {other:?}");
            }
            for one in expected {
                let kept = found
                    .remove(one.subject.as_str())
                    .unwrap_or_else(|| panic!("{site}: not in {}: {one:?}", place[0]));
                self.is_right(site, place, one, kept);
            }
            assert!(found.is_empty(), "{site}: nobody sent {found:?}");
        }
        let now = rows(&self.practice, &self.documents);
        let came = Rows {
            out: now.out - self.before.out,
            inbox: now.inbox - self.before.inbox,
            bytes: now.bytes - self.before.bytes,
        };
        let expected = Rows {
            out: letters.len(),
            inbox: messages.len(),
            bytes: letters.len() + messages.len(),
        };
        assert_eq!(came, expected, "{site}: rows that came");
    }

    fn is_right(&self, site: &str, [_, _, kind]: [&str; 3], sent: &Sent, kept: &Kept) {
        assert_eq!(kept.patient, sent.patient, "{site}: under another patient: {kept:?}");
        match &sent.to {
            To::Recipient(name) => assert_eq!(kept.contact, *name, "{site}: {kept:?}"),
            To::User(user) => assert_eq!(kept.user, *user, "{site}: another doctor: {kept:?}"),
        }
        // If a doctor has checked it, it is filed, together with its bytes.
        let filed = self.kept(FILED).into_iter().filter(|one| one.token == kept.token);
        let filed: Vec<i64> = filed.map(|one| one.record).collect();
        let (kind, record) = match filed[..] {
            [] => (kind, kept.record),
            [filed] => (FILED[2], filed),
            _ => panic!("{site}: filed twice: {kept:?}"),
        };
        let mut statement = self
            .documents
            .prepare_cached(
                "SELECT CONTENT FROM DOCUMENTS WHERE rtrim(KIND) = ?1 AND RECORDID = ?2",
            )
            .unwrap();
        let contents = statement.query_map((kind, record), |row| row.get::<_, Vec<u8>>(0)).unwrap();
        let hashes: Vec<String> = contents.map(|content| hash(&content.unwrap())).collect();
        assert_eq!(hashes, std::slice::from_ref(&sent.sha256), "{site}: other bytes: {kept:?}");
    }
}

fn rows(practice: &Connection, documents: &Connection) -> Rows {
    let count = |connection: &Connection, table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        let found = connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap();
        usize::try_from(found).unwrap()
    };
    Rows {
        out: count(practice, OUT[0]),
        inbox: count(practice, INBOX[0]),
        bytes: count(documents, "DOCUMENTS"),
    }
}
