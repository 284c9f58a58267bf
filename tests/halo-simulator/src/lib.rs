//! Simulates Halo Cloud and the Best Practice (Bp Premier) practices behind it. Halo has no public sandbox,
//! so this simulator is for everyone who integrates with Halo.
//!
//! - [`sql`] executes T-SQL on SQLite. It interprets any statement and has no list of known ones.
//! - [`practice`] has the schema of a Bp database and its made-up content, which is the same every time.
//! - [`cloud`] serves every operation of the public Halo Cloud API for integrators.
//! - [`control`] is the control API: acts of a person at the practice (pairing codes, switches), and
//!   faults of the network and of Halo.
#![warn(missing_docs)]

pub mod cloud;
pub mod control;
pub mod practice;
pub mod sql;

pub use cloud::{
    Options, Running, RunningPractice, Simulator, StartError, local_client, local_client_builder,
};
