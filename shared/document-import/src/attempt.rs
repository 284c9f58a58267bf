//! One worker's attempt at one document: fetch it, then store how the attempt ended.
//!
//! ```text
//! begin      take the lease, reserve a place in the bucket        claimed.rs
//! fetch      by our statements                                    statement.rs
//!            or by FHIR if Bp refuses the statement               fhir.rs
//! settle     staged, preparing, to be tried again, or failed
//! ```

use std::time::Duration;

use aws::queues::{ImportWake, LONGEST_DELAY, Queues};
use best_practice::BpClient;
use config::ImporterConfig;
use connection::{Clock as _, Sessions, SystemClock};
use domain::content::ContentType;
use domain::imports::{Item, Patience, Place, StagedCopy};
use domain::problem::ProblemType;
use halo::Deadline;
use ledger::Backoff;

use crate::claimed::{ClaimedDocument, Copied, signed};
use crate::fhir;
use crate::obstacle::{Course, ImportError, Obstacle, Stop};
use crate::statement::{ByStatement, Fetched};

/// When a failed try is repeated.
const RETRIES: Backoff = Backoff { first: Duration::from_secs(4), longest: LONGEST_DELAY };
/// How many attempts may fail because the answer was damaged or the worker died.
const MOST_FAILURES: u8 = 6;

/// An attempt at a document that this worker has claimed.
pub(crate) struct Attempt<'a> {
    pub(crate) bp: &'a BpClient,
    pub(crate) sessions: &'a Sessions,
    pub(crate) queues: &'a Queues,
    pub(crate) config: &'a ImporterConfig,
    pub(crate) document: ClaimedDocument<'a>,
    /// The message that started the attempt.
    pub(crate) wake: &'a ImportWake,
    pub(crate) deadline: Deadline,
}

