//! One turn at a practice's lane: which entry is next, when the scheduled job runs, and when the turn
//! ends. It goes on until nothing is due, the site cannot be reached, or the time is up.

use std::collections::HashSet;
use std::ops::ControlFlow::Break;
use std::time::Duration;

use domain::schedule::Job;
use jiff::Timestamp;
use store::work::{
    Entry, KnownWait, Lane, LaneRelease, OpenWork, ParkReason, Parked, WorkKey, WorkKind,
    WorkProgress,
};

use crate::attempt::KindRunner;
use crate::context::{Context, TurnError};
use crate::decide::Next;
use crate::kind::{Status, WaitReason};
use crate::outcome::Trouble;
use crate::ports::{Messages, Timing, WorkStore};
use crate::scheduled_job::JobRunner;
use crate::site::Site;

/// Entries read at once.
const PAGE: u16 = 16;
/// When the writer comes back for entries that a newer release wrote. A deployment takes minutes, and
/// then the writer of the newer release comes.
const LEFT_TO_NEWER_RELEASE: Duration = Duration::from_secs(60);
/// What a turn needs after a job, to release the lane.
const TIME_TO_END: Duration = Duration::from_secs(3);

pub(crate) type Kinds<S, M, C> = [Box<dyn KindRunner<S, M, C>>];
pub(crate) type Jobs = [Box<dyn JobRunner>];

/// A turn at a lane.
pub(crate) struct Turn<'a, S, M, C> {
    context: Context<'a, S, M, C>,
    kinds: &'a Kinds<S, M, C>,
    jobs: &'a Jobs,
    site: Site<'a, S, M, C>,
    lane: Lane,
    /// The first round also asks for queries that are not due yet: Halo's notification may have woken
    /// us.
    early: bool,
    /// Entries that were worked on, with the version that they had.
    done: HashSet<(WorkKey, u64)>,
}

impl<'a, S: WorkStore, M: Messages, C: Timing> Turn<'a, S, M, C> {
    pub(crate) fn new(
        context: Context<'a, S, M, C>,
        kinds: &'a Kinds<S, M, C>,
        jobs: &'a Jobs,
        lane: Lane,
    ) -> Self {
        let early = lane.parked.is_none();
        let site = Site::new(context, &lane);
        Self { context, kinds, jobs, site, lane, early, done: HashSet::new() }
    }

    /// Does what is due, then the job, then what the job made due. Returns when something is due next.
    pub(crate) async fn run(
        &mut self,
        job: &mut Option<Job>,
    ) -> Result<Option<Timestamp>, TurnError> {
        self.work_and_job(job).await
    }

    /// What the lane keeps of this turn.
    pub(crate) fn lane_end(&self) -> LaneRelease {
        let Lane { parked, seen_online, .. } = self.lane;
        let (site, pace) = (self.site.owned().cloned(), self.site.pace);
        LaneRelease { due: None, parked, seen_online, wake_sent_for: None, site, pace }
    }

    async fn work_and_job(
        &mut self,
        job: &mut Option<Job>,
    ) -> Result<Option<Timestamp>, TurnError> {
        let due = self.work().await?;
        let due_now = due.is_some_and(|due| due <= self.context.now());
        // A site that is away is asked for its health only.
        let away = self.lane.parked.is_some() && *job != Some(Job::SiteHealth);
        if due_now || away {
            // The dispatcher sends the job again later.
            return Ok(due);
        }
        match job.take() {
            Some(job) if self.run_job(job).await? => self.work().await,
            _ => Ok(due),
        }
    }

