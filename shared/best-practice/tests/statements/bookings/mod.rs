//! The statements of the appointment book, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod locks;
mod overtyped;
mod patients;
mod place;
mod reads;
mod receptionist;
mod sessions;
mod support;
mod together;
mod too_late;
mod truth;
