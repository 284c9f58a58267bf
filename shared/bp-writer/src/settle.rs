//! Writes down what is decided about an entry.
//!
//! A client may replace an entry's body at any moment, but never its progress while an attempt is
//! under way. So what was learned of the attempt holds for the newer entry too, and is written there.

use std::mem::discriminant;

use aws::events::{Event, EventKind};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::StoreError;
use store::work::{Entry, WorkKey, WorkKind, WorkProgress};

use crate::decide::{At, Decision, Then, decide};
use crate::heard::Heard;
use crate::kind::{Kind, Step};
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Next, Stepped, Stop, Turn};

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// Writes down what follows on what was heard of an entry, with its event on the bus before.
    /// When somebody changed the entry meanwhile, `hear` is called again with the newer entity: it
    /// may depend on nothing else.
    pub(crate) async fn settle<K: Kind>(
        &mut self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        hear: impl Fn(&mut K::Entity) -> Heard,
    ) -> Result<Stepped<K::Entity>, Stop> {
        loop {
            let (seen, before) = (entry.work.progress.clone(), entry.body.clone());
            let heard = hear(&mut entry.body);
            let now = self.now();
            // Somebody changed the entry after it was sent: the newer wish is sent next, whatever this one
            // came to.
            let newer = !matches!(seen, WorkProgress::Ready(_))
                && entry.revision != entry.work.sent_revision;
            let random = self.writer.clock.random();
            let at = At { now, random, limits: &self.writer.limits };
            let Decision { progress, tell, then, overtime } =
                decide(seen.clone(), heard, newer, &at);
            if !overtime.is_zero() {
                self.writer.messages.still_running(self.practice, overtime);
            }
            let Some(progress) = progress else {
                // There is nothing to write down, so nothing to go on with either.
                return Ok(match self.go_on(then, entry).await? {
                    Stepped::Again(_) => Stepped::Next(Next::Entry),
                    next => next,
                });
            };
            if let Some(step) = tell {
                kind.note(&mut entry.body, &step, now);
            }
            if discriminant(&progress) != discriminant(&seen) {
                tracing::info!(
                    practice = self.practice.as_str(),
                    entry = %entry.key,
                    attempts = progress.tally().attempts,
                    ?heard,
                    "decided"
                );
            }
            entry.due = progress.due();
            entry.work.progress = progress;
            entry.list_under(&kind.listing(&entry.body));
            if let Some(event) = kind.event(&before, &entry.body)
                && !self.told(&entry.key.id, event).await
            {
                entry.work.announce = Some(event.as_str().to_owned());
                entry.due = Some(self.again_at(1));
            }
            if matches!(entry.work.progress, WorkProgress::Settled(_))
                && let Some((job, at)) = kind.looked_after(&entry.body, now)
            {
                // Before the entry is done: a look too many is harmless.
                self.writer.shelf.schedule_by(self.practice, job, at).await?;
            }
            let key = entry.key.clone();
            let whole = self.whole_of(kind, &before, &entry.body);
            if let Some(whole) = &whole {
                self.call_whole(whole).await?;
            }
            if let Some(stored) = self.store(entry).await? {
                if let Some(whole) = &whole {
                    self.gather_after(kind, whole).await?;
                }
                self.free_others(kind, &before, &stored).await?;
                return self.go_on(then, stored).await;
            }
            entry = self.read_again::<K>(&key).await?;
            // What was written of one may not be written of what several come to: it has become a whole.
            if entry.work.progress != seen || kind.is_whole(&entry.body) {
                return match seen {
                    WorkProgress::Ready(_) => Ok(Stepped::again(entry)),
                    _ => Err(Stop::Lost),
                };
            }
        }
    }

    /// The practice's other entries of a kind that are on their way. One query of the table.
    pub(crate) async fn open_others<E: DeserializeOwned>(
        &self,
        but: &WorkKey,
    ) -> Result<Vec<Entry<E>>, Stop> {
        let open = self.writer.shelf.open_work(self.practice, u16::MAX).await?;
        let others =
            open.into_iter().filter(|other| other.key.kind == but.kind && other.key != *but);
        // One that cannot be read is set aside when its turn comes.
        Ok(others.filter_map(|other| other.read().ok()).collect())
    }

    /// Makes due at once what waited for something that this entry no longer holds. What is missed here
    /// comes by itself, later.
    async fn free_others<K: Kind>(
        &self,
        kind: &K,
        before: &K::Entity,
        stored: &Entry<K::Entity>,
    ) -> Result<(), Stop> {
        if !kind.frees_others(before, &stored.body) {
            return Ok(());
        }
        let now = self.now();
        for mut other in self.open_others::<K::Entity>(&stored.key).await? {
            let WorkProgress::Ready(ready) = &other.work.progress else { continue };
            if kind.frees(before, &stored.body, &other.body) {
                other.work.progress = WorkProgress::Ready(ready.clone().put_off(now));
                other.due = Some(now);
                self.store(other).await?;
            }
        }
        Ok(())
    }

    async fn go_on<E>(&mut self, then: Then, entry: Entry<E>) -> Result<Stepped<E>, Stop> {
        Ok(match then {
            Then::GoOn => Stepped::again(entry),
            Then::Park(reason, after) => Stepped::Next(Next::Park(reason, after)),
            Then::Revoke => Stepped::Next(self.revoke().await?),
            Then::EndTurn => Stepped::Next(Next::OutOfTime),
        })
    }

    /// Tells an entry something that changes nothing for the machinery; when it changed meanwhile,
    /// it is told another time.
    pub(crate) async fn note<K: Kind>(
        &self,
        kind: &K,
        mut entry: Entry<K::Entity>,
        step: Step,
    ) -> Result<(), Stop> {
        let before = entry.body.clone();
        kind.note(&mut entry.body, &step, self.now());
        entry.list_under(&kind.listing(&entry.body));
        let whole = self.whole_of(kind, &before, &entry.body);
        if let Some(whole) = &whole {
            self.call_whole(whole).await?;
        }
        self.store(entry).await?;
        match &whole {
            Some(whole) => self.gather_after(kind, whole).await,
            None => Ok(()),
        }
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

    /// When to try again after this many failures.
    pub(crate) fn again_at(&self, failures: u32) -> Timestamp {
        let delay = self.writer.limits.retry.unhurried(failures, self.writer.clock.random());
        self.now() + delay
    }

    pub(crate) async fn told(&self, id: &str, kind: EventKind) -> bool {
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

fn event_of(kind: WorkKind, name: &str) -> Option<EventKind> {
    let known: &[EventKind] = match kind {
        WorkKind::Delivery => {
            &[EventKind::DeliveryDelivered, EventKind::DeliveryChecked, EventKind::DeliveryFailed]
        }
        WorkKind::Booking => &[
            EventKind::BookingSynced,
            EventKind::BookingRestored,
            EventKind::BookingCancelled,
            EventKind::BookingConflict,
            EventKind::BookingFailed,
        ],
    };
    known.iter().copied().find(|event| event.as_str() == name)
}
