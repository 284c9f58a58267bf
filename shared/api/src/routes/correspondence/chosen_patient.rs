//! Which patient a referral is about. The number alone is not enough: the record behind it may have been
//! merged or replaced since the caller chose the patient.

use domain::connection::Database;
use domain::delivery::{Acknowledged, Chosen};
use domain::patient::PatientStatus;

use super::referral_request::ReferralFields;
use crate::app::App;
use crate::caller::{Allowed, Caller, SendReferrals};
use crate::problem::{FieldError, Problem, ProblemType};

/// Refuses a referral for a patient who was shown as deceased or inactive, unless the caller acknowledges
/// it.
fn check_status(status: PatientStatus, acknowledged: &[Acknowledged]) -> Result<(), Problem> {
    let (kind, needed, name) = match status {
        PatientStatus::Deceased => {
            (ProblemType::PatientDeceased, Acknowledged::Deceased, "deceased")
        }
        PatientStatus::Inactive => {
            (ProblemType::PatientInactive, Acknowledged::Inactive, "inactive")
        }
        PatientStatus::Active | PatientStatus::Other => return Ok(()),
    };
    if acknowledged.contains(&needed) {
        return Ok(());
    }
    Err(Problem {
        errors: vec![FieldError {
            pointer: "/acknowledge".to_owned(),
            message: format!("[\"{name}\"] is needed to send it anyway"),
        }],
        ..Problem::new(kind)
    })
}

impl App {
    /// The patient that the caller chose: the one in the request, or the one that this person was last shown
    /// under the number. If neither is known, only the number counts.
    pub(super) async fn chosen_patient(
        &self,
        allowed: &Allowed<SendReferrals>,
        site: &Database,
        referral: &ReferralFields,
    ) -> Result<Chosen, Problem> {
        // Platforms' servers are shown no patients.
        let shown = match &allowed.caller {
            Caller::Person { subject, .. } => {
                self.store.shown(&allowed.practice, subject, referral.patient).await?
            }
            Caller::Platform { .. } => None,
        };
        let shown = shown.filter(|shown| shown.holds(site, Self::now()));
        if let Some(shown) = &shown {
            check_status(shown.status, &referral.acknowledged)?;
        }
        Ok(match &referral.chosen {
            Some(chosen) => Chosen::Patient(chosen.clone()),
            None => shown.map_or(Chosen::NumberOnly, |shown| shown.chosen()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_died_or_left_is_referred_only_by_somebody_who_says_that_they_know() {
        use {Acknowledged as A, PatientStatus as S};
        for (status, acknowledged, kind) in [
            (S::Deceased, vec![], Some(ProblemType::PatientDeceased)),
            (S::Deceased, vec![A::Inactive], Some(ProblemType::PatientDeceased)),
            (S::Deceased, vec![A::Deceased], None),
            (S::Inactive, vec![A::Deceased], Some(ProblemType::PatientInactive)),
            (S::Inactive, vec![A::Deceased, A::Inactive], None),
            (S::Active, vec![], None),
            (S::Other, vec![], None),
        ] {
            let problem = check_status(status, &acknowledged).err();
            assert_eq!(problem.map(|problem| problem.kind), kind, "{status:?} {acknowledged:?}");
        }
    }
}
