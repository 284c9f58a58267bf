//! Work for a practice's Bp. Each delivery and each booking is one entry. The practice's lane lets only
//! one writer at a time work at the site.
//!
//! | Call | DynamoDB calls |
//! |---|---|
//! | [`Store::accept_work`], [`Store::accept_work_with`] | 1 transaction (2 writes); 1 read more if the id is known |
//! | [`Store::reopen_work`] | 1 transaction (2 writes) |
//! | [`Store::accept_together`], [`Store::transition_together`] | 1 transaction |
//! | [`Store::transition_work`] | 1 write; 1 read more if the condition does not hold |
//! | [`Store::work`], [`Store::lane`] | 1 read |
//! | [`Store::list_work`], [`Store::parts`], [`Store::open_work`], [`Store::newest_open_work`], [`Store::due_lanes`] | 1 query |
//! | [`Store::connection_at`] | 1 read of at most two items |
//! | [`Store::claim_lane`], [`Store::release_lane`] | 1 write |
//! | [`Store::claim_site`] | 1 write; if another practice owns the site, 1 read and 1 transaction or write more |
//!
//! `merge.rs` reads several lists as one, by place: a place does not depend on the state.
//!
//! If two transactions change one lane at the same moment, DynamoDB cancels one of them. It is repeated after
//! some milliseconds. Each repetition is one more call.

mod entry;
mod lane;
mod list;
mod merge;
mod pace;
mod site;
mod write;

pub use entry::{
    BodyHash, Entry, KnownWait, LONGEST_FENCE, Listing, Work, WorkKey, WorkKind, WorkProgress,
    WorkRefusal,
};
pub use lane::{DueLane, LANE_SHARDS, Lane, LaneRelease, ParkReason, Parked, Released};
pub use list::{OpenWork, WorkCursor, WorkList, WorkPage};
pub(crate) use merge::{Merge, Merged, Strand};
pub use pace::Pace;
pub use write::Accepted;

pub(crate) use lane::{again_when_busy, integer, string};
