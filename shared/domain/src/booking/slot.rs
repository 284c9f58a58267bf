//! A time in a practitioner's book.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::visit::Placement;
use crate::ids::BpUserId;

/// A time in a practitioner's book.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    /// `USERID`.
    pub user: BpUserId,
    /// `APPOINTMENTDATE`.
    pub day: Date,
    /// `APPOINTMENTTIME`: seconds since the practice's midnight.
    pub time: i64,
    /// `APPOINTMENTLENGTH`: seconds.
    pub length: i64,
}

impl Slot {
    /// Whether the two overlap by at least a second.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.user, self.day) == (other.user, other.day)
            && self.time < other.time + other.length
            && other.time < self.time + self.length
    }
}

impl Placement {
    /// Its time in the book.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot { user: self.user, day: self.day, time: self.time, length: self.length }
    }
}
