#![doc = include_str!("../README.md")]

mod attempt;
pub mod bookings;
mod context;
mod decide;
pub mod deliveries;
mod ending;
mod followers;
pub mod jobs;
mod kind;
mod limits;
mod look_up;
mod outcome;
mod ports;
mod read_first;
mod scheduled_job;
mod settle;
mod site;
mod turn;
mod whole;
mod writer;

pub use connection::{Clock, SystemClock};
pub use kind::{FailReason, Kind, NoCommand, NotRead, Status, Verdict, WaitReason};
pub use limits::Limits;
pub use ports::{Messages, NotTaken, QueueAndBus, Timing, WorkStore};
pub use scheduled_job::{ScheduledJob, ScheduledJobError};
pub use writer::{TurnOutcome, Writer};
