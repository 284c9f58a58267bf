#![doc = include_str!("../README.md")]

mod backoff;
mod fence;
mod lease;
mod progress;

pub use backoff::Backoff;
pub use fence::Fence;
pub use lease::{Holder, Lease};
pub use progress::{Doubtful, Failed, Fenced, NotYet, Progress, Ready, Sent, Settled, Tally};
