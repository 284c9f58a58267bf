//! The simulator's clock: real time plus the time that the control API has added.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use tokio::sync::Notify;

/// The time for expiry, pairing codes, registered queries and webhook retries.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_milliseconds: AtomicI64,
    moved: Notify,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_milliseconds.load(Ordering::SeqCst));
        let real = Timestamp::now();
        real.checked_add(offset).unwrap_or(real)
    }

    /// The wall clock at a practice.
    pub(crate) fn practice_time(&self, zone: &TimeZone) -> DateTime {
        zone.to_datetime(self.now())
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    pub(crate) fn reset(&self) {
        self.offset_milliseconds.store(0, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Returns when this clock shows `instant`, whether time passed or was added.
    pub(crate) async fn sleep_until(&self, instant: Timestamp) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Registered before the check, so that an advance in between is not missed.
            moved.as_mut().enable();
            let left = instant.duration_since(self.now());
            let Ok(left) = std::time::Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = moved => {}
            }
        }
    }
}

/// The instant with milliseconds and `Z`, as Halo writes instants.
pub(crate) fn utc(instant: Timestamp) -> String {
    format!("{instant:.3}")
}
