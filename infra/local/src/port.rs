//! Free ports.

use std::net::TcpListener;

use crate::Error;

/// A free port. No other program gets it while this value exists.
#[derive(Debug)]
pub(crate) struct ReservedPort(TcpListener);

impl ReservedPort {
    pub(crate) fn new() -> Result<Self, Error> {
        TcpListener::bind(("127.0.0.1", 0))
            .map(Self)
            .map_err(|source| Error::Start { program: "a loopback port", source })
    }

    pub(crate) fn number(&self) -> u16 {
        self.0.local_addr().map_or(0, |address| address.port())
    }
}
