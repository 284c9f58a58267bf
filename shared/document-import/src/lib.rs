//! Copies a practice's documents into the bucket, one message a document.
//!
//! The table knows where each document stands; a message only wakes a worker, and may come late,
//! twice or never. Whoever works holds a lease, and every step is written down under the condition
//! that nobody else took a step meanwhile. What is in the bucket was announced in the table first.
//! So a worker may die anywhere: whoever comes next clears away what it left and goes on with the
//! query that it had asked.

mod fetch;
mod fhir;
mod incoming;
mod job;
mod obstacle;

use std::time::Duration;

use aws::queues::{ImportWake, QueueUnavailable, Queues};
use best_practice::BpClient;
use config::ImporterConfig;
use document_bucket::DocumentBucket;
use domain::ids::PracticeId;
use domain::imports::{Claim, ImportId, Lease, Patience};
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError};
use uuid::Uuid;

use crate::job::Job;

/// How many tries may come to nothing: damaged answers, workers that died.
const SPOILED: u8 = 6;

/// The worker.
#[derive(Debug)]
pub struct Importer {
    bp: BpClient,
    store: Store,
    bucket: DocumentBucket,
    queues: Queues,
    config: ImporterConfig,
}

/// Why a message must come again: what it asks for could neither be done nor written down.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The table gives no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue takes no messages.
    #[error(transparent)]
    Queue(#[from] QueueUnavailable),
}

impl Importer {
    /// A worker with these tools.
    #[must_use]
    pub fn new(
        bp: BpClient,
        store: Store,
        bucket: DocumentBucket,
        queues: Queues,
        config: ImporterConfig,
    ) -> Self {
        Self { bp, store, bucket, queues, config }
    }

    /// Does what a message asks for, as far as it can be done now; what remains has another message
    /// on its way.
    ///
    /// # Errors
    /// When the message must come again.
    pub async fn wake(&self, wake: &ImportWake, deadline: Deadline) -> Result<(), ImportError> {
        let (Ok(practice), Ok(import)) =
            (PracticeId::parse(&wake.practice_id), ImportId::parse(&wake.import_id))
        else {
            tracing::error!("a message that nobody of ours sends");
            return Ok(());
        };
        let now = Timestamp::now();
        // Expired, or never there: nobody waits for it.
        let Some(seen) = self.store.import_item(&practice, &import, wake.item, now).await? else {
            return Ok(());
        };
        let owner = Uuid::new_v4();
        match seen.state.clone().claim(self.lease(owner, now), now, self.patience()) {
            Claim::Granted(fetching) => {
                let job =
                    Job { importer: self, practice, import, item: seen, owner, wake, deadline };
                job.work(fetching).await
            }
            Claim::Early => Ok(()),
            // If its worker has died, its own message comes back; if not, this is too many.
            Claim::Held(until) => {
                let rest = until.duration_since(now).max(SignedDuration::from_secs(1));
                self.send(wake, rest.unsigned_abs()).await
            }
            Claim::Hopeless(failed) => {
                tracing::error!(practice = practice.as_str(), "workers die over a document");
                match self.store.move_import_item(&practice, &import, &seen, failed).await {
                    Ok(_) | Err(StoreError::Conflict) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
            Claim::Over => {
                // A worker may have died between somebody's cancelling and its own noticing.
                if let Some(place) = seen.state.leftover() {
                    let upload = place.upload_id.as_deref();
                    if let Err(error) = self.bucket.discard(&place.keys(), upload).await {
                        tracing::warn!(%error, "a cancelled copy could not be cleared away");
                    }
                }
                Ok(())
            }
        }
    }

    fn lease(&self, owner: Uuid, now: Timestamp) -> Lease {
        Lease { owner, until: now + signed(self.config.lease) }
    }

    fn patience(&self) -> Patience {
        Patience { give_up_after: signed(self.config.give_up), failed_tries: SPOILED }
    }

    async fn send(&self, wake: &ImportWake, delay: Duration) -> Result<(), ImportError> {
        let ImportWake { practice_id, import_id, item } = wake;
        Ok(self.queues.wake_import(practice_id, import_id, *item, delay).await?)
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
