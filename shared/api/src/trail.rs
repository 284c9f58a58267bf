//! Lines of the audit trail.

use domain::audit::{AuditRecord, AuditedAction};
use domain::ids::{PatientId, PracticeId};

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
}

impl Deed {
    /// Something that was done.
    pub(crate) fn of(action: AuditedAction) -> Self {
        Self { action, patients: Vec::new(), resource: None }
    }

    /// To the records of these patients.
    pub(crate) fn about(self, patients: Vec<PatientId>) -> Self {
        Self { patients, ..self }
    }

    /// With what has this id.
    pub(crate) fn with(self, resource: impl Into<String>) -> Self {
        Self { resource: Some(resource.into()), ..self }
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
        let Deed { action, patients, resource } = deed;
        let record = AuditRecord {
            at: Self::now(),
            subject: caller.subject().clone(),
            action,
            patients,
            resource,
            request_id: REQUEST_ID.try_with(|id| id.0.clone()).unwrap_or_default(),
        };
        Ok(self.store.audit(practice, &record, self.audit_retention).await?)
    }
}
