//! What people at the practice see on Bp's screens: the inbox, the letters sent, and a day of the book.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::civil::Date;
use rusqlite::{Connection, Row};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{practices::find, problem::Problem};
use crate::cloud::World;

/// As many rows as a screen shows.
const LATEST: i64 = 50;

const INBOX: &str = "
    SELECT i.REPORTID, i.USERID, rtrim(u.FIRSTNAME) || ' ' || rtrim(u.SURNAME), i.INTERNALID,
        rtrim(coalesce(p.FIRSTNAME, i.FIRSTNAME, '')) || ' ' || rtrim(coalesce(p.SURNAME, i.SURNAME, '')),
        rtrim(coalesce(i.SUBJECT, i.TESTNAME, '')), rtrim(coalesce(i.CONTACTNAME, '')),
        substr(coalesce(i.CORRESPONDENCEDATE, i.REPORTDATE), 1, 10), i.CREATED
    FROM dbo.INCOMINGREPORTS AS i
    LEFT JOIN dbo.USERS AS u ON u.USERID = i.USERID
    LEFT JOIN dbo.PATIENTS AS p ON p.INTERNALID = i.INTERNALID AND i.INTERNALID <> 0
    WHERE i.RECORDSTATUS = 1 AND i.CHECKEDBY = 0
    ORDER BY i.CREATED DESC, i.REPORTID DESC LIMIT ?1";

const LETTERS: &str = "
    SELECT c.RECORDID, c.INTERNALID, rtrim(p.FIRSTNAME) || ' ' || rtrim(p.SURNAME), rtrim(c.SUBJECT),
        rtrim(coalesce(c.CONTACTNAME, '')), substr(c.CORRESPONDENCEDATE, 1, 10), c.CREATED
    FROM dbo.CORRESPONDENCEOUT AS c
    LEFT JOIN dbo.PATIENTS AS p ON p.INTERNALID = c.INTERNALID
    WHERE c.RECORDSTATUS = 1
    ORDER BY c.CREATED DESC, c.RECORDID DESC LIMIT ?1";

const BOOK: &str = "
    SELECT a.RECORDID, a.USERID, rtrim(u.FIRSTNAME) || ' ' || rtrim(u.SURNAME), a.LOCATIONID, a.INTERNALID,
        rtrim(coalesce(p.FIRSTNAME, '')) || ' ' || rtrim(coalesce(p.SURNAME, '')),
        a.APPOINTMENTTIME / 60, a.APPOINTMENTLENGTH / 60, rtrim(coalesce(t.DESCRIPTION, '')),
        rtrim(coalesce(c.DESCRIPTION, '')), rtrim(coalesce(a.REASON, ''))
    FROM dbo.APPOINTMENTS AS a
    LEFT JOIN dbo.USERS AS u ON u.USERID = a.USERID
    LEFT JOIN dbo.PATIENTS AS p ON p.INTERNALID = a.INTERNALID
    LEFT JOIN dbo.APPOINTMENTTYPES AS t ON t.APPOINTMENTCODE = a.APPOINTMENTTYPE
    LEFT JOIN dbo.APPOINTMENTCODES AS c ON c.APPOINTMENTCODE = a.APPOINTMENTCODE
    WHERE a.RECORDSTATUS = 1 AND substr(a.APPOINTMENTDATE, 1, 10) = ?1
    ORDER BY a.APPOINTMENTTIME, a.USERID, a.RECORDID";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Day {
    date: String,
}

/// `GET /practices/{siteId}/inbox`: what nobody has checked, newest first.
pub(super) async fn inbox(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let items = find(&world, &site_id)?
        .with_patients(|connection| {
            rows(connection, INBOX, LATEST, |row| {
                Ok(json!({
                    "reportId": row.get::<_, i64>(0)?,
                    "userId": row.get::<_, i64>(1)?,
                    "userName": text(row, 2)?,
                    "patientId": row.get::<_, i64>(3)?,
                    "patientName": text(row, 4)?,
                    "subject": text(row, 5)?,
                    "from": text(row, 6)?,
                    "date": text(row, 7)?,
                    "arrivedAt": text(row, 8)?,
                }))
            })
        })
        .await?;
    Ok(Json(json!({"items": items})))
}

/// `GET /practices/{siteId}/correspondence-out`: the letters of all patients, newest first.
pub(super) async fn letters(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let items = find(&world, &site_id)?
        .with_patients(|connection| {
            rows(connection, LETTERS, LATEST, |row| {
                Ok(json!({
                    "recordId": row.get::<_, i64>(0)?,
                    "patientId": row.get::<_, i64>(1)?,
                    "patientName": text(row, 2)?,
                    "subject": text(row, 3)?,
                    "to": text(row, 4)?,
                    "date": text(row, 5)?,
                    "storedAt": text(row, 6)?,
                }))
            })
        })
        .await?;
    Ok(Json(json!({"items": items})))
}

/// `GET /practices/{siteId}/book?date=`: the appointments of a day.
pub(super) async fn book(
    State(world): State<Arc<World>>,
    Path(site_id): Path<String>,
    Query(day): Query<Day>,
) -> Result<Json<Value>, Problem> {
    let site = find(&world, &site_id)?;
    let date: Date = day
        .date
        .parse()
        .map_err(|_| Problem::BadRequest("date is not of the form YYYY-MM-DD".to_owned()))?;
    let appointments = site
        .with_patients(move |connection| {
            rows(connection, BOOK, date.to_string(), |row| {
                Ok(json!({
                    "appointmentId": row.get::<_, i64>(0)?,
                    "userId": row.get::<_, i64>(1)?,
                    "userName": text(row, 2)?,
                    "locationId": row.get::<_, i64>(3)?,
                    "patientId": row.get::<_, i64>(4)?,
                    "patientName": text(row, 5)?,
                    "startMinute": row.get::<_, i64>(6)?,
                    "minutes": row.get::<_, i64>(7)?,
                    "type": text(row, 8)?,
                    "status": text(row, 9)?,
                    "reason": text(row, 10)?,
                }))
            })
        })
        .await?;
    Ok(Json(json!({"date": date.to_string(), "appointments": appointments})))
}

fn rows(
    connection: &Connection,
    query: &str,
    parameter: impl rusqlite::ToSql,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<Value>,
) -> rusqlite::Result<Vec<Value>> {
    connection.prepare(query)?.query_map([parameter], read)?.collect()
}

/// A text without blanks at its ends, or null.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let found: Option<String> = row.get(column)?;
    Ok(found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}
