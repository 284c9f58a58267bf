#![doc = include_str!("../README.md")]

mod near;
mod pending;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws::metrics::{self, Unit};
use domain::ids::PracticeId;
use domain::schedule::Job;
use domain::usage::{Caps, Usage, UsageDay};
use halo::{Meter, counted_for};
use jiff::Timestamp;
use store::{Store, StoreError};
use tokio::time::{Instant, timeout_at};

use crate::pending::PendingUsage;

pub use near::{NearCapError, publish_near_cap};

/// The longest time that an invocation waits for the table.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts usage. Cheap to clone; one for each process.
#[derive(Clone, Debug)]
pub struct Counter {
    pending: Arc<PendingUsage>,
    store: Store,
    caps: Caps,
}

impl Counter {
    /// A counter that adds to this table and compares with these caps.
    #[must_use]
    pub fn new(store: Store, caps: Caps) -> Self {
        Self { pending: Arc::default(), store, caps }
    }

    /// The meter for Halo's client ([`halo::HaloClient::metered`]).
    #[must_use]
    pub fn meter(&self) -> Arc<dyn Meter> {
        Arc::<PendingUsage>::clone(&self.pending)
    }

    /// How much a practice may use in a day.
    #[must_use]
    pub fn caps(&self) -> Caps {
        self.caps
    }

    /// Does some work for a practice. What the work uses is counted for the practice, and is in the
    /// table when the work ends.
    pub async fn charge<T>(
        &self,
        practice: &PracticeId,
        work: impl Future<Output = T> + Send,
    ) -> T {
        // Boxed, because the type of a whole invocation would otherwise be part of this future's type.
        let work: Pin<Box<dyn Future<Output = T> + Send + '_>> = Box::pin(work);
        let done = counted_for(practice.as_str(), work).await;
        self.add_up(practice).await;
        done
    }

    /// When the practice's Bp last answered or refused, if that is not in the table yet.
    #[must_use]
    pub fn answered_at(&self, practice: &PracticeId) -> Option<Timestamp> {
        self.pending.answered_at(practice.as_str())
    }

    /// Adds the collected figures to the table, those of this practice first. If time runs out, the
    /// other figures stay in memory.
    async fn add_up(&self, own: &PracticeId) {
        let until = Instant::now() + PATIENCE;
        for day in self.pending.days(own.as_str()) {
            if Instant::now() >= until {
                tracing::warn!("usage is added later");
                return;
            }
            // The first part is always the id of a practice.
            let Ok(id) = PracticeId::stored(&day.0) else { continue };
            let Some(used) = self.pending.take(&day) else { continue };
            match timeout_at(until, self.store.add_usage(&id, day.1, &used)).await {
                Ok(Ok(day)) => self.report(&id, &used, &day, until).await,
                outcome => {
                    let error = outcome.map_or(None, Result::err);
                    let error = error.map_or("no answer in time".to_owned(), |it| it.to_string());
                    tracing::warn!(practice = id.as_str(), error, "usage is added later");
                    self.pending.add(day, &used);
                }
            }
        }
    }

    async fn report(&self, practice: &PracticeId, used: &Usage, day: &UsageDay, until: Instant) {
        let name = Some(practice.as_str());
        if used.queries > 0 {
            metrics::report("HaloQueries", Unit::Count, used.queries, name);
        }
        if used.bytes() > 0 {
            metrics::report("HaloBytes", Unit::Bytes, used.bytes(), name);
        }
        let Some(percent) = self.caps.percent(&day.usage) else { return };
        metrics::report("HaloCapUsed", Unit::Percent, percent, name);
        let before = Usage {
            queries: day.usage.queries.saturating_sub(used.queries),
            bytes_sent: day.usage.bytes_sent.saturating_sub(used.bytes_sent),
            bytes_received: day.usage.bytes_received.saturating_sub(used.bytes_received),
            ..Usage::default()
        };
        if self.caps.is_near(&day.usage) && !self.caps.is_near(&before) {
            // The site's health job publishes the event. This makes it run soon.
            let hastened = self.store.bring_forward(practice, Job::SiteHealth, Timestamp::now());
            let failed = |error: StoreError| {
                tracing::warn!(practice = practice.as_str(), %error, "the event waits for the regular health job");
            };
            if let Ok(Err(error)) = timeout_at(until, hastened).await {
                failed(error);
            }
        }
    }
}