    /// Returns whether the job was done.
    async fn run_job(&mut self, job: Job) -> Result<bool, TurnError> {
        let Context { services, practice, .. } = self.context;
        let name = job.as_str();
        let Some(runner) = self.jobs.iter().find(|known| known.job() == job) else {
            tracing::error!(job = name, "nobody does this job");
            return Ok(false);
        };
        if runner.writes() && self.site.claim_unseen().await?.is_break() {
            let delay = services.limits.site_taken.unhurried(1, services.clock.random());
            // If the queue does not take it, the dispatcher sends the job again after minutes.
            let _ = services.messages.wake_for(practice, job, delay).await;
            return Ok(false);
        }
        let time = self.context.time_left().saturating_sub(TIME_TO_END);
        let rest = match runner.run(practice, self.context.deadline(time)).await {
            Ok(rest) => rest.unwrap_or_else(|| job.interval()),
            Err(error) => {
                tracing::warn!(practice = practice.as_str(), job = name, %error, "not done");
                return Ok(false);
            }
        };
        tracing::info!(practice = practice.as_str(), job = name, "done");
        let now = self.context.now();
        let next = Job::next_after(practice, rest, now);
        services.store.reschedule_job(practice, job, next, now).await?;
        self.context.known.job_has_run(job);
        Ok(true)
    }

    /// Works on entries until none is due. Returns when one is due next.
    async fn work(&mut self) -> Result<Option<Timestamp>, TurnError> {
        let Context { services, practice, .. } = self.context;
        loop {
            let OpenWork { entries: page, newer } =
                services.store.open_work(practice, PAGE).await?;
            let now = self.context.now();
            // Then no other entry can become due before the lane is released, unless this turn makes it due.
            let whole = !newer && page.len() < usize::from(PAGE);
            self.context.known.are_open(&page);
            let first_due = page.first().and_then(|entry| entry.due);
            // It is unknown when entries of a newer release are due.
            let for_newer = newer.then(|| now + LEFT_TO_NEWER_RELEASE);
            let Some(first_due) = first_due.into_iter().chain(for_newer).min() else {
                self.lane.parked = None;
                return Ok(None);
            };
            let early = std::mem::take(&mut self.early);
            let due: Vec<Entry> = page
                .into_iter()
                .filter(|entry| is_due(entry, now) || early && is_at_halo(entry))
                .collect();
            if due.is_empty() {
                return Ok(Some(first_due));
            }
            if let Some(parked) = self.lane.parked.filter(|parked| now < parked.next_check)
                && !self.site.is_repaired(&parked).await?
            {
                self.show_waiting(&parked).await?;
                return Ok(Some(parked.next_check));
            }
            if self.context.time_left() < services.limits.shortest {
                return Ok(Some(now));
            }
            let sending = due.iter().any(needs_bp);
            if let Break(next) = self.site.reach(&mut self.lane, sending).await? {
                return self.stop(next).await;
            }
            let mut stuck = true;
            for entry in due {
                let (key, was_due) = (entry.key.clone(), is_due(&entry, now));
                let version = (key.clone(), entry.version);
                // Work on an entry stores a new version of it. An entry whose version was worked on
                // already must not be tried for ever. One that was only asked for early may still
                // become due in this turn.
                if was_due && self.done.contains(&version) {
                    continue;
                }
                stuck = false;
                match self.work_on(entry).await? {
                    Next::GoOn => {}
                    Next::SetAside => self.context.set_aside(&key).await?,
                    next => return self.stop(next).await,
                }
                if was_due {
                    self.done.insert(version);
                }
            }
            if !stuck && whole {
                match self.context.known.first_due() {
                    None => {
                        self.lane.parked = None;
                        return Ok(None);
                    }
                    Some(due) if due > self.context.now() => return Ok(Some(due)),
                    Some(_) => {}
                }
            }
            if stuck {
                tracing::error!(practice = practice.as_str(), "work does not move on");
                return Ok(Some(now + services.limits.slow_poll));
            }
        }
    }

    async fn work_on(&mut self, entry: Entry) -> Result<Next, TurnError> {
        match self.kind(entry.key.kind) {
            Some(kind) => kind.work_on(&mut self.site, entry).await,
            None => Ok(Next::SetAside),
        }
    }

