//! What a program asked the doubles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Totals since the doubles started. Sent and received are meant from the program's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Calls by service and operation, such as `dynamodb GetItem`.
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) connections: u64,
    /// The time that the doubles took to answer.
    pub(crate) held: Duration,
}

impl Counts {
    /// Adds others.
    pub(crate) fn add(&mut self, more: &Self) {
        for (name, times) in &more.calls {
            *self.calls.entry(name.clone()).or_default() += times;
        }
        self.bytes_sent += more.bytes_sent;
        self.bytes_received += more.bytes_received;
        self.connections += more.connections;
        self.held += more.held;
    }

    /// What was added since an earlier moment.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let earlier = |name: &String| before.calls.get(name).copied().unwrap_or_default();
        let calls = self.calls.iter().map(|(name, times)| (name.clone(), times - earlier(name)));
        Self {
            calls: calls.filter(|(_, times)| *times > 0).collect(),
            bytes_sent: self.bytes_sent - before.bytes_sent,
            bytes_received: self.bytes_received - before.bytes_received,
            connections: self.connections - before.connections,
            held: self.held.saturating_sub(before.held),
        }
    }
}

/// Counts from several connections.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<Mutex<Counts>>);

impl Counter {
    pub(super) fn add(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn called(&self, operation: String, held: Duration) {
        self.add(|counts| {
            *counts.calls.entry(operation).or_default() += 1;
            counts.held += held;
        });
    }

    pub(crate) fn now(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_the_time_for_them_between_two_moments_are_counted() {
        let counter = Counter::default();
        counter.called("dynamodb GetItem".to_owned(), Duration::from_millis(1));
        let before = counter.now();
        for operation in ["dynamodb GetItem", "dynamodb GetItem", "sqs SendMessage"] {
            counter.called(operation.to_owned(), Duration::from_millis(1));
        }
        let since = counter.now().since(&before);
        let expected = [("dynamodb GetItem".to_owned(), 2), ("sqs SendMessage".to_owned(), 1)];
        assert_eq!(since.calls, BTreeMap::from(expected));
        assert_eq!(since.held, Duration::from_millis(3));
    }
}
