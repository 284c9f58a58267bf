//! Bookings as site work ([`Bookings`]), and the jobs that keep Bp's appointment book and the staff
//! list true ([`BookingJobs`]). The booking platform is the record of truth: Bp's book shows it.

mod jobs;
mod kind;

pub use jobs::{BookingJobs, JobError, Reconciled};
pub use kind::Bookings;
