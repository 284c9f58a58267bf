//! The worker: decides for each message whether there is something to do.

use aws::events::{Event, EventKind, Events};
use aws::queues::{ImportWake, Queues};
use best_practice::BpClient;
use config::ImporterConfig;
use connection::{Clock as _, Sessions, SystemClock};
use document_bucket::DocumentBucket;
use domain::ids::PracticeId;
use domain::imports::{Claim, Fetching, ImportId, ImportState, Item, Lease};
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError, StoredItem};
use uuid::Uuid;

use crate::attempt::{Attempt, patience};
use crate::claimed::{ClaimedDocument, signed};
use crate::obstacle::ImportError;

/// Copies documents from Bp into the bucket.
#[derive(Debug)]
pub struct Importer {
    bp: BpClient,
    sessions: Sessions,
    store: Store,
    bucket: DocumentBucket,
    queues: Queues,
    events: Events,
    config: ImporterConfig,
}

impl Importer {
    /// A worker that asks through this client of Halo, and copies into this bucket.
    #[must_use]
    pub fn new(
        bp: BpClient,
        store: Store,
        bucket: DocumentBucket,
        queues: Queues,
        events: Events,
        config: ImporterConfig,
    ) -> Self {
        let sessions = Sessions::new(bp.clone(), store.clone());
        Self { bp, sessions, store, bucket, queues, events, config }
    }

    /// Does what a message asks for, as far as that is possible now. If something remains, another
    /// message is on its way.
    ///
    /// # Errors
    /// When the message must come again.
    pub async fn handle(&self, wake: &ImportWake, deadline: Deadline) -> Result<(), ImportError> {
        let (Ok(practice), Ok(import)) =
            (PracticeId::stored(&wake.practice_id), ImportId::parse(&wake.import_id))
        else {
            tracing::error!("a message that nobody of ours sends");
            return Ok(());
        };
        let now = SystemClock.now();
        self.work(&practice, &import, wake, deadline, now).await?;
        self.publish_end(&practice, &import, now).await
    }

    async fn work(
        &self,
        practice: &PracticeId,
        import: &ImportId,
        wake: &ImportWake,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        let item = self.store.import_item(practice, import, wake.item, now).await?;
        // An import that has expired is not waited for.
        let Some(item) = item else { return Ok(()) };
        let owner = Uuid::new_v4();
        let lease = Lease { owner, until: now + signed(self.config.lease) };
        match item.state.clone().claimable(lease, now, patience(&self.config)) {
            Claim::Granted(fetching) => {
                let (practice, import) = (practice.clone(), import.clone());
                let document = self.claimed(practice, import, item, fetching, owner);
                let attempt = Attempt {
                    bp: &self.bp,
                    sessions: &self.sessions,
                    queues: &self.queues,
                    config: &self.config,
                    document,
                    wake,
                    deadline,
                };
                attempt.run().await
            }
            Claim::Early => Ok(()),
            Claim::Held(until) => self.come_back(wake, until, now).await,
            Claim::Hopeless(failed) => self.give_up(practice, import, &item, failed).await,
            Claim::Over => {
                self.clear_leftover(&item).await;
                Ok(())
            }
        }
    }

    /// Publishes that an import has ended, if it has. If this fails, the message comes again, and finds the
    /// document finished.
    async fn publish_end(
        &self,
        practice: &PracticeId,
        import: &ImportId,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        let Some(record) = self.store.import(practice, import, now).await? else { return Ok(()) };
        if record.import.cancelled_at.is_some() {
            return Ok(());
        }
        let kind = match record.state() {
            ImportState::Running | ImportState::Cancelled => return Ok(()),
            ImportState::Complete | ImportState::PartlyFailed => EventKind::ImportFinished,
            ImportState::Failed => EventKind::ImportFailed,
        };
        let event = Event {
            kind,
            platform: practice.platform(),
            practice: Some(practice.clone()),
            subject: import.as_str().to_owned(),
            state: Some(record.state().name().to_owned()),
            // Higher after each retry of a document.
            change: record.changes().to_string(),
            at: now,
        };
        Ok(self.events.publish(&[event]).await?)
    }

    fn claimed(
        &self,
        practice: PracticeId,
        import: ImportId,
        item: StoredItem,
        fetching: Fetching,
        owner: Uuid,
    ) -> ClaimedDocument<'_> {
        ClaimedDocument {
            store: &self.store,
            bucket: &self.bucket,
            practice,
            import,
            item,
            fetching,
            owner,
            lease: self.config.lease,
        }
    }

    /// Sends the message again, to arrive when another worker's lease ends. If that worker has died, its
    /// own message comes back as well, and one of the two is ignored.
    async fn come_back(
        &self,
        wake: &ImportWake,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        let rest = until.duration_since(now).max(SignedDuration::from_secs(1));
        let ImportWake { practice_id, import_id, item } = wake;
        Ok(self.queues.wake_import(practice_id, import_id, *item, rest.unsigned_abs()).await?)
    }

    /// Stores that a document is given up because too many workers died over it.
    async fn give_up(
        &self,
        practice: &PracticeId,
        import: &ImportId,
        item: &StoredItem,
        failed: Item,
    ) -> Result<(), ImportError> {
        tracing::error!(practice = practice.as_str(), "workers die over a document");
        match self.store.move_import_item(practice, import, item, failed).await {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes what a cancelled document has left in the bucket: its worker may have died before it
    /// noticed the cancellation.
    async fn clear_leftover(&self, item: &StoredItem) {
        let Some(place) = item.state.leftover() else { return };
        let discarded = self.bucket.discard(&place.keys(), place.upload_id.as_deref()).await;
        if let Err(error) = discarded {
            tracing::warn!(%error, "a cancelled copy could not be cleared away");
        }
    }
}
