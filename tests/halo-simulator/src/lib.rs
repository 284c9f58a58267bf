//! Halo Cloud with Best Practice (Bp Premier) practices behind it, for anyone who integrates with
//! Halo: there is no public sandbox.
//!
//! - [`sql`] executes the T-SQL text it is sent over SQLite: it computes, it does not look up.
//! - [`practice`] is the schema and the deterministic, made-up content of a Bp database.
//! - [`cloud`] serves every operation of the public Halo Cloud API for integrators.
//! - [`control`] is the person at the practice and the weather on the network: pairing codes,
//!   ticked integrations, outages, faults.
#![warn(missing_docs)]

pub mod cloud;
pub mod control;
pub mod practice;
pub mod sql;

pub use cloud::{
    Options, Running, RunningPractice, Simulator, StartError, local_client, local_client_builder,
};