impl Attempt<'_> {
    pub(crate) async fn run(mut self) -> Result<(), ImportError> {
        let started = std::time::Instant::now();
        let ended = self.fetch().await;
        let outcome = match &ended {
            Ok(Fetched::Copied(_)) => "staged",
            Ok(Fetched::Preparing) => "preparing",
            Err(Stop::Obstacle(obstacle)) => obstacle.problem.slug(),
            Err(Stop::PagesGone) => "pages gone",
            Err(Stop::Overtaken) => "overtaken",
            Err(Stop::Broken(_)) => "broken",
        };
        tracing::info!(
            practice = self.document.practice.as_str(),
            outcome,
            failed_tries = self.document.fetching.failed_tries(),
            bytes = if let Ok(Fetched::Copied(copied)) = &ended { copied.stored.bytes } else { 0 },
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "worked on a document"
        );
        match ended {
            Ok(Fetched::Copied(copied)) => self.stage(copied).await,
            Ok(Fetched::Preparing) => self.suspend().await,
            Err(Stop::Obstacle(obstacle)) => self.postpone_or_fail(obstacle).await,
            Err(Stop::PagesGone) => {
                self.document.fetching.forget_query();
                self.postpone_or_fail(Obstacle::again(ProblemType::SiteSlow)).await
            }
            Err(Stop::Overtaken) => {
                self.document.discard(self.document.fetching.place()).await;
                Ok(())
            }
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    async fn fetch(&mut self) -> Result<Fetched, Stop> {
        self.document.reserve_place().await?;
        let mut session = self.sessions.open(&self.document.practice, self.deadline).await?;
        if session.connection().database() != self.document.item.site {
            // In another Bp the same numbers mean other patients' documents.
            return Err(Obstacle::never(ProblemType::PracticeChanged).into());
        }
        let by_statement = ByStatement {
            bp: self.bp,
            session: &mut session,
            document: &mut self.document,
            deadline: self.deadline,
            inline_bytes: self.config.inline_bytes,
        };
        match by_statement.fetch().await {
            Err(Stop::Obstacle(refused)) if refused.is_of_statement() => {
                let site = session.connection().site.halo_guid;
                let copied =
                    fhir::fetch(self.bp, site, &mut self.document, self.deadline, refused).await?;
                Ok(Fetched::Copied(copied))
            }
            ended => ended,
        }
    }

    /// Stores that the copy can be downloaded.
    async fn stage(mut self, copied: Copied) -> Result<(), ImportError> {
        let Copied { stored, rendition } = copied;
        let fetching = self.document.fetching.clone();
        let place = fetching.place().cloned();
        let about = fetching.effort().about();
        let ending = about.file_type.as_deref();
        let content_type = stored.beginning.content_type_of_file(ending);
        let copy = StagedCopy {
            key: place.as_ref().map(|place| place.key.clone()).unwrap_or_default(),
            bytes: stored.bytes,
            content_type: ContentType::header(content_type).to_owned(),
            extension: stored.beginning.extension(ending),
            sha256: stored.sha256.to_string(),
            staged_at: SystemClock.now(),
            dated: about.dated,
            rendition,
        };
        self.settle(fetching.stage(copy), place).await
    }

    /// Leaves the document to the practice. Halo's notification wakes a worker when the pages are
    /// ready. A delayed message does the same in case the notification is lost.
    async fn suspend(mut self) -> Result<(), ImportError> {
        let mut fetching = self.document.fetching.clone();
        // No upload is open while the practice prepares the document.
        fetching.cleared();
        let now = SystemClock.now();
        let pause = self.config.slow_poll;
        let next_wake = match fetching.effort().next_wake() {
            Some(coming) if coming > now => coming,
            _ => {
                self.send_wake(pause).await?;
                now + signed(pause)
            }
        };
        self.settle(fetching.wait(next_wake), None).await
    }

    /// Plans a later attempt after an obstacle, or fails the document.
    async fn postpone_or_fail(mut self, obstacle: Obstacle) -> Result<(), ImportError> {
        // If the bucket cannot be cleared now, the next attempt does it.
        if self.document.discard(self.document.fetching.place()).await {
            self.document.fetching.cleared();
        }
        let fetching = self.document.fetching.clone();
        let place = fetching.place().cloned();
        let now = SystemClock.now();
        let patience = patience(self.config);
        let pause = self.pause(obstacle.course);
        let next_wake = now + signed(pause);
        let problem = obstacle.problem;
        let state = match obstacle.course {
            Course::Wait { .. } => fetching.postpone(problem, next_wake, now, patience),
            Course::Again => fetching.try_failed(problem, next_wake, now, patience),
            Course::Never => fetching.fail(problem, now),
        };
        // The message goes first: a stored pause without a message would never end.
        if matches!(state, Item::Queued(_)) {
            self.send_wake(pause).await?;
        }
        self.settle(state, place).await
    }

    fn pause(&self, course: Course) -> Duration {
        let (random, _) = self.document.owner.as_u64_pair();
        let wait = match course {
            Course::Again | Course::Never => {
                let failures = u32::from(self.document.fetching.failed_tries());
                return RETRIES.unhurried(failures + 1, random);
            }
            Course::Wait { after } => after.unwrap_or(self.config.offline_retry),
        };
        // Spread over some time, so that a practice that is back online does not get every query in the
        // same second.
        let quarter = wait / 4;
        let spread = Backoff { first: quarter, longest: quarter }.delay(1, random);
        (wait + spread).min(LONGEST_DELAY)
    }

    async fn send_wake(&self, delay: Duration) -> Result<(), ImportError> {
        let ImportWake { practice_id, import_id, item } = self.wake;
        Ok(self.queues.wake_import(practice_id, import_id, *item, delay).await?)
    }

    /// Stores how the attempt ended. If the document was cancelled or taken over meanwhile, nobody
    /// will ask for the object at `place`, so it is deleted.
    async fn settle(&mut self, state: Item, place: Option<Place>) -> Result<(), ImportError> {
        match self.document.save(state).await {
            Ok(()) => Ok(()),
            Err(Stop::Broken(error)) => Err(error),
            Err(_) => {
                self.document.discard(place.as_ref()).await;
                Ok(())
            }
        }
    }
}

/// How long and how often a document is tried.
pub(crate) fn patience(config: &ImporterConfig) -> Patience {
    Patience { give_up_after: signed(config.give_up), failed_tries: MOST_FAILURES }
}
