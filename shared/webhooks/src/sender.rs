//! The sender, and how its runs end.

use jiff::Timestamp;
use store::StoreError;

use crate::fan_out::Platforms;
use crate::limits::Limits;
use crate::outside::Outside;
use crate::ports::{NoKey, NotTaken};

/// Why a run must come again.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SenderError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of endpoints' secrets cannot be read.
    #[error(transparent)]
    Key(#[from] NoKey),
    /// The bus did not accept the event that an endpoint was disabled.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
}

/// The result of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// Another sender works on the endpoint.
    Busy,
    /// The endpoint is no more, or is off.
    Off,
    /// There is nothing more to send now.
    Done {
        /// When something is due next.
        due: Option<Timestamp>,
    },
}

/// Sends events to endpoints.
#[derive(Debug)]
pub struct Sender<S, M, K, C> {
    pub store: S,
    pub messages: M,
    pub secrets: K,
    pub clock: C,
    pub outside: Outside,
    pub limits: Limits,
    pub platforms: Platforms,
}
