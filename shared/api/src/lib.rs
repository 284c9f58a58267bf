#![doc = include_str!("../README.md")]

mod accepted;
mod app;
mod audit;
pub mod caller;
mod clients;
mod conditional;
mod connecting;
mod cursor;
mod demands;
mod environment;
mod input;
mod limits;
mod metering;
pub mod openapi;
mod platform_server;
pub mod problem;
mod request_log;
pub mod routes;
pub mod serve;
mod session;
mod shown_patients;

pub use app::{App, Copies, MissingPart, Parts, Uploads};
pub use clients::{Lazy, lazy_bucket, lazy_queues};
pub use cursor::Cursors;
pub use environment::{AppBuilder, webhook_endpoints, webhook_receiver};
pub use limits::Limiter;
