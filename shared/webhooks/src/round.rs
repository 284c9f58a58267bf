//! Sends what waits for an endpoint, in order, and decides what a failure means.

use aws::events::{Event, EventKind};
use domain::webhooks::{Attempted, EndpointLane, Fate, WhyDisabled};
use jiff::{SignedDuration, Timestamp};
use ledger::Holder;
use secrecy::SecretString;
use store::StoreError;
use store::webhooks::{KeptEndpoint, KeptEvent, LastAttempt, Replay, Standing, TakenLane};

use crate::outside::{Outgoing, Reply};
use crate::ports::{Clock, EndpointStore, Secrets, SenderMessages};
use crate::sender::{Sender, SenderError};
use crate::signature::EndpointSecret;

/// How many events are read at once.
const PAGE: u16 = 25;
/// After so many failures in a row, without a success between them, the endpoint itself counts as failing. Perhaps it
/// only refuses these events. So each further round may fail twice as often, until the doublings are used up.
const MOST_FAILURES: u32 = 3;
/// How often [`MOST_FAILURES`] doubles.
const DOUBLINGS: u32 = 3;
/// An endpoint that has failed for so long is reported to the operators.
const REPORTED_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// The status by which an endpoint says that it wants no more events.
const GONE: u16 = 410;

/// Why a round ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pause {
    /// Nothing waits.
    Nothing,
    /// Nothing may be sent before.
    Until(Timestamp),
    /// The run has no time left.
    OutOfTime,
    /// The endpoint is off.
    Off,
}

/// One pass over what waits for an endpoint.
pub(crate) struct Round<'a, S, M, K, C> {
    sender: &'a Sender<S, M, K, C>,
    lane: &'a EndpointLane,
    kept: KeptEndpoint,
    key: &'a SecretString,
    holder: &'a Holder,
    until: Timestamp,
    pub(crate) sent: u64,
    pub(crate) failed: u64,
}

impl<'a, S: EndpointStore, M: SenderMessages, K: Secrets, C: Clock> Round<'a, S, M, K, C> {
    pub(crate) fn new(
        sender: &'a Sender<S, M, K, C>,
        lane: &'a EndpointLane,
        kept: KeptEndpoint,
        key: &'a SecretString,
        holder: &'a Holder,
        until: Timestamp,
    ) -> Self {
        Self { sender, lane, kept, key, holder, until, sent: 0, failed: 0 }
    }

    pub(crate) async fn run(&mut self, taken: &mut TakenLane) -> Result<Pause, SenderError> {
        if let Some(replay) = taken.replay.take()
            && !self.replay(replay).await?
        {
            return Ok(Pause::OutOfTime);
        }
        let standing = &mut taken.standing;
        if let Some(next) = standing.next_attempt.filter(|next| *next > self.now()) {
            return Ok(Pause::Until(next));
        }
        // From now on an arrival makes the endpoint due.
        standing.next_attempt = None;
        let mut place: Option<String> = None;
        // Events that failed since the last success. They keep their places until it is known whether the
        // endpoint or the event is at fault.
        let mut failing: Vec<KeptEvent> = Vec::new();
        let mut in_a_row = 0;
        let mut most_failures = MOST_FAILURES << standing.failures.min(DOUBLINGS);
        loop {
            // Its platform may have deleted, paused or moved it meanwhile.
            if place.is_some() && !self.is_still_on().await? {
                return Ok(Pause::Off);
            }
            let store = &self.sender.store;
            let page = store.waiting_events(self.lane, place.as_deref(), PAGE).await?;
            if page.is_empty() {
                return self.end(standing, in_a_row, Pause::Nothing).await;
            }
            for event in page {
                let now = self.now();
                if event.not_before > now {
                    let pause = Pause::Until(event.not_before);
                    return self.end(standing, in_a_row, pause).await;
                }
                if now >= self.until {
                    return self.end(standing, in_a_row, Pause::OutOfTime).await;
                }
                place = Some(event.order());
                if !self.may_receive(&event) {
                    self.withhold(event).await?;
                    continue;
                }
                let waited_alone = event.waits_alone();
                let (event, reply) = self.send(event).await?;
                if reply.ended.succeeded() {
                    self.succeed(standing, &mut failing).await?;
                    (in_a_row, most_failures) = (0, MOST_FAILURES);
                    continue;
                }
                if reply.ended == Attempted::Status(GONE) {
                    self.disable(WhyDisabled::Gone).await?;
                    return Ok(Pause::Off);
                }
                if !waited_alone {
                    in_a_row += 1;
                    failing.extend((event.fate == Fate::Waiting).then_some(event));
                }
                if let Some(wait) = reply.retry_after {
                    let next = self.sender.limits.as_asked(wait, self.now());
                    return self.fail(standing, Some(next)).await;
                }
                if in_a_row >= most_failures {
                    return self.fail(standing, None).await;
                }
            }
        }
    }

    /// Reads the endpoint again. Returns whether it still receives events.
    async fn is_still_on(&mut self) -> Result<bool, StoreError> {
        let EndpointLane { platform, endpoint, instance } = self.lane;
        let now = self.sender.store.endpoint(platform, endpoint).await?;
        let Some(now) = now.filter(|now| now.endpoint.instance == *instance) else {
            return Ok(false);
        };
        self.kept = now;
        Ok(self.kept.endpoint.is_on())
    }

    /// Whether the endpoint may still receive this event. It may have waited, or be replayed, since its platform or
    /// the endpoint lost a scope.
    fn may_receive(&self, event: &KeptEvent) -> bool {
        let Ok(kind) = EventKind::parse(&event.kind) else { return false };
        let readers = self.sender.platforms.readers_among(&self.lane.platform, kind.readers());
        self.kept.endpoint.wants(&event.kind, &readers)
    }

