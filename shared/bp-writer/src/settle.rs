//! Publishes the event of an entry, then stores what [`crate::decide`] has decided about it.
//!
//! A client may replace the body of an entry at any moment, but not its progress during an attempt. So the
//! outcome of the attempt is stored together with the newer body.

use std::mem::discriminant;
use std::ops::ControlFlow::{self, Break, Continue};

use aws::events::EventKind;
use store::work::{Entry, WorkKind, WorkProgress};

use crate::context::{Context, TurnError};
use crate::decide::{At, Decision, Next, decide};
use crate::followers;
use crate::kind::{Kind, Status};
use crate::outcome::Outcome;
use crate::ports::{Messages, Timing, WorkStore};
use crate::whole;

/// The entry as it is stored now, to go on with; or what the turn does instead.
pub(crate) type Step<E> = ControlFlow<Next, Entry<E>>;

/// Stores decisions about entries of one kind.
pub(crate) struct Settle<'t, 'a, K, S, M, C> {
    pub(crate) kind: &'t K,
    pub(crate) context: Context<'a, S, M, C>,
}

impl<K: Kind, S: WorkStore, M: Messages, C: Timing> Settle<'_, '_, K, S, M, C> {
    /// Stores what follows from an outcome. If somebody has changed the entry meanwhile, `outcome_of` is
    /// called again with the newer entity. It must depend on nothing else.
    pub(crate) async fn settle(
        &self,
        mut entry: Entry<K::Entity>,
        outcome_of: impl Fn(&mut K::Entity) -> Outcome,
    ) -> Result<Step<K::Entity>, TurnError> {
        let Self { kind, context } = self;
        let services = context.services;
        loop {
            let (progress, before) = (entry.work.progress.clone(), entry.body.clone());
            let outcome = outcome_of(&mut entry.body);
            let now = context.now();
            // Whether somebody has changed the entry since it was sent.
            let newer = !matches!(progress, WorkProgress::Ready(_))
                && entry.revision != entry.work.sent_revision;
            let at = At { now, random: services.clock.random(), limits: &services.limits };
            let decision = decide(progress.clone(), outcome, newer, &at);
            if !decision.overtime.is_zero() {
                services.messages.report_overtime(context.practice, decision.overtime);
            }
            let next = decision.next;
            if decision.progress.is_none() {
                return Ok(Break(next));
            }
            self.apply(&mut entry, decision, outcome);
            self.publish_change(&before, &mut entry).await;
            if matches!(entry.work.progress, WorkProgress::Settled(_)) {
                // Before the entry closes: one check too many does no harm, and if the writer dies now, the
                // outcome of this entry is learned again and is the same.
                if let Some((job, at)) = kind.later_check(&entry.body, now) {
                    context.schedule_by(job, at).await?;
                }
            }
            if let Some(follower) = kind.followed_by(&entry.body) {
                match entry.work.progress {
                    WorkProgress::Settled(_) => {
                        followers::begin(*context, *kind, &follower).await?
                    }
                    WorkProgress::Failed(_) => {
                        followers::fail(*context, *kind, &entry.body, &follower).await?;
                    }
                    _ => {}
                }
            }
            let key = entry.key.clone();
            if let Some(stored) = self.store_with_whole(&before, entry).await? {
                self.unblock_others(&before, &stored).await?;
                return Ok(match next {
                    Next::GoOn => Continue(stored),
                    next => Break(next),
                });
            }
            entry = context.read(&key).await?;
            // An entry that has become a whole takes no outcome of an attempt.
            if entry.work.progress != progress || kind.is_whole(&entry.body) {
                return match progress {
                    WorkProgress::Ready(_) => Ok(Continue(entry)),
                    _ => Err(TurnError::LaneLost),
                };
            }
        }
    }

