//! The appointment book: free times, booking and moving.

use super::super::convert::Val;
use super::super::session::Session;
use super::super::types::Type;
use super::super::{SlotTaken, SqlError};
use super::{Body, Procedure, insert};

pub(super) const PROCEDURES: &[Procedure] = &[
    Procedure {
        name: "BP_GetFreeAppointments",
        parameters: "@userid int, @aptdate datetime",
        body: Body::Rust(free),
    },
    Procedure {
        name: "BP_AddAppointment",
        parameters: "@aptdate datetime, @apttime int, @aptlen int, @practitionerid int, \
                     @patientid int, @loginid int = 0, @locationid int = 0",
        body: Body::Rust(|session| {
            session.declare("@appointmenttype", Type::Int, Val::Integer(1));
            session.declare("@reason", Type::varchar(Some(500)), Val::Null);
            session.declare("@videourl", Type::varchar(Some(2000)), Val::Null);
            add(session)
        }),
    },
    Procedure {
        name: "BP_AddAppointmentEx",
        parameters: "@aptdate datetime, @apttime int, @appointmenttype int, @aptlen int, \
                     @practitionerid int, @patientid int, @reason varchar(500) = NULL, \
                     @loginid int = 0, @locationid int = 0, @videourl varchar(2000) = NULL",
        body: Body::Rust(add),
    },
    Procedure {
        name: "BP_MoveAppointment",
        parameters: "@aptid int, @aptdate datetime, @apttime int, @practitionerid int, @locationid int",
        body: Body::Rust(shift),
    },
];

fn away() -> SqlError {
    SqlError::new(50_000, "The practitioner is away on that date.")
}

fn numbers(rows: Vec<Vec<Val>>) -> Vec<Vec<i64>> {
    rows.into_iter()
        .map(|row| {
            row.into_iter()
                .map(|cell| if let Val::Integer(number) = cell { number } else { 0 })
                .collect()
        })
        .collect()
}

/// The day's sessions without the booked times. Includes past times of today.
fn free(session: &mut Session<'_>) -> Result<i64, SqlError> {
    if session.environment.booking.slot_taken == Some(SlotTaken::OpensTransactionEarly) {
        session.begin();
    }
    let gone = session.query(
        "SELECT RECORDID FROM dbo.DAYSAWAY WHERE RECORDSTATUS = 1 AND USERID = @userid
         AND STARTDATE <= CAST(@aptdate AS date) AND FINISHDATE >= CAST(@aptdate AS date)",
    )?;
    if session.environment.booking.away || !gone.is_empty() {
        return Err(away());
    }
    let sessions = numbers(session.query(
        "SELECT STARTTIME, ENDTIME, LENGTH FROM dbo.SESSIONS
         WHERE RECORDSTATUS = 1 AND USERID = @userid AND DAYOFWEEK = DATEDIFF(day, '19000107', @aptdate) % 7 + 1
         AND (STARTDATE IS NULL OR STARTDATE <= @aptdate) AND (ENDDATE IS NULL OR ENDDATE >= @aptdate)
         AND (WEEKS <= 1 OR CYCLEDATE IS NULL
              OR DATEDIFF(week, CYCLEDATE, @aptdate) % WEEKS = (CYCLEWEEK - 1) % WEEKS)
         ORDER BY STARTTIME",
    )?);
    let booked = numbers(session.query(
        "SELECT APPOINTMENTTIME, APPOINTMENTLENGTH FROM dbo.APPOINTMENTS
         WHERE RECORDSTATUS = 1 AND USERID = @userid AND APPOINTMENTDATE = CAST(@aptdate AS date)",
    )?);
    let mut rows = Vec::new();
    for slot in sessions {
        let [start, end, length] = slot[..] else { continue };
        if length <= 0 {
            continue;
        }
        let mut time = start;
        while time + length <= end {
            let taken = booked.iter().any(|booking| match booking[..] {
                [from, lasts] => from < time + length && from + lasts > time,
                _ => false,
            });
            if !taken {
                rows.push(vec![Val::Integer(time), Val::Integer(length)]);
            }
            time += length;
        }
    }
    rows.sort_by_key(|row| match row[0] {
        Val::Integer(time) => time,
        _ => 0,
    });
    rows.dedup();
    session.push_rows(
        &[("AppointmentTime".to_owned(), Type::Int), ("AppointmentLength".to_owned(), Type::Int)],
        rows,
    );
    Ok(0)
}

