#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod asynchronous;
mod client;
mod command;
mod error;
mod fhir;
mod keys;
mod meter;
mod registered;
mod row_stream;
pub mod rows;
mod sites;
pub mod webhook;
mod wire;

pub use asynchronous::{
    AsyncQuery, AsyncState, BatchEntry, Page, PageStatus, ResultPage, Submitted,
};
pub use client::{Call, Deadline, HaloClient};
pub use command::{Command, Direction, ExecutionMode, OutputParameter, Parameter, SqlType};
pub use error::{Error, Forbidden, Ran, Refusal, SqlFailure};
pub use fhir::FhirQuery;
pub use keys::{FixedKeys, KeySource, Keys, KeysFuture, KeysUnavailable};
pub use meter::{Meter, Used, on_account};
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
