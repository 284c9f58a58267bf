//! Names and numbers as people write them. A made-up practice is queried through the whole client.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is a failed test")]

mod chain;
mod lookalikes;
mod names;
mod numbers;
pub(crate) mod support;
mod table;
