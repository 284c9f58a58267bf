//! What handlers work with. [`crate::AppBuilder`] builds it from the environment.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use aws::queues::Queues;
use best_practice::BpClient;
use config::{CopiesConfig, DocumentsConfig};
use connection::{Clock as _, Sessions, SystemClock};
use document_bucket::DocumentBucket;
use domain::ids::PracticeId;
use domain::limits::Allowances;
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::Store;
use usage::Counter;

use crate::clients::Lazy;
use crate::cursor::Cursors;
use crate::limits::Limiter;
use crate::problem::{Problem, ProblemType};

/// What the handlers of a function work with. It is built once, when the function starts. Building it
/// calls no other service.
#[derive(Debug)]
pub struct App {
    /// Bp through Halo.
    pub bp: BpClient,
    /// Opens sessions with practices' Bp.
    pub sessions: Sessions,
    /// The table.
    pub store: Store,
    /// Counts what Halo is asked.
    pub counter: Counter,
    /// Limits how many requests callers send.
    pub limiter: Arc<Limiter>,
    /// How long an audit line is kept.
    pub audit_retention: SignedDuration,
    /// What only some functions have.
    pub parts: Parts,
}

/// Parts of the [`App`] that only some functions have: each part needs environment variables and IAM
/// rights of its own. A function's `main` says which parts it has.
#[derive(Debug, Default)]
pub struct Parts {
    /// Signs the cursors of long lists.
    pub cursors: Option<Cursors>,
    /// The queue that wakes practices' writers.
    pub writer_queue: Option<Lazy<Queues>>,
    /// The queue that wakes the importer of attachments.
    pub import_queue: Option<Lazy<Queues>>,
    /// Copies of documents in Bp.
    pub copies: Option<Copies>,
    /// Documents that callers upload.
    pub uploads: Option<Uploads>,
    /// How many observations of each kind the clinical summary shows, latest first.
    pub observations_per_code: Option<NonZeroU16>,
}

/// Copies of documents in Bp.
#[derive(Debug)]
pub struct Copies {
    /// How long copies are kept, and how long links to them work.
    pub config: CopiesConfig,
    /// The bucket that holds them.
    pub bucket: Lazy<DocumentBucket>,
}

/// Documents that callers upload.
#[derive(Debug)]
pub struct Uploads {
    /// How long documents are kept, and how large they may be.
    pub config: DocumentsConfig,
    /// The bucket that holds them.
    pub bucket: Lazy<DocumentBucket>,
}

impl App {
    /// An app without optional parts and without limits.
    #[must_use]
    pub fn new(
        bp: BpClient,
        store: Store,
        counter: Counter,
        audit_retention: SignedDuration,
    ) -> Self {
        let sessions = Sessions::new(bp.clone(), store.clone());
        let limiter = Arc::new(Limiter::new(store.clone(), Allowances::default()));
        Self { bp, sessions, store, counter, limiter, audit_retention, parts: Parts::default() }
    }

    pub(crate) fn now() -> Timestamp {
        SystemClock.now()
    }

    pub(crate) fn deadline() -> Deadline {
        Deadline::after(domain::request::REQUEST_TIME)
    }

    pub(crate) fn cursors(&self) -> Result<&Cursors, Problem> {
        part(self.parts.cursors.as_ref(), "cursors")
    }

    pub(crate) fn import_queue(&self) -> Result<&Queues, Problem> {
        part(self.parts.import_queue.as_ref(), "import_queue").map(|queues| &**queues)
    }

    pub(crate) fn copies(&self) -> Result<&Copies, Problem> {
        part(self.parts.copies.as_ref(), "copies")
    }

    pub(crate) fn uploads(&self) -> Result<&Uploads, Problem> {
        part(self.parts.uploads.as_ref(), "uploads")
    }

    pub(crate) fn observations_per_code(&self) -> Result<NonZeroU16, Problem> {
        part(self.parts.observations_per_code.as_ref(), "observations_per_code").copied()
    }

    /// Wakes the practice's writer. A lost message only costs time: the dispatcher finds in the table
    /// what is due.
    pub(crate) async fn wake_writer(&self, practice: &PracticeId) {
        let queue = part(self.parts.writer_queue.as_ref(), "writer_queue");
        let Ok(queue) = queue else { return };
        if queue.wake_writer(practice.as_str(), Duration::ZERO).await.is_err() {
            tracing::warn!(practice = practice.as_str(), "the site's writer could not be woken");
        }
    }
}

/// A function's routes need a part that its `main` has not added. The function then does not start, so the
/// mistake is seen before the first request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this function was built without a part that its routes need: {0}")]
pub struct MissingPart(pub(crate) &'static str);

/// A missing part is a mistake in the list of what a group of routes needs.
fn part<'a, T>(part: Option<&'a T>, name: &'static str) -> Result<&'a T, Problem> {
    part.ok_or_else(|| {
        tracing::error!(part = name, "this function was built without a part that it needs");
        Problem::new(ProblemType::Internal)
    })
}
