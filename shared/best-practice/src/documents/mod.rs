//! The bytes of a document. Where Bp keeps them is not public; the statements name our assumptions.
//!
//! A small document comes with the first answer (`request`, `start`). A large one is requested
//! asynchronously and comes in parts (`bytes`); at most one part is in memory. A document of several
//! pages, such as a fax of three images, has one file for each page. The pages come one after the other,
//! and each part names its page. `fhir` reads documents by FHIR instead, if a site offers that.

mod bytes;
mod fhir;
mod request;
mod start;
mod types;

pub use self::types::{
    Document, DocumentError, DocumentKey, DocumentPart, DocumentProgress, DocumentStart,
    FhirDocument, FhirFound,
};
