//! The practice that every scenario works with: its connection in the table, and its records in the simulator.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::doubles::{Cloud, Halo};
use crate::error::Error;
use crate::events::{ACCOUNT, PRACTICE};

/// A patient with a record as the practice's seed has it.
pub(crate) const THIN: i64 = 1;
/// A patient whose record [`prepare`] makes long.
pub(crate) const LONG: i64 = 2;
/// How many rows the long record gets of each of three kinds.
const ROWS: i64 = 667;
const FOLDER_KIND: &str = "CORRESPONDENCEIN";
pub(crate) const MEGABYTES: [u32; 3] = [1, 20, 100];

/// The numbers of the documents that are staged, in the order of [`MEGABYTES`].
pub(crate) type Documents = [i64; 3];

/// Makes the long record and the large documents.
pub(crate) fn prepare(halo: &Halo) -> Result<Documents, Error> {
    let large = &halo.simulator.practices()[0];
    let patients = Connection::open(&large.database_file)?;
    patients.busy_timeout(std::time::Duration::from_secs(10))?;
    for table in ["PASTHISTORY", "IMMUNISATIONS", "CURRENTRX"] {
        lengthen(&patients, table)?;
    }
    let found: Vec<i64> = patients
        .prepare(
            "SELECT DOCUMENTID FROM CORRESPONDENCEIN \
             WHERE INTERNALID = ?1 AND STORED > 0 ORDER BY DOCUMENTID",
        )?
        .query_map([THIN], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let documents = Connection::open(&large.documents_file)?;
    documents.busy_timeout(std::time::Duration::from_secs(10))?;
    let mut chosen = Vec::new();
    for number in found {
        let Some(megabytes) = MEGABYTES.get(chosen.len()) else { break };
        // A document of several pages would be bound together first.
        let pages: i64 = documents.query_row(
            "SELECT count(*) FROM DOCUMENTS WHERE KIND = ?1 AND RECORDID = ?2",
            (FOLDER_KIND, number),
            |row| row.get(0),
        )?;
        if pages == 1 {
            documents.execute(
                "UPDATE DOCUMENTS SET CONTENT = ?1 WHERE KIND = ?2 AND RECORDID = ?3",
                (incompressible(*megabytes as usize * 1_000_000), FOLDER_KIND, number),
            )?;
            chosen.push(number);
        }
    }
    Documents::try_from(chosen).map_err(|_| Error::Halo("letters"))
}

/// Copies rows of the thin record until the long one has [`ROWS`] of this kind.
fn lengthen(patients: &Connection, table: &str) -> Result<(), Error> {
    let columns: Vec<String> = patients
        .prepare(&format!("PRAGMA table_info({table})"))?
        .query_map([], |row| row.get(1))?
        .collect::<Result<_, _>>()?;
    let kept: Vec<&str> =
        columns.iter().map(String::as_str).filter(|name| *name != "RECORDID").collect();
    let values: Vec<&str> =
        kept.iter().map(|name| if *name == "INTERNALID" { "?1" } else { *name }).collect();
    patients.execute(
        &format!(
            "WITH RECURSIVE times(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < ?3)
             INSERT INTO {table} ({}) SELECT {} FROM {table}, times
             WHERE INTERNALID = ?2 AND RECORDSTATUS = 1 LIMIT ?3",
            kept.join(", "),
            values.join(", ")
        ),
        (LONG, THIN, ROWS),
    )?;
    Ok(())
}

/// Bytes that do not compress, after the beginning of a PDF.
fn incompressible(size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    bytes.extend_from_slice(b"%PDF-1.7\n");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Stores the connected practice with its linked doctor, settings for bookings and one member of staff.
pub(crate) fn store(cloud: &Cloud, halo: &Halo) {
    let site = halo.simulator.practices()[0].site_id.as_str();
    let of_practice = format!("PRACTICE#{PRACTICE}");
    let connection = json!({
        "siteId": site,
        "site": {
            "haloGuid": halo.guid, "practiceName": "Bluegum Hollow Family Practice",
            "pmsVersion": "Oxford SP1", "haloLinkVersion": "26.713.10445", "lastHeartbeat": null,
            "clockAheadSeconds": null, "availability": "online",
        },
        "standing": "paired", "pairedAt": "2026-01-05T00:00:00Z", "generation": 0, "edition": 0,
    });
    let settings = json!({ "timeZone": "Australia/Sydney", "bookings": { "enabled": true,
        "locationId": 1, "durationMinutes": 15, "appointmentTypeCode": 1, "onlineWording": null } });
    let link = json!({ "userId": 1, "firstName": "Amelia", "lastName": "Thornbury",
        "providerNumberPrefix": null });
    let staff = json!({
        "staff": [{ "ahpraNumber": "MED9990000001", "firstName": "Amelia", "lastName": "Thornbury",
            "standing": { "state": "synced", "user": 1 } }],
        "site": site, "syncedAt": "2026-01-05T00:00:00Z",
    });
    let account = format!("CLINICIAN#ACCOUNT#{ACCOUNT}");
    let put = |pk: &str, sk: &str, item: Value| cloud.put((pk, sk), &item);
    put(&of_practice, "CONNECTION", json!({ "body": connection, "told": "paired" }));
    put(&of_practice, "SETTINGS", json!({ "body": settings }));
    put(&of_practice, &account, json!({ "body": link, "generation": 0 }));
    put(&format!("STAFF#{PRACTICE}"), "LIST", json!({ "body": staff, "version": 1 }));
}
