//! The simulator: its practices, its T-SQL engine and its Cloud API.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod cloud_api;
mod practice_appointments;
mod practice_documents;
mod practice_lifecycle;
mod practice_people;
mod practice_support;
mod practice_views;
mod sql;
mod sql_catalogue;
mod sql_counted;
mod sql_engine;
mod sql_locks;
mod sql_mistakes;
mod sql_names;
mod sql_practice;
mod sql_procedures;
mod sql_refusals;
