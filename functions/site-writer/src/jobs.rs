//! The jobs that come round, each one query.

use best_practice::BpPractice;
use bookings::BookingJobs;
use domain::ids::PracticeId;
use domain::schedule::Job;
use halo::Deadline;
use runtime::events::Events;
use site_work::{Chore, ChoreError};
use store::Store;

/// Which delivered messages a doctor has checked.
pub(crate) struct Checked {
    pub(crate) store: Store,
    pub(crate) bp: BpPractice,
    pub(crate) events: Events,
}

impl Chore for Checked {
    const JOB: Job = Job::Checked;

    async fn run(&self, practice: &PracticeId, deadline: Deadline) -> Result<(), ChoreError> {
        deliveries::look_for_checked(&self.store, &self.bp, &self.events, practice, deadline)
            .await?;
        Ok(())
    }
}

/// The platform's staff list against Bp's users.
pub(crate) struct StaffSync {
    pub(crate) store: Store,
    pub(crate) bp: BpPractice,
}

impl Chore for StaffSync {
    const JOB: Job = Job::StaffSync;

    async fn run(&self, practice: &PracticeId, deadline: Deadline) -> Result<(), ChoreError> {
        BookingJobs::new(&self.bp, &self.store).sync_staff(practice, deadline).await?;
        Ok(())
    }
}

/// The platform's bookings against Bp's appointment book.
pub(crate) struct Reconcile {
    pub(crate) store: Store,
    pub(crate) bp: BpPractice,
}

impl Chore for Reconcile {
    const JOB: Job = Job::Reconcile;

    async fn run(&self, practice: &PracticeId, deadline: Deadline) -> Result<(), ChoreError> {
        BookingJobs::new(&self.bp, &self.store).reconcile(practice, deadline).await?;
        Ok(())
    }
}
