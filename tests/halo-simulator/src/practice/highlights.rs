//! The users and patients to try. They are read from the database, so that the list is always right.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::cast::CAST;

/// The users and patients to try in a practice.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Highlights {
    /// The practice's Site ID.
    pub site_id: String,
    /// The practice's name.
    pub practice_name: String,
    /// All users, including those who have left.
    pub users: Vec<HighlightedUser>,
    /// Patients worth trying.
    pub patients: Vec<HighlightedPatient>,
}

/// A user of Bp.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HighlightedUser {
    /// `USERID`.
    pub user_id: i64,
    /// A title such as `Dr`.
    pub title: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The user's category, such as `Doctor`.
    pub group: String,
    /// The provider number for the usual location.
    pub provider_number: Option<String>,
    /// The AHPRA registration number.
    pub registration_number: Option<String>,
    /// Whether Bp shows the user as active.
    pub active: bool,
}

/// A patient worth trying.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HighlightedPatient {
    /// `INTERNALID`.
    pub patient_id: i64,
    /// First name as stored, without padding.
    pub first_name: Option<String>,
    /// Surname as stored, without padding.
    pub last_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    /// What is special about the patient.
    pub why: String,
}

const USERS: &str = "
    SELECT u.USERID, rtrim(t.TITLE), rtrim(u.FIRSTNAME), rtrim(u.SURNAME), rtrim(g.GROUPNAME),
        nullif(rtrim(u.PROVIDERNO), ''), nullif(rtrim(u.REGISTRATIONNO), ''),
        u.RECORDSTATUS = 1 AND u.USERSTATUS IN (1, 3)
    FROM dbo.USERS AS u
    JOIN dbo.TITLES AS t ON t.TITLECODE = u.TITLECODE
    JOIN dbo.USERGROUPS AS g ON g.GROUPCODE = u.GROUPCODE
    WHERE u.USERID <> 0
    ORDER BY u.USERID";

const PATIENTS: &str = "
    SELECT INTERNALID, nullif(rtrim(FIRSTNAME), ''), nullif(rtrim(SURNAME), ''), substr(DOB, 1, 10)
    FROM dbo.PATIENTS
    WHERE INTERNALID BETWEEN 1 AND ?1
    ORDER BY INTERNALID";

/// Reads the users and patients to try from a practice that [`open`](super::open) opened.
///
/// # Errors
/// Any error of SQLite.
pub fn highlights(practice: &Connection) -> rusqlite::Result<Highlights> {
    let (site_id, practice_name) = practice.query_row(
        "SELECT rtrim(SERIALNUMBER), rtrim(PRACTICENAME) FROM dbo.PRACTICE ORDER BY PRACTICEID LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let users = practice
        .prepare(USERS)?
        .query_map([], |row| {
            Ok(HighlightedUser {
                user_id: row.get(0)?,
                title: row.get(1)?,
                first_name: row.get(2)?,
                last_name: row.get(3)?,
                group: row.get(4)?,
                provider_number: row.get(5)?,
                registration_number: row.get(6)?,
                active: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let why: BTreeMap<i64, &str> = CAST.iter().map(|role| (role.patient, role.why)).collect();
    let last = CAST.iter().map(|role| role.patient).max().unwrap_or_default();
    let patients = practice
        .prepare(PATIENTS)?
        .query_map([last], |row| {
            let patient_id = row.get(0)?;
            Ok(HighlightedPatient {
                patient_id,
                first_name: row.get(1)?,
                last_name: row.get(2)?,
                date_of_birth: row.get(3)?,
                why: why.get(&patient_id).copied().unwrap_or_default().to_owned(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Highlights { site_id, practice_name, users, patients })
}
