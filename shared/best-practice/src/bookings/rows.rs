//! Rows of the appointment book.

use domain::booking::token::Token;
use domain::booking::{BookRow, Outcome, Pushed};
use halo::Row;

use super::AppointmentBook;
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
    // Whatever else cannot be read is not known, and the next push tells it.
    let outside_sessions = match row.text("Sessions").unwrap_or_default().as_deref() {
        Some("inside") => Some(false),
        Some("outside") => Some(true),
        Some("unreadable") => {
            tracing::warn!("Bp does not say when the practitioner's sessions are");
            None
        }
        _ => None,
    };
    let created = row.text("Created").unwrap_or_default();
    // A replaced statement may be older and lack this column.
    let in_way = row.text("InTheWay").ok().flatten().unwrap_or_default();
    let in_way = in_way.split(',').filter_map(|mark| Token::parse(mark).ok()).collect();
    Ok(Pushed { outcome, appointment, created, outside_sessions, in_way })
}

/// Our appointments. Those whose text contains no complete token are left out.
pub(super) fn book(rows: &[Row]) -> AppointmentBook {
    let mut book = AppointmentBook::default();
    for row in rows {
        let token = match row.text("Reason") {
            Ok(reason) => Token::find(&reason.unwrap_or_default()),
            Err(problem) => {
                tracing::warn!(%problem, "the text of an appointment cannot be read");
                book.unreadable.push(None);
                continue;
            }
        };
        let Some(token) = token else { continue };
        match appointment(row, token.clone()) {
            Ok(appointment) => book.rows.push(appointment),
            Err(problem) => {
                tracing::warn!(%problem, "an appointment of ours cannot be read");
                book.unreadable.push(Some(token));
            }
        }
    }
    book
}

/// Appointments of one booking. People may have overwritten its token. If one cannot be read, it is not known
/// what the push left in Bp: the booking is looked up again, and never counts as absent.
pub(super) fn found(rows: &[Row], token: &Token) -> Result<Vec<BookRow>, Unmappable> {
    rows.iter().map(|row| appointment(row, token.clone())).collect()
}

fn appointment(row: &Row, token: Token) -> Result<BookRow, Unmappable> {
    let reason = row.text("Reason")?.unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rows::rows_of;

    const OURS: &str = "PB000000100000000000000A1";
    const OTHER: &str = "PB000000100000000000000B2";

    fn line(token: &str) -> Value {
        json!({ "AppointmentId": 7, "Created": "2026-05-06 09:00:00.000", "UserId": 1, "LocationId": 1,
            "Day": "2026-05-07", "Time": 32400, "Length": 900, "TypeCode": 1,
            "Reason": format!("Visit [{token}]"), "Arrived": 0, "Overlapped": 0 })
    }

    fn with(column: &str, value: Value) -> Value {
        let mut odd = line(OURS);
        odd[column] = value;
        odd
    }

    fn odd() -> Vec<Value> {
        let columns =
            ["AppointmentId", "UserId", "LocationId", "Time", "Length", "TypeCode", "Arrived"];
        let mut odd: Vec<Value> = columns
            .into_iter()
            .flat_map(|column| [json!(null), json!("x"), json!(1e300)].map(|bad| with(column, bad)))
            .collect();
        odd.extend([json!(null), json!("2026-02-30"), json!("x")].map(|bad| with("Day", bad)));
        odd.push(with("Created", json!({})));
        odd
    }

    #[test]
    fn an_appointment_that_cannot_be_read_leaves_its_own_booking_open_and_no_other() {
        let tokens = [OURS, OTHER].map(|token| Token::parse(token).unwrap());
        for odd in odd() {
            let book = book(&rows_of(json!([odd, line(OTHER)])));
            assert_eq!(book.rows.len(), 1, "{odd}");
            assert_eq!(
                tokens.each_ref().map(|token| book.leaves_open(token)),
                [true, false],
                "{odd}"
            );
        }
        // Whose appointment this is is not known, so nothing counts as missing.
        let book = book(&rows_of(json!([with("Reason", json!({})), line(OTHER)])));
        assert_eq!(tokens.each_ref().map(|token| book.leaves_open(token)), [true, false]);
    }

    #[test]
    fn a_lookup_with_an_appointment_that_cannot_be_read_is_never_an_empty_answer() {
        let token = Token::parse(OURS).unwrap();
        for odd in odd() {
            assert!(found(&rows_of(json!([odd])), &token).is_err(), "{odd}");
            assert!(found(&rows_of(json!([line(OURS), odd])), &token).is_err(), "{odd}");
        }
        assert_eq!(found(&rows_of(json!([line(OURS)])), &token).unwrap().len(), 1);
    }

    #[test]
    fn a_push_tells_its_outcome_whatever_else_cannot_be_read() {
        let answer = |column: &str, value: Value| {
            let mut row = json!({ "Outcome": "created", "AppointmentId": 7, "Created": "2026",
                "Sessions": "inside", "InTheWay": "" });
            row[column] = value;
            pushed(&rows_of(json!([row])))
        };
        for column in ["Created", "Sessions", "InTheWay"] {
            let pushed = answer(column, json!({})).unwrap();
            assert_eq!(
                (pushed.outcome, pushed.appointment),
                (Outcome::Created, Some(7)),
                "{column}"
            );
        }
        assert!(answer("Outcome", json!(null)).is_err());
        assert!(answer("AppointmentId", json!(null)).is_err());
    }
}
