//! One document of an import: its states, and the only steps between them.
//!
//! ```text
//!            claim              stage
//!   Queued ────────▶ Fetching ────────▶ Staged
//!     ▲  ▲   postpone │    │  fail         │
//!     │  └────────────┘    └─────▶ Failed  │
//!     └──────────── retry ──────────┘      │
//!   every one of them ── cancel ──▶ Cancelled
//! ```
//!
//! `Fetching` with a lease means that a worker is at work. `Fetching` without a lease means that Bp prepares
//! the document and that a wake is on its way. The key of an object is stored before the object is written,
//! so the next worker knows what to delete.
//!
//! These are not [`ledger`]'s states. The ledger makes sure that a write happens once. A document is only
//! read from Bp, and reading it twice is harmless, so there is no fence and no lookup here. What matters is
//! what is in the bucket, and that failed tries are limited. Leases follow the ledger's rule ([`Lease`]).

use jiff::{SignedDuration, Timestamp};
use ledger::Holder;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::copy::{About, Place, StagedCopy};
use crate::problem::ProblemType;

/// How much earlier than planned a wake may come.
const PUNCTUALITY: SignedDuration = SignedDuration::from_secs(2);

/// A wake that is later than this was lost, and a worker that is silent for longer has died.
const LATEST_WAKE: SignedDuration = SignedDuration::from_secs(60);

/// The state of one document.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum Item {
    /// No worker works on it.
    Queued(Effort),
    /// It is being fetched.
    Fetching(Fetching),
    /// Its copy can be downloaded.
    Staged(StagedCopy),
    /// It could not be fetched.
    Failed(Failure),
    /// Somebody cancelled the import.
    Cancelled {
        /// What may still be in the bucket.
        leftover: Option<Place>,
    },
}

/// What is kept from one try to the next.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effort {
    since: Timestamp,
    #[serde(rename = "spoiled")]
    failed_tries: u8,
    obstacle: Option<ProblemType>,
    #[serde(rename = "nextLook")]
    next_wake: Option<Timestamp>,
    query: Option<Uuid>,
    place: Option<Place>,
    /// The previous release did not store it.
    #[serde(default)]
    about: About,
}

impl Effort {
    fn from(now: Timestamp) -> Self {
        Self {
            since: now,
            failed_tries: 0,
            obstacle: None,
            next_wake: None,
            query: None,
            place: None,
            about: About::default(),
        }
    }

    /// What Bp said of the document when it was read.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The obstacle of the last try.
    #[must_use]
    pub fn obstacle(&self) -> Option<ProblemType> {
        self.obstacle
    }

    /// When the wake that was sent arrives.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.next_wake
    }

    /// The query that has the document in its result pages.
    #[must_use]
    pub fn query(&self) -> Option<Uuid> {
        self.query
    }
}

/// A worker's right to be the only one that works on a document. [`ledger::Lease`]'s rule decides when
/// another worker may take it over. It is a type of its own because it is stored as `owner` and `until`
/// inside the document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lease {
    /// The worker.
    pub owner: Uuid,
    /// A worker that is alive renews the lease before this time.
    pub until: Timestamp,
}

impl Lease {
    fn may_be_taken(self, now: Timestamp) -> bool {
        let Self { owner, until } = self;
        ledger::Lease { holder: Holder(owner.to_string()), until }.may_be_taken(now)
    }
}

/// A document that is being fetched.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fetching {
    effort: Effort,
    lease: Option<Lease>,
    received: u64,
}

/// A document that could not be copied.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub problem: ProblemType,
    /// When it failed.
    pub at: Timestamp,
    /// What may still be in the bucket.
    leftover: Option<Place>,
}

/// How long and how often a document is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// How long temporary obstacles are waited out.
    pub give_up_after: SignedDuration,
    /// How many tries may fail because the document is damaged or the worker died.
    pub failed_tries: u8,
}

/// The answer to a worker that wants to work on the document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// The worker may begin.
    Granted(Fetching),
    /// Another worker works on it until then, unless that worker renews its lease.
    Held(Timestamp),
    /// Another wake is on its way. This one is a duplicate.
    Early,
    /// There is nothing to do.
    Over,
    /// Its workers died too often: it has failed.
    Hopeless(Item),
}

