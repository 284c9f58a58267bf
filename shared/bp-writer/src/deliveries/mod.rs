//! Deliveries as work for a practice's Bp: referrals into Correspondence Out, messages into a
//! clinician's unchecked inbox, and the look whether a doctor has checked them.
//!
//! [`Deliveries`] tells the one writer of a practice what to write and what the answers mean; that it
//! happens once is the rest of this crate's part. [`look_for_checked`] is a job of its own, one query for all of
//! a practice's messages.

mod checked;
mod kind;

pub use checked::{CheckError, Looked, look_for_checked};
pub use kind::Deliveries;
