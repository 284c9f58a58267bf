//! Bookings ([`Bookings`]), and the jobs that keep Bp's appointment book and the staff list correct
//! ([`BookingJobs`]). The booking platform is the record of truth. Bp's appointment book shows it.

mod jobs;
mod kind;

pub use jobs::{BookingJobs, JobError, Reconciled};
pub use kind::Bookings;
