//! One attempt: marked, sent, awaited.

use std::time::Duration;

use domain::ids::HaloGuid;
use domain::waiting::Waiter;
use halo::{AsyncState, Call, Error, Ran, Row, SqlFailure};
use jiff::{SignedDuration, Timestamp};
use ledger::{Backoff, Doubtful, Ready, Sent};
use practice_session::SessionError;
use store::work::{Entry, ParkReason, WorkProgress, WorkRefusal};
use uuid::Uuid;

use crate::kind::{Failure, Kind, Step, Unready, Verdict, Waiting};
use crate::ports::{Clock, Messages, Shelf};
use crate::settle::Conclusion;
use crate::site::Trouble;
use crate::turn::{Next, Stepped, Stop, Turn};

/// How often a turn asks for the end of a query.
const POLL: Backoff =
    Backoff { first: Duration::from_millis(200), longest: Duration::from_millis(1500) };
/// The outcome of a write is one row; more pages than this are not ours.
const MOST_PAGES: usize = 4;
/// How long Halo's notification finds us.
const WAITER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What asking for the end of a query brought.
enum Heard {
    /// Its result.
    Rows(Vec<Row>),
    /// It ran; its result is lost.
    Ran,
    /// It never ran.
    NeverRan(Option<ParkReason>),
    /// It ran and failed; whether that is the end of it.
    Refused(WorkRefusal, bool),
    /// Nobody was let in to run it.
    LoginRefused,
    /// Halo says too little to tell.
    Unclear,
    /// It has not ended.
    NotYet,
    /// Halo cannot be asked now.
    Trouble(Next),
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
        if self.connection.is_none() {
            return Ok(Stepped::Next(Next::Park(ParkReason::NotConnected, None)));
        }
        let before = entry.clone();
        let command = match kind.command(&mut entry.body, self.now()).await {
            Ok(command) => command,
            Err(Unready::Nothing) => {
                return self.unsent(kind, before, &entry.body, Verdict::Done).await;
            }
            Err(Unready::Refused) => {
                return self.unsent(kind, before, &entry.body, Verdict::Refused).await;
            }
            Err(Unready::Later) => {
                // Never sent, but not for nothing: the delay grows.
                let mut ready = ready;
                ready.tally.spared = ready.tally.spared.saturating_add(1);
                let again_at = self.again_at(ready.tally.spared);
                let progress = WorkProgress::Ready(ready.put_off(again_at));
                return self.waiting(kind, entry, progress, Waiting::NextAttempt).await;
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
        // A machine that slept since the mark must not send what others may look for already.
        if self.time_left() < limits.fence.call {
            let again = WorkProgress::Ready(sent.never_ran(now));
            self.progressed::<K>(marked, again).await?;
            return Ok(Stepped::Next(Next::OutOfTime));
        }
        let deadline = self.deadline(limits.fence.call);
        let halo = self.writer.halo.clone();
        let submitted = self
            .asked_halo(|guid: HaloGuid| {
                let (halo, command) = (&halo, &command);
                async move {
                    halo.submit(guid.0, command, limits.fence.queue, Call::Write, deadline).await
                }
            })
            .await;
        drop(command);
        match submitted {
            Ok(submitted) => {
                let ask_at = self.now() + limits.slow_poll;
                let sent = sent.accepted(submitted.query_id, ask_at);
                let stored = self.progressed::<K>(marked, WorkProgress::Sent(sent)).await?;
                self.follow(kind, stored).await
            }
            Err(error) => self.not_accepted(kind, marked, sent, error).await,
        }
    }

    /// Halo did not say that it took the query.
    async fn not_accepted<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        sent: Sent<Uuid>,
        error: SessionError<Error>,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let now = self.now();
        let (error, next) = match error {
            SessionError::Asked(error) => (error, None),
            // Asked with a GUID that Halo did not take, and no better one was found: it did not run.
            SessionError::Lookup(error) => (Error::NotFound, Some(Trouble::from(error).park())),
            SessionError::SiteUnknown | SessionError::PracticeChanged => (Error::NotFound, None),
            SessionError::NotConnected => (Error::NotReached, None),
            // What was learned could not be kept, and whether Halo took the query is lost with it.
            SessionError::Store(error) => return Err(error.into()),
        };
        match error.did_it_run() {
            Ran::No => {
                let Some(next) = next.or_else(|| Trouble::known(&error).map(|it| it.park())) else {
                    // Halo refuses the request itself, and would the next time.
                    let failed = Conclusion::Failed(Failure::RequestRefused);
                    return self.concluded(kind, entry, failed).await;
                };
                let ready = WorkProgress::Ready(sent.never_ran(now));
                self.progressed::<K>(entry, ready).await?;
                Ok(Stepped::Next(next))
            }
            Ran::Yes => self.doubted(kind, entry, sent.ended(now)).await,
            Ran::Failed => {
                let (refusal, certain) = match &error {
                    Error::Sql(failure) => refusal(failure),
                    _ => (WorkRefusal::Other { number: None }, false),
                };
                self.doubted(kind, entry, sent.refused(refusal, certain, now)).await
            }
            Ran::Unknown => {
                let fence = self.writer.limits.fence;
                self.doubted(kind, entry, sent.cut_off(now, &fence)).await
            }
        }
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
            return self.doubted(kind, entry, sent.doubt()).await;
        };
        let heard = self.hear(query).await?;
        self.heard(kind, entry, sent, heard, true).await
    }

    /// Awaits the end of a query just accepted, for a while.
    async fn follow<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let WorkProgress::Sent(sent) = entry.work.progress.clone() else {
            return Ok(Stepped::Next(Next::Entry));
        };
        let Some(query) = sent.handle else { return Ok(Stepped::Next(Next::Entry)) };
        let until = self.now() + self.patience;
        for asked in 1.. {
            self.writer.clock.sleep(POLL.unhurried(asked, self.writer.clock.random())).await;
            let heard = self.hear(query).await?;
            let out_of_time =
                self.now() >= until || self.time_left() < 2 * self.writer.limits.shortest;
            if !matches!(heard, Heard::NotYet | Heard::Trouble(_)) || out_of_time {
                return self.heard(kind, entry, sent, heard, false).await;
            }
        }
        Ok(Stepped::Next(Next::Entry))
    }

    /// What Halo says of a query.
    async fn hear(&mut self, query: Uuid) -> Result<Heard, Stop> {
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
            Ok((status, rows)) => match status.state {
                AsyncState::Successful => rows.map_or(Heard::Ran, Heard::Rows),
                AsyncState::UploadFailed => Heard::Ran,
                AsyncState::InitialisationFailedSiteOffline
                | AsyncState::InitialisationFailedSiteUnreachable => {
                    Heard::NeverRan(Some(ParkReason::Offline))
                }
                AsyncState::ExpiredInQueue | AsyncState::InitialisationFailedCacheError => {
                    Heard::NeverRan(None)
                }
                AsyncState::ExecutionFailed => match status.failure {
                    Some(Error::Sql(SqlFailure::LoginRefused)) => Heard::LoginRefused,
                    Some(Error::Sql(failure)) => {
                        let (refusal, certain) = refusal(&failure);
                        Heard::Refused(refusal, certain)
                    }
                    // The result was computed, then was too large.
                    Some(Error::ResultTooLarge) => Heard::Ran,
                    _ => Heard::Unclear,
                },
                AsyncState::Initialising
                | AsyncState::Queued
                | AsyncState::Executing
                | AsyncState::Uploading => Heard::NotYet,
            },
            Err(SessionError::Store(error)) => return Err(error.into()),
            // Halo forgot the query, or the site is another one now.
            Err(
                SessionError::Asked(Error::NotFound)
                | SessionError::SiteUnknown
                | SessionError::PracticeChanged,
            ) => Heard::Unclear,
            Err(SessionError::NotConnected) => {
                Heard::Trouble(Next::Park(ParkReason::NotConnected, None))
            }
            Err(SessionError::Asked(error)) => Heard::Trouble(Trouble::from(error).park()),
            Err(SessionError::Lookup(error)) => Heard::Trouble(Trouble::from(error).park()),
        })
    }

    /// What follows on what was heard.
    async fn heard<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        sent: Sent<Uuid>,
        heard: Heard,
        known_to_wait: bool,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let now = self.now();
        match heard {
            Heard::Rows(rows) => {
                let read =
                    |body: &mut K::Entity| kind.read(body, &rows, now).map(Conclusion::Verdict);
                match self.conclude(kind, entry, read).await? {
                    Ok(stepped) => Ok(stepped),
                    Err(entry) => {
                        tracing::error!(entry = %entry.key, "Bp's answer to a write is malformed");
                        self.doubted(kind, *entry, sent.ended(now)).await
                    }
                }
            }
            Heard::Ran => self.doubted(kind, entry, sent.ended(now)).await,
            Heard::Refused(refusal, certain) => {
                self.doubted(kind, entry, sent.refused(refusal, certain, now)).await
            }
            Heard::LoginRefused => {
                let ready = WorkProgress::Ready(sent.never_ran(now));
                self.progressed::<K>(entry, ready).await?;
                Ok(Stepped::Next(self.revoke().await?))
            }
            Heard::NeverRan(Some(reason)) => {
                let ready = WorkProgress::Ready(sent.never_ran(now));
                self.progressed::<K>(entry, ready).await?;
                Ok(Stepped::Next(Next::Park(reason, None)))
            }
            Heard::NeverRan(None) => {
                let again_at = self.again_at(sent.tally.spared + 1);
                let ready = WorkProgress::Ready(sent.never_ran(again_at));
                self.waiting(kind, entry, ready, Waiting::NextAttempt).await
            }
            Heard::Unclear => self.doubted(kind, entry, sent.doubt()).await,
            Heard::NotYet | Heard::Trouble(_) if now >= sent.fence => {
                // It cannot begin any more, and should long have ended.
                self.doubted(kind, entry, sent.doubt()).await
            }
            Heard::NotYet | Heard::Trouble(_) => {
                // A slow practice: the next entries are not waited for as long.
                self.patience /= 2;
                if let (false, Some(query)) = (known_to_wait, sent.handle) {
                    let waiter = Waiter::Site { practice: self.practice.clone() };
                    // The slow look stands behind it.
                    let _ = self.writer.shelf.await_query(query, &waiter, WAITER_KEPT).await;
                }
                if entry.due.is_some_and(|due| due <= now) || !known_to_wait {
                    let slow = Backoff {
                        first: self.writer.limits.slow_poll,
                        longest: self.writer.limits.slow_poll,
                    };
                    let ask_at = now + slow.unhurried(1, self.writer.clock.random());
                    let sent = WorkProgress::Sent(sent.ask_again(ask_at));
                    self.progressed::<K>(entry, sent).await?;
                }
                Ok(Stepped::Next(match heard {
                    Heard::Trouble(next) => next,
                    _ => Next::Entry,
                }))
            }
        }
    }

    /// Whether it took effect has to be looked up: at once where a look is final.
    async fn doubted<K: Kind>(
        &mut self,
        kind: &K,
        entry: Entry<K::Entity>,
        doubtful: Doubtful<WorkRefusal>,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let final_now = doubtful.may_look(self.now()).is_ok();
        let doubtful = WorkProgress::Doubtful(doubtful);
        if final_now {
            return Ok(Stepped::again(self.progressed::<K>(entry, doubtful).await?));
        }
        self.waiting(kind, entry, doubtful, Waiting::Doubt).await
    }

    /// There is nothing to send, as the kind says in the entity.
    async fn unsent<K: Kind>(
        &mut self,
        kind: &K,
        before: Entry<K::Entity>,
        after: &K::Entity,
        verdict: Verdict,
    ) -> Result<Stepped<K::Entity>, Stop> {
        let said = |body: &mut K::Entity| {
            *body = after.clone();
            Ok(Conclusion::Verdict(verdict))
        };
        match self.conclude(kind, before, said).await? {
            Ok(stepped) => Ok(stepped),
            Err(entry) => Ok(Stepped::again(*entry)),
        }
    }

    /// When to try again after this many failures.
    pub(crate) fn again_at(&self, failures: u32) -> Timestamp {
        let delay = self.writer.limits.retry.unhurried(failures, self.writer.clock.random());
        self.now() + delay
    }
}

/// Why the database refused, and whether that is the end of it: after a timeout it may still run on.
fn refusal(failure: &SqlFailure) -> (WorkRefusal, bool) {
    match failure {
        SqlFailure::PermissionDenied => (WorkRefusal::PermissionDenied, true),
        SqlFailure::UnknownObject => (WorkRefusal::UnknownObject, true),
        SqlFailure::LoginRefused => (WorkRefusal::Other { number: None }, true),
        SqlFailure::Other { number } => {
            let certain = number.is_some_and(|number| number > 0);
            (WorkRefusal::Other { number: *number }, certain)
        }
    }
}