/// Whether another live appointment of the practitioner overlaps. `except` excludes one.
fn overlaps(session: &Session<'_>, length: &str, except: &str) -> Result<bool, SqlError> {
    let found = session.query(&format!(
        "SELECT TOP (1) RECORDID FROM dbo.APPOINTMENTS
         WHERE RECORDSTATUS = 1 AND USERID = @practitionerid
         AND APPOINTMENTDATE = CAST(@aptdate AS date) AND RECORDID <> {except}
         AND APPOINTMENTTIME < @apttime + {length}
         AND APPOINTMENTTIME + APPOINTMENTLENGTH > @apttime"
    ))?;
    Ok(!found.is_empty())
}

/// What Bp does with an occupied slot is not public. This refuses without an error, unless a fault says
/// otherwise.
fn refuse(session: &Session<'_>) -> Result<bool, SqlError> {
    match session.environment.booking.slot_taken {
        Some(SlotTaken::Error) => {
            Err(SqlError::new(50_000, "The appointment slot has already been booked."))
        }
        Some(SlotTaken::DoubleBooking) => Ok(false),
        _ => Ok(true),
    }
}

fn add(session: &mut Session<'_>) -> Result<i64, SqlError> {
    let patient = session.query(
        "SELECT INTERNALID FROM dbo.PATIENTS WHERE INTERNALID = @patientid
         AND (RECORDSTATUS = 1 OR INTERNALID = 0)",
    )?;
    if session.environment.booking.slot_taken == Some(SlotTaken::EndsTransaction) {
        // The same as for a slot that was taken a moment ago.
        session.end_transaction()?;
        return Ok(0);
    }
    if patient.is_empty() || (overlaps(session, "@aptlen", "0")? && refuse(session)?) {
        return Ok(0);
    }
    if session.environment.booking.slot_taken == Some(SlotTaken::OpensTransaction) {
        session.begin();
    }
    if session.number("@locationid") == 0 {
        let usual = numbers(
            session.query("SELECT LOCATIONID FROM dbo.USERS WHERE USERID = @practitionerid")?,
        );
        let usual = usual.first().and_then(|row| row.first()).copied().unwrap_or(0);
        session.declare("@locationid", Type::Int, Val::Integer(usual));
    }
    insert(
        session,
        "APPOINTMENTS",
        &[
            ("INTERNALID", "@patientid"),
            ("RECORDSTATUS", "1"),
            ("USERID", "@practitionerid"),
            ("LOCATIONID", "@locationid"),
            ("APPOINTMENTDATE", "CAST(CAST(@aptdate AS date) AS datetime)"),
            ("APPOINTMENTTIME", "@apttime"),
            ("APPOINTMENTLENGTH", "@aptlen"),
            ("APPOINTMENTCODE", "1"),
            ("APPOINTMENTTYPE", "@appointmenttype"),
            ("REASON", "@reason"),
            ("PATIENTS", "1"),
            ("BOOKEDBY", "@loginid"),
            ("CREATED", "GETDATE()"),
            ("CREATEDBY", "@loginid"),
            ("VIDEOURL", "@videourl"),
        ],
    )
}

fn shift(session: &mut Session<'_>) -> Result<i64, SqlError> {
    let length =
        "(SELECT m.APPOINTMENTLENGTH FROM dbo.APPOINTMENTS AS m WHERE m.RECORDID = @aptid)";
    if overlaps(session, length, "@aptid")? && refuse(session)? {
        return Ok(0);
    }
    session.batch(
        "UPDATE dbo.APPOINTMENTS SET APPOINTMENTDATE = CAST(CAST(@aptdate AS date) AS datetime),
            APPOINTMENTTIME = @apttime, USERID = @practitionerid, LOCATIONID = @locationid,
            UPDATED = GETDATE()
         WHERE RECORDID = @aptid AND RECORDSTATUS = 1",
    )?;
    Ok(session.number("@aptid"))
}
