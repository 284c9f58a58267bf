//! Webhook endpoints of platforms, and the events that each must receive.
//!
//! An endpoint's lane has the same purpose as a practice's lane ([`crate::work`]): one worker at a time, found by
//! the sweep through the index `due`. It is a lane of its own kind, because it shares no field but the lease with
//! the practice's lane: that one knows sites, parking and progress in Bp, this one knows failures and replays.

mod endpoints;
mod events;
mod lane;

pub use endpoints::{KeptEndpoint, Registered};
pub use events::{EventPage, KeptEvent, LastAttempt};
pub use lane::{DueEndpoint, ENDPOINT_SHARDS, EndpointRelease, Replay, Standing, TakenLane};
