//! A representative's visit: what the booking platform wants, and what Bp's appointment book shows. The
//! platform is the source of truth (booking guide, sections 2.4 and "Conclusion").
//!
//! Begin with `record.rs` and `answer.rs`. `together.rs` and `whole.rs` are about visits to several attendants. `others.rs`
//! is about bookings of one practice that overlap. `book.rs` compares bookings with Bp's book.

mod answer;
mod book;
mod history;
mod id;
mod lookup;
mod others;
mod reason;
mod record;
mod role;
mod slot;
mod state;
pub mod time;
mod together;
pub mod token;
mod visit;
mod whole;

pub use self::book::{BookRow, Correction, corrections};
pub use self::history::{Happened, HistoryLine};
pub use self::id::BookingId;
pub use self::reason::{LONGEST_NOTES, LONGEST_WORDING, Representative};
pub use self::record::Booking;
pub use self::role::{Attendant, Published, Role};
pub use self::slot::Slot;
pub use self::state::{BookingState, NextStep, Outcome, Pushed};
pub use self::together::Together;
pub use self::visit::{Attendance, Placement, Planned, Unplannable, Visit};

#[cfg(test)]
mod tests;
