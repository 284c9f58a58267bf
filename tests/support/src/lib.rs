//! What the tests of several crates share: a seeded practice to run statements on ([`Practice`]), and
//! the only two ways in which a test may wait ([`until`], [`pause`]).
#![expect(clippy::expect_used, reason = "test harness: a panic is a failed test")]

mod practice;
mod waiting;

// Named so that nobody takes them for unused; `Cargo.toml` says why they are here.
use {insta as _, jsonschema as _, proptest as _, rsa as _, tower as _};

pub use practice::{Practice, input};
pub use waiting::{pause, until};