    /// Gives up an event that the endpoint may no longer receive.
    async fn withhold(&self, mut event: KeptEvent) -> Result<(), StoreError> {
        event.fate = Fate::GivenUp;
        tracing::warn!(event = event.id, "an endpoint may no longer receive an event");
        self.sender.store.save_event(self.lane, &event).await
    }

    /// Sends one event and stores how that ended.
    async fn send(&mut self, mut event: KeptEvent) -> Result<(KeptEvent, Reply), SenderError> {
        let sent = self.now();
        let endpoint = &self.kept.endpoint;
        let secrets: Vec<EndpointSecret> = endpoint
            .signing(sent)
            .map(|seed| EndpointSecret::of(self.key, self.lane, seed))
            .collect();
        let outgoing = Outgoing { id: &event.id, body: &event.payload, sent };
        let reply = self.sender.outside.send(&endpoint.url, outgoing, &secrets).await;
        let at = self.now();
        event.attempts += 1;
        event.last = Some(LastAttempt { at, ended: reply.ended });
        let first = *event.first_attempt.get_or_insert(at);
        if reply.ended.succeeded() {
            event.fate = Fate::Delivered;
            self.sent += 1;
        } else {
            self.failed += 1;
            if self.sender.limits.is_over(first, at) {
                event.fate = Fate::GivenUp;
                tracing::warn!(event = event.id, "an event was given up for an endpoint");
            } else if event.waits_alone() {
                // The endpoint has taken others, so this failure says nothing about the endpoint.
                event.not_before = self.sender.limits.again_at(event.attempts, at);
            }
        }
        self.sender.store.save_event(self.lane, &event).await?;
        Ok((event, reply))
    }

    /// The endpoint has taken an event. So the events that failed before it are at fault themselves, and
    /// wait on their own.
    async fn succeed(
        &self,
        standing: &mut Standing,
        failing: &mut Vec<KeptEvent>,
    ) -> Result<(), StoreError> {
        *standing = Standing {
            last_success: Some(self.now()),
            resets: standing.resets,
            ..Standing::default()
        };
        for mut event in failing.drain(..) {
            event.not_before = self.sender.limits.again_at(event.attempts, self.now());
            self.sender.store.save_event(self.lane, &event).await?;
        }
        Ok(())
    }

    async fn end(
        &self,
        standing: &mut Standing,
        in_a_row: u32,
        pause: Pause,
    ) -> Result<Pause, SenderError> {
        if in_a_row == 0 { Ok(pause) } else { self.fail(standing, None).await }
    }

    /// The endpoint itself fails. It waits, or is disabled if it has failed for too long.
    async fn fail(
        &self,
        standing: &mut Standing,
        next: Option<Timestamp>,
    ) -> Result<Pause, SenderError> {
        let now = self.now();
        let limits = &self.sender.limits;
        standing.failures = standing.failures.saturating_add(1);
        let since = *standing.failing_since.get_or_insert(now);
        if limits.is_over(since, now) {
            self.disable(WhyDisabled::Failing).await?;
            return Ok(Pause::Off);
        }
        if now.duration_since(since) >= REPORTED_AFTER {
            self.sender.messages.report_failing();
        }
        let next = next.unwrap_or_else(|| limits.again_at(standing.failures, now));
        standing.next_attempt = Some(next);
        Ok(Pause::Until(next))
    }

    /// Stops sending to the endpoint. Its platform's other endpoints, and the bus, receive an event. It is published
    /// before the endpoint is stored: otherwise nobody would publish it after a crash.
    async fn disable(&self, why: WhyDisabled) -> Result<(), SenderError> {
        let mut kept = self.kept.clone();
        kept.endpoint.disabled = Some(why);
        let seed = kept.endpoint.secrets.first().map(|secret| secret.seed).unwrap_or_default();
        let event = Event {
            kind: EventKind::EndpointDisabled,
            platform: self.lane.platform.clone(),
            practice: None,
            subject: self.lane.endpoint.as_str().to_owned(),
            state: Some("disabled".to_owned()),
            change: format!("{}#{seed}#{}", self.lane.instance, kept.endpoint.times_enabled),
            at: self.now(),
        };
        self.sender.messages.publish(event).await?;
        match self.sender.store.save_endpoint(&self.lane.platform, &kept).await {
            // Its platform has changed it meanwhile. The next attempt shows whether it works now.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        tracing::warn!(?why, "an endpoint was disabled");
        Ok(())
    }

    /// Makes the events of a span of time wait again. Returns whether all of them do: otherwise the next run
    /// continues.
    async fn replay(&self, mut replay: Replay) -> Result<bool, StoreError> {
        let store = &self.sender.store;
        // Callers know the times of events in milliseconds.
        let span = replay.from.as_millisecond()..=replay.to.as_millisecond();
        loop {
            let after = replay.after.clone().unwrap_or_else(|| format!("{:.3}", replay.from));
            let page = store.attempted_between(self.lane, &after, replay.asked_at, PAGE).await?;
            for event in page.events {
                let is_closed = event.fate != Fate::Waiting;
                let is_older = event.last.is_some_and(|last| last.at <= replay.asked_at);
                if is_closed && is_older && span.contains(&event.at.as_millisecond()) {
                    store.save_event(self.lane, &event.again()).await?;
                }
            }
            let Some(next) = page.next else {
                store.save_replay(self.lane, self.holder, None).await?;
                return Ok(true);
            };
            // At the same place the query would not move on.
            let same = replay.after.as_ref() == Some(&next);
            replay.after = Some(if same { format!("{next}!") } else { next });
            store.save_replay(self.lane, self.holder, Some(&replay)).await?;
            if self.now() >= self.until {
                return Ok(false);
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.sender.clock.now()
    }
}
