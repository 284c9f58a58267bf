//! What connecting needs of the world; tests put doubles in their place.

use std::time::Duration;

use best_practice::{BpClient, PairingOutcome};
use domain::audit::AuditedAction;
use domain::connection::Connection;
use domain::ids::{BpUserId, PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::{Attempt, LimitScope};
use halo::Deadline;
use jiff::Timestamp;
use store::{AuditItem, Limited, Reserved, Store, StoreError};

/// Where attempts and connections are kept.
pub trait PairingRecords: Sync {
    /// A try that is counted.
    type Try: Send + Sync;

    /// [`Store::connection`].
    fn connection(
        &self,
        practice: &PracticeId,
    ) -> impl Future<Output = Result<Option<Connection>, StoreError>> + Send;
    /// [`Store::begin_pairing`].
    fn begin(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// [`Store::end_pairing`].
    fn end(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// [`Store::complete_pairing`].
    fn complete(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// [`Store::reserve_try`].
    fn reserve(
        &self,
        scope: LimitScope,
        id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Result<Self::Try, Limited>, StoreError>> + Send;
    /// [`Store::give_back_try`].
    fn give_back(&self, tried: &Self::Try) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl PairingRecords for Store {
    type Try = Reserved;

    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError> {
        Store::connection(self, practice).await
    }

    async fn begin(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.begin_pairing(practice, attempt, now).await
    }

    async fn end(&self, practice: &PracticeId, attempt: &Attempt) -> Result<(), StoreError> {
        self.end_pairing(practice, attempt).await
    }

    async fn complete(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<(), StoreError> {
        self.complete_pairing(practice, attempt, connection, moved).await
    }

    async fn reserve(
        &self,
        scope: LimitScope,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<Reserved, Limited>, StoreError> {
        self.reserve_try(scope, id, now).await
    }

    async fn give_back(&self, tried: &Reserved) -> Result<(), StoreError> {
        self.give_back_try(tried).await
    }
}

/// Halo's pairing call.
pub trait PairingHalo: Sync {
    /// [`BpClient::pair`], with an answer within this time or none.
    fn pair(
        &self,
        site: &SiteId,
        code: &PairingCode,
        within: Duration,
    ) -> impl Future<Output = PairingOutcome> + Send;
}

impl PairingHalo for BpClient {
    async fn pair(&self, site: &SiteId, code: &PairingCode, within: Duration) -> PairingOutcome {
        BpClient::pair(self, site, code, Deadline::after(within)).await
    }
}

/// What was done, for the audit trail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditLine {
    /// What.
    pub action: AuditedAction,
    /// The Bp Site ID.
    pub site_id: SiteId,
    /// Whom an account was linked to.
    pub user: Option<BpUserId>,
    /// Whom it was linked to before.
    pub former_user: Option<BpUserId>,
    /// The account whose link ended by it.
    pub former_account: Option<Subject>,
}

impl AuditLine {
    /// Something that was done with a site.
    #[must_use]
    pub fn new(action: AuditedAction, site_id: &SiteId) -> Self {
        Self {
            action,
            site_id: site_id.clone(),
            user: None,
            former_user: None,
            former_account: None,
        }
    }
}

/// The audit trail, written in the name of who asks.
pub trait Trail: Sync {
    /// A line to be written together with what it tells of.
    fn line(&self, line: AuditLine) -> AuditItem;
    /// Writes a line.
    fn note(&self, line: AuditLine) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Time.
pub trait Clock: Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Lets time pass.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// This machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
