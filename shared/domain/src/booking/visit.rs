//! What the platform wants, and where that stands in Bp's book.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use super::text::{self, BpText};
use super::time;
use super::token::Token;
use crate::Invalid;
use crate::connection::Database;
use crate::ids::{BpUserId, LocationId};
use crate::settings::{DurationMinutes, Settings};
use crate::staff::AhpraNumber;

/// Room for notes in an appointment's text.
pub const LONGEST_NOTES: usize = 200;
/// Bp's standard appointment, where the practice chose no type.
const STANDARD_TYPE: i64 = 1;

/// Who comes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Representative {
    /// Their name.
    pub name: BpText,
    /// For whom they come.
    pub company: BpText,
}

impl Representative {
    /// Room for a name in an appointment's text.
    pub const LONGEST_NAME: usize = 100;
    /// Room for a company.
    pub const LONGEST_COMPANY: usize = 120;
}

/// What the platform wants, as it said it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// Whom the representative visits.
    pub ahpra_number: AhpraNumber,
    /// On the practice's clock.
    pub start: DateTime,
    /// Where it is not the practice's usual one.
    pub duration: Option<DurationMinutes>,
    /// Who comes.
    pub representative: Representative,
    /// Anything else.
    pub notes: Option<BpText>,
}

/// Where and how an appointment stands in Bp's book.
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
    /// `REASON`, our mark included.
    pub reason: String,
}

/// What a visit comes to by a practice's settings and staff.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Whose users and locations these are.
    pub site: Database,
    /// In Bp's book.
    pub placement: Placement,
    /// The visit's length in minutes.
    pub duration_minutes: i64,
    /// When it begins.
    pub starts_at: Timestamp,
}

/// Why a visit cannot be planned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unplannable {
    /// Sending is switched off, or not all is chosen that it needs.
    SwitchedOff,
    /// The clocks skip the start.
    Start(Invalid),
    /// It would go on after midnight.
    PastMidnight,
}

impl Visit {
    /// Plans the visit for a practice, whose `user` is one of the site's.
    ///
    /// # Errors
    /// Says what stands against it.
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
                reason: text::reason(
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
