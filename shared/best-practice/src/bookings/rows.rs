//! Rows of the appointment book.

use domain::booking::token::Token;
use domain::booking::{BookRow, Outcome, Pushed};
use halo::Row;

use crate::rows::Unmappable;

pub(super) fn pushed(rows: &[Row]) -> Result<Pushed, Unmappable> {
    let [row] = rows else { return Err(Unmappable::NotRead("Outcome")) };
    let outcome = match row.text("Outcome")?.as_deref() {
        Some("created") => Outcome::Created,
        Some("moved") => Outcome::Moved,
        Some("updated") => Outcome::Updated,
        Some("unchanged") => Outcome::Unchanged,
        Some("cancelled") => Outcome::Cancelled,
        Some("conflict") => Outcome::Conflict,
        Some("away") => Outcome::Away,
        Some("arrived") => Outcome::Arrived,
        Some("unknownUser") => Outcome::UnknownUser,
        Some("recallType") => Outcome::RecallType,
        Some("tooLate") => Outcome::TooLate,
        _ => return Err(Unmappable::OutOfRange("Outcome")),
    };
    let appointment = match row.value("AppointmentId")? {
        value if value.is_null() => None,
        _ => Some(row.int("AppointmentId")?),
    };
    let stands = matches!(
        outcome,
        Outcome::Created
            | Outcome::Moved
            | Outcome::Updated
            | Outcome::Unchanged
            | Outcome::Arrived
    );
    if stands && appointment.is_none_or(|appointment| appointment <= 0) {
        return Err(Unmappable::OutOfRange("AppointmentId"));
    }
    let outside_sessions = match row.text("Sessions")?.as_deref() {
        Some("inside") => Some(false),
        Some("outside") => Some(true),
        Some("unreadable") => {
            tracing::warn!("Bp does not say when the practitioner's sessions are");
            None
        }
        _ => None,
    };
    let created = row.text("Created")?;
    // A replaced statement may be older and lack this column.
    let in_way = row.text("InTheWay").ok().flatten().unwrap_or_default();
    let in_way = in_way.split(',').filter_map(|mark| Token::parse(mark).ok()).collect();
    Ok(Pushed { outcome, appointment, created, outside_sessions, in_way })
}

/// Our appointments. Those whose text contains no complete mark are left out.
pub(super) fn book(rows: &[Row]) -> Result<Vec<BookRow>, Unmappable> {
    let mut book = Vec::with_capacity(rows.len());
    for row in rows {
        let reason = row.text("Reason")?.unwrap_or_default();
        let Some(token) = Token::find(&reason) else { continue };
        book.push(appointment(row, token, reason)?);
    }
    Ok(book)
}

/// Appointments of one booking. People may have overwritten its mark.
pub(super) fn found(rows: &[Row], token: &Token) -> Result<Vec<BookRow>, Unmappable> {
    let of_booking = |row: &Row| {
        let reason = row.text("Reason")?.unwrap_or_default();
        appointment(row, token.clone(), reason)
    };
    rows.iter().map(of_booking).collect()
}

fn appointment(row: &Row, token: Token, reason: String) -> Result<BookRow, Unmappable> {
    Ok(BookRow {
        appointment: row.int("AppointmentId")?,
        created: row.text("Created")?,
        token,
        user: row.int("UserId")?,
        location: row.int("LocationId")?,
        day: row.date("Day")?.ok_or(Unmappable::NotRead("Day"))?,
        time: row.int("Time")?,
        length: row.int("Length")?,
        kind: row.int("TypeCode")?,
        reason,
        // Older copies of the statement, and `booking_lookup`, lack this column.
        overlapped: row.int("Overlapped").is_ok_and(|overlapped| overlapped != 0),
        arrived: row.int("Arrived")? != 0,
    })
}