    fn kind(&self, kind: WorkKind) -> Option<&'a dyn KindRunner<S, M, C>> {
        self.kinds.iter().map(Box::as_ref).find(|known| known.kind() == kind)
    }

    /// Stops the work. Returns when something is due next.
    async fn stop(&mut self, next: Next) -> Result<Option<Timestamp>, TurnError> {
        let services = self.context.services;
        Ok(Some(match next {
            Next::Park(trouble) => self.park(trouble).await?,
            Next::Revoked => {
                self.site.store_revoked().await?;
                // Halo's status still says online. Only a query shows when Bp lets us in again.
                self.park(Trouble::of(ParkReason::Revoked)).await?
            }
            Next::SiteTaken => {
                let random = services.clock.random();
                self.context.now() + services.limits.site_taken.unhurried(1, random)
            }
            Next::GoOn | Next::SetAside | Next::EndTurn => self.context.now(),
        }))
    }

    /// Parks the lane: nothing is asked or sent before the next check. Returns when that is.
    async fn park(&mut self, trouble: Trouble) -> Result<Timestamp, TurnError> {
        let Context { services, practice, .. } = self.context;
        let reason = trouble.reason;
        let now = self.context.now();
        let (since, checks) = match self.lane.parked {
            Some(parked) if parked.reason == reason => {
                (parked.since, parked.checks.saturating_add(1))
            }
            _ => (now, 1),
        };
        let backoff = services.limits.park_backoff(reason);
        let jittered = backoff.unhurried(checks, services.clock.random());
        // SQS takes no longer delay, however long Halo asks us to wait.
        let delay = jittered.max(trouble.after.unwrap_or_default()).min(aws::queues::LONGEST_DELAY);
        let parked = Parked { reason, since, next_check: now + delay, checks };
        tracing::info!(
            practice = practice.as_str(),
            reason = ?reason,
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "parked"
        );
        self.lane.parked = Some(parked);
        self.lane.seen_online = None;
        self.show_waiting(&parked).await?;
        Ok(parked.next_check)
    }

    /// Shows in the waiting entries why they wait: from the newest to the first that shows it already.
    /// Each entry is changed once.
    async fn show_waiting(&self, parked: &Parked) -> Result<(), TurnError> {
        let Context { services, practice, .. } = self.context;
        let wait = KnownWait { since: parked.since };
        let status = Status::Waiting {
            reason: WaitReason::Practice(parked.reason),
            next: Some(parked.next_check),
        };
        let mut until = self.context.now();
        let mut shown = HashSet::new();
        loop {
            let page = services.store.newest_open_work(practice, until, PAGE).await?;
            let full = page.len() == usize::from(PAGE);
            let before = shown.len();
            for mut entry in page {
                until = entry.due.unwrap_or(until);
                if !shown.insert(entry.key.clone()) {
                    continue;
                }
                if entry.work.known_wait == Some(wait) {
                    return Ok(());
                }
                entry.work.known_wait = Some(wait);
                if let Some(kind) = self.kind(entry.key.kind) {
                    kind.show_status(self.context, entry, status).await?;
                }
            }
            let no_time = self.context.time_left() < services.limits.shortest;
            if !full || shown.len() == before || no_time {
                return Ok(());
            }
        }
    }
}

fn is_due(entry: &Entry, now: Timestamp) -> bool {
    entry.due.is_some_and(|due| due <= now)
}

/// Whether Halo has a query of the entry that may have ended meanwhile.
fn is_at_halo(entry: &Entry) -> bool {
    matches!(&entry.work.progress, WorkProgress::Sent(sent) if sent.handle.is_some())
}

/// Whether the entry's next step asks Bp.
fn needs_bp(entry: &Entry) -> bool {
    matches!(entry.work.progress, WorkProgress::Ready(_) | WorkProgress::Doubtful(_))
}
