//! Helpers for the tests of several crates: a seeded practice to run statements on ([`Practice`]), a server that
//! receives webhooks ([`Receiver`]), and the only two ways in which a test may wait ([`until`], [`pause`]).
#![expect(clippy::expect_used, reason = "test harness: a panic is a failed test")]

mod practice;
mod receiver;
mod waiting;

// Named here so that no check reports them as unused. `Cargo.toml` says why they are dependencies.
use {insta as _, jsonschema as _, proptest as _, rsa as _, tower as _};

pub use practice::{Practice, input};
pub use receiver::{Got, Manner, Receiver};
pub use waiting::{pause, until};
