//! What calls cost, told as they happen.
//!
//! Halo bills each query and caps queries and bytes. Every attempt of every call leaves through one
//! function (`client.rs`), and each of them says what it costs ([`Cost`]), so no caller can forget it.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Forbidden};

tokio::task_local! {
    static ACCOUNT: Arc<str>;
}

/// Runs a future whose calls are all for this account. The meter is told of it with each of them, also
/// of what a stream that was opened here brings later.
pub async fn on_account<F: Future>(account: &str, future: F) -> F::Output {
    ACCOUNT.scope(Arc::from(account), future).await
}

/// A part of what a call costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Used {
    /// A query of this name, which Halo bills or may bill. One whose answer is lost is one, too.
    Query(&'static str),
    /// A call that is no query: a site's status, how far a query has come, a page of its result.
    Other,
    /// So many bytes of a request's body.
    Sent(u64),
    /// So many bytes of an answer's body.
    Received(u64),
    /// A query to whose answer the practice's database contributed: it ran, failed there, or our login
    /// was refused.
    Answered,
}

/// Is told what calls cost. It must not block.
pub trait Meter: fmt::Debug + Send + Sync {
    /// This was used on this account; `None` for a call outside [`on_account`].
    fn used(&self, account: Option<&str>, used: Used);
}

/// What Halo bills for a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cost {
    /// A query of this name whose answer is the practice's.
    Query(&'static str),
    /// A query of this name that Halo takes now and the practice answers later.
    Submission(&'static str),
    /// Nothing, as far as is known.
    Nothing,
}

/// The meter and the account of one call.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    meter: Option<Arc<dyn Meter>>,
    account: Option<Arc<str>>,
}

impl Tally {
    pub(crate) fn of(meter: Option<&Arc<dyn Meter>>) -> Self {
        Self { meter: meter.cloned(), account: ACCOUNT.try_with(Arc::clone).ok() }
    }

    fn tell(&self, used: Used) {
        if let Some(meter) = &self.meter {
            meter.used(self.account.as_deref(), used);
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        if bytes > 0 {
            self.tell(Used::Received(bytes as u64));
        }
    }

    /// Notes whether the practice's database has spoken.
    pub(crate) fn heard<T>(&self, cost: Cost, outcome: Result<&T, &Error>) {
        let spoke = match outcome {
            Ok(_) => true,
            Err(error) => matches!(
                error,
                Error::Sql(_) | Error::ResultTooLarge | Error::Forbidden(Forbidden::NotEnabled)
            ),
        };
        // A submission is only queued, but a practice that lets nobody in says so at once.
        let shut_out = matches!(outcome, Err(Error::Forbidden(Forbidden::NotEnabled)));
        if spoke && (matches!(cost, Cost::Query(_)) || shut_out) {
            self.tell(Used::Answered);
        }
    }

    /// A request that is about to leave.
    pub(crate) fn attempt(&self, cost: Cost, bytes: usize) -> Attempt<'_> {
        Attempt { tally: self, cost, bytes, outcome: Outcome::Counts }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    /// It was answered, or nobody knows what became of it.
    Counts,
    TurnedAway,
    NotSent,
}

/// A request under way. It is counted when it is dropped, so that one whose caller gave up is, too.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    tally: &'a Tally,
    cost: Cost,
    bytes: usize,
    outcome: Outcome,
}

impl Attempt<'_> {
    /// What became of it, where it failed.
    pub(crate) fn failed(&mut self, error: &Error) {
        self.outcome = match error {
            Error::NotReached => Outcome::NotSent,
            error if error.was_turned_away() => Outcome::TurnedAway,
            _ => Outcome::Counts,
        };
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.outcome == Outcome::NotSent {
            return;
        }
        self.tally.tell(match self.cost {
            Cost::Query(name) | Cost::Submission(name) if self.outcome == Outcome::Counts => {
                Used::Query(name)
            }
            _ => Used::Other,
        });
        if self.bytes > 0 {
            self.tally.tell(Used::Sent(self.bytes as u64));
        }
    }
}
