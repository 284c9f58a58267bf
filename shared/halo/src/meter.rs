//! Reports what calls cost, as they happen.
//!
//! Halo bills each query and limits queries and bytes. Every attempt of every call is sent by one function
//! (in `client.rs`), and every request states its cost ([`Cost`]), so no call goes uncounted.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Forbidden};

tokio::task_local! {
    static PAYER: Arc<str>;
}

/// Runs a future and counts all its calls for this payer, including the bytes that its streams receive
/// later.
pub async fn counted_for<F: Future>(payer: &str, future: F) -> F::Output {
    PAYER.scope(Arc::from(payer), future).await
}

/// One part of a call's cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Used {
    /// A query of this name, which Halo bills or may bill. A query whose answer is lost counts too.
    Query(&'static str),
    /// A call that is no query: a site's status, a query's progress, a page of its result.
    Other,
    /// This many bytes of a request's body.
    Sent(u64),
    /// This many bytes of an answer's body.
    Received(u64),
    /// A query that the practice's database answered: it ran, it failed there, or our login was refused.
    Answered,
}

/// Receives the cost of calls. It must not block.
pub trait Meter: fmt::Debug + Send + Sync {
    /// Counts a cost for a payer. The payer is `None` for a call outside [`counted_for`].
    fn used(&self, payer: Option<&str>, used: Used);
}

/// How Halo bills a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cost {
    /// A query of this name that the practice answers directly.
    Query(&'static str),
    /// A query of this name that Halo accepts now and the practice answers later.
    Submission(&'static str),
    /// As far as we know, Halo bills nothing.
    Nothing,
}

/// The meter and the payer of one call.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    meter: Option<Arc<dyn Meter>>,
    payer: Option<Arc<str>>,
}

impl Tally {
    pub(crate) fn of(meter: Option<&Arc<dyn Meter>>) -> Self {
        Self { meter: meter.cloned(), payer: PAYER.try_with(Arc::clone).ok() }
    }

    fn tell(&self, used: Used) {
        if let Some(meter) = &self.meter {
            meter.used(self.payer.as_deref(), used);
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        if bytes > 0 {
            self.tell(Used::Received(bytes as u64));
        }
    }

    /// Counts the query as answered if the practice's database answered it.
    pub(crate) fn heard<T>(&self, cost: Cost, outcome: Result<&T, &Error>) {
        let spoke = match outcome {
            Ok(_) => true,
            Err(error) => matches!(
                error,
                Error::Sql(_) | Error::ResultTooLarge | Error::Forbidden(Forbidden::NotEnabled)
            ),
        };
        // A submission is only queued, but a refused login is reported at once.
        let shut_out = matches!(outcome, Err(Error::Forbidden(Forbidden::NotEnabled)));
        if spoke && (matches!(cost, Cost::Query(_)) || shut_out) {
            self.tell(Used::Answered);
        }
    }

    /// Starts counting a request that is about to be sent.
    pub(crate) fn attempt(&self, cost: Cost, bytes: usize) -> Attempt<'_> {
        Attempt { tally: self, cost, bytes, outcome: Outcome::Counts }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    /// It was answered, or its outcome is not known.
    Counts,
    TurnedAway,
    NotSent,
}

/// A request in progress. It is counted when it is dropped, so that it counts even if its caller gave up.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    tally: &'a Tally,
    cost: Cost,
    bytes: usize,
    outcome: Outcome,
}

impl Attempt<'_> {
    /// Records how the request failed.
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
