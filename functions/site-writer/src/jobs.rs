//! The jobs that come round, each one query.

use best_practice::{BpError, BpPractice};
use bookings::BookingJobs;
use domain::connection::Standing;
use domain::ids::PracticeId;
use domain::schedule::Job;
use halo::Deadline;
use practice_session::{Session, SessionError};
use runtime::events::{Event, EventKind, Events};
use site_work::{Chore, ChoreError};
use store::Store;

/// The practice's site as Halo sees it: no query. And how we stand with the practice, told to
/// platforms where they have not been told yet.
pub(crate) struct SiteHealth {
    pub(crate) store: Store,
    pub(crate) bp: BpPractice,
    pub(crate) events: Events,
}

impl Chore for SiteHealth {
    const JOB: Job = Job::SiteHealth;
    const WRITES: bool = false;

    async fn run(&self, practice: &PracticeId, deadline: Deadline) -> Result<(), ChoreError> {
        let looked = self.look(practice, deadline).await;
        // Whether or not Halo answers, platforms are told what we know.
        if let Some(standing) = self.store.untold_standing(practice).await? {
            let state = match standing {
                Standing::Paired => "connected",
                Standing::Revoked => "revoked",
                Standing::Disconnected => "disconnected",
            };
            let changed = Event {
                kind: EventKind::ConnectionChanged,
                practice: practice.as_str().to_owned(),
                id: state.to_owned(),
            };
            self.events.put(&[changed]).await?;
            self.store.standing_told(practice, standing).await?;
            if standing == Standing::Paired {
                // Nobody was at the practice's appointment book while it was not connected.
                self.store.hasten(practice, Job::Reconcile).await?;
            }
        }
        Ok(looked?)
    }
}

impl SiteHealth {
    async fn look(
        &self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<(), SessionError<BpError>> {
        let session = Session::new(&self.bp, &self.store);
        let mut connection = match session.open(practice).await {
            Err(SessionError::NotConnected) => return Ok(()),
            opened => opened?,
        };
        let site = session
            .ask_halo(practice, &mut connection, deadline, |guid| self.bp.site(guid, deadline))
            .await?;
        Ok(session.remember(practice, &mut connection, site).await?)
    }
}

/// Which delivered messages a doctor has checked.
pub(crate) struct Checked {
    pub(crate) store: Store,
    pub(crate) bp: BpPractice,
    pub(crate) events: Events,
}

impl Chore for Checked {
    const JOB: Job = Job::Checked;
    const WRITES: bool = false;

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
    const WRITES: bool = false;

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
    // Appointments that no booking has are cleared away by it.
    const WRITES: bool = true;

    async fn run(&self, practice: &PracticeId, deadline: Deadline) -> Result<(), ChoreError> {
        BookingJobs::new(&self.bp, &self.store).reconcile(practice, deadline).await?;
        Ok(())
    }
}
