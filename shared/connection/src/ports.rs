//! What pairing and linking need from outside. Tests put doubles in their place.

use std::time::Duration;

use best_practice::{BpClient, PairingOutcome};
use domain::audit::AuditedAction;
use domain::connection::Connection;
use domain::ids::{BpUserId, PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::{Attempt, LimitScope};
use halo::Deadline;
use jiff::Timestamp;
use store::{AuditItem, Limited, Reserved, Store, StoreError};

/// Where attempts and connections are stored.
#[trait_variant::make(Send)]
pub trait PairingRecords: Sync {
    /// A try that is counted.
    type Try: Send + Sync;

    /// [`Store::connection`].
    async fn connection(&self, practice: &PracticeId) -> Result<Option<Connection>, StoreError>;
    /// [`Store::begin_pairing`].
    async fn begin(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// [`Store::end_pairing`].
    async fn end(&self, practice: &PracticeId, attempt: &Attempt) -> Result<(), StoreError>;
    /// [`Store::complete_pairing`].
    async fn complete(
        &self,
        practice: &PracticeId,
        attempt: &Attempt,
        connection: &Connection,
        moved: bool,
    ) -> Result<(), StoreError>;
    /// [`Store::reserve_try`].
    async fn reserve(
        &self,
        scope: LimitScope,
        id: &str,
        now: Timestamp,
    ) -> Result<Result<Self::Try, Limited>, StoreError>;
    /// [`Store::give_back_try`].
    async fn give_back(&self, tried: &Self::Try) -> Result<(), StoreError>;
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
#[trait_variant::make(Send)]
pub trait PairingHalo: Sync {
    /// [`BpClient::pair`]. Gives up after this time.
    async fn pair(&self, site: &SiteId, code: &PairingCode, within: Duration) -> PairingOutcome;
}

impl PairingHalo for BpClient {
    async fn pair(&self, site: &SiteId, code: &PairingCode, within: Duration) -> PairingOutcome {
        BpClient::pair(self, site, code, Deadline::after(within)).await
    }
}

/// What is recorded in the audit trail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditLine {
    /// What was done.
    pub action: AuditedAction,
    /// The Bp Site ID.
    pub site_id: SiteId,
    /// The user that an account was linked to.
    pub user: Option<BpUserId>,
    /// The user that the account was linked to before.
    pub former_user: Option<BpUserId>,
    /// The account whose link has ended.
    pub former_account: Option<Subject>,
}

impl AuditLine {
    /// A line about a site alone.
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

/// The audit trail, written in the name of the asker.
#[trait_variant::make(Send)]
pub trait Trail: Sync {
    /// A line to be written in one transaction with the change that it describes.
    fn line(&self, line: AuditLine) -> AuditItem;
    /// Writes a line.
    async fn record(&self, line: AuditLine) -> Result<(), StoreError>;
}

/// The clock.
#[trait_variant::make(Send)]
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// Waits.
    async fn sleep(&self, duration: Duration);
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
