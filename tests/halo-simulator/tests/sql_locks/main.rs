//! Transactions of one practice's server stand beside each other as on SQL Server.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

#[path = "../practice_support/mod.rs"]
mod practice_support;

mod deadlocks;
mod named;
mod ranges;
mod rows;
mod server;
mod timeouts;
