//! The document that this worker has claimed: its state in the table and its copy in the bucket.
//!
//! Every write to the table fails if another worker or the caller has changed the document meanwhile.
//! The table names an object before the object is in the bucket. So a worker may die at any time, and
//! the next one knows what to delete.

use std::pin::pin;
use std::time::Duration;

use best_practice::{DocumentError, DocumentKey, DocumentPart};
use bytes::Bytes;
use connection::{Clock as _, SystemClock};
use document_bucket::{DocumentBucket, Stored};
use domain::content::ContentType;
use domain::ids::PracticeId;
use domain::imports::{Fetching, ImportId, Item, Lease, Place, StagedRendition};
use domain::problem::ProblemType;
use futures::{Stream, StreamExt as _};
use jiff::SignedDuration;
use store::{Store, StoreError, StoredItem};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use uuid::Uuid;

use crate::incoming::Incoming;
use crate::obstacle::{Obstacle, Stop, is_whole};

/// Where copies are kept. The bucket's lifecycle rule in template.yaml uses the same prefix.
const FOLDER: &str = "attachments/";
/// When a worker first stores how many bytes have arrived, and how often it does so afterwards.
const FIRST_PROGRESS: Duration = Duration::from_millis(400);
const PROGRESS: Duration = Duration::from_secs(2);

/// A document under this worker's lease.
pub(crate) struct ClaimedDocument<'a> {
    pub(crate) store: &'a Store,
    pub(crate) bucket: &'a DocumentBucket,
    pub(crate) practice: PracticeId,
    pub(crate) import: ImportId,
    /// The item as this worker last read or wrote it.
    pub(crate) item: StoredItem,
    /// The state that this worker is changing.
    pub(crate) fetching: Fetching,
    pub(crate) owner: Uuid,
    /// How long the lease lasts from each renewal.
    pub(crate) lease: Duration,
}

/// A finished copy, and the text beside it.
pub(crate) struct Copied {
    pub(crate) stored: Stored,
    pub(crate) rendition: Option<StagedRendition>,
}

