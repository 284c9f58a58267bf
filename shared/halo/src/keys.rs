//! Subscription keys: a primary and a secondary, so that one can be replaced while the other is in use.

use std::future::Future;
use std::pin::Pin;

use secrecy::SecretString;

/// The keys of a subscription, or the secrets that sign notifications.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The key that is tried first.
    pub primary: SecretString,
    /// The key that is tried if the primary is refused.
    pub secondary: Option<SecretString>,
}

/// The keys could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the Halo keys could not be read")]
pub struct KeysUnavailable;

/// A future in a box, so that a key source can be a trait object.
pub type KeysFuture<'a> = Pin<Box<dyn Future<Output = Result<Keys, KeysUnavailable>> + Send + 'a>>;

/// Where the keys come from.
pub trait KeySource: Send + Sync {
    /// The keys as last read.
    fn current(&self) -> KeysFuture<'_>;
    /// Reads the keys again, because Halo refused the last ones.
    fn reread(&self) -> KeysFuture<'_>;
}

/// Keys that never change: for programs that take them from the command line, and tests.
#[derive(Debug)]
pub struct FixedKeys(pub Keys);

impl KeySource for FixedKeys {
    fn current(&self) -> KeysFuture<'_> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn reread(&self) -> KeysFuture<'_> {
        self.current()
    }
}
