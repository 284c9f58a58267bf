//! The injected clock: real time plus whatever the control API added.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use tokio::sync::Notify;

/// Decides expiry, code validity, registered queries and webhook retries.
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

    /// Returns once this clock shows `instant`, however it came there.
    pub(crate) async fn sleep_until(&self, instant: Timestamp) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Registered before looking, so that an advance in between is not missed.
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

/// Milliseconds and `Z`, as Halo prints instants.
pub(crate) fn utc(instant: Timestamp) -> String {
    format!("{instant:.3}")
}
