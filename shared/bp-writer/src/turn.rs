//! One turn: what is due, in order, until nothing is, or the site is away, or the time is up.

use std::collections::HashSet;
use std::time::Duration;

use connection::PerCallSession;
use domain::connection::Connection;
use domain::ids::{PracticeId, SiteId};
use domain::schedule::Job;
use halo::Deadline;
use jiff::Timestamp;
use ledger::Lease;
use store::StoreError;
use store::work::{Entry, Lane, ParkReason, WorkKey, WorkProgress};

use crate::heard::Heard;
use crate::kind::Kind;
use crate::ports::{Clock, Messages, Shelf};
use crate::writer::Writer;

/// Entries read at once.
const PAGE: u16 = 16;
/// What a turn needs after a job, to leave the lane.
const MARGIN: Duration = Duration::from_secs(3);
/// An entry that cannot be worked on is left alone for this long.
const BROKEN: Duration = Duration::from_secs(600);

/// Why a turn ends before its time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Stop {
    /// The table gives no answer.
    Store(StoreError),
    /// Somebody else is at our entries: the lane is not ours any more.
    Lost,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What follows on a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// The next entry.
    Entry,
    /// Nothing more is sent to this site for now.
    Park(ParkReason, Option<Duration>),
    /// Another practice's writer is at the same Bp.
    SiteBusy,
    /// There is no time for another step.
    OutOfTime,
    /// The entry cannot be worked on.
    Broken,
}

/// How the rounds of a turn ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ended {
    /// Nothing is open.
    Idle,
    /// Something is due then.
    Due(Timestamp),
}

impl Ended {
    /// Nothing is done before then.
    pub(crate) fn not_before(self, earliest: Timestamp) -> Self {
        match self {
            Self::Idle => Self::Idle,
            Self::Due(due) => Self::Due(due.max(earliest)),
        }
    }

    pub(crate) fn due(self) -> Option<Timestamp> {
        match self {
            Self::Idle => None,
            Self::Due(due) => Some(due),
        }
    }
}

/// A turn at a lane.
pub(crate) struct Turn<'a, S, M, C> {
    pub(crate) writer: &'a Writer<S, M, C>,
    pub(crate) practice: &'a PracticeId,
    pub(crate) lane: Lane,
    pub(crate) connection: Option<Connection>,
    pub(crate) patience: Duration,
    pub(crate) lease: &'a Lease,
    /// The site that this turn is the writer of.
    pub(crate) held: Option<SiteId>,
    until: Timestamp,
    /// Queries in flight are asked for once in each turn before their time: Halo's notification may
    /// be what woke us.
    early: bool,
    stepped: HashSet<(WorkKey, u64)>,
}

impl<'a, S: Shelf, M: Messages, C: Clock> Turn<'a, S, M, C> {
    pub(crate) fn new(
        writer: &'a Writer<S, M, C>,
        practice: &'a PracticeId,
        lane: Lane,
        lease: &'a Lease,
        until: Timestamp,
    ) -> Self {
        let patience = writer.limits.patience;
        let early = lane.parked.is_none();
        let stepped = HashSet::new();
        Self {
            writer,
            practice,
            lane,
            connection: None,
            patience,
            lease,
            held: None,
            until,
            early,
            stepped,
        }
    }

    /// Does what is due, then the job, then what the job made due.
    pub(crate) async fn rounds(&mut self, job: &mut Option<Job>) -> Result<Ended, Stop> {
        let ended = self.round().await?;
        let due_now = ended.due().is_some_and(|due| due <= self.now());
        // A site that is away is not asked in vain; whether it is away may always be asked.
        let away = self.lane.parked.is_some() && *job != Some(Job::SiteHealth);
        if due_now || away {
            // The job comes round again by itself.
            return Ok(ended);
        }
        match job.take() {
            Some(job) if self.do_job(job).await? => self.round().await,
            _ => Ok(ended),
        }
    }

