//! Lines of the audit trail.

use domain::audit::{AuditRecord, AuditedAction};
use domain::ids::{BpUserId, PatientId, PracticeId};
use store::{AuditItem, StoreError};

use crate::App;
use crate::caller::Caller;
use crate::observe::REQUEST_ID;
use crate::problem::Problem;

/// What a line of the trail says was done.
#[derive(Debug)]
pub(crate) struct Deed {
    action: AuditedAction,
    patients: Vec<PatientId>,
    resource: Option<String>,
    user: Option<BpUserId>,
    former_user: Option<BpUserId>,
}

impl Deed {
    /// Something that was done.
    pub(crate) fn of(action: AuditedAction) -> Self {
        Self { action, patients: Vec::new(), resource: None, user: None, former_user: None }
    }

    /// To the records of these patients.
    pub(crate) fn about(self, patients: Vec<PatientId>) -> Self {
        Self { patients, ..self }
    }

    /// With what has this id.
    pub(crate) fn with(self, resource: impl Into<String>) -> Self {
        Self { resource: Some(resource.into()), ..self }
    }

    /// By which an account was linked to this user of Bp, and to that one before.
    pub(crate) fn linking(self, user: Option<BpUserId>, former_user: Option<BpUserId>) -> Self {
        Self { user, former_user, ..self }
    }
}

impl App {
    /// Writes a line of the audit trail. Comes before what it tells of is shown or written: what
    /// cannot be recorded does not happen.
    pub(crate) async fn note(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        deed: Deed,
    ) -> Result<(), Problem> {
        Ok(self.record(practice, caller, deed).await?)
    }

    /// As [`App::note`], for whoever has problems of their own.
    pub(crate) async fn record(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        deed: Deed,
    ) -> Result<(), StoreError> {
        self.store.audit(practice, &self.line(caller, deed)).await
    }

    /// A line to be written together with what it tells of.
    pub(crate) fn line(&self, caller: &Caller, deed: Deed) -> AuditItem {
        let Deed { action, patients, resource, user, former_user } = deed;
        let record = AuditRecord {
            at: Self::now(),
            subject: caller.subject().clone(),
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
