//! One worker's way with one document.

use std::time::Duration;

use aws::queues::{ImportWake, LONGEST_DELAY};
use best_practice::{Document, DocumentKey, DocumentPart, DocumentStart};
use bytes::Bytes;
use connection::PerCallSession;
use document_bucket::Stored;
use domain::connection::Connection;
use domain::content::ContentType;
use domain::ids::PracticeId;
use domain::imports::{Fetching, ImportId, Item, Place, StagedCopy, StagedRendition};
use domain::problem::ProblemType;
use halo::Deadline;
use jiff::Timestamp;
use store::{StoreError, StoredItem};
use uuid::Uuid;

use crate::incoming::Incoming;
use crate::obstacle::{Course, Obstacle, Stop};
use crate::{ImportError, Importer, signed};

/// Where copies are kept; the bucket's lifecycle knows the name.
const FOLDER: &str = "attachments/";
/// The first wait after a try that came to nothing; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// Longer than Halo gives an immediate query.
pub(crate) const LONGEST_QUESTION: Duration = Duration::from_secs(65);

/// A document under a lease of ours.
pub(crate) struct Job<'a> {
    pub(crate) importer: &'a Importer,
    pub(crate) practice: PracticeId,
    pub(crate) import: ImportId,
    /// As it is in the table, to our knowledge.
    pub(crate) item: StoredItem,
    pub(crate) owner: Uuid,
    pub(crate) wake: &'a ImportWake,
    pub(crate) deadline: Deadline,
}

/// A finished copy, and the text beside it.
pub(crate) struct Copied {
    pub(crate) stored: Stored,
    pub(crate) rendition: Option<StagedRendition>,
}

/// How a try ended without a failure.
pub(crate) enum Ended {
    /// The copy is finished.
    Copied(Copied),
    /// The practice is preparing the document.
    Preparing,
}

