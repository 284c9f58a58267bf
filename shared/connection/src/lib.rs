#![doc = include_str!("../README.md")]

mod connecting;
mod granted;
pub mod linking;
pub mod pairing;
mod ports;
mod request;
mod session;

pub use connecting::Connecting;
pub use linking::NotConnected;
pub use pairing::NotPaired;
pub use ports::{AuditLine, Clock, PairingHalo, PairingRecords, SystemClock, Trail};
pub use request::{Asker, Entered, NamedClinician};
pub use session::{Connections, Implication, QuestionError, Session, SessionError, Sessions};