    /// Whether it was done.
    async fn do_job(&mut self, job: Job) -> Result<bool, Stop> {
        let name = job.as_str();
        let Some(chore) = self.writer.chore(job) else {
            tracing::error!(job = name, "nobody does this job");
            return Ok(false);
        };
        if chore.writes() && self.hold_known_site().await?.is_err() {
            let delay = self.writer.limits.busy.unhurried(1, self.writer.clock.random());
            // Where the queue does not take it, the job's own turn comes again after minutes.
            let _ = self.writer.messages.wake_for(self.practice, job, delay).await;
            return Ok(false);
        }
        let deadline = self.deadline(self.time_left().saturating_sub(MARGIN));
        let done = chore.run(self.practice, deadline).await;
        if let Err(error) = &done {
            tracing::warn!(practice = self.practice.as_str(), job = name, %error, "not done");
        }
        let Ok(rest) = done else { return Ok(false) };
        tracing::info!(practice = self.practice.as_str(), job = name, "done");
        let rest = rest.unwrap_or_else(|| job.interval());
        let next = Job::next_after(self.practice, rest, self.now());
        self.writer.shelf.job_done(self.practice, job, next).await?;
        Ok(true)
    }

    /// Does what is due, until nothing is.
    async fn round(&mut self) -> Result<Ended, Stop> {
        loop {
            let page = self.writer.shelf.open_work(self.practice, PAGE).await?;
            let Some(first_due) = page.first().and_then(|entry| entry.due) else {
                self.lane.parked = None;
                return Ok(Ended::Idle);
            };
            let now = self.now();
            let early = std::mem::take(&mut self.early);
            let due: Vec<Entry> = page
                .into_iter()
                .filter(|entry| entry.due.is_some_and(|at| at <= now) || early && in_flight(entry))
                .collect();
            if due.is_empty() {
                return Ok(Ended::Due(first_due));
            }
            if let Some(parked) = self.lane.parked.filter(|parked| now < parked.next_look)
                && !self.is_mended(&parked).await?
            {
                self.tell_waiting(&parked).await?;
                return Ok(Ended::Due(parked.next_look));
            }
            if self.time_left() < self.writer.limits.shortest {
                return Ok(Ended::Due(now));
            }
            if let Err(next) = self.reach_site(&due).await? {
                return self.ended(next).await;
            }
            let mut stuck = true;
            for entry in due {
                // A step that was taken moves its entry on; one that did not must not be tried for
                // ever. What is asked for early stays as it is, and its time may yet come in this
                // turn.
                let is_due = entry.due.is_some_and(|at| at <= now);
                let seen = (entry.key.clone(), entry.version);
                if is_due && self.stepped.contains(&seen) {
                    continue;
                }
                stuck = false;
                let (key, kind) = (entry.key.clone(), entry.key.kind);
                let next = match self.writer.kind(kind) {
                    Some(kind) => kind.step(self, entry).await?,
                    None => Next::Broken,
                };
                match next {
                    Next::Entry => {}
                    Next::Broken => self.set_aside(&key).await?,
                    Next::Park(..) | Next::SiteBusy | Next::OutOfTime => {
                        return self.ended(next).await;
                    }
                }
                if is_due {
                    self.stepped.insert(seen);
                }
            }
            if stuck {
                tracing::error!(practice = self.practice.as_str(), "work does not move on");
                return Ok(Ended::Due(now + self.writer.limits.slow_poll));
            }
        }
    }

    async fn ended(&mut self, next: Next) -> Result<Ended, Stop> {
        match next {
            Next::Park(reason, after) => self.park(reason, after).await,
            Next::SiteBusy => {
                let random = self.writer.clock.random();
                Ok(Ended::Due(self.now() + self.writer.limits.busy.unhurried(1, random)))
            }
            Next::Entry | Next::Broken | Next::OutOfTime => Ok(Ended::Due(self.now())),
        }
    }

