//! The client's promises, tested against the simulator.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod asynchronous;
mod deadlines;
mod effects;
mod keys;
mod meter;
mod operations;
mod pages;
mod repetition;
mod rows;
mod scripted;
mod secrets;
mod support;
mod webhook;
