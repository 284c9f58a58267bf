//! Fetches a document by our SQL statements.
//!
//! ```text
//! start     one query: what Bp knows of the document; a small document comes with it
//! request   a large document: Halo queues a second query and returns its id
//! wait      until Halo has the pages, or for some seconds
//! copy      page by page into the bucket
//! ```
//!
//! The id of the second query is stored. A later attempt continues with it instead of asking Bp again.

use std::time::Duration;

use best_practice::{BpClient, Document, DocumentProgress, DocumentStart};
use connection::{Clock as _, Session, SystemClock};
use domain::problem::ProblemType;
use domain::waiting::Waiter;
use halo::Deadline;
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};

use crate::claimed::{ClaimedDocument, Copied};
use crate::obstacle::{Course, LONGEST_QUESTION, Obstacle, Stop, of_bp};

/// How long a worker waits for the pages before it leaves the document to a later message.
const LONGEST_WAIT: Duration = Duration::from_secs(6);
/// The pauses between two questions about the query's progress: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(150);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long Halo may queue the query. Somebody who fills in a form gives up sooner.
const MAX_TIME_IN_QUEUE: Duration = Duration::from_mins(10);
/// How long Halo keeps pages, and so for how long its notification is of use.
const WAITER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How an attempt ended without a failure.
pub(crate) enum Fetched {
    /// The copy is finished.
    Copied(Copied),
    /// The practice is preparing the document.
    Preparing,
}

/// Fetches one document in a session with its practice.
pub(crate) struct ByStatement<'s, 'd> {
    pub(crate) bp: &'s BpClient,
    pub(crate) session: &'s mut Session<'d>,
    pub(crate) document: &'s mut ClaimedDocument<'d>,
    /// When this worker must have ended.
    pub(crate) deadline: Deadline,
    /// A document of at most so many bytes comes with the first answer.
    pub(crate) inline_bytes: u32,
}

impl ByStatement<'_, '_> {
    pub(crate) async fn fetch(mut self) -> Result<Fetched, Stop> {
        if self.document.fetching.effort().query().is_none() {
            let Document { about, start } = self.start().await?;
            self.document.fetching.described(about);
            let pages = match start {
                DocumentStart::Inline(bytes) => Some(vec![bytes]),
                DocumentStart::Pages(pages) => Some(pages),
                DocumentStart::Large { .. } => None,
                DocumentStart::WithoutBytes => {
                    return Err(Obstacle::never(ProblemType::DocumentWithoutFile).into());
                }
                DocumentStart::InParts => {
                    return Err(Obstacle::never(ProblemType::DocumentInParts).into());
                }
            };
            if let Some(pages) = pages {
                return Ok(Fetched::Copied(self.document.copy_pages(pages).await?));
            }
            self.request().await?;
        }
        self.fetch_large().await
    }

    async fn start(&mut self) -> Result<Document, Stop> {
        let (bp, deadline, limit) = (self.bp, self.question_deadline(), self.inline_bytes);
        let document = self.document.key_in_bp();
        self.session
            .ask(|guid| bp.document_start(guid, &document, limit, deadline))
            .await?
            .ok_or_else(|| Obstacle::never(ProblemType::DocumentUnknown).into())
    }

    /// Asks the practice to prepare the document, and stores the id of the query.
    async fn request(&mut self) -> Result<(), Stop> {
        let (bp, deadline) = (self.bp, self.question_deadline());
        let document = self.document.key_in_bp();
        let query = self
            .session
            .ask_halo(|guid| bp.request_document(guid, &document, MAX_TIME_IN_QUEUE, deadline))
            .await?;
        self.document.fetching.asked(query);
        self.document.save_fetching().await
    }

    async fn fetch_large(&mut self) -> Result<Fetched, Stop> {
        // A query may never run, and Halo keeps pages for about a day. Then we ask once more.
        let mut asked_again = false;
        loop {
            match self.wait_for_pages().await? {
                DocumentProgress::Running => return Ok(Fetched::Preparing),
                DocumentProgress::Failed(error) => {
                    self.document.fetching.forget_query();
                    return Err(of_bp(&error).into());
                }
                DocumentProgress::Ready { pages } => match self.copy(pages).await {
                    Ok(copied) => return Ok(Fetched::Copied(copied)),
                    Err(Stop::PagesGone) => self.document.abort_upload().await?,
                    Err(other) => return Err(other),
                },
                DocumentProgress::Lost => {}
            }
            if asked_again {
                self.document.fetching.forget_query();
                // It was queued for too long, or the practice was offline when its turn came.
                let problem = ProblemType::SiteOffline;
                return Err(Obstacle { problem, course: Course::Wait { after: None } }.into());
            }
            asked_again = true;
            self.request().await?;
        }
    }

    /// Asks about the query's progress until it has ended, or for some seconds.
    async fn wait_for_pages(&mut self) -> Result<DocumentProgress, Stop> {
        let bp = self.bp;
        let Some(query) = self.document.fetching.effort().query() else {
            return Ok(DocumentProgress::Lost);
        };
        let give_up = Instant::now() + LONGEST_WAIT;
        let mut pause = FIRST_PAUSE;
        let mut is_waited_for = false;
        loop {
            let deadline = self.question_deadline();
            let question = |guid| bp.document_progress(guid, query, deadline);
            let progress = self.session.ask_halo(question).await?;
            if progress != DocumentProgress::Running || is_waited_for {
                return Ok(progress);
            }
            if Instant::now() < give_up {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            // The query may have ended before Halo's notification could find a waiter: ask once more.
            is_waited_for = true;
            let waiter = Waiter::Import {
                practice: self.document.practice.clone(),
                import: self.document.import.as_str().to_owned(),
                item: self.document.item.index,
            };
            let expires = SystemClock.now() + WAITER_KEPT;
            let waiting = self.document.store.await_query(query, &waiter, expires).await;
            if let Err(error) = waiting {
                tracing::warn!(%error, "Halo's notification will find nobody");
            }
        }
    }

    async fn copy(&mut self, pages: Vec<u32>) -> Result<Copied, Stop> {
        let query = self.document.fetching.effort().query().ok_or(Stop::PagesGone)?;
        let guid = self.session.connection().site.halo_guid;
        let parts = self.bp.document_bytes(guid, query, pages, self.deadline);
        // Each part says how many bytes there are in all, and the stream checks the total.
        self.document.copy_parts(parts, None).await
    }

    /// The deadline of the next question, also for the session.
    fn question_deadline(&mut self) -> Deadline {
        let deadline = self.deadline.at_most(LONGEST_QUESTION);
        self.session.set_deadline(deadline);
        deadline
    }
}
