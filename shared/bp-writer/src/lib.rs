//! The one writer of a practice's Bp: takes what platforms send there once, whatever fails when.
//!
//! A kind of work ([`Kind`]: deliveries, bookings) says what to write, how to look whether it was
//! written, and what the answers mean. Everything that makes it happen once is here and in `ledger`.
//!
//! Where to read: `decide` is the table of what follows on what, and `heard` what Halo's answers mean;
//! both are pure. `writer` takes a lane, `turn` goes through what is due there, `site` sees whether the
//! site can be reached, `attempt` marks, sends and awaits, `look` looks in Bp, `settle` stores what was
//! decided. The table and the words are held by unit tests, which mutation checks:
//!
//! ```text
//! cargo mutants -p site-work --file '**/decide.rs' --file '**/heard.rs' -- --lib
//! ```
//!
//! How a kind is used by the API: make the entity, then
//! [`store::Store::accept_work`] (one transaction: the entry and the lane's arrival), then
//! [`aws::queues::Queues::wake_site`] (if that fails, the sweep finds the lane by its due time),
//! then answer 202. Everything after that is the writer's.

mod attempt;
pub mod bookings;
mod chore;
mod decide;
pub mod deliveries;
mod heard;
pub mod jobs;
mod kind;
mod kinds;
mod limits;
mod look;
mod ports;
mod settle;
mod site;
mod turn;
mod whole;
mod writer;

pub use chore::{Chore, ChoreError};
pub use kind::{Failure, Kind, Step, Unready, Verdict, Waiting};
pub use limits::Limits;
pub use ports::{Clock, Messages, NotTaken, QueueAndBus, Shelf, SystemClock};
pub use writer::{Went, Writer};
