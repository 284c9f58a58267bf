//! Audit lines. A handler writes its line before it shows or changes anything: if the line cannot be
//! written, the request fails.

use domain::audit::{AuditRecord, AuditedAction};
use domain::ids::{BpUserId, PatientId, PracticeId, Subject};
use store::{AuditItem, StoreError};

use crate::app::App;
use crate::caller::Caller;
use crate::request_log::REQUEST_ID;

/// What a caller did, before it is a line with time, caller and request.
#[derive(Debug)]
pub(crate) struct AuditEntry {
    action: AuditedAction,
    patients: Vec<PatientId>,
    resource: Option<String>,
    user: Option<BpUserId>,
    former_user: Option<BpUserId>,
}

impl AuditEntry {
    pub(crate) fn of(action: AuditedAction) -> Self {
        Self { action, patients: Vec::new(), resource: None, user: None, former_user: None }
    }

    /// Names the patients whose records were read or written.
    pub(crate) fn about(self, patients: Vec<PatientId>) -> Self {
        Self { patients, ..self }
    }

    /// Names the import, delivery, booking or account that was read or changed.
    pub(crate) fn with(self, resource: impl Into<String>) -> Self {
        Self { resource: Some(resource.into()), ..self }
    }

    /// Names the Bp user that an account is linked to now, and the one before.
    pub(crate) fn linking(self, user: Option<BpUserId>, former_user: Option<BpUserId>) -> Self {
        Self { user, former_user, ..self }
    }
}

impl App {
    /// Writes an audit line.
    pub(crate) async fn record(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        self.store.audit(practice, &self.audit_line(caller, entry)).await
    }

    /// An audit line that the store writes in one transaction with the change itself.
    pub(crate) fn audit_line(&self, caller: &Caller, entry: AuditEntry) -> AuditItem {
        self.audit_line_of(caller.subject().clone(), entry)
    }

    /// An audit line in another name than the caller's: in the trail of another platform's practice.
    pub(crate) fn audit_line_of(&self, subject: Subject, entry: AuditEntry) -> AuditItem {
        let AuditEntry { action, patients, resource, user, former_user } = entry;
        let record = AuditRecord {
            at: Self::now(),
            subject,
            action,
            patients,
            resource,
            user_id: user,
            former_user_id: former_user,
            request_id: REQUEST_ID.try_with(|id| id.0.clone()).unwrap_or_default(),
        };
        AuditItem { record, retention: self.audit_retention }
    }
}
