//! How tests wait. A test waits for a condition, not for a time.

use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// Repeats the attempt until it succeeds, and returns its result. When the patience is over, fails the test
/// with the last attempt's complaint.
#[track_caller]
pub fn until<T, C: std::fmt::Display>(
    what: &str,
    patience: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T, C>,
) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        let mut wait = FIRST_PAUSE;
        loop {
            let complaint = match attempt().await {
                Ok(found) => return found,
                Err(complaint) => complaint,
            };
            assert!(
                begun.elapsed() < patience,
                "{caller}: not within {} s: {what}\n{complaint}",
                patience.as_secs()
            );
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(LONGEST_PAUSE);
        }
    }
}

/// Waits for a fixed time, for tests about time itself: nothing may happen meanwhile, or a storm must go
/// on. The reason tells the reader why no condition works.
pub async fn pause(_reason: &'static str, length: Duration) {
    tokio::time::sleep(length).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_found_at_the_third_attempt_is_returned() {
        let mut attempts = 0;
        let found = until("three attempts", Duration::from_secs(5), async || {
            attempts += 1;
            if attempts == 3 { Ok(attempts) } else { Err("too early") }
        });
        assert_eq!(found.await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "the last complaint")]
    async fn the_last_complaint_is_shown_when_patience_is_over() {
        until("anything", Duration::ZERO, async || Err::<(), _>("the last complaint")).await;
    }
}
