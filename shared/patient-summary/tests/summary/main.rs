//! Documents of made-up records.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod complete;
mod conformance;
mod document;
mod identifiers;
mod people;
mod profiles;
mod records;
mod snapshot;