impl Job<'_> {
    pub(crate) async fn work(mut self, mut fetching: Fetching) -> Result<(), ImportError> {
        let started = std::time::Instant::now();
        let ended = self.try_once(&mut fetching).await;
        let outcome = match &ended {
            Ok(Ended::Copied(_)) => "staged",
            Ok(Ended::Preparing) => "preparing",
            Err(Stop::Obstacle(obstacle)) => obstacle.problem.slug(),
            Err(Stop::PagesGone) => "pages gone",
            Err(Stop::Overtaken) => "overtaken",
            Err(Stop::Broken(_)) => "broken",
        };
        tracing::info!(
            practice = self.practice.as_str(),
            outcome,
            spoiled = fetching.spoiled(),
            bytes = if let Ok(Ended::Copied(copied)) = &ended { copied.stored.bytes } else { 0 },
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "worked on a document"
        );
        match ended {
            Ok(Ended::Copied(copied)) => self.stage(fetching, copied).await,
            Ok(Ended::Preparing) => self.leave_preparing(fetching).await,
            Err(Stop::Obstacle(obstacle)) => self.stumble(fetching, obstacle).await,
            Err(Stop::PagesGone) => {
                fetching.forget_query();
                let problem = ProblemType::SiteSlow;
                self.stumble(fetching, Obstacle { problem, course: Course::Again }).await
            }
            Err(Stop::Overtaken) => {
                self.discard(fetching.place().cloned()).await;
                Ok(())
            }
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    async fn try_once(&mut self, fetching: &mut Fetching) -> Result<Ended, Stop> {
        self.take(fetching).await?;
        let session = PerCallSession::new(&self.importer.bp, &self.importer.store);
        let mut connection: Connection = session.open(&self.practice).await?;
        if connection.database() != self.item.site {
            // Under the same numbers another Bp has other people's documents.
            return Err(Obstacle::never(ProblemType::PracticeChanged).into());
        }
        match self.fetch_by_statement(session, &mut connection, fetching).await {
            Err(Stop::Obstacle(refused)) if refused.is_of_statement() => {
                self.fetch_by_fhir(&connection, fetching, refused).await
            }
            ended => ended,
        }
    }

    async fn fetch_by_statement(
        &mut self,
        session: PerCallSession<'_>,
        connection: &mut Connection,
        fetching: &mut Fetching,
    ) -> Result<Ended, Stop> {
        if fetching.effort().query().is_none() {
            let Document { about, start } = self.start(session, connection).await?;
            fetching.told(about);
            match start {
                DocumentStart::Inline(bytes) => {
                    return Ok(Ended::Copied(self.put(fetching, vec![bytes]).await?));
                }
                DocumentStart::Pages(pages) => {
                    return Ok(Ended::Copied(self.put(fetching, pages).await?));
                }
                DocumentStart::Large { .. } => {
                    self.request(session, connection, fetching).await?;
                }
                DocumentStart::WithoutBytes => {
                    return Err(Obstacle::never(ProblemType::DocumentWithoutFile).into());
                }
                DocumentStart::InParts => {
                    return Err(Obstacle::never(ProblemType::DocumentInParts).into());
                }
            }
        }
        self.fetch_large(session, connection, fetching).await
    }

    /// Writes a document whose pages are all in memory.
    async fn put(&self, fetching: &Fetching, pages: Vec<Bytes>) -> Result<Copied, Stop> {
        let mut copy = Incoming::default();
        let mut written: Vec<Bytes> = Vec::with_capacity(pages.len() + 1);
        let many = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        for (page, bytes) in (1..).zip(pages) {
            written.push(copy.take(DocumentPart { page, pages: many, bytes })?);
        }
        let (last, words) = copy.end()?;
        written.push(last);
        written.retain(|part| !part.is_empty());
        let whole = match written.as_slice() {
            [one] => one.clone(),
            many => many.concat().into(),
        };
        let key = self.key(fetching)?;
        let stored = self.importer.bucket.put(&key, whole).await?;
        let rendition = self.render(&key, words).await?;
        Ok(Copied { stored, rendition })
    }

    /// Keeps a document's words beside its copy.
    pub(crate) async fn render(
        &self,
        key: &str,
        words: Option<String>,
    ) -> Result<Option<StagedRendition>, Stop> {
        let Some(words) = words else { return Ok(None) };
        let key = Place::rendition_key(key);
        let stored = self.importer.bucket.put(&key, words.into()).await?;
        Ok(Some(StagedRendition {
            bytes: stored.bytes,
            content_type: ContentType::Utf8Text.as_str().to_owned(),
            sha256: stored.sha256.to_string(),
        }))
    }

    /// Writes the lease and where the copy will be; clears away what an earlier try left.
    async fn take(&mut self, fetching: &mut Fetching) -> Result<(), Stop> {
        if let Some(old) = fetching.place().cloned() {
            let claimed = Item::Fetching(fetching.clone());
            // Until the lease is ours, what is there is another worker's, and perhaps finished.
            fetching.cleared();
            self.save(claimed).await?;
            fetching.put_at(old.clone());
            self.importer.bucket.discard(&old.keys(), old.upload_id.as_deref()).await?;
            fetching.cleared();
        }
        let place = Place { key: format!("{FOLDER}{}", Uuid::new_v4()), upload_id: None };
        fetching.put_at(place);
        self.save(Item::Fetching(fetching.clone())).await
    }

    async fn start(
        &self,
        session: PerCallSession<'_>,
        connection: &mut Connection,
    ) -> Result<Document, Stop> {
        let deadline = self.deadline.at_most(LONGEST_QUESTION);
        let (bp, document) = (&self.importer.bp, self.document());
        let limit = self.importer.config.inline_bytes;
        session
            .ask(&self.practice, connection, deadline, |guid| {
                bp.document_start(guid, &document, limit, deadline)
            })
            .await?
            .ok_or_else(|| Obstacle::never(ProblemType::DocumentUnknown).into())
    }

    pub(crate) fn document(&self) -> DocumentKey {
        let StoredItem { patient, selection, .. } = &self.item;
        DocumentKey { patient: *patient, folder: selection.folder, document: selection.document_id }
    }

    pub(crate) fn key(&self, fetching: &Fetching) -> Result<String, Stop> {
        let place = fetching.place().ok_or(Obstacle::never(ProblemType::Internal))?;
        Ok(place.key.clone())
    }

    /// Writes down where the document stands, unless somebody else moved it on.
    pub(crate) async fn save(&mut self, state: Item) -> Result<(), Stop> {
        let Self { importer, practice, import, item, .. } = self;
        match importer.store.move_import_item(practice, import, item, state).await {
            Ok(moved) => {
                self.item = moved;
                Ok(())
            }
            Err(StoreError::Conflict) => Err(Stop::Overtaken),
            Err(error) => Err(Stop::Broken(error.into())),
        }
    }

    async fn stage(mut self, fetching: Fetching, copied: Copied) -> Result<(), ImportError> {
        let Copied { stored, rendition } = copied;
        let place = fetching.place().cloned();
        let about = fetching.effort().about();
        let ending = about.file_type.as_deref();
        let found = stored.beginning.content_type_of_file(ending);
        let copy = StagedCopy {
            key: place.as_ref().map(|place| place.key.clone()).unwrap_or_default(),
            bytes: stored.bytes,
            content_type: ContentType::header(found).to_owned(),
            extension: stored.beginning.extension(ending),
            sha256: stored.sha256.to_string(),
            staged_at: Timestamp::now(),
            dated: about.dated,
            rendition,
        };
        let staged = self.save(fetching.stage(copy)).await;
        self.settled(staged, place).await
    }

    /// Leaves the document to the practice. Halo's notification wakes a worker; a slow look stands
    /// behind it.
    async fn leave_preparing(mut self, mut fetching: Fetching) -> Result<(), ImportError> {
        // No upload is open while the practice prepares.
        fetching.cleared();
        let now = Timestamp::now();
        let wait = self.importer.config.slow_poll;
        let next_look = match fetching.effort().next_look() {
            Some(coming) if coming > now => coming,
            _ => {
                self.importer.send(self.wake, wait).await?;
                now + signed(wait)
            }
        };
        let left = self.save(fetching.wait(next_look)).await;
        self.settled(left, None).await
    }

    /// After a failure: again later, or never.
    async fn stumble(
        mut self,
        mut fetching: Fetching,
        obstacle: Obstacle,
    ) -> Result<(), ImportError> {
        // What is left in the bucket is cleared now, or by whoever comes next.
        if let Some(place) = fetching.place().cloned()
            && self.discard(Some(place)).await
        {
            fetching.cleared();
        }
        let place = fetching.place().cloned();
        let now = Timestamp::now();
        let patience = self.importer.patience();
        let wait = self.wait(&fetching, obstacle.course);
        let next_look = now + signed(wait);
        let problem = obstacle.problem;
        let state = match obstacle.course {
            Course::Wait { .. } => fetching.postpone(problem, next_look, now, patience),
            Course::Again => fetching.spoil(problem, next_look, now, patience),
            Course::Never => fetching.fail(problem, now),
        };
        // The wake first: without it a written wait would be for ever.
        if matches!(state, Item::Queued(_)) {
            self.importer.send(self.wake, wait).await?;
        }
        let written = self.save(state).await;
        self.settled(written, place).await
    }

    fn wait(&self, fetching: &Fetching, course: Course) -> Duration {
        let wait = match course {
            Course::Wait { after: Some(after) } => after,
            Course::Wait { after: None } => self.importer.config.offline_retry,
            Course::Again | Course::Never => {
                FIRST_WAIT * 2_u32.saturating_pow(u32::from(fetching.spoiled()))
            }
        };
        // A practice that comes back is not asked for everything in the same second.
        let jitter = f64::from(self.owner.as_bytes()[0]) / 1_024.0;
        wait.mul_f64(1.0 + jitter).min(LONGEST_DELAY)
    }

    async fn settled(
        &self,
        written: Result<(), Stop>,
        place: Option<Place>,
    ) -> Result<(), ImportError> {
        match written {
            Ok(()) => Ok(()),
            Err(Stop::Broken(error)) => Err(error),
            // Cancelled at the same moment, or taken over: the copy is nobody's.
            Err(_) => {
                self.discard(place).await;
                Ok(())
            }
        }
    }

    /// Whether nothing is left.
    async fn discard(&self, place: Option<Place>) -> bool {
        let Some(place) = place else { return true };
        let discarded =
            self.importer.bucket.discard(&place.keys(), place.upload_id.as_deref()).await;
        if let Err(error) = &discarded {
            tracing::warn!(%error, "a copy could not be cleared away");
        }
        discarded.is_ok()
    }
}
