//! The guides' steps, end to end, on the deployed local stack.

mod audit;
mod connection;
mod doubt;
mod edges;
mod pairing;
mod patients;
mod settings;
mod steps;
