//! The promise of the writer, against a running simulator: each letter is in Bp once, whatever fails and
//! when.
//!
//! The batch of a letter is naive on purpose: it does not check before it writes. Only the writer
//! prevents a second copy.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

mod bench;
mod faults;
mod kills;
mod lanes;
mod late;
mod letters;
mod memory;
mod summaries;
mod wholes;
