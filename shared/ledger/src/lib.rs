#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod backoff;
mod failed;
mod fence;
mod lease;
mod progress;
mod tally;

pub use backoff::Backoff;
pub use failed::{Doubt, Failed};
pub use fence::Fence;
pub use lease::{Holder, Lease};
pub use progress::{Doubtful, Fenced, NotYet, Progress, Ready, Sent, Settled};
pub use tally::Tally;
