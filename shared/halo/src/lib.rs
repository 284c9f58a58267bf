//! A typed client of the Halo Cloud API for integrators.
//!
//! Knows Halo, and nothing of any practice software. What it promises:
//!
//! - every call ends by the [`Deadline`] it is given;
//! - a read may be repeated, a write never is: see [`Call`] and [`Error::did_it_run`];
//! - `Retry-After` is honoured, in seconds or as a date;
//! - all of Halo's error shapes become one [`Error`], whose variants are what a caller can act on;
//! - rows are decoded whatever shape Halo gives them ([`rows`]);
//! - two keys, so that rotating them needs no deployment ([`KeySource`]);
//! - no key, parameter value, pairing code or row is ever printed.

mod asynchronous;
mod client;
mod command;
mod error;
mod fhir;
mod keys;
mod registered;
pub mod rows;
mod sites;
mod wire;

pub use asynchronous::{
    AsyncQuery, AsyncState, BatchEntry, Page, PageStatus, ResultPage, Submitted,
};
pub use client::{Call, Deadline, HaloClient};
pub use command::{Command, Direction, ExecutionMode, OutputParameter, Parameter, SqlType};
pub use error::{Error, Forbidden, Ran, SqlFailure};
pub use fhir::FhirQuery;
pub use keys::{FixedKeys, KeySource, Keys, KeysFuture, KeysUnavailable};
pub use registered::{RegisteredQuery, RegisteredResult, Registration};
pub use rows::{Row, Rows};
pub use sites::{Availability, LifeCycle, PmsName, SiteStatus};
pub use uuid::Uuid;

/// The outcome of an immediate query (`SuccessfulImmediateQuery.result`).
#[derive(Debug)]
pub struct QueryResult {
    /// The result sets, each a list of rows; empty for a command that returns none.
    pub sets: Vec<Rows>,
    /// `rowsAffected` of a command without rows.
    pub rows_affected: Option<i64>,
    /// Output parameters and return values.
    pub parameters: Vec<OutputParameter>,
}
