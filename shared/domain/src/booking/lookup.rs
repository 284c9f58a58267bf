//! Decides from a lookup how a push has ended if its answer was lost.

use jiff::Timestamp;

use super::{BookRow, Booking, Outcome, Pushed};

impl Booking {
    /// The outcome of a push whose answer was lost, from the appointments that a lookup found. `None` if the
    /// push must be sent again. Repeating a push is safe.
    #[must_use]
    pub fn lost_push(&self, found: &[BookRow], now: Timestamp) -> Option<Pushed> {
        let pushed = |outcome, row: Option<&BookRow>| {
            Some(Pushed {
                outcome,
                appointment: row.map(|row| row.appointment),
                created: row.and_then(|row| row.created.clone()),
                outside_sessions: None,
                in_way: Vec::new(),
            })
        };
        match found {
            [] if self.cancelled => pushed(Outcome::Cancelled, None),
            [] if self.is_too_late(now) => pushed(Outcome::TooLate, None),
            [row] if !self.cancelled && row.is_at(&self.planned.placement) => {
                pushed(Outcome::Unchanged, Some(row))
            }
            [row] if row.arrived => pushed(Outcome::Arrived, Some(row)),
            _ => None,
        }
    }
}