impl ClaimedDocument<'_> {
    /// Claims the document in the table, and reserves a new place in the bucket. Deletes what an earlier
    /// attempt left.
    pub(crate) async fn reserve_place(&mut self) -> Result<(), Stop> {
        if let Some(old) = self.fetching.place().cloned() {
            let claimed = Item::Fetching(self.fetching.clone());
            // Until the lease is ours, that object belongs to another worker, and may be finished.
            self.fetching.cleared();
            self.save(claimed).await?;
            self.fetching.reserve(old.clone());
            self.bucket.discard(&old.keys(), old.upload_id.as_deref()).await?;
            self.fetching.cleared();
        }
        let key = format!("{FOLDER}{}", Uuid::new_v4());
        self.fetching.reserve(Place { key, upload_id: None });
        self.save_fetching().await
    }

    /// What Bp calls the document.
    pub(crate) fn key_in_bp(&self) -> DocumentKey {
        let StoredItem { patient, selection, .. } = &self.item;
        DocumentKey { patient: *patient, folder: selection.folder, document: selection.document_id }
    }

    /// Stores the state of the document.
    pub(crate) async fn save(&mut self, state: Item) -> Result<(), Stop> {
        let moved = self.store.move_import_item(&self.practice, &self.import, &self.item, state);
        match moved.await {
            Ok(moved) => {
                self.item = moved;
                Ok(())
            }
            Err(StoreError::Conflict) => Err(Stop::Overtaken),
            Err(error) => Err(Stop::Broken(error.into())),
        }
    }

    pub(crate) async fn save_fetching(&mut self) -> Result<(), Stop> {
        self.save(Item::Fetching(self.fetching.clone())).await
    }

    /// Renews the lease and stores how many bytes have arrived.
    pub(crate) async fn progress(&mut self, received: u64) -> Result<(), Stop> {
        let until = SystemClock.now() + signed(self.lease);
        self.fetching.progress(received, Lease { owner: self.owner, until });
        self.save_fetching().await
    }

    /// Copies a document whose pages are all in memory.
    pub(crate) async fn copy_pages(&self, pages: Vec<Bytes>) -> Result<Copied, Stop> {
        let mut incoming = Incoming::default();
        let mut written: Vec<Bytes> = Vec::with_capacity(pages.len() + 1);
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        for (page, bytes) in (1..).zip(pages) {
            written.push(incoming.add(DocumentPart { page, pages: count, bytes })?);
        }
        let (last, words) = incoming.finish()?;
        written.push(last);
        written.retain(|part| !part.is_empty());
        let whole = match written.as_slice() {
            [one] => one.clone(),
            several => several.concat().into(),
        };
        let key = self.copy_key()?;
        let stored = self.bucket.put(&key, whole).await?;
        let rendition = self.copy_words(&key, words).await?;
        Ok(Copied { stored, rendition })
    }

    /// Copies a document part by part. The table knows of the upload before the first part is
    /// written. `announced` is the size that Bp gave, if it gave one.
    pub(crate) async fn copy_parts(
        &mut self,
        parts: impl Stream<Item = Result<DocumentPart, DocumentError>> + Send,
        announced: Option<u64>,
    ) -> Result<Copied, Stop> {
        let key = self.copy_key()?;
        let mut upload = self.bucket.create_upload(&key).await?;
        self.fetching.reserve(Place { key: key.clone(), upload_id: Some(upload.id().to_owned()) });
        self.save_fetching().await?;
        let (mut parts, mut incoming) = (pin!(parts), Incoming::default());
        let mut progress = interval_at(Instant::now() + FIRST_PROGRESS, PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = progress.tick() => self.progress(upload.bytes()).await?,
                part = parts.next() => match part {
                    Some(part) => upload.write(&incoming.add(part?)?).await?,
                    None => break,
                },
            }
        }
        is_whole(upload.bytes(), announced)?;
        let (last, words) = incoming.finish()?;
        upload.write(&last).await?;
        let stored = upload.complete().await?;
        let rendition = self.copy_words(&key, words).await?;
        Ok(Copied { stored, rendition })
    }

    /// Ends an open upload, so that the document can be copied from the beginning.
    pub(crate) async fn abort_upload(&mut self) -> Result<(), Stop> {
        let key = self.copy_key()?;
        if let Some(upload) = self.fetching.place().and_then(|place| place.upload_id.clone()) {
            self.bucket.abort(&key, &upload).await?;
        }
        self.fetching.reserve(Place { key, upload_id: None });
        Ok(())
    }

    /// Deletes what is at a place in the bucket. Returns whether nothing is left there.
    pub(crate) async fn discard(&self, place: Option<&Place>) -> bool {
        let Some(place) = place else { return true };
        let discarded = self.bucket.discard(&place.keys(), place.upload_id.as_deref()).await;
        if let Err(error) = &discarded {
            tracing::warn!(%error, "a copy could not be cleared away");
        }
        discarded.is_ok()
    }

    /// Keeps a document's words beside its copy.
    async fn copy_words(
        &self,
        key: &str,
        words: Option<String>,
    ) -> Result<Option<StagedRendition>, Stop> {
        let Some(words) = words else { return Ok(None) };
        let stored = self.bucket.put(&Place::rendition_key(key), words.into()).await?;
        Ok(Some(StagedRendition {
            bytes: stored.bytes,
            content_type: ContentType::Utf8Text.as_str().to_owned(),
            sha256: stored.sha256.to_string(),
        }))
    }

    fn copy_key(&self) -> Result<String, Stop> {
        let place = self.fetching.place().ok_or(Obstacle::never(ProblemType::Internal))?;
        Ok(place.key.clone())
    }
}

pub(crate) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
