//! Whom a caller is shown: kept, so that a referral of theirs is about the same person.

use domain::connection::Database;
use domain::ids::PracticeId;
use domain::patient::PatientMatch;
use domain::shown::ShownPatient;

use crate::App;
use crate::caller::Caller;

impl App {
    /// Keeps whom the caller is shown under which number. Goes on beside the line of the audit trail.
    ///
    /// Where the table does not take it, the patient is shown all the same, with a warning in the log: a
    /// doctor who cannot see the patient is the greater harm. A later referral then goes by the number
    /// alone and says so, or an older entry refuses it.
    pub(crate) async fn keep_shown<'p>(
        &self,
        practice: &PracticeId,
        caller: &Caller,
        database: &Database,
        people: impl IntoIterator<Item = &'p PatientMatch>,
    ) {
        let now = Self::now();
        let shown: Vec<_> = people
            .into_iter()
            .map(|person| (person.patient_id, ShownPatient::of(person, database, now)))
            .collect();
        if let Err(error) = self.store.keep_shown(practice, caller.subject(), &shown).await {
            tracing::warn!(%error, "whom a caller was shown could not be kept");
        }
    }
}
