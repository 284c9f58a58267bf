//! Takes shares of limits from the table and uses them up in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::metrics::{self, Metrics, Unit};
use domain::ids::PracticeId;
use domain::limits::{Allowances, Limit, RequestKind, Whose, Window, next_share, passes_half};
use jiff::Timestamp;
use store::{Store, StoreError, Taken};
use tokio::time::timeout;

use crate::caller::Caller;

/// The longest time that a request waits for a share.
const PATIENCE: Duration = Duration::from_secs(1);
/// From this number of limits in memory on, those of earlier windows are removed.
const MANY: usize = 256;

/// Admits requests. There is one for each process.
#[derive(Debug)]
pub struct Limiter {
    allowances: Allowances,
    store: Store,
    kept: Mutex<HashMap<Limit, Share>>,
}

/// What this process knows of a limit, and has of it.
#[derive(Clone, Copy, Debug)]
struct Share {
    window: Window,
    /// What is left of the shares that this process took.
    left: u32,
    /// The size of the last share.
    last: u32,
    /// How much all processes had taken when this one last asked.
    taken: u32,
}

/// A limit as the caller sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// The limit's name.
    pub name: String,
    /// How many requests are allowed within a window.
    pub most: u32,
    /// How many are left at least. Other processes may have more.
    pub left: u32,
    /// In how many seconds the window ends.
    pub ends_in: u64,
}

impl Limiter {
    /// A limiter that takes shares of these allowances from this table.
    #[must_use]
    pub fn new(store: Store, allowances: Allowances) -> Self {
        Self { allowances, store, kept: Mutex::default() }
    }

    /// Counts a request. Returns the caller's limits, and the one that was met, if any. Then the request is not
    /// counted, and must not be served.
    pub async fn admit(
        &self,
        kind: RequestKind,
        caller: &Caller,
        practice: Option<&PracticeId>,
        now: Timestamp,
    ) -> (Vec<Standing>, Option<Standing>) {
        let limits = self.limits(kind, caller, practice);
        for (index, (limit, most)) in limits.iter().enumerate() {
            if !self.take_one(limit, *most, now).await {
                limits.iter().take(index).for_each(|(taken, _)| self.give_back(taken, now));
                let met = self.standing(limit, *most, now);
                Metrics::by_and_total("Limit", &met.name)
                    .metric("LimitsMet", Unit::Count, 1)
                    .beside("platform", caller.platform().to_string())
                    .beside("practice", practice.map(PracticeId::as_str))
                    .write();
                return (self.standings(&limits, now), Some(met));
            }
        }
        (self.standings(&limits, now), None)
    }

    /// The limits of a request, with how much each allows.
    fn limits(
        &self,
        kind: RequestKind,
        caller: &Caller,
        practice: Option<&PracticeId>,
    ) -> Vec<(Limit, u32)> {
        let allowance = self.allowances.of(kind);
        let both = match caller {
            // A person's own practice counts, whatever practice the path names.
            Caller::Person { subject, practice: own, .. } => [
                Some((Whose::Person(own.clone(), subject.clone()), allowance.person)),
                Some((Whose::People(own.clone()), allowance.practice)),
            ],
            Caller::Platform { platform, .. } => [
                // First, so that servers that have met it cost no call for practices that they make up.
                Some((Whose::Platform(platform.clone()), allowance.platform)),
                practice.map(|practice| (Whose::Servers(practice.clone()), allowance.practice)),
            ],
        };
        let limited = both.into_iter().flatten().filter(|(_, most)| *most > 0);
        limited.map(|(whose, most)| (Limit { kind, whose }, most)).collect()
    }

    /// Takes one request from this process's share, or from a new share. False if nothing is left.
    async fn take_one(&self, limit: &Limit, most: u32, now: Timestamp) -> bool {
        let window = Window::at(now);
        loop {
            let known = {
                let mut kept = self.kept();
                let share = kept.get_mut(limit).filter(|share| share.window == window);
                match share {
                    Some(share) if share.left > 0 => {
                        share.left -= 1;
                        return true;
                    }
                    share => share.map(|share| *share),
                }
            };
            let (taken, last) = known.map_or((0, 0), |share| (share.taken, share.last));
            let size = next_share(most, taken, last);
            if size == 0 {
                return false;
            }
            let asked = timeout(PATIENCE, self.store.take_share(limit, window, size, most)).await;
            match asked {
                Ok(Ok(Taken::Share { taken })) => {
                    if limit.kind == RequestKind::Records && passes_half(most, taken, size) {
                        report_unusual(limit);
                    }
                    self.keep(limit, window, Some(size), taken);
                }
                Ok(Ok(Taken::TooMuch { taken })) => self.keep(limit, window, None, taken),
                // A limit protects others from a caller. It must not become a failure of its own.
                outcome => {
                    let error = outcome.map_or(None, Result::err);
                    let error = error
                        .as_ref()
                        .map_or("no answer in time".to_owned(), StoreError::to_string);
                    tracing::warn!(error, "a request is not counted");
                    return true;
                }
            }
        }
    }

    fn keep(&self, limit: &Limit, window: Window, size: Option<u32>, taken: u32) {
        let mut kept = self.kept();
        if kept.len() >= MANY {
            kept.retain(|_, share| share.window == window);
        }
        let none = Share { window, left: 0, last: 0, taken: 0 };
        let share = kept.entry(limit.clone()).or_insert(none);
        if share.window != window {
            *share = none;
        }
        if let Some(size) = size {
            share.left += size;
            share.last = size;
        }
        share.taken = share.taken.max(taken);
    }

    fn give_back(&self, limit: &Limit, now: Timestamp) {
        let window = Window::at(now);
        if let Some(share) = self.kept().get_mut(limit).filter(|share| share.window == window) {
            share.left += 1;
        }
    }

    fn standings(&self, limits: &[(Limit, u32)], now: Timestamp) -> Vec<Standing> {
        limits.iter().map(|(limit, most)| self.standing(limit, *most, now)).collect()
    }

    fn standing(&self, limit: &Limit, most: u32, now: Timestamp) -> Standing {
        let window = Window::at(now);
        let share = self.kept().get(limit).copied().filter(|share| share.window == window);
        let left = share.map_or(most, |share| most.saturating_sub(share.taken) + share.left);
        Standing { name: limit.name(), most, left, ends_in: window.ends_in(now) }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Limit, Share>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody reads unusually many records. The line names the practice, whose audit trail names the account.
fn report_unusual(limit: &Limit) {
    if let Whose::Person(practice, _) = &limit.whose {
        metrics::report("UnusualReading", Unit::Count, 1, Some(practice.as_str()));
    }
}
