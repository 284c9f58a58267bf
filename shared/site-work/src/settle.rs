//! Ends, and everything else that is written about an entry.
//!
//! A client may change an entry at any moment. It never touches an attempt under way, so what was
//! learned of the attempt holds for the newer entry too and is written there instead.

use best_practice::BpError;
use jiff::Timestamp;
use ledger::Doubtful;
use runtime::events::{Event, EventKind};
use serde::Serialize;
use store::StoreError;
use store::work::{Entry, WorkKind, WorkProgress, WorkRefusal};

use crate::kind::{Failure, Kind, Step, Verdict, Waiting};
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Next, Stepped, Stop, Turn};

/// What an attempt came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Conclusion {
    /// As the kind says.
    Verdict(Verdict),
    /// It is not in Bp, and sending it again would be useless.
    Failed(Failure),
    /// The practice has moved to another Bp; nobody can ask the one that it is for.
    Elsewhere,
    /// Nobody can say whether it is in Bp.
    GaveUp,
    /// It is not in Bp, as a look shows that began at `looked`, and is sent again.
    Absent {
        /// When the look began.
        looked: Timestamp,
        /// When to send it.
        again_at: Timestamp,
    },
}

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// Writes down what an entry came to, with its event on the bus before. `decide` may be called
    /// more than once, each time with the entity as it was before. Without a decision, the entry as
    /// it is.
    pub(crate) async fn conclude<K: Kind>(
        &self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        decide: impl Fn(&mut K::Entity) -> Result<Conclusion, BpError>,
    ) -> Result<Result<Stepped<K::Entity>, Box<Entry<K::Entity>>>, Stop> {
        loop {
            let (seen, before) = (entry.work.progress.clone(), entry.body.clone());
            let now = self.now();
            let Ok(conclusion) = decide(&mut entry.body) else {
                entry.body = before;
                return Ok(Err(Box::new(entry)));
            };
            // What was sent is not what is wanted any more: that is sent next, whatever came of this.
            let newer = !matches!(seen, WorkProgress::Ready(_))
                && entry.revision != entry.work.sent_revision;
            let progress = follows(seen.clone(), conclusion, newer, now);
            match (conclusion, &progress) {
                (Conclusion::Failed(failure), WorkProgress::Failed(_)) => {
                    kind.note(&mut entry.body, &Step::Failed(failure), now);
                }
                (Conclusion::Elsewhere, _) => {
                    kind.note(&mut entry.body, &Step::Failed(Failure::SiteChanged), now);
                }
                (Conclusion::GaveUp, _) => {
                    kind.note(&mut entry.body, &Step::Failed(Failure::Unverifiable), now);
                }
                (Conclusion::Absent { .. }, WorkProgress::Ready(ready)) => {
                    let next = Some(ready.not_before);
                    let step = Step::Waiting { reason: Waiting::NextAttempt, next };
                    kind.note(&mut entry.body, &step, now);
                }
                _ => {}
            }
            tracing::info!(
                practice = self.practice.as_str(),
                entry = %entry.key,
                attempts = progress.tally().attempts,
                conclusion = ?conclusion,
                "concluded"
            );
            entry.due = progress.due();
            entry.work.progress = progress;
            entry.list_under(&kind.listing(&entry.body));
            if let Some(event) = kind.event(&before, &entry.body)
                && !self.told(&entry.key.id, event).await
            {
                entry.work.announce = Some(event.as_str().to_owned());
                entry.due = Some(self.again_at(1));
            }
            let key = entry.key.clone();
            if let Some(stored) = self.store(entry).await? {
                return Ok(Ok(Stepped::again(stored)));
            }
            entry = self.read_again::<K>(&key).await?;
            if entry.work.progress != seen {
                return match seen {
                    WorkProgress::Ready(_) => Ok(Ok(Stepped::again(entry))),
                    _ => Err(Stop::Lost),
                };
            }
        }
    }

    /// Writes down a conclusion that needs no decision.
    pub(crate) async fn concluded<K: Kind>(
        &self,
        kind: &K,
        entry: Entry<K::Entity>,
        conclusion: Conclusion,
    ) -> Result<Stepped<K::Entity>, Stop> {
        match self.conclude(kind, entry, |_| Ok(conclusion)).await? {
            Ok(stepped) => Ok(stepped),
            Err(entry) => Ok(Stepped::again(*entry)),
        }
    }

    /// Writes down where an attempt under way now stands.
    pub(crate) async fn progressed<K: Kind>(
        &self,
        mut entry: Entry<K::Entity>,
        progress: WorkProgress,
    ) -> Result<Entry<K::Entity>, Stop> {
        loop {
            let (key, seen) = (entry.key.clone(), entry.work.progress.clone());
            entry.work.progress = progress.clone();
            entry.due = progress.due();
            if let Some(stored) = self.store(entry).await? {
                return Ok(stored);
            }
            entry = self.read_again::<K>(&key).await?;
            if entry.work.progress != seen {
                return Err(Stop::Lost);
            }
        }
    }

    /// Writes down that an entry waits, and tells it.
    pub(crate) async fn waiting<K: Kind>(
        &self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        progress: WorkProgress,
        reason: Waiting,
    ) -> Result<Stepped<K::Entity>, Stop> {
        loop {
            let (key, seen) = (entry.key.clone(), entry.work.progress.clone());
            let step = Step::Waiting { reason, next: progress.due() };
            kind.note(&mut entry.body, &step, self.now());
            entry.list_under(&kind.listing(&entry.body));
            entry.work.progress = progress.clone();
            entry.due = progress.due();
            if self.store(entry).await?.is_some() {
                return Ok(Stepped::Next(Next::Entry));
            }
            entry = self.read_again::<K>(&key).await?;
            if entry.work.progress != seen {
                return match seen {
                    WorkProgress::Ready(_) => Ok(Stepped::again(entry)),
                    _ => Err(Stop::Lost),
                };
            }
        }
    }

    /// Tells an entry something that changes nothing for the machinery; when it changed meanwhile,
    /// it is told another time.
    pub(crate) async fn note<K: Kind>(
        &self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        step: Step,
    ) -> Result<(), Stop> {
        kind.note(&mut entry.body, &step, self.now());
        entry.list_under(&kind.listing(&entry.body));
        self.store(entry).await.map(drop)
    }

    /// Puts an event on the bus that it did not take before; the entry moves on only after that.
    pub(crate) async fn announce_late<E: Clone + Serialize + Send + Sync>(
        &self,
        mut entry: Entry<E>,
    ) -> Result<Stepped<E>, Stop> {
        let event = entry.work.announce.as_deref().and_then(|name| event_of(entry.key.kind, name));
        let told = match event {
            Some(event) => self.told(&entry.key.id, event).await,
            None => true,
        };
        if told {
            entry.work.announce = None;
            entry.due = entry.work.progress.due();
        } else {
            entry.due = Some(self.again_at(5));
        }
        // Whoever changed it meanwhile left the event in it.
        self.store(entry).await?;
        Ok(Stepped::Next(Next::Entry))
    }

    async fn told(&self, id: &str, kind: EventKind) -> bool {
        let event = Event { kind, practice: self.practice.to_string(), id: id.to_owned() };
        let told = self.writer.messages.tell(event).await.is_ok();
        if !told {
            tracing::warn!(practice = self.practice.as_str(), "the event bus took no event");
        }
        told
    }

    /// Stores an entry; `None` when somebody changed it.
    pub(crate) async fn store<E: Serialize + Sync>(
        &self,
        mut entry: Entry<E>,
    ) -> Result<Option<Entry<E>>, Stop> {
        match self.writer.shelf.transition_work(self.practice, &entry).await {
            Ok(version) => {
                entry.version = version;
                Ok(Some(entry))
            }
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Where an entry stands after a conclusion.
fn follows(
    seen: WorkProgress,
    conclusion: Conclusion,
    newer: bool,
    now: Timestamp,
) -> WorkProgress {
    use Conclusion as By;
    use WorkProgress as P;
    let refused = matches!(conclusion, By::Verdict(Verdict::Refused) | By::Failed(_));
    let until = match conclusion {
        By::Verdict(Verdict::Blocked { again_at }) if !newer => again_at,
        _ => now,
    };
    let blocked = matches!(conclusion, By::Verdict(Verdict::Blocked { .. }));
    match (seen, conclusion) {
        (P::Ready(ready), By::Elsewhere) => P::Failed(ready.fail()),
        (P::Sent(sent), By::Elsewhere) => {
            let doubtful: Doubtful<WorkRefusal> = sent.doubt();
            P::Failed(doubtful.give_up())
        }
        (P::Doubtful(doubtful), By::GaveUp | By::Elsewhere) => P::Failed(doubtful.give_up()),
        (P::Doubtful(doubtful), By::Absent { looked, again_at }) => {
            let again_at = if newer { now } else { again_at };
            match doubtful.clone().absent(looked, again_at) {
                Ok(ready) => P::Ready(ready),
                Err(_) => P::Doubtful(doubtful),
            }
        }
        (P::Doubtful(doubtful), _) if newer || blocked => P::Ready(doubtful.blocked(until)),
        (P::Doubtful(doubtful), _) if refused => P::Failed(doubtful.fail()),
        (P::Doubtful(doubtful), _) => P::Settled(doubtful.found()),
        (P::Sent(sent), _) if newer || blocked => P::Ready(sent.blocked(until)),
        (P::Sent(sent), _) if refused => P::Failed(sent.fail()),
        (P::Sent(sent), By::Verdict(Verdict::Done)) => P::Settled(sent.settle()),
        (P::Ready(ready), _) if blocked => P::Ready(ready.put_off(until)),
        (P::Ready(ready), _) if refused => P::Failed(ready.fail()),
        (P::Ready(ready), By::Verdict(Verdict::Done)) => P::Settled(ready.settle()),
        (unchanged, _) => unchanged,
    }
}

fn event_of(kind: WorkKind, name: &str) -> Option<EventKind> {
    let known: &[EventKind] = match kind {
        WorkKind::Delivery => {
            &[EventKind::DeliveryDelivered, EventKind::DeliveryChecked, EventKind::DeliveryFailed]
        }
        WorkKind::Booking => {
            &[EventKind::BookingSynced, EventKind::BookingConflict, EventKind::BookingFailed]
        }
    };
    known.iter().copied().find(|event| event.as_str() == name)
}