impl Item {
    /// A document that was just requested.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::Queued(Effort::from(now))
    }

    /// Whether a worker may claim the document. The claim holds once the returned state is stored.
    #[must_use]
    pub fn claimable(self, lease: Lease, now: Timestamp, patience: Patience) -> Claim {
        let granted = |effort| Claim::Granted(Fetching { effort, lease: Some(lease), received: 0 });
        match self {
            Self::Queued(effort) => match effort.next_wake {
                Some(at) if at > now + PUNCTUALITY => Claim::Early,
                _ => granted(effort),
            },
            Self::Fetching(fetching) => match fetching.lease {
                None => granted(fetching.effort),
                Some(held) if !held.may_be_taken(now) => Claim::Held(held.until),
                // Its worker died.
                Some(_) => {
                    let mut effort = fetching.effort;
                    effort.failed_tries = effort.failed_tries.saturating_add(1);
                    if effort.failed_tries < patience.failed_tries {
                        granted(effort)
                    } else {
                        let leftover = effort.place;
                        let problem = ProblemType::Internal;
                        Claim::Hopeless(Self::Failed(Failure { problem, at: now, leftover }))
                    }
                }
            },
            Self::Staged(_) | Self::Failed(_) | Self::Cancelled { .. } => Claim::Over,
        }
    }

    /// Cancels it. `None` if it was cancelled before.
    #[must_use]
    pub fn cancel(self) -> Option<Self> {
        let leftover = match self {
            Self::Queued(effort) | Self::Fetching(Fetching { effort, .. }) => effort.place,
            Self::Staged(copy) => Some(Place { key: copy.key, upload_id: None }),
            Self::Failed(failure) => failure.leftover,
            Self::Cancelled { .. } => return None,
        };
        Some(Self::Cancelled { leftover })
    }

    /// Starts a failed document again. `None` if it has not failed.
    #[must_use]
    pub fn retry(self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Failed(failure) => {
                Some(Self::Queued(Effort { place: failure.leftover, ..Effort::from(now) }))
            }
            _ => None,
        }
    }

    /// What a cancelled document may still have in the bucket.
    #[must_use]
    pub fn leftover(&self) -> Option<&Place> {
        match self {
            Self::Cancelled { leftover } => leftover.as_ref(),
            _ => None,
        }
    }

    /// Whether no worker works on it and no wake is on its way: both its wake and its worker's lease are
    /// long overdue.
    #[must_use]
    pub fn is_stuck(&self, now: Timestamp) -> bool {
        let (effort, lease) = match self {
            Self::Queued(effort) => (effort, None),
            Self::Fetching(fetching) => (&fetching.effort, fetching.lease),
            Self::Staged(_) | Self::Failed(_) | Self::Cancelled { .. } => return false,
        };
        let expected = effort.next_wake.unwrap_or(effort.since);
        let expected = lease.map_or(expected, |lease| lease.until.max(expected));
        expected + LATEST_WAKE < now
    }

    /// Records that a wake is sent now for a stuck document. `None` if it is not stuck. A second wake is sent
    /// only if this one is late, too.
    #[must_use]
    pub fn wake_sent(mut self, now: Timestamp) -> Option<Self> {
        if !self.is_stuck(now) {
            return None;
        }
        match &mut self {
            Self::Queued(effort) | Self::Fetching(Fetching { effort, .. }) => {
                effort.next_wake = Some(now);
            }
            Self::Staged(_) | Self::Failed(_) | Self::Cancelled { .. } => {}
        }
        Some(self)
    }

    /// Whether a wake must be sent at once, because nothing was tried yet.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        matches!(self, Self::Queued(effort) if effort.next_wake.is_none())
    }
}

impl Fetching {
    /// How many bytes have come so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// What is kept from earlier tries.
    #[must_use]
    pub fn effort(&self) -> &Effort {
        &self.effort
    }

    /// What is in the bucket for it.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.effort.place.as_ref()
    }

    /// So many bytes have arrived, and the worker renews its lease.
    pub fn progress(&mut self, received: u64, lease: Lease) {
        self.received = received;
        self.lease = Some(lease);
    }

    /// Sets what Bp said of the document.
    pub fn described(&mut self, about: About) {
        self.effort.about = about;
    }

    /// Sets the query that was sent to Bp.
    pub fn asked(&mut self, query: Uuid) {
        self.effort.query = Some(query);
    }

    /// Removes the query, because its result is of no more use.
    pub fn forget_query(&mut self) {
        self.effort.query = None;
    }

    /// An object will be written here.
    pub fn reserve(&mut self, place: Place) {
        self.effort.place = Some(place);
    }

    /// Nothing is left in the bucket.
    pub fn cleared(&mut self) {
        self.effort.place = None;
    }

    /// Bp prepares the document. The next status call is then.
    #[must_use]
    pub fn wait(mut self, next_wake: Timestamp) -> Item {
        self.lease = None;
        self.effort.obstacle = None;
        self.effort.next_wake = Some(next_wake);
        Item::Fetching(self)
    }

    /// A temporary obstacle: the document waits. It fails if it has waited too long.
    #[must_use]
    pub fn postpone(
        mut self,
        problem: ProblemType,
        next_wake: Timestamp,
        now: Timestamp,
        patience: Patience,
    ) -> Item {
        if now > self.effort.since + patience.give_up_after {
            return self.fail(given_up(problem), now);
        }
        self.effort.obstacle = Some(problem);
        self.effort.next_wake = Some(next_wake);
        Item::Queued(self.effort)
    }

    /// A try failed, but another one may succeed. After too many failed tries the document fails.
    #[must_use]
    pub fn try_failed(
        mut self,
        problem: ProblemType,
        next_wake: Timestamp,
        now: Timestamp,
        patience: Patience,
    ) -> Item {
        self.effort.failed_tries = self.effort.failed_tries.saturating_add(1);
        if self.effort.failed_tries >= patience.failed_tries {
            return self.fail(problem, now);
        }
        self.postpone(problem, next_wake, now, patience)
    }

    /// How many tries failed.
    #[must_use]
    pub fn failed_tries(&self) -> u8 {
        self.effort.failed_tries
    }

    /// The copy is finished.
    #[must_use]
    pub fn stage(self, copy: StagedCopy) -> Item {
        Item::Staged(copy)
    }

    /// The document cannot be copied.
    #[must_use]
    pub fn fail(self, problem: ProblemType, at: Timestamp) -> Item {
        Item::Failed(Failure { problem, at, leftover: self.effort.place })
    }
}

fn given_up(problem: ProblemType) -> ProblemType {
    match problem {
        ProblemType::SiteOffline => ProblemType::PracticeOffline,
        other => other,
    }
}
