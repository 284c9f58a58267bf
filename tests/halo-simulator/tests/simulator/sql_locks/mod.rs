//! Transactions of one practice's server stand beside each other as on SQL Server.

mod deadlocks;
mod named;
mod ranges;
mod rows;
mod server;
mod timeouts;
