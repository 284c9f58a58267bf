//! Works on one entry as far as possible now: marks it, sends it and asks for its result.
//!
//! This file sends to Bp. [`crate::ending`] asks Halo how the write ended, [`crate::look_up`] asks Bp what a write
//! in doubt left there, [`crate::decide`] decides what follows, and [`crate::settle`] stores it.

use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use connection::SessionError;
use domain::connection::Connection;
use domain::ids::HaloGuid;
use futures::FutureExt as _;
use halo::{Call, Command, Deadline, Error};
use ledger::{Ready, Sent};
use store::StoreError;
use store::work::{Entry, ParkReason, WorkKind, WorkProgress};
use uuid::Uuid;

use crate::context::{Context, TurnError};
use crate::decide::Next;
use crate::ending::Ending;
use crate::kind::{Kind, NoCommand, Status};
use crate::look_up::look_up;
use crate::outcome::{self, Outcome, Trouble};
use crate::ports::{Messages, Timing, WorkStore};
use crate::read_first::{Unread, read_first};
use crate::settle::{Settle, Step};
use crate::site::Site;
use crate::whole;

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, TurnError>> + Send + 'a>>;

/// Works on entries of one kind, whatever the type of their bodies. Implemented for every [`Kind`].
pub(crate) trait KindRunner<S, M, C>: Send + Sync {
    fn kind(&self) -> WorkKind;

    /// Works on an entry as far as it goes now. The site must have been reached.
    fn work_on<'a>(&'a self, site: &'a mut Site<'_, S, M, C>, entry: Entry) -> Running<'a, Next>;

    /// Shows callers a status of an entry, unless the entry has changed meanwhile.
    fn show_status<'a>(
        &'a self,
        context: Context<'a, S, M, C>,
        entry: Entry,
        status: Status,
    ) -> Running<'a, ()>;
}

impl<K: Kind, S: WorkStore, M: Messages, C: Timing> KindRunner<S, M, C> for K {
    fn kind(&self) -> WorkKind {
        K::KIND
    }

    fn work_on<'a>(&'a self, site: &'a mut Site<'_, S, M, C>, entry: Entry) -> Running<'a, Next> {
        Box::pin(async move {
            let key = entry.key.clone();
            let Ok(entry) = entry.read::<K::Entity>() else {
                tracing::error!(entry = %key, "an entry cannot be read");
                return Ok(Next::SetAside);
            };
            // One bad entry must not hold up the practice's others.
            let run = AssertUnwindSafe(Attempt { kind: self, site }.run(entry)).catch_unwind();
            run.await.unwrap_or_else(|_| {
                tracing::error!(entry = %key, "a kind panicked over an entry");
                Ok(Next::SetAside)
            })
        })
    }

    fn show_status<'a>(
        &'a self,
        context: Context<'a, S, M, C>,
        entry: Entry,
        status: Status,
    ) -> Running<'a, ()> {
        Box::pin(async move {
            match entry.read::<K::Entity>() {
                Ok(entry) => Settle { kind: self, context }.show_status(entry, status).await,
                Err(_) => Ok(()),
            }
        })
    }
}

/// Work on one entry.
struct Attempt<'t, 'a, K, S, M, C> {
    kind: &'t K,
    site: &'t mut Site<'a, S, M, C>,
}

impl<'t, 'a, K: Kind, S: WorkStore, M: Messages, C: Timing> Attempt<'t, 'a, K, S, M, C> {
    async fn run(mut self, mut entry: Entry<K::Entity>) -> Result<Next, TurnError> {
        loop {
            if entry.work.unpublished.is_some() {
                self.settle().publish_late(entry).await?;
                return Ok(Next::GoOn);
            }
            if self.kind.is_whole(&entry.body) {
                return match whole::combine(self.context(), self.kind, &entry.key).await {
                    Ok(()) => Ok(Next::GoOn),
                    // A part that cannot be read must not hold up the practice's other entries.
                    Err(TurnError::Store(StoreError::Corrupt | StoreError::NewerFormat)) => {
                        Ok(Next::SetAside)
                    }
                    Err(error) => Err(error),
                };
            }
            let step = match entry.work.progress.clone() {
                WorkProgress::Settled(_) | WorkProgress::Failed(_) => {
                    self.settle().publish_late(entry).await?;
                    return Ok(Next::GoOn);
                }
                _ if self.is_for_another_bp(&entry) => self.practice_moved(entry).await?,
                WorkProgress::Ready(ready) => self.send(entry, ready).await?,
                WorkProgress::Sent(sent) => self.ending().ask_once(entry, sent).await?,
                WorkProgress::Doubtful(doubtful) => {
                    look_up(self.kind, self.site, entry, doubtful).await?
                }
            };
            match step {
                Break(next) => return Ok(next),
                Continue(newer) => entry = newer,
            }
            let now = self.context().now();
            if entry.due.is_none_or(|due| due > now) {
                return Ok(Next::GoOn);
            }
        }
    }

