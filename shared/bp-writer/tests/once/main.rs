//! The promise, against a running simulator: whatever fails when, each letter is in Bp once.
//!
//! The letters' batch is deliberately naive: it does not look before it writes. What keeps a letter
//! from being written twice is the writer alone.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

mod bench;
mod faults;
mod kills;
mod lanes;
mod late;
mod letters;
mod shelf;
mod wholes;
