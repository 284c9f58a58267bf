//! One writer at a time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A writer's name. It is unique, and a writer takes a new one for each lease.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Holder(pub String);

/// The right to be the only writer until an instant. Store it where conditional writes are possible. Others
/// may claim it only if [`Lease::may_be_taken`] says so, and only its holder releases it.
///
/// A lease alone does not exclude a writer that was asleep when the lease ended. So each attempt is also
/// marked, under a condition, before it is sent, and it has a fence ([`crate::Fence`]).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lease {
    /// The writer who holds it.
    pub holder: Holder,
    /// When it ends.
    pub until: Timestamp,
}

impl Lease {
    /// A lease for work that lasts `work`. `margin` allows for clocks that differ.
    #[must_use]
    pub fn taken(holder: Holder, now: Timestamp, work: Duration, margin: Duration) -> Self {
        let until = now.saturating_add(work.saturating_add(margin)).unwrap_or(Timestamp::MAX);
        Self { holder, until }
    }

    /// Whether another writer may claim it now.
    #[must_use]
    pub fn may_be_taken(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Whether its holder may still begin work that lasts `work`.
    #[must_use]
    pub fn covers(&self, now: Timestamp, work: Duration) -> bool {
        now.saturating_add(work).is_ok_and(|end| end < self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_begun_that_would_outlast_the_lease() {
        let now = Timestamp::UNIX_EPOCH;
        let lease = Lease::taken(
            Holder("a".to_owned()),
            now,
            Duration::from_secs(20),
            Duration::from_secs(5),
        );
        assert!(lease.covers(now, Duration::from_secs(24)));
        assert!(!lease.covers(now, Duration::from_secs(25)));
        assert!(!lease.may_be_taken(lease.until - Duration::from_nanos(1)));
        assert!(lease.may_be_taken(lease.until));
    }
}
