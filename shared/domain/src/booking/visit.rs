//! A visit as the platform wants it, and how it appears in Bp's appointment book.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use super::reason::{Representative, reason};
use super::time;
use super::token::Token;
use crate::Invalid;
use crate::bp_text::BpText;
use crate::connection::Database;
use crate::ids::{BpUserId, LocationId};
use crate::settings::{DurationMinutes, Settings};
use crate::staff::AhpraNumber;

/// Bp's standard appointment type, if the practice chose none.
const STANDARD_TYPE: i64 = 1;

/// For a visit to several practitioners at once: who they are, and how many of them must have room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendance {
    /// Their numbers, in order.
    attendants: Vec<AhpraNumber>,
    /// If fewer have room, none of them is visited.
    at_least: usize,
}

impl Attendance {
    /// The fewest attendants of such a visit.
    const FEWEST_ATTENDANTS: usize = 2;
    /// The most attendants of such a visit.
    pub const MOST_ATTENDANTS: usize = 20;

    /// A visit to all of these attendants who have room. Their order makes no difference.
    ///
    /// # Errors
    /// If they are too few or too many, or a number occurs twice.
    pub fn new(mut attendants: Vec<AhpraNumber>) -> Result<Self, Invalid> {
        if !(Self::FEWEST_ATTENDANTS..=Self::MOST_ATTENDANTS).contains(&attendants.len()) {
            return Err(Invalid("a visit has 2 to 20 attendants"));
        }
        attendants.sort_unstable();
        let mut alike: Vec<String> =
            attendants.iter().map(|number| number.as_str().to_ascii_uppercase()).collect();
        alike.sort_unstable();
        if alike.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Invalid("each attendant is named once"));
        }
        Ok(Self { attendants, at_least: 1 })
    }

    /// The same, but at least so many must have room.
    ///
    /// # Errors
    /// If it is less than one, or more than there are attendants.
    pub fn at_least(self, at_least: i64) -> Result<Self, Invalid> {
        let at_least = usize::try_from(at_least)
            .ok()
            .filter(|least| (1..=self.attendants.len()).contains(least))
            .ok_or(Invalid("this is 1 to the number of attendants"))?;
        Ok(Self { at_least, ..self })
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<&AhpraNumber> {
        self.attendants.first()
    }
}

/// What the platform wants, in its own terms.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// The practitioner that the representative visits; the first one of several.
    pub ahpra_number: AhpraNumber,
    /// Set if it is a visit to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Attendance>,
    /// In the practice's local time.
    pub start: DateTime,
    /// Set if it is not the practice's usual duration.
    pub duration: Option<DurationMinutes>,
    /// The representative.
    pub representative: Representative,
    /// Notes of the platform.
    pub notes: Option<BpText>,
    /// Whether it is sent to Bp. If not, it stays out of Bp's book, and only we keep it.
    #[serde(default = "is_sent", skip_serializing_if = "Clone::clone")]
    pub send: bool,
}

fn is_sent() -> bool {
    true
}

/// An appointment in Bp's book.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// `USERID`.
    pub user: BpUserId,
    /// `LOCATIONID`.
    pub location: LocationId,
    /// `APPOINTMENTDATE`.
    pub day: Date,
    /// `APPOINTMENTTIME`: seconds since the practice's midnight.
    pub time: i64,
    /// `APPOINTMENTLENGTH`: seconds.
    pub length: i64,
    /// `APPOINTMENTTYPE`.
    pub kind: i64,
    /// `REASON`, with our token.
    pub reason: String,
}

/// A visit, planned with a practice's settings and staff.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The Bp database whose users and locations are meant.
    pub site: Database,
    /// The wanted appointment in Bp's book.
    pub placement: Placement,
    /// The visit's length in minutes.
    pub duration_minutes: i64,
    /// When it begins.
    pub starts_at: Timestamp,
}

/// Why a visit cannot be planned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unplannable {
    /// Sending is switched off, or a setting that it needs is missing.
    SwitchedOff,
    /// The clocks skip the start.
    Start(Invalid),
    /// It would end after midnight.
    PastMidnight,
}

impl Visit {
    /// All practitioners that the representative visits.
    #[must_use]
    pub fn numbers(&self) -> &[AhpraNumber] {
        let several = self.attendance.as_ref().map(|attendance| &attendance.attendants[..]);
        several.unwrap_or(std::slice::from_ref(&self.ahpra_number))
    }

    /// How many of them must have room.
    #[must_use]
    pub fn fewest(&self) -> usize {
        self.attendance.as_ref().map_or(1, |attendance| attendance.at_least)
    }

    /// The same visit to one of them.
    #[must_use]
    pub fn to(&self, number: &AhpraNumber) -> Self {
        Self { ahpra_number: number.clone(), attendance: None, ..self.clone() }
    }

    /// Plans the visit for a practice. `user` is a user of the site.
    ///
    /// # Errors
    /// Says why the visit cannot be planned.
    pub fn plan(
        &self,
        settings: &Settings,
        user: BpUserId,
        site: &Database,
        token: &Token,
    ) -> Result<Planned, Unplannable> {
        let chosen = &settings.bookings;
        let (Some(zone), Some(location), Some(usual), true) =
            (&settings.time_zone, chosen.location_id, chosen.duration_minutes, chosen.enabled)
        else {
            return Err(Unplannable::SwitchedOff);
        };
        let starts_at = time::instant(self.start, zone).map_err(Unplannable::Start)?;
        let duration_minutes = self.duration.unwrap_or(usual).minutes();
        let midnight = self.start.date().to_datetime(Time::midnight());
        let time = self.start.duration_since(midnight).as_secs();
        let length = duration_minutes * 60;
        if time + length > 24 * 60 * 60 {
            return Err(Unplannable::PastMidnight);
        }
        Ok(Planned {
            site: site.clone(),
            placement: Placement {
                user,
                location,
                day: self.start.date(),
                time,
                length,
                kind: chosen.appointment_type_code.unwrap_or(STANDARD_TYPE),
                reason: reason(
                    chosen.online_wording.as_ref(),
                    &self.representative,
                    self.notes.as_ref(),
                    token,
                ),
            },
            duration_minutes,
            starts_at,
        })
    }
}
