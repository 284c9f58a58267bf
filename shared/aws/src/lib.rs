#![doc = include_str!("../README.md")]

pub mod batch;
pub mod clients;
mod connector;
pub mod events;
pub mod metrics;
pub mod queues;
mod secrets;
pub mod telemetry;

pub use secrets::{SecretKeys, SecretText, SecretUnavailable};
