#![doc = include_str!("../README.md")]

mod attachments;
mod bookings;
mod client;
mod clinical;
mod correspondence;
mod documents;
mod error;
mod locations;
mod patients;
mod people;
mod rows;
mod sites;
mod statements;

pub use bookings::{AppointmentBook, read_lookup, read_push};
pub use client::BpClient;
pub use correspondence::{
    AskedMessage, BEING_WRITTEN, Fate, Found, Written, delivery_found, message_written,
    referral_written,
};
pub use documents::{
    Document, DocumentError, DocumentKey, DocumentPart, DocumentProgress, DocumentStart,
    FhirDocument, FhirFound,
};
pub use error::{BpError, problem_of};
pub use locations::{AppointmentType, Choices, Location};
pub use sites::{PairingOutcome, PairingRefusal};
pub use statements::{PackError, Statement, StatementPack};
