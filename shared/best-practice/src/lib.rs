//! Best Practice (Bp Premier) spoken through Halo: the statement pack (`*.sql`) and its mapping to
//! the domain. Nothing here knows HTTP, AWS or who is asking.

mod attachments;
mod bp;
mod clinical;
mod documents;
mod mapping;
mod pack;

pub use bp::{BpError, BpPractice, Location, PairingOutcome, PairingRefusal};
pub use documents::{DocumentError, DocumentKey, DocumentProgress, DocumentStart};
pub use pack::{PackError, Statement, StatementPack};
