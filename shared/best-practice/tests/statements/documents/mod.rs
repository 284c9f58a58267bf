//! The bytes of documents, from a running practice to us.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

mod everything;
mod faults;
mod fhir;
mod report_body;
mod support;
