//! Kinds in one list, whatever their entities.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use futures::FutureExt as _;
use store::work::{Entry, WorkKind};

use crate::kind::{Kind, Step};
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Next, Stop, Turn};

pub(crate) type Stepping<'a, T> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>;

/// A kind as the writer sees it.
pub(crate) trait AnyKind<S, M, C>: Send + Sync {
    fn kind(&self) -> WorkKind;

    /// Does the next thing with an entry.
    fn step<'a>(&'a self, turn: &'a mut Turn<'_, S, M, C>, entry: Entry) -> Stepping<'a, Next>;

    /// Tells an entry something, unless it changed meanwhile.
    fn note<'a>(
        &'a self,
        turn: &'a Turn<'_, S, M, C>,
        entry: Entry,
        step: Step,
    ) -> Stepping<'a, ()>;
}

impl<S, M, C> fmt::Debug for dyn AnyKind<S, M, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind().as_str())
    }
}

impl<K: Kind, S: Shelf, M: Messages, C: Clock> AnyKind<S, M, C> for K {
    fn kind(&self) -> WorkKind {
        K::KIND
    }

    fn step<'a>(&'a self, turn: &'a mut Turn<'_, S, M, C>, entry: Entry) -> Stepping<'a, Next> {
        Box::pin(async move {
            let key = entry.key.clone();
            let stepped = async {
                match entry.read::<K::Entity>() {
                    Ok(entry) => turn.step(self, entry).await,
                    Err(_) => {
                        tracing::error!(entry = %key, "an entry cannot be read");
                        Ok(Next::Broken)
                    }
                }
            };
            // One bad entry must not hold up a practice's others.
            match AssertUnwindSafe(stepped).catch_unwind().await {
                Ok(next) => next,
                Err(_) => {
                    tracing::error!(entry = %key, "a kind panicked over an entry");
                    Ok(Next::Broken)
                }
            }
        })
    }

    fn note<'a>(
        &'a self,
        turn: &'a Turn<'_, S, M, C>,
        entry: Entry,
        step: Step,
    ) -> Stepping<'a, ()> {
        Box::pin(async move {
            match entry.read::<K::Entity>() {
                Ok(entry) => turn.note(self, entry, step).await,
                Err(_) => Ok(()),
            }
        })
    }
}
