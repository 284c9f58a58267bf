//! Sending events to endpoints over HTTP, with a table in memory.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod bench;
mod memory;
mod proof;
mod rules;
