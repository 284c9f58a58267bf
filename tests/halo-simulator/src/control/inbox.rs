//! A doctor checks an item in the inbox, which moves it to Correspondence In.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use bytes::Bytes;
use jiff::civil::DateTime;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    practices::find,
    problem::{Problem, read},
};
use crate::cloud::World;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Check {
    user_id: i64,
    notation: i64,
    action: i64,
}

enum Filing {
    /// The new row's key.
    Moved(i64),
    NoSuchItem,
    NoSuchUser,
    CheckedBefore,
    NotAllocated,
}

pub(super) async fn check(
    State(world): State<Arc<World>>,
    Path((site_id, record_id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let site = find(&world, &site_id)?;
    let wanted: Check = read(&body)?;
    for (name, code) in [("notation", wanted.notation), ("action", wanted.action)] {
        if !(0..=7).contains(&code) {
            return Err(Problem::BadRequest(format!("{name} must be between 0 and 7")));
        }
    }
    let report: i64 = record_id
        .parse()
        .map_err(|_| Problem::BadRequest("the record id is not a number".to_owned()))?;
    let now = world.clock.practice_time(&site.identity.zone);
    let done = site.with_patients(move |connection| file(connection, report, wanted, now)).await?;
    match done {
        Filing::Moved(document) => Ok(Json(json!({
            "siteId": site_id,
            "reportId": report,
            "documentId": document,
            "checkedBy": wanted.user_id,
        }))),
        Filing::NoSuchItem => {
            Err(Problem::NotFound("the inbox has no item with this id".to_owned()))
        }
        Filing::NoSuchUser => Err(Problem::BadRequest("there is no such user".to_owned())),
        Filing::CheckedBefore => Err(Problem::Conflict("the item is already checked".to_owned())),
        Filing::NotAllocated => Err(Problem::Conflict(
            "the item has no patient yet; allocate it before it is checked".to_owned(),
        )),
    }
}

fn file(
    connection: &mut Connection,
    report: i64,
    check: Check,
    now: DateTime,
) -> rusqlite::Result<Filing> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let item: Option<(i64, i64)> = transaction
        .query_row(
            "SELECT INTERNALID, CHECKEDBY FROM dbo.INCOMINGREPORTS \
             WHERE REPORTID = ?1 AND RECORDSTATUS = 1",
            [report],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let user: Option<i64> = transaction
        .query_row(
            "SELECT USERID FROM dbo.USERS WHERE USERID = ?1 AND USERID <> 0",
            [check.user_id],
            |row| row.get(0),
        )
        .optional()?;
    match (item, user) {
        (None, _) => return Ok(Filing::NoSuchItem),
        (_, None) => return Ok(Filing::NoSuchUser),
        (Some((_, checked_by)), _) if checked_by != 0 => return Ok(Filing::CheckedBefore),
        (Some((0, _)), _) => return Ok(Filing::NotAllocated),
        _ => {}
    }
    let moment = now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let midnight = now.strftime("%Y-%m-%dT00:00:00").to_string();
    transaction.execute(
        "UPDATE dbo.INCOMINGREPORTS SET CHECKSTATUS = 1, CHECKDATE = ?2, CHECKEDBY = ?3, \
         NOTATION = ?4, ACTION = ?5, UPDATED = ?6, UPDATEDBY = ?3 WHERE REPORTID = ?1",
        params![report, midnight, check.user_id, check.notation, check.action, moment],
    )?;
    transaction.execute(
        "INSERT INTO dbo.CORRESPONDENCEIN (RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, \
         CORRESPONDENCEDATE, CONTACTID, CONTACTNAME, CATEGORY, SUBJECT, DETAIL, CONFIDENTIALFLAG, \
         USERREFERENCE, CHECKDATE, CHECKEDBY, NOTATION, ACTION, COMMENT, ACTIONED, ACTIONDATE, \
         CLINICALIMAGE, CREATED, CREATEDBY, LOCATIONID, STATUSCODE, SENDERNAME) \
         SELECT 1, 0, 0, INTERNALID, USERID, coalesce(CORRESPONDENCEDATE, REPORTDATE, ?3), \
         CONTACTID, CONTACTNAME, substr(CATEGORY || '                                        ', 1, 40), \
         SUBJECT || ' ', DETAIL, CONFIDENTIAL, USERREFERENCE, CHECKDATE, CHECKEDBY, NOTATION, \
         ACTION, COMMENT, 0, ACTIONDATE, 0, ?2, ?4, LOCATIONID, 1, rtrim(CONTACTNAME) \
         FROM dbo.INCOMINGREPORTS WHERE REPORTID = ?1",
        params![report, moment, midnight, check.user_id],
    )?;
    let document = transaction.last_insert_rowid();
    move_bytes(&transaction, report, document)?;
    transaction.commit()?;
    Ok(Filing::Moved(document))
}

/// Moves the bytes together with their row. The text of a report without a file becomes a text file.
fn move_bytes(connection: &Connection, report: i64, document: i64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE BPSDocuments.DOCUMENTS SET KIND = 'CORRESPONDENCEIN', RECORDID = ?2 \
         WHERE rtrim(KIND) IN ('INCOMINGREPORT', 'INCOMINGREPORTS') AND RECORDID = ?1",
        [report, document],
    )?;
    connection.execute(
        "INSERT INTO BPSDocuments.DOCUMENTS (STORE, KIND, RECORDID, PAGENUMBER, FILETYPE, CONTENT) \
         SELECT (SELECT max(CURRENTSTORE) FROM dbo.DOCUMENTSTORE), 'CORRESPONDENCEIN', ?2, 1, \
         'txt', CAST(REPORTBODY AS BLOB) FROM dbo.INCOMINGREPORTS \
         WHERE REPORTID = ?1 AND length(trim(coalesce(REPORTBODY, ''))) > 0 \
         AND NOT EXISTS (SELECT 1 FROM BPSDocuments.DOCUMENTS \
         WHERE rtrim(KIND) = 'CORRESPONDENCEIN' AND RECORDID = ?2)",
        [report, document],
    )?;
    connection.execute(
        "UPDATE dbo.CORRESPONDENCEIN SET STORED = coalesce((SELECT max(STORE) \
         FROM BPSDocuments.DOCUMENTS WHERE rtrim(KIND) = 'CORRESPONDENCEIN' AND RECORDID = ?1), 0) \
         WHERE DOCUMENTID = ?1",
        [document],
    )?;
    Ok(())
}