    fn context(&self) -> Context<'a, S, M, C> {
        self.site.context
    }

    fn settle(&self) -> Settle<'t, 'a, K, S, M, C> {
        Settle { kind: self.kind, context: self.context() }
    }

    fn ending(&mut self) -> Ending<'_, 'a, K, S, M, C> {
        Ending { kind: self.kind, site: self.site }
    }

    fn is_for_another_bp(&self, entry: &Entry<K::Entity>) -> bool {
        let connection = self.site.connection();
        connection.is_some_and(|here| here.database() != *self.kind.site(&entry.body))
    }

    /// Settles an entry for another Bp than the one that this turn works with.
    async fn practice_moved(
        &mut self,
        entry: Entry<K::Entity>,
    ) -> Result<Step<K::Entity>, TurnError> {
        let Context { services, practice, .. } = self.context();
        let known = services.store.connection(practice).await?;
        if known.is_some_and(|known| known.database() == *self.kind.site(&entry.body)) {
            // The practice was paired with that Bp during this turn. The next turn goes there.
            return Ok(Break(Next::EndTurn));
        }
        self.settle().settle(entry, |_| Outcome::PracticeMoved).await
    }

    /// Sends what is ready. The mark of the attempt is stored before Halo is called.
    async fn send(
        &mut self,
        mut entry: Entry<K::Entity>,
        ready: Ready,
    ) -> Result<Step<K::Entity>, TurnError> {
        let (kind, context) = (self.kind, self.context());
        let limits = &context.services.limits;
        // An attempt that does not end within the turn ends in doubt.
        if context.time_left() < limits.fence.call + limits.shortest {
            return Ok(Break(Next::EndTurn));
        }
        if let Break(next) = self.check_connection().await? {
            return Ok(Break(next));
        }
        let before = entry.clone();
        if kind.must_read(&entry.body, context.now())
            && let Break(unread) = read_first(kind, self.site, &mut entry.body).await?
        {
            return match unread {
                Unread::Next(next) => Ok(Break(next)),
                Unread::NoCommand(why) => self.no_command(before, entry, why).await,
            };
        }
        let command = match self.command(&mut entry).await? {
            Ok(command) => command,
            Err(why) => return self.no_command(before, entry, why).await,
        };
        let now = context.now();
        let Ok(sent) = ready.send(now, &limits.fence) else { return Ok(Break(Next::GoOn)) };
        let sent: Sent<Uuid> = sent;
        kind.set_status(&mut entry.body, &Status::Sending { attempt: sent.tally.attempts }, now);
        entry.work.sent_revision = entry.revision;
        entry.work.progress = WorkProgress::Sent(sent.clone());
        entry.due = Some(sent.due());
        entry.list_under(&kind.listing(&entry.body));
        let Some(marked) = context.store(entry).await? else {
            return Ok(Continue(context.read(&before.key).await?));
        };
        match self.call(&sent, command).await? {
            Outcome::Accepted(query) => self.ending().await_end(marked, query).await,
            outcome => self.settle().settle(marked, |_| outcome).await,
        }
    }

    /// Stores why there is nothing to send now. `before` is the entry without the kind's changes.
    async fn no_command(
        &self,
        before: Entry<K::Entity>,
        entry: Entry<K::Entity>,
        why: NoCommand,
    ) -> Result<Step<K::Entity>, TurnError> {
        match why {
            NoCommand::Later => self.settle().settle(entry, |_| Outcome::NotReady).await,
            NoCommand::Verdict(verdict) => {
                let outcome = |body: &mut K::Entity| {
                    *body = entry.body.clone();
                    Outcome::Verdict(verdict)
                };
                self.settle().settle(before, outcome).await
            }
        }
    }

    /// Stops the attempt if somebody has disconnected or reconnected the practice since the turn began.
    /// A turn lasts minutes, so the connection is read again before each send, unless Halo was not called since it
    /// was read.
    async fn check_connection(&mut self) -> Result<ControlFlow<Next>, TurnError> {
        let Context { services, practice, .. } = self.context();
        if self.site.is_just_read() {
            return Ok(Continue(()));
        }
        let known = services.store.connection(practice).await?;
        let (Some(held), Some(known)) = (self.site.connection(), known.filter(Connection::is_open))
        else {
            self.site.disconnect();
            return Ok(Break(Next::Park(Trouble::of(ParkReason::NotConnected))));
        };
        let same = (held.paired_at, held.database()) == (known.paired_at, known.database());
        Ok(if same { Continue(()) } else { Break(Next::EndTurn) })
    }

    async fn command(
        &self,
        entry: &mut Entry<K::Entity>,
    ) -> Result<Result<Command, NoCommand>, TurnError> {
        let context = self.context();
        if self.kind.depends_on_others(&entry.body) {
            let open = context.other_open_work(&entry.key).await?;
            let open: Vec<K::Entity> = open.into_iter().map(|other| other.body).collect();
            let now = context.now();
            if let Err(stop) = self.kind.consider_others(&mut entry.body, &open, now) {
                return Ok(Err(stop));
            }
        }
        Ok(self.kind.command(&mut entry.body, context.now()).await)
    }

    /// Calls Halo with a marked attempt. The fence counts the time for the call from the mark. The mark
    /// may have taken long, the machine may have slept since, and a changed GUID repeats the call. So
    /// the time is checked directly before each call, and no call lasts beyond it.
    async fn call(&mut self, sent: &Sent<Uuid>, command: Command) -> Result<Outcome, TurnError> {
        let context = self.context();
        let (halo, limits) = (&context.services.halo, &context.services.limits);
        let time = || sent.time_to_call(context.now(), &limits.fence).min(context.time_left());
        if time() < limits.shortest {
            return Ok(Outcome::NotCalled);
        }
        let deadline = Deadline::after(time());
        let question = |guid: HaloGuid| {
            let (time, command) = (time(), &command);
            async move {
                if time < limits.shortest {
                    return Err(Error::NotReached);
                }
                let (queue, deadline) = (limits.fence.queue, deadline.at_most(time));
                halo.submit(guid.0, command, queue, Call::Write, deadline).await
            }
        };
        let called = match self.site.session() {
            Some(session) => session.ask_halo(question).await,
            None => Err(SessionError::NotConnected),
        };
        Ok(match called {
            Ok(submitted) => Outcome::Accepted(submitted.query_id),
            Err(error) => outcome::from_call(error)?,
        })
    }
}
