//! Telling platforms that a practice comes near its cap, once a day.

use aws::events::{Event, EventError, EventKind, Events};
use domain::ids::PracticeId;
use domain::usage::{Caps, Usage};
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError};

/// What is used just before midnight is told of just after it.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(2);

/// Why platforms were not told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NearCapError {
    /// The table gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event bus did not take it.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// Tells platforms of each day on which a practice used 80 % of a cap, if they have not been told so.
/// One read of the table; none where no cap is known.
///
/// # Errors
/// See [`NearCapError`]. It is told again by whoever looks next; an event may come twice.
pub async fn tell_near_cap(
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
    for day in days.iter().filter(|day| !day.told && caps.is_near(&day.usage)) {
        let near = Event {
            kind: EventKind::UsageNearCap,
            practice: practice.as_str().to_owned(),
            id: day.date.to_string(),
        };
        events.publish(&[near]).await?;
        store.near_cap_told(practice, day.date, now).await?;
    }
    Ok(())
}
