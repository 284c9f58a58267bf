//! The trait for jobs that run for a practice on a schedule. The practice's writer runs them, so that they
//! never write to Bp at the same time as a delivery or a booking. [`crate::jobs`] holds the jobs.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;

use domain::ids::PracticeId;
use domain::schedule::Job;
use futures::FutureExt as _;
use halo::Deadline;
use jiff::SignedDuration;

/// Why a job failed. It is tried again some minutes later. The text is logged, so it holds no values.
pub type ScheduledJobError = Box<dyn std::error::Error + Send + Sync>;

/// A job that runs for a practice on a schedule.
pub trait ScheduledJob: Send + Sync + 'static {
    const JOB: Job;
    /// Whether the job may write to the practice's Bp. Then the turn claims the site first.
    const WRITES: bool;

    /// Runs the job for a practice. The writer holds the practice's lane, and works on what the job makes
    /// due directly after it. Returns the time until the next run, or `None` for the job's usual interval.
    ///
    /// # Errors
    /// When the job was not done. It is tried again some minutes later.
    fn run(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Option<SignedDuration>, ScheduledJobError>> + Send;
}

type Running<'a> =
    Pin<Box<dyn Future<Output = Result<Option<SignedDuration>, ScheduledJobError>> + Send + 'a>>;

/// Runs any job, whatever its type. Implemented for every [`ScheduledJob`].
pub(crate) trait JobRunner: Send + Sync {
    fn job(&self) -> Job;

    fn writes(&self) -> bool;

    fn run<'a>(&'a self, practice: &'a PracticeId, deadline: Deadline) -> Running<'a>;
}

impl fmt::Debug for dyn JobRunner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.job().as_str())
    }
}

impl<T: ScheduledJob> JobRunner for T {
    fn job(&self) -> Job {
        T::JOB
    }

    fn writes(&self) -> bool {
        T::WRITES
    }

    fn run<'a>(&'a self, practice: &'a PracticeId, deadline: Deadline) -> Running<'a> {
        Box::pin(async move {
            // A job that panics must not keep the lane until the lease ends.
            let run = AssertUnwindSafe(ScheduledJob::run(self, practice, deadline)).catch_unwind();
            run.await.unwrap_or_else(|_| Err("it panicked".into()))
        })
    }
}
