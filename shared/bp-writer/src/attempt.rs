//! One attempt: marked, sent, awaited.

use std::time::Duration;

use domain::connection::Connection;
use domain::ids::HaloGuid;
use domain::waiting::Waiter;
use halo::{AsyncState, Call, Command, Deadline, Error, Row};
use jiff::SignedDuration;
use ledger::{Backoff, Ready, Sent};
use store::work::{Entry, ParkReason, WorkProgress};
use uuid::Uuid;

use crate::heard::{self, Heard};
use crate::kind::{Kind, Step, Unready, Verdict};
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Next, Stepped, Stop, Turn};

/// How often a turn asks for the end of a query.
const POLL: Backoff =
    Backoff { first: Duration::from_millis(200), longest: Duration::from_millis(1500) };
/// The outcome of a write is one row; more pages than this are not ours.
const MOST_PAGES: usize = 4;
/// How long Halo's notification finds us.
const WAITER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What asking for the end of a query brought.
enum Asked {
    /// Its result, for the kind to read.
    Rows(Vec<Row>),
    /// Anything else.
    Heard(Heard),
}

impl Asked {
    /// Whether it is worth asking again soon.
    fn is_open(&self) -> bool {
        matches!(self, Self::Heard(Heard::StillRunning | Heard::Silent(_)))
    }
}

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// Sends what is ready: the mark of the attempt is in the table before Halo hears of it.
    pub(crate) async fn send<K: Kind>(
        &mut self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        ready: Ready,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let limits = self.writer.limits;
        // What is begun must end within the turn, or it ends in doubt.
        if self.time_left() < limits.fence.call + limits.shortest {
            return Ok(Stepped::Next(Next::OutOfTime));
        }
        if let Some(next) = self.changed_connection().await? {
            return Ok(Stepped::Next(next));
        }
        let before = entry.clone();
        let command = match self.command(kind, &mut entry).await? {
            Ok(command) => command,
            Err(Unready::Later) => return self.settle(kind, entry, |_| Heard::NotReady).await,
            Err(unready) => {
                let verdict = match unready {
                    Unready::Nothing => Verdict::Done,
                    Unready::Blocked { again_at } => Verdict::Blocked { again_at },
                    Unready::Refused | Unready::Later => Verdict::Refused,
                };
                let said = |body: &mut K::Entity| {
                    *body = entry.body.clone();
                    Heard::Verdict(verdict)
                };
                return self.settle(kind, before, said).await;
            }
        };
        let now = self.now();
        let sent: Sent<Uuid> = match ready.send(now, &limits.fence) {
            Ok(sent) => sent,
            Err(_) => return Ok(Stepped::Next(Next::Entry)),
        };
        kind.note(&mut entry.body, &Step::Sending { attempt: sent.tally.attempts }, now);
        entry.work.sent_revision = entry.revision;
        entry.work.progress = WorkProgress::Sent(sent.clone());
        entry.due = Some(sent.due());
        entry.list_under(&kind.listing(&entry.body));
        let Some(marked) = self.store(entry).await? else {
            return Ok(Stepped::again(self.read_again::<K>(&before.key).await?));
        };
        let heard = self.call(&sent, command).await?;
        let stepped = self.settle(kind, marked, |_| heard).await?;
        match (heard, stepped) {
            (Heard::Accepted(query), Stepped::Again(stored)) => {
                self.follow(kind, *stored, query).await
            }
            (_, stepped) => Ok(stepped),
        }
    }

    async fn command<K: Kind>(
        &self,
        kind: &K,
        entry: &mut Entry<K::Entity>,
    ) -> Result<Result<Command, Unready>, Stop> {
        if kind.minds_others(&entry.body) {
            let open = self.open_others(&entry.key).await?;
            let open: Vec<K::Entity> = open.into_iter().map(|other| other.body).collect();
            if let Err(unready) = kind.mind_others(&mut entry.body, &open, self.now()) {
                return Ok(Err(unready));
            }
        }
        Ok(kind.command(&mut entry.body, self.now()).await)
    }

    /// What to do instead of sending, where somebody has disconnected the practice or connected it anew
    /// since the turn began. A turn lasts minutes, so the connection is read again before each send.
    async fn changed_connection(&mut self) -> Result<Option<Next>, Stop> {
        let known = self.writer.shelf.connection(self.practice).await?;
        let (Some(held), Some(known)) = (&self.connection, known.filter(Connection::is_open))
        else {
            self.connection = None;
            return Ok(Some(Next::Park(ParkReason::NotConnected, None)));
        };
        let same = (held.paired_at, held.database()) == (known.paired_at, known.database());
        Ok((!same).then_some(Next::OutOfTime))
    }

    /// Hands a marked attempt to Halo. The mark may have taken long, the machine may have slept
    /// since, and a changed GUID has the call made a second time: whichever it is, no call begins or
    /// ends after the time that the fence counts from the mark.
    async fn call(&mut self, sent: &Sent<Uuid>, command: Command) -> Result<Heard, Stop> {
        let (writer, until) = (self.writer, self.until());
        let limits = &writer.limits;
        let time = || {
            let now = writer.clock.now();
            let of_turn = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            sent.time_to_call(now, &limits.fence).min(of_turn)
        };
        if time() < limits.shortest {
            return Ok(Heard::NotCalled);
        }
        let deadline = Deadline::after(time());
        let called = self
            .asked_halo(|guid: HaloGuid| {
                let (time, command) = (time(), &command);
                async move {
                    if time < limits.shortest {
                        return Err(Error::NotReached);
                    }
                    let (queue, deadline) = (limits.fence.queue, deadline.at_most(time));
                    writer.halo.submit(guid.0, command, queue, Call::Write, deadline).await
                }
            })
            .await;
        Ok(match called {
            Ok(submitted) => Heard::Accepted(submitted.query_id),
            Err(error) => heard::from_call(error)?,
        })
    }

    /// Asks for the end of a query that an earlier turn left in flight.
    pub(crate) async fn ask<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        sent: Sent<Uuid>,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let Some(query) = sent.handle else {
            // The writer died between the mark and Halo's answer.
            return self.settle(kind, entry, |_| Heard::Unclear).await;
        };
        let asked = self.ask_halo_for(query).await?;
        self.take(kind, entry, asked).await
    }

    /// Awaits the end of a query just accepted, for a while.
    async fn follow<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        query: Uuid,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let until = self.now() + self.patience;
        for poll in 1.. {
            self.writer.clock.sleep(POLL.unhurried(poll, self.writer.clock.random())).await;
            let asked = self.ask_halo_for(query).await?;
            if !asked.is_open() {
                return self.take(kind, entry, asked).await;
            }
            if self.now() >= until || self.time_left() < 2 * self.writer.limits.shortest {
                let waiter = Waiter::Site { practice: self.practice.clone() };
                // Where this is lost, the query is asked for when its time comes.
                let _ = self.writer.shelf.await_query(query, &waiter, WAITER_KEPT).await;
                return self.take(kind, entry, asked).await;
            }
        }
        Ok(Stepped::Next(Next::Entry))
    }

    /// What Halo says of a query.
    async fn ask_halo_for(&mut self, query: Uuid) -> Result<Asked, Stop> {
        let deadline = self.deadline(self.writer.limits.answer);
        let halo = self.writer.halo.clone();
        let asked = self
            .asked_halo(|guid: HaloGuid| {
                let halo = &halo;
                async move {
                    let status = halo.query(guid.0, query, deadline).await?;
                    let fetch = status.state == AsyncState::Successful;
                    let mut rows = Vec::new();
                    for page in status.pages.iter().take(MOST_PAGES).filter(|_| fetch) {
                        let page = halo.page(guid.0, query, page.page_number, deadline).await;
                        match page {
                            Ok(page) => {
                                // The outcome is in the last result set.
                                rows = page.sets.into_iter().next_back().unwrap_or(rows);
                            }
                            // The query itself is known to have succeeded.
                            Err(Error::NotFound | Error::Gone | Error::Malformed { .. }) => {
                                return Ok((status, None));
                            }
                            Err(error) => return Err(error),
                        }
                    }
                    Ok((status, Some(rows)))
                }
            })
            .await;
        Ok(match asked {
            Ok((status, rows)) => {
                match (heard::from_status(status.state, status.failure.as_ref()), rows) {
                    (Some(heard), _) => Asked::Heard(heard),
                    (None, Some(rows)) => Asked::Rows(rows),
                    (None, None) => Asked::Heard(Heard::Ran),
                }
            }
            Err(error) => Asked::Heard(heard::from_question(error)?),
        })
    }

    /// Settles what asking for a query brought.
    async fn take<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        asked: Asked,
    ) -> Result<Stepped<K::Entity>, Stop> {
        if asked.is_open() {
            // A slow practice: the next entries are not waited for as long.
            self.patience /= 2;
        }
        let rows = match asked {
            Asked::Heard(heard) => return self.settle(kind, entry, |_| heard).await,
            Asked::Rows(rows) => rows,
        };
        let (key, now) = (entry.key.clone(), self.now());
        let hear = |body: &mut K::Entity| {
            let before = body.clone();
            match kind.read(body, &rows, now) {
                Ok(verdict) => Heard::Verdict(verdict),
                Err(_) => {
                    tracing::error!(entry = %key, "Bp's answer to a write is malformed");
                    *body = before;
                    Heard::Ran
                }
            }
        };
        self.settle(kind, entry, hear).await
    }
}
