//! Best Practice (Bp Premier) spoken through Halo: the statement pack (`*.sql`) and its mapping to
//! the domain. Nothing here knows HTTP, AWS or who is asking.

mod attachments;
mod bookings;
mod bp;
mod clinical;
mod correspondence;
mod documents;
mod mapping;
mod pack;
mod problem;

pub use bookings::{read_lookup, read_push, settled_by_lookup};
pub use bp::{
    AppointmentType, BpError, BpPractice, Choices, Location, PairingOutcome, PairingRefusal,
};
pub use correspondence::{
    AskedMessage, BEING_WRITTEN, Fate, Found, Written, delivery_found, message_written,
    referral_written,
};
pub use documents::{
    Document, DocumentError, DocumentKey, DocumentPart, DocumentProgress, DocumentStart,
    FhirDocument, FhirFound,
};
pub use pack::{PackError, Statement, StatementPack};
pub use problem::problem_of;
