#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod asynchronous;
mod client;
mod command;
mod error;
mod fhir;
mod immediate;
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
pub use immediate::QueryResult;
pub use keys::{FixedKeys, KeySource, Keys, KeysFuture, KeysUnavailable};
pub use meter::{Meter, Used, counted_for};
pub use registered::{RegisteredQuery, RegisteredResult, Registration};
pub use rows::{Row, Rows};
pub use sites::{Availability, LifeCycle, PmsName, SiteStatus};
pub use uuid::Uuid;
