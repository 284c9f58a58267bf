//! Work for a practice's Bp: deliveries and bookings, one entry each, and the practice's lane, which
//! lets one writer at a time near the site.
//!
//! | Call | DynamoDB calls |
//! |---|---|
//! | [`Store::accept_work`] | 1 transaction (2 writes); for an id that is known 1 read more |
//! | [`Store::reopen_work`] | 1 transaction (2 writes) |
//! | [`Store::accept_together`], [`Store::transition_together`] | 1 transaction |
//! | [`Store::transition_work`] | 1 write; 1 read more where the condition does not hold |
//! | [`Store::work`], [`Store::lane`] | 1 read |
//! | [`Store::list_work`], [`Store::parts`], [`Store::open_work`], [`Store::newest_open_work`], [`Store::due_lanes`] | 1 query |
//! | [`Store::claim_lane`], [`Store::release_lane`], [`Store::release_site`] | 1 write |
//! | [`Store::claim_site`] | 1 write; 2 where another practice's writer has it |
//!
//! Two transactions on one lane at the same moment exclude each other; the one that loses is repeated
//! after some milliseconds, each repetition one call more.

mod entry;
mod lane;
mod list;
mod site;
mod write;

pub use entry::{
    BodyHash, Entry, KnownWait, LONGEST_FENCE, Listing, Work, WorkKey, WorkKind, WorkProgress,
    WorkRefusal,
};
pub use lane::{DueLane, LANE_SHARDS, Lane, LaneRelease, ParkReason, Parked, Released};
pub use list::{WorkCursor, WorkList, WorkPage};
pub use write::Accepted;
