//! Deliveries: referrals go into Bp's Correspondence Out, messages into a clinician's unchecked inbox.
//!
//! The summary that goes with a referral is a delivery of its own. It begins when the referral is in Bp.
//!
//! [`Deliveries`] says what to write and what the answers mean. The rest of the crate makes sure that it
//! is written once. [`find_checked_messages`] is a scheduled job: one query for all messages of a practice.

mod checked;
mod kind;
mod summary;

pub use checked::{CheckError, CheckedMessages, find_checked_messages};
pub use kind::Deliveries;
pub use summary::Summaries;
