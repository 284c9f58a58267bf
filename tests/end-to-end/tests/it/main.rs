//! The steps of the guides, end to end, on the deployed local stack.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod advisories;
mod attachments;
mod audit;
mod bookings;
mod browsers;
mod clients;
mod clinical;
mod connection;
mod console;
mod correspondence;
mod deployment;
mod doubt;
mod edges;
mod endpoints;
mod events;
mod fhir;
mod field;
mod imports;
mod limits;
mod linking;
mod moving;
mod pairing;
mod patients;
mod peers;
mod settings;
mod soak;
mod steps;
mod tenants;
mod usage;
mod webhook;
