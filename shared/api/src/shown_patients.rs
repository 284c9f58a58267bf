//! Which patients a caller was shown. A later referral by the same caller is checked against them.

use domain::connection::Database;
use domain::ids::PracticeId;
use domain::patient::PatientMatch;
use domain::shown::ShownPatient;

use crate::app::App;
use crate::caller::Caller;

impl App {
    /// Stores the patients that the caller is shown, each under the patient's number in Bp. Runs beside
    /// the write of the audit line.
    ///
    /// If the table fails, the patient is still shown and the log has a warning: a doctor who cannot see
    /// the patient is the greater harm. A later referral then relies on the number alone and says so, or
    /// an older stored patient refuses it.
    pub(crate) async fn remember_shown<'p>(
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
        if let Err(error) = self.store.save_shown(practice, caller.subject(), &shown).await {
            tracing::warn!(%error, "the patients that a caller was shown could not be stored");
        }
    }
}