    /// Shows callers a status that changes nothing for the writer. If the entry has changed meanwhile,
    /// it is shown another time.
    pub(crate) async fn show_status(
        &self,
        mut entry: Entry<K::Entity>,
        status: Status,
    ) -> Result<(), TurnError> {
        let before = entry.body.clone();
        self.kind.set_status(&mut entry.body, &status, self.context.now());
        entry.list_under(&self.kind.listing(&entry.body));
        self.store_with_whole(&before, entry).await?;
        Ok(())
    }

    /// Publishes an event that the bus did not take before. Only then the entry moves on.
    pub(crate) async fn publish_late(&self, mut entry: Entry<K::Entity>) -> Result<(), TurnError> {
        let event =
            entry.work.unpublished.as_deref().and_then(|name| event_named(entry.key.kind, name));
        let published = match event {
            Some(event) => {
                let state = self.kind.listing(&entry.body).state;
                let at = entry.work.unpublished_at.unwrap_or_else(|| self.context.now());
                self.context.publish(&entry, event, state, at).await
            }
            None => true,
        };
        if published {
            entry.work.unpublished = None;
            entry.work.unpublished_at = None;
            entry.due = entry.work.progress.due();
        } else {
            entry.due = Some(self.context.retry_at(5));
        }
        // If somebody has changed the entry meanwhile, the event is still in it.
        self.context.store(entry).await?;
        Ok(())
    }

    fn apply(&self, entry: &mut Entry<K::Entity>, decision: Decision, outcome: Outcome) {
        let Some(progress) = decision.progress else { return };
        if let Some(status) = decision.status {
            self.kind.set_status(&mut entry.body, &status, self.context.now());
        }
        if discriminant(&progress) != discriminant(&entry.work.progress) {
            tracing::info!(
                practice = self.context.practice.as_str(),
                entry = %entry.key,
                attempts = progress.tally().attempts,
                ?outcome,
                "decided"
            );
        }
        entry.due = progress.due();
        entry.work.progress = progress;
        entry.list_under(&self.kind.listing(&entry.body));
    }

    /// Publishes the event of a change. If the bus does not take it, the entry stays open for it.
    async fn publish_change(&self, before: &K::Entity, entry: &mut Entry<K::Entity>) {
        if let Some(event) = self.kind.event(before, &entry.body) {
            let state = self.kind.listing(&entry.body).state;
            self.context.publish_change(entry, event, state).await;
        }
    }

    /// Stores an entry, and compares its whole if the change concerns it. Returns `None` if somebody has
    /// changed the entry.
    async fn store_with_whole(
        &self,
        before: &K::Entity,
        entry: Entry<K::Entity>,
    ) -> Result<Option<Entry<K::Entity>>, TurnError> {
        let Self { kind, context } = self;
        let whole = kind.whole(&entry.body).filter(|_| kind.concerns_whole(before, &entry.body));
        let Some(whole) = whole else { return context.store(entry).await };
        whole::make_due(*context, &whole).await?;
        let stored = context.store(entry).await?;
        whole::combine_after_part(*context, *kind, &whole).await?;
        Ok(stored)
    }

    /// Makes the entries due that this change unblocks. An entry that is missed here is tried again when
    /// it is due.
    async fn unblock_others(
        &self,
        before: &K::Entity,
        stored: &Entry<K::Entity>,
    ) -> Result<(), TurnError> {
        let Self { kind, context } = self;
        if !kind.unblocks_others(before, &stored.body) {
            return Ok(());
        }
        let now = context.now();
        for mut other in context.other_open_work::<K::Entity>(&stored.key).await? {
            let WorkProgress::Ready(ready) = &other.work.progress else { continue };
            if kind.unblocks(before, &stored.body, &other.body) {
                other.work.progress = WorkProgress::Ready(ready.clone().put_off(now));
                other.due = Some(now);
                context.store(other).await?;
            }
        }
        Ok(())
    }
}

/// The event that an entry keeps by name. `None` if the name is unknown.
fn event_named(kind: WorkKind, name: &str) -> Option<EventKind> {
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
