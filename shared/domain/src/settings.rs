//! A practice's settings (booking guide, section 2).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::bp_text::BpText;
use crate::ids::LocationId;
use crate::time_zone::PracticeTimeZone;

/// How long a representative's appointment lasts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DurationMinutes(i64);

impl DurationMinutes {
    /// Takes 1 to 480 minutes.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(minutes: i64) -> Result<Self, Invalid> {
        (1..=480)
            .contains(&minutes)
            .then_some(Self(minutes))
            .ok_or(Invalid("an appointment lasts 1 to 480 minutes"))
    }

    #[must_use]
    pub fn minutes(self) -> i64 {
        self.0
    }
}

/// A practice's settings. Until somebody sets them, sending is off and there is no time zone.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The practice's time zone.
    #[schema(value_type = Option<String>)]
    pub time_zone: Option<PracticeTimeZone>,
    /// Sending of bookings.
    pub bookings: BookingSettings,
}

/// Sending of representatives' bookings into Bp's appointment book.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BookingSettings {
    /// Whether bookings are accepted, and Bp's book is compared with them. Bookings that were accepted before
    /// this was switched off are still sent. Cancellations are always sent.
    pub enabled: bool,
    /// Bp's `LOCATIONID`.
    pub location_id: Option<LocationId>,
    /// In minutes, for bookings that have none.
    #[schema(value_type = Option<i64>)]
    pub duration_minutes: Option<DurationMinutes>,
    /// Bp's `APPOINTMENTTYPES.APPOINTMENTCODE`.
    pub appointment_type_code: Option<i64>,
    /// The beginning of an appointment's text, which says that it was made online. "Online appointment" if
    /// the practice has set nothing.
    #[schema(value_type = Option<String>)]
    pub online_wording: Option<BpText>,
}

impl Settings {
    /// The settings that are still valid after the practice has moved to another Bp database, which has its
    /// own locations and appointment types.
    #[must_use]
    pub fn moved(mut self) -> Self {
        self.bookings.enabled = false;
        self.bookings.location_id = None;
        self.bookings.appointment_type_code = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_has_a_length_that_fits_a_day() {
        assert!(DurationMinutes::parse(15).is_ok());
        for wrong in [0, -15, 481] {
            assert!(DurationMinutes::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}
