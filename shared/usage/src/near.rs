//! Publishes once a day that a practice comes near its cap.

use aws::events::{Event, EventError, EventKind, Events};
use domain::ids::PracticeId;
use domain::usage::{Caps, Usage};
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError};

/// Usage just before midnight may be published just after it.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(2);

/// Why the event was not published.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NearCapError {
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event bus did not accept it.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// Publishes each day on which a practice used 80 % of a cap, if it is unpublished. Reads the table
/// once, or not at all if no cap is known.
///
/// # Errors
/// See [`NearCapError`]. The next call publishes again, so an event may arrive twice.
pub async fn publish_near_cap(
    store: &Store,
    events: &Events,
    caps: Caps,
    practice: &PracticeId,
    now: Timestamp,
) -> Result<(), NearCapError> {
    if caps == Caps::default() {
        return Ok(());
    }
    let from = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    let days = store.usage(practice, Usage::day(from), Usage::day(now)).await?;
    for day in days.iter().filter(|day| !day.near_cap_published && caps.is_near(&day.usage)) {
        let near = Event {
            kind: EventKind::UsageNearCap,
            platform: practice.platform(),
            practice: Some(practice.clone()),
            subject: day.date.to_string(),
            state: None,
            // One a day.
            change: String::new(),
            at: now,
        };
        events.publish(&[near]).await?;
        store.set_near_cap_published(practice, day.date, now).await?;
    }
    Ok(())
}
