//! What every function needs before its first event: configuration, clients, telemetry.
//!
//! All HTTP and AWS clients of the deployed service are made here and nowhere else (clippy's
//! `disallowed-methods` holds that): one TLS stack on ring, pinned roots, explicit timeouts.

pub mod clients;
pub mod events;
pub mod metrics;
pub mod queues;
mod secrets;
pub mod telemetry;

pub use secrets::{SecretKeys, SecretText, SecretUnavailable};
