//! What a connection, a practitioner, a patient and a practice's settings are, and how they may change.
//! Types and rules only: no I/O, no AWS and no Halo. The only crate of ours below it is [`ledger`].
//!
//! Values are parsed where they enter (see [`Invalid`]) and trusted from then on.

/// How a value that is kept as text is read, written and shown.
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
pub mod ids;
pub mod imports;
mod invalid;
mod letters;
pub mod numbers;
pub mod pairing;
pub mod patient;
pub mod problem;
pub mod release;
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
mod windows_1252;

pub use bp_text::{BpText, Unfit, UnstorableCharacter};
pub use invalid::Invalid;
pub use sha256::Sha256;
