//! The domain's types and rules: practices' connections, practitioners, patients, clinical records, settings,
//! bookings, deliveries and imports. No I/O, no AWS and no Halo. Of our crates it uses only [`ledger`].
//!
//! Values are checked when they enter (see [`Invalid`]) and trusted from then on.

/// Conversions for a value that is stored as text.
macro_rules! text_conversions {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: String) -> Result<Self, $crate::Invalid> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

pub mod account_links;
pub mod advisory;
pub mod attachments;
pub mod audit;
pub mod booking;
mod bp_text;
pub mod clinical;
pub mod clinician;
pub mod connection;
pub mod content;
pub mod delivery;
pub mod events;
pub mod grant;
pub mod ids;
pub mod imports;
pub mod instant;
mod invalid;
mod letters;
pub mod limits;
pub mod numbers;
pub mod pairing;
pub mod patient;
pub mod problem;
pub mod release;
pub mod request;
pub mod schedule;
pub mod settings;
mod sha256;
pub mod shown;
pub mod spelling;
pub mod staff;
pub mod surname;
pub mod time_zone;
pub mod usage;
pub mod waiting;
pub mod webhooks;
mod windows_1252;

pub use bp_text::{BpText, Unfit, UnstorableCharacter};
pub use invalid::Invalid;
pub use sha256::Sha256;
