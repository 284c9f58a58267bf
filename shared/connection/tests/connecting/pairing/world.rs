//! A table, an audit trail and a clock in memory. Every step may be interrupted.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use connection::{AuditLine, Clock, PairingRecords, Trail};
use domain::connection::{Connection, Standing};
use domain::ids::PracticeId;
use domain::pairing::{Attempt, LimitScope};
use jiff::{SignedDuration, Timestamp};
use store::{AuditItem, Limited, StoreError};

/// What is kept, under one lock.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) now: Timestamp,
    pub(crate) attempts: HashMap<PracticeId, Attempt>,
    pub(crate) connections: HashMap<PracticeId, Connection>,
    pub(crate) tries: HashMap<(LimitScope, String), (u32, Timestamp)>,
    pub(crate) lines: Vec<AuditLine>,
    /// Connections that were stored, and whether each was stored as a move.
    pub(crate) made: Vec<(Connection, bool)>,
    /// Practices that were disconnected and not noticed yet.
    pub(crate) disconnected: Vec<PracticeId>,
    /// Whether limits apply. Most schedules test something else.
    pub(crate) limited: bool,
    /// The fates of the next calls of the table. A lost call has `Some`: whether the call happened.
    pub(crate) lost: Vec<Option<bool>>,
}

/// The world of one schedule.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<Kept>>);

/// Lets other tasks run.
pub(crate) async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl World {
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.kept().now += SignedDuration::from_secs(seconds);
    }

    /// One call of the table. Other tasks may run before and after it. Its answer may be lost.
    async fn call<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> Result<T, StoreError> {
        pause().await;
        let done = {
            let mut kept = self.kept();
            match kept.lost.pop().flatten() {
                None => Ok(work(&mut kept)),
                Some(happens) => {
                    if happens {
                        work(&mut kept);
                    }
                    Err(StoreError::Unavailable { code: "no answer".to_owned() })
                }
            }
        };
        pause().await;
        done
    }

    /// Like [`store::Store::disconnect`].
    pub(crate) async fn disconnect(&self, practice: &PracticeId) -> Result<(), StoreError> {
        if self.end_connection(practice).await? {
            return Ok(());
        }
        self.call(|kept| {
            kept.attempts.remove(practice);
            if !kept.connections.contains_key(practice) {
                kept.disconnected.push(practice.clone());
            }
        })
        .await?;
        if self.call(|kept| kept.connections.contains_key(practice)).await? {
            self.end_connection(practice).await?;
        }
        Ok(())
    }

    /// One transaction, which is refused if there never was a connection.
    async fn end_connection(&self, practice: &PracticeId) -> Result<bool, StoreError> {
        self.call(|kept| {
            let Some(connection) = kept.connections.get_mut(practice) else { return false };
            connection.standing = Standing::Disconnected;
            kept.attempts.remove(practice);
            kept.disconnected.push(practice.clone());
            true
        })
        .await
    }

    /// Like [`store::Store::refresh`], called with a connection that was read earlier.
    pub(crate) async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        standing: Standing,
    ) -> Result<(), StoreError> {
        self.call(|kept| {
            if let Some(now) = kept.connections.get_mut(practice)
                && now.site_id == seen.site_id
                && now.paired_at == seen.paired_at
                && now.standing != Standing::Disconnected
            {
                now.standing = standing;
            }
        })
        .await
    }
}

impl PairingRecords for World {
    type Try = (LimitScope, String);

    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError> {
        self.call(|kept| kept.connections.get(practice).cloned()).await
    }

    async fn begin(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.call(|kept| {
            let held = kept.attempts.get(practice).is_some_and(|held| held.lease_until() >= now);
            if !held {
                kept.attempts.insert(practice.clone(), attempt.clone());
            }
            !held
        })
        .await
    }

    async fn end(&self, practice: &PracticeId, attempt: &Attempt) -> Result<(), StoreError> {
        self.call(|kept| {
            if kept.attempts.get(practice).is_some_and(|held| held.id == attempt.id) {
                kept.attempts.remove(practice);
            }
        })
        .await
    }

    async fn complete(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<(), StoreError> {
        let completed = self
            .call(|kept| {
                let ours = kept.attempts.get(practice).is_some_and(|held| held.id == attempt.id);
                if ours {
                    kept.attempts.remove(practice);
                    kept.connections.insert(practice.clone(), connection.clone());
                    kept.made.push((connection.clone(), moved));
                }
                ours
            })
            .await?;
        if completed { Ok(()) } else { Err(StoreError::Conflict) }
    }

    async fn reserve(
        &self,
        scope: LimitScope,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<Self::Try, Limited>, StoreError> {
        let key = (scope, id.to_owned());
        self.call(|kept| {
            if !kept.limited {
                return Ok(key.clone());
            }
            let (failures, ends) = kept.tries.entry(key.clone()).or_default();
            if *ends <= now {
                (*failures, *ends) = (0, now + LimitScope::WINDOW);
            }
            if *failures >= scope.most() {
                return Err(Limited { until: *ends });
            }
            *failures += 1;
            Ok(key)
        })
        .await
    }

    async fn give_back(&self, tried: &Self::Try) -> Result<(), StoreError> {
        self.call(|kept| {
            if let Some((failures, _)) = kept.tries.get_mut(tried) {
                *failures = failures.saturating_sub(1);
            }
        })
        .await
    }
}

impl Trail for World {
    fn line(&self, _: AuditLine) -> AuditItem {
        unreachable!("pairing writes its lines before it asks")
    }

    async fn record(&self, line: AuditLine) -> Result<(), StoreError> {
        self.call(|kept| kept.lines.push(line)).await
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.kept().now
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now() + duration;
        while self.now() < until {
            pause().await;
        }
    }
}
