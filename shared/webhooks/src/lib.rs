#![doc = include_str!("../README.md")]

pub mod address;
mod fan_out;
mod limits;
mod outside;
mod ports;
mod round;
mod sender;
pub mod signature;
mod turn;

pub use fan_out::{Platforms, fan_out};
pub use limits::Limits;
pub use outside::Outgoing;
pub use outside::{Outside, Reply};
pub use ports::{
    Clock, EndpointStore, NoKey, NotTaken, QueuesAndBus, Secrets, SenderMessages, SystemClock,
};
pub use sender::{Sender, SenderError, Turn};
