//! The harness of the end-to-end tests. A test calls the deployed local stack over HTTP, as front ends
//! and platforms do, and uses the simulator's control API for what a person at the practice would do.
//!
//! ```no_run
//! # #[tokio::main] async fn main() {
//! let stack = end_to_end::TestStack::shared().await;
//! let bp = stack.exclusive().await;
//! let practice = stack.new_practice().await;
//! let code = bp.pairing_code("71001").await;
//! let answer = practice.clinician.get("/connection").await;
//! answer.assert_status(200);
//! # }
//! ```
//!
//! The tests of a process share a few stacks, and each test has one of them to itself while it runs.
//! The stacks end with the process, however it ends.
//!
//! Everything here panics when the stack itself fails. Read `pool.rs` next.
#![expect(clippy::expect_used, clippy::panic, reason = "test harness: a panic is a failed test")]

mod caller;
mod contract;
mod control;
mod pool;
mod private;
mod stack;

pub use caller::{Answer, Caller};
pub use control::{Bp, Query};
pub use stack::{OWN_LOG_IN, OWN_LOG_IN_AUDIENCE, TestPractice, TestStack};
