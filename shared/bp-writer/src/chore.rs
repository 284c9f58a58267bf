//! What comes round for a practice, done by its one writer so that it never writes beside a delivery
//! or a booking.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use domain::ids::PracticeId;
use domain::schedule::Job;
use futures::FutureExt as _;
use halo::Deadline;
use jiff::SignedDuration;

/// Why a chore came to nothing; it comes round again. Its text is logged, so it holds no values.
pub type ChoreError = Box<dyn std::error::Error + Send + Sync>;

/// A job of practices.
pub trait Chore: Send + Sync + 'static {
    /// Which.
    const JOB: Job;
    /// Whether it may write to the practice's Bp: then no other practice's writer is there meanwhile.
    const WRITES: bool;

    /// Does it for a practice, whose lane is held. What it makes due is done right after it. Says how long
    /// it may rest, where that is not the job's own interval.
    ///
    /// # Errors
    /// When it came to nothing: it is done again some minutes later.
    fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Option<SignedDuration>, ChoreError>> + Send;
}

pub(crate) trait AnyChore: Send + Sync {
    fn job(&self) -> Job;

    fn writes(&self) -> bool;

    fn run<'a>(
        &'a self,
        practice: &'a PracticeId,
        deadline: Deadline,
    ) -> Pin<Box<dyn Future<Output = Result<Option<SignedDuration>, ChoreError>> + Send + 'a>>;
}

impl fmt::Debug for dyn AnyChore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.job().as_str())
    }
}

impl<T: Chore> AnyChore for T {
    fn job(&self) -> Job {
        T::JOB
    }

    fn writes(&self) -> bool {
        T::WRITES
    }

    fn run<'a>(
        &'a self,
        practice: &'a PracticeId,
        deadline: Deadline,
    ) -> Pin<Box<dyn Future<Output = Result<Option<SignedDuration>, ChoreError>> + Send + 'a>> {
        Box::pin(async move {
            // A chore that panics must not keep the lane until its lease ends.
            let run = AssertUnwindSafe(Chore::run(self, practice, deadline)).catch_unwind();
            run.await.unwrap_or_else(|_| Err("it panicked".into()))
        })
    }
}