    /// Leaves an entry alone for a while, whatever is wrong with it.
    async fn set_aside(&self, key: &WorkKey) -> Result<(), Stop> {
        let Some(mut entry) = self.writer.shelf.work(self.practice, key).await? else {
            return Ok(());
        };
        if entry.is_open() {
            entry.due = Some(self.now() + BROKEN);
            match self.writer.shelf.transition_work(self.practice, &entry).await {
                Ok(_) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.writer.clock.now()
    }

    /// When the turn has to end.
    pub(crate) fn until(&self) -> Timestamp {
        self.until
    }

    /// What is left of the turn.
    pub(crate) fn time_left(&self) -> Duration {
        Duration::try_from(self.until.duration_since(self.now())).unwrap_or_default()
    }

    /// A deadline for a call, within the turn.
    pub(crate) fn deadline(&self, longest: Duration) -> Deadline {
        Deadline::after(longest.min(self.time_left()))
    }

    pub(crate) fn session(&self) -> PerCallSession<'a, S> {
        PerCallSession::new(&self.writer.bp, &self.writer.shelf)
    }

    /// Does the next thing with an entry.
    pub(crate) async fn step<K: Kind>(
        &mut self,
        kind: &K,
        mut entry: Entry<K::Entity>,
    ) -> Result<Next, Stop> {
        loop {
            // A step whose entry was changed by a client begins anew with the newer one.
            if entry.work.announce.is_some() {
                match self.announce_late(entry).await? {
                    Stepped::Next(next) => return Ok(next),
                    Stepped::Again(newer) => entry = *newer,
                }
            }
            if kind.is_whole(&entry.body) {
                return match self.gather(kind, &entry.key).await {
                    Ok(()) => Ok(Next::Entry),
                    // A part that cannot be read holds up nobody else's work.
                    Err(Stop::Store(StoreError::Corrupt)) => Ok(Next::Broken),
                    Err(stop) => Err(stop),
                };
            }
            let elsewhere = self
                .connection
                .as_ref()
                .is_some_and(|connection| connection.database() != *kind.site(&entry.body));
            let stepped = match entry.work.progress.clone() {
                WorkProgress::Ready(_) | WorkProgress::Sent(_) | WorkProgress::Doubtful(_)
                    if elsewhere =>
                {
                    let known = self.writer.shelf.connection(self.practice).await?;
                    if known.is_some_and(|known| known.database() == *kind.site(&entry.body)) {
                        // Paired with it since this turn began: the next one goes there.
                        return Ok(Next::OutOfTime);
                    }
                    self.settle(kind, entry, |_| Heard::Moved).await?
                }
                WorkProgress::Ready(ready) => self.send(kind, entry, ready).await?,
                WorkProgress::Sent(sent) => self.ask(kind, entry, sent).await?,
                WorkProgress::Doubtful(doubtful) => self.look(kind, entry, doubtful).await?,
                WorkProgress::Settled(_) | WorkProgress::Failed(_) => {
                    self.announce_late(entry).await?
                }
            };
            match stepped {
                Stepped::Next(next) => return Ok(next),
                Stepped::Again(newer) => entry = *newer,
            }
            let now = self.now();
            if entry.due.is_none_or(|due| due > now) {
                return Ok(Next::Entry);
            }
        }
    }

    /// The entry as it is now.
    pub(crate) async fn read_again<K: Kind>(
        &self,
        key: &WorkKey,
    ) -> Result<Entry<K::Entity>, Stop> {
        let entry = self.writer.shelf.work(self.practice, key).await?.ok_or(Stop::Lost)?;
        Ok(entry.read()?)
    }
}

/// How a step ended.
pub(crate) enum Stepped<E> {
    /// With what follows.
    Next(Next),
    /// The entry has moved, or was moved, and may go on at once.
    Again(Box<Entry<E>>),
}

impl<E> Stepped<E> {
    pub(crate) fn again(entry: Entry<E>) -> Self {
        Self::Again(Box::new(entry))
    }
}

/// Whether Halo has a query of ours that may have ended meanwhile.
fn in_flight(entry: &Entry) -> bool {
    matches!(&entry.work.progress, WorkProgress::Sent(sent) if sent.handle.is_some())
}
