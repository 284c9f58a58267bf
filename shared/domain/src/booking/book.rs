//! Compares our bookings with Bp's book, and says how to correct the differences.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::history::Happened;
use super::record::Booking;
use super::state::BookingState;
use super::token::{PracticeTag, Token};
use super::visit::Placement;
use crate::ids::PracticeId;

/// An appointment in Bp's book that carries our token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BookRow {
    /// `RECORDID`.
    pub appointment: i64,
    /// `CREATED`, as Bp writes it.
    pub created: Option<String>,
    /// The token in its text.
    pub token: Token,
    /// `USERID`, as Bp has it.
    pub user: i64,
    /// `LOCATIONID`.
    pub location: i64,
    /// `APPOINTMENTDATE`.
    pub day: Date,
    /// Seconds since midnight.
    pub time: i64,
    /// Seconds.
    pub length: i64,
    /// `APPOINTMENTTYPE`.
    pub kind: i64,
    /// `REASON`.
    pub reason: String,
    /// Whether another live appointment of the same user overlaps it.
    pub overlapped: bool,
    /// Whether it is arrived, with the doctor, completed, or did not attend: no longer only booked.
    pub arrived: bool,
}

impl BookRow {
    /// Whether it is as wanted.
    #[must_use]
    pub fn is_at(&self, wanted: &Placement) -> bool {
        self.user == wanted.user.0
            && self.location == wanted.location.0
            && (self.day, self.time, self.length) == (wanted.day, wanted.time, wanted.length)
            && self.kind == wanted.kind
            && self.reason.trim_end() == wanted.reason
    }
}

/// What has to be done so that Bp's book shows the record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Correction {
    /// A booking must be pushed again.
    PushAgain {
        /// The booking, by [`Booking::entry_id`].
        booking: String,
        why: Happened,
    },
    /// An appointment carries this practice's token but belongs to no known booking: it must be cancelled.
    Clear { token: Token, day: Date },
    /// An appointment is not as wanted, but has arrived: it is left alone.
    LeaveArrived {
        /// The booking, by [`Booking::entry_id`].
        booking: String,
    },
    /// An appointment is as wanted, but somebody is booked over it: people decide.
    Overbooked {
        /// The booking, by [`Booking::entry_id`].
        booking: String,
    },
    /// An appointment that was arrived or overbooked is now as wanted, and nobody is booked over it.
    AsWanted {
        /// The booking, by [`Booking::entry_id`].
        booking: String,
    },
}

/// Compares our bookings with the live appointments in Bp's book that carry a token, from a day on. For a
/// visit to several attendants, `record` has each attendant's part.
///
/// Skips bookings that are on their way, and visits that have begun. Bookings for which Bp had no room are
/// tried again, whatever the book shows. Appointments without a token of this practice are never touched.
#[must_use]
pub fn corrections<'b>(
    practice: &PracticeId,
    record: impl IntoIterator<Item = &'b Booking>,
    book: &[BookRow],
    now: Timestamp,
) -> Vec<Correction> {
    let tag = PracticeTag::of(practice);
    let mut standing: BTreeMap<&Token, Vec<&BookRow>> = BTreeMap::new();
    for row in book.iter().filter(|row| row.token.belongs_to(&tag)) {
        standing.entry(&row.token).or_default().push(row);
    }
    let mut found = Vec::new();
    for booking in record {
        let rows = standing.remove(&booking.token).unwrap_or_default();
        if booking.has_begun(now) {
            continue;
        }
        let id = || booking.entry_id();
        let again = |why| Some(Correction::PushAgain { booking: id(), why });
        match booking.state {
            BookingState::Synced | BookingState::Cancelled | BookingState::NotSent => {}
            BookingState::Conflict if booking.is_overbooked() => {}
            BookingState::Conflict => {
                found.extend(again(Happened::TriedAgain));
                continue;
            }
            // If the practice takes back a wrong "arrived", the cancelled visit is still removed.
            BookingState::Failed if booking.is_found_arrived() => {}
            BookingState::Pending | BookingState::Waiting | BookingState::Failed => continue,
        }
        found.extend(match (booking.cancelled, &rows[..]) {
            (true, []) if booking.is_found_arrived() => again(Happened::FoundMissing),
            (true, []) => None,
            (true, rows) if rows.iter().all(|row| row.arrived) => {
                Some(Correction::LeaveArrived { booking: id() })
            }
            (true, _) => again(Happened::FoundNotCancelled),
            (false, []) => again(Happened::FoundMissing),
            (false, [row]) if row.is_at(&booking.planned.placement) => {
                match row.overlapped && !row.arrived {
                    true if booking.is_overbooked() => None,
                    true => Some(Correction::Overbooked { booking: id() }),
                    false if booking.is_found_arrived() || booking.is_overbooked() => {
                        Some(Correction::AsWanted { booking: id() })
                    }
                    false => None,
                }
            }
            (false, [row]) if row.arrived => Some(Correction::LeaveArrived { booking: id() }),
            (false, _) => again(Happened::FoundChanged),
        });
    }
    found.extend(standing.into_iter().filter_map(|(token, rows)| {
        let day = rows.iter().filter(|row| !row.arrived).map(|row| row.day).min()?;
        Some(Correction::Clear { token: token.clone(), day })
    }));
    found
}
