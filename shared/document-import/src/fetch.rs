//! A large document: asked for, waited for, copied page by page.

use std::pin::pin;
use std::time::Duration;

use best_practice::{DocumentError, DocumentPart, DocumentProgress};
use connection::PerCallSession;
use domain::connection::Connection;
use domain::imports::{Fetching, Item, Place};
use domain::problem::ProblemType;
use domain::waiting::Waiter;
use futures::{Stream, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::incoming::Incoming;
use crate::job::{Copied, Ended, Job, LONGEST_QUESTION};
use crate::obstacle::{Course, Obstacle, Stop, is_whole, of_bp};

/// How long a worker waits for a practice before it leaves the document to a later message.
const IN_PROCESS: Duration = Duration::from_secs(6);
const FIRST_LOOK: Duration = Duration::from_millis(150);
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// When the table is first told how much has come, and how often from then on.
const FIRST_PROGRESS: Duration = Duration::from_millis(400);
const PROGRESS: Duration = Duration::from_secs(2);
/// How long the practice may put the reading off: whoever waits for a form gives up sooner.
const MAX_TIME_IN_QUEUE: Duration = Duration::from_mins(10);
/// How long Halo keeps pages, and so how long it pays to know who waits.
const WAITER_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Job<'_> {
    /// Asks the practice to read the document, and remembers the query.
    pub(crate) async fn request(
        &mut self,
        session: PerCallSession<'_>,
        connection: &mut Connection,
        fetching: &mut Fetching,
    ) -> Result<(), Stop> {
        let deadline = self.deadline.at_most(LONGEST_QUESTION);
        let (bp, document) = (&self.importer.bp, self.document());
        let query = session
            .ask_halo(&self.practice, connection, deadline, |guid| {
                bp.request_document(guid, &document, MAX_TIME_IN_QUEUE, deadline)
            })
            .await?;
        fetching.asked(query);
        self.save(Item::Fetching(fetching.clone())).await
    }

    pub(crate) async fn fetch_large(
        &mut self,
        session: PerCallSession<'_>,
        connection: &mut Connection,
        fetching: &mut Fetching,
    ) -> Result<Ended, Stop> {
        // Pages are kept for about a day, and a query may never run: then it is asked once more.
        let mut asked_again = false;
        loop {
            let lost = match self.look(session, connection, fetching).await? {
                DocumentProgress::Running => return Ok(Ended::Preparing),
                DocumentProgress::Failed(error) => {
                    fetching.forget_query();
                    return Err(of_bp(&error).into());
                }
                DocumentProgress::Ready { pages } => {
                    match self.copy(connection, fetching, pages).await {
                        Ok(copied) => return Ok(Ended::Copied(copied)),
                        Err(Stop::PagesGone) => {
                            self.abandon(fetching).await?;
                            true
                        }
                        Err(other) => return Err(other),
                    }
                }
                DocumentProgress::Lost => true,
            };
            if lost && asked_again {
                fetching.forget_query();
                // It was put off for too long, or the practice was gone when it came to it.
                let problem = ProblemType::SiteOffline;
                return Err(Obstacle { problem, course: Course::Wait { after: None } }.into());
            }
            asked_again = true;
            self.request(session, connection, fetching).await?;
        }
    }

    /// Ends the upload that was begun: the document is asked for anew.
    pub(crate) async fn abandon(&self, fetching: &mut Fetching) -> Result<(), Stop> {
        let key = self.key(fetching)?;
        if let Some(upload) = fetching.place().and_then(|place| place.upload_id.clone()) {
            self.importer.bucket.abort(&key, &upload).await?;
        }
        fetching.put_at(Place { key, upload_id: None });
        Ok(())
    }

    /// Looks until the document is ready, or for some seconds.
    async fn look(
        &self,
        session: PerCallSession<'_>,
        connection: &mut Connection,
        fetching: &Fetching,
    ) -> Result<DocumentProgress, Stop> {
        let bp = &self.importer.bp;
        let Some(query) = fetching.effort().query() else { return Ok(DocumentProgress::Lost) };
        let give_up = Instant::now() + IN_PROCESS;
        let mut wait = FIRST_LOOK;
        let mut announced = false;
        loop {
            let deadline = self.deadline.at_most(LONGEST_QUESTION);
            let progress = session
                .ask_halo(&self.practice, connection, deadline, |guid| {
                    bp.document_progress(guid, query, deadline)
                })
                .await?;
            if progress != DocumentProgress::Running || announced {
                return Ok(progress);
            }
            if Instant::now() >= give_up {
                // Once more after that: Halo may have had nobody to tell it to until now.
                announced = true;
                let waiter = Waiter::Import {
                    practice: self.practice.clone(),
                    import: self.import.as_str().to_owned(),
                    item: self.item.index,
                };
                let waiting = self.importer.store.await_query(query, &waiter, WAITER_KEPT).await;
                if let Err(error) = waiting {
                    tracing::warn!(%error, "Halo's notification will find nobody");
                }
            } else {
                sleep(wait).await;
                wait = (wait * 2).min(LONGEST_LOOK);
            }
        }
    }

    /// Copies the pages.
    async fn copy(
        &mut self,
        connection: &Connection,
        fetching: &mut Fetching,
        pages: Vec<u32>,
    ) -> Result<Copied, Stop> {
        let query = fetching.effort().query().ok_or(Stop::PagesGone)?;
        let parts =
            self.importer.bp.document_bytes(connection.site.halo_guid, query, pages, self.deadline);
        // Each part says how many bytes all of them have, and the stream keeps them to it.
        self.pour(fetching, parts, None).await
    }

    /// Writes what comes into an upload that the table knows of.
    pub(crate) async fn pour(
        &mut self,
        fetching: &mut Fetching,
        parts: impl Stream<Item = Result<DocumentPart, DocumentError>> + Send,
        announced: Option<u64>,
    ) -> Result<Copied, Stop> {
        let key = self.key(fetching)?;
        let mut upload = self.importer.bucket.begin(&key).await?;
        fetching.put_at(Place { key: key.clone(), upload_id: Some(upload.id().to_owned()) });
        self.save(Item::Fetching(fetching.clone())).await?;
        let (mut parts, mut copy) = (pin!(parts), Incoming::default());
        let mut tell = interval_at(Instant::now() + FIRST_PROGRESS, PROGRESS);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = tell.tick() => {
                    let now = Timestamp::now();
                    fetching.progress(upload.bytes(), self.importer.lease(self.owner, now));
                    self.save(Item::Fetching(fetching.clone())).await?;
                }
                part = parts.next() => match part {
                    Some(part) => upload.write(&copy.take(part?)?).await?,
                    None => break,
                },
            }
        }
        is_whole(upload.bytes(), announced)?;
        let (last, words) = copy.end()?;
        upload.write(&last).await?;
        let stored = upload.finish().await?;
        let rendition = self.render(&key, words).await?;
        Ok(Copied { stored, rendition })
    }
}
