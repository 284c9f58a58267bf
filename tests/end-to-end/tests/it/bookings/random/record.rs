//! The platform's record, and how its visits look in a book.

use jiff::civil::Date;
use rand::Rng;
use rand::rngs::StdRng;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::clinic::Doctor;
use crate::bookings::{at, visit};

/// Number of bookings of a practice.
pub(super) const BOOKINGS: u32 = 12;

/// A text that every form of a booking contains.
pub(super) fn tag(number: u32) -> String {
    format!("random-{number}. ")
}

/// A visit, or `None` if the platform wants no visit.
pub(super) type Wish = Option<Wanted>;

/// A visit as the platform wants it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) day: Date,
    /// Minutes since midnight.
    time: i64,
    doctor: usize,
    pub(super) minutes: i64,
    pub(super) notes: String,
}

impl Wanted {
    /// A visit in one of the booking's own two quarters of an hour.
    pub(super) fn anywhere(number: u32, day: Date, doctor: usize, dice: &mut StdRng) -> Self {
        let time = 8 * 60 + 30 * i64::from(number) + 15 * dice.random_range(0..2);
        Self { day, time, doctor, minutes: 15, notes: String::new() }
    }

    pub(super) fn seconds(&self) -> i64 {
        self.time * 60
    }

    pub(super) fn is_where(&self, other: &Self) -> bool {
        (self.day, self.time, self.doctor) == (other.day, other.time, other.doctor)
    }

    pub(super) fn body(&self, doctors: &[Doctor]) -> Value {
        let start = at(self.day, &format!("{:02}:{:02}", self.time / 60, self.time % 60));
        let mut body = visit(&doctors[self.doctor].registration, &start);
        body["durationMinutes"] = json!(self.minutes);
        body["notes"] = json!(self.notes);
        body
    }

    /// Whether an appointment is this visit, apart from its location and from being over.
    pub(super) fn is_at(&self, row: &Standing, doctors: &[Doctor]) -> bool {
        row.user == doctors[self.doctor].user
            && row.day == self.day.to_string()
            && (row.time, row.length) == (self.seconds(), self.minutes * 60)
            && row.kind == 1
            && row.reason.contains(&format!(" {} [PB", self.notes))
            && !row.reason.contains(super::hands::SCRIBBLE)
    }
}

/// A live appointment with our mark.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) id: i64,
    pub(super) user: i64,
    pub(super) location: i64,
    pub(super) day: String,
    pub(super) time: i64,
    pub(super) length: i64,
    pub(super) kind: i64,
    pub(super) code: i64,
    pub(super) reason: String,
}

impl Standing {
    pub(super) fn all(book: &Connection) -> Vec<Self> {
        let sql = "SELECT RECORDID, USERID, LOCATIONID, substr(APPOINTMENTDATE, 1, 10), APPOINTMENTTIME, \
             APPOINTMENTLENGTH, APPOINTMENTTYPE, APPOINTMENTCODE, REASON FROM APPOINTMENTS \
             WHERE RECORDSTATUS = 1 AND instr(REASON, '[PB') > 0 ORDER BY RECORDID";
        let mut statement = book.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok(Self {
                id: row.get(0)?,
                user: row.get(1)?,
                location: row.get(2)?,
                day: row.get(3)?,
                time: row.get(4)?,
                length: row.get(5)?,
                kind: row.get(6)?,
                code: row.get(7)?,
                reason: row.get(8)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}
