//! Ids of bookings.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::staff::AhpraNumber;

/// The platform's own id of a booking.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct BookingId(String);

impl BookingId {
    /// Takes 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned()))
            .ok_or(Invalid("a booking id is 1 to 64 letters, digits, hyphens and underscores"))
    }

    /// The id under which an attendant's part of a visit is stored. Booking ids contain no full stop, so no
    /// caller can request a part by its id.
    #[must_use]
    pub fn attendant(&self, number: &AhpraNumber) -> String {
        format!("{}.{}", self.0, number.as_str())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(BookingId);
