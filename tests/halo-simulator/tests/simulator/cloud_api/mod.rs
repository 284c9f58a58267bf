//! Halo Cloud and its control API, called over HTTP as an integrator calls them.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod asynchronous;
mod control;
mod faults;
mod fhir;
mod immediate;
mod isolation;
mod pairing;
mod registered;
mod rows;
mod schema;
mod support;
mod transactions;
mod webhooks;
