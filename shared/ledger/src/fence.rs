//! When a lost attempt can no longer take effect.

use std::time::Duration;

use jiff::Timestamp;

/// How long an attempt may still take effect at the far side after it was sent. After the sum of these times
/// a lookup is final: an attempt that it does not find will never arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fence {
    /// How long our own call may last. The far side may receive the request at the end of the call.
    pub call: Duration,
    /// How long the far side may keep an attempt waiting before it runs. Send this limit with each
    /// attempt. The far side must drop attempts that wait longer.
    pub queue: Duration,
    /// How long an attempt may run before the far side ends it.
    pub execution: Duration,
    /// An allowance for clocks that differ.
    pub margin: Duration,
}

impl Fence {
    /// The instant after which something sent from now on can no longer take effect.
    #[must_use]
    pub fn after(&self, sent: Timestamp) -> Timestamp {
        let ended = sent.saturating_add(self.call).unwrap_or(Timestamp::MAX);
        self.after_call(ended)
    }

    /// The instant after which an attempt can no longer take effect when its call ended at `ended`,
    /// with or without an answer.
    #[must_use]
    pub fn after_call(&self, ended: Timestamp) -> Timestamp {
        let sum = self.queue.saturating_add(self.execution).saturating_add(self.margin);
        ended.saturating_add(sum).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_adds_up_all_the_ways_to_be_late() {
        let seconds = Duration::from_secs;
        let fence = Fence {
            call: seconds(20),
            queue: seconds(60),
            execution: seconds(300),
            margin: seconds(5),
        };
        let sent = Timestamp::UNIX_EPOCH;
        assert_eq!(fence.after(sent).as_second(), 385);
        assert_eq!(fence.after_call(sent).as_second(), 365);
        let endless = Fence { execution: Duration::MAX, ..fence };
        assert_eq!(endless.after(sent), Timestamp::MAX);
    }
}
