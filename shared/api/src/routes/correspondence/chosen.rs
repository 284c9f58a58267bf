//! Whom a referral is about: by name and date of birth, where the caller or we know them.

use domain::connection::Database;
use domain::delivery::{Acknowledged, Chosen, ChosenPatient};
use domain::patient::{DateOfBirth, PatientStatus};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CorrespondenceApp;
use super::request::ReferralFields;
use crate::App;
use crate::caller::{Allowed, Caller, SendReferrals};
use crate::input::Checker;
use crate::problem::{FieldError, Kind, Problem};

/// Who the patient is, as the caller chose them. Nothing is written if Bp has somebody else under the
/// number by then.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChosenPatientRequest {
    /// The whole last name, in any spelling of its blanks, apostrophes and hyphens.
    #[schema(max_length = 40)]
    last_name: String,
    #[schema(format = Date, example = "1984-02-29")]
    date_of_birth: String,
}

impl ChosenPatientRequest {
    pub(super) fn read(&self, fields: &mut Checker, today: Date) -> Option<ChosenPatient> {
        let surname =
            fields.check("/patient/lastName", ChosenPatient::parse_last_name(&self.last_name));
        let born = DateOfBirth::parse(&self.date_of_birth, today);
        let born = fields.check("/patient/dateOfBirth", born);
        let (surname, born) = surname.zip(born)?;
        Some(ChosenPatient { surname, date_of_birth: born.date() })
    }
}

/// What the caller says that they know.
pub(super) fn read_acknowledged(texts: &[String], fields: &mut Checker) -> Vec<Acknowledged> {
    let mut known = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let one = fields.check(&format!("/acknowledge/{at}"), Acknowledged::parse(text));
        if let Some(one) = one.filter(|one| !known.contains(one)) {
            known.push(one);
        }
    }
    known
}

/// Refuses a referral for a patient who was shown as deceased or inactive, unless the caller says that
/// they know.
fn objection(status: PatientStatus, acknowledged: &[Acknowledged]) -> Result<(), Problem> {
    let (kind, needed, name) = match status {
        PatientStatus::Deceased => (Kind::PatientDeceased, Acknowledged::Deceased, "deceased"),
        PatientStatus::Inactive => (Kind::PatientInactive, Acknowledged::Inactive, "inactive"),
        PatientStatus::Active | PatientStatus::Other => return Ok(()),
    };
    if acknowledged.contains(&needed) {
        return Ok(());
    }
    Err(Problem {
        errors: vec![FieldError {
            pointer: "/acknowledge".to_owned(),
            message: format!("[\"{name}\"] is needed to send it all the same"),
        }],
        ..Problem::new(kind)
    })
}

impl CorrespondenceApp {
    /// Whom the caller chose: as the request says, or as this person was last shown the number. Where
    /// neither is known, the number has to do.
    pub(super) async fn chosen(
        &self,
        allowed: &Allowed<SendReferrals>,
        site: &Database,
        fields: &ReferralFields,
    ) -> Result<Chosen, Problem> {
        // Servers are shown nobody.
        let shown = match &allowed.caller {
            Caller::Person { subject, .. } => {
                self.app.store.shown(&allowed.practice, subject, fields.patient).await?
            }
            Caller::Platform { .. } => None,
        };
        let shown = shown.filter(|shown| shown.holds(site, App::now()));
        if let Some(shown) = &shown {
            objection(shown.status, &fields.acknowledged)?;
        }
        Ok(match &fields.chosen {
            Some(chosen) => Chosen::Patient(chosen.clone()),
            None => shown.map_or(Chosen::NumberOnly, |shown| shown.chosen()),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::super::request::ReferralRequest;
    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<ReferralFields, Problem> {
        let mut body = json!({
            "patientId": 1, "documentId": "d-1", "subject": "Left knee", "recipientName": "Dr Z",
        });
        change(&mut body);
        serde_json::from_value::<ReferralRequest>(body).unwrap().read(date(2026, 3, 2))
    }

    #[test]
    fn who_the_patient_is_may_be_said_and_must_then_be_whole() {
        let said = read(|body| {
            body["patient"] = json!({ "lastName": "O’Brien", "dateOfBirth": "1984-02-29" });
        });
        let chosen = said.unwrap().chosen.unwrap();
        assert_eq!((chosen.surname.as_str(), chosen.date_of_birth), ("OBRIEN", date(1984, 2, 29)));
        assert!(read(|_| {}).unwrap().chosen.is_none());
        assert!(read(|body| body["patient"] = Value::Null).unwrap().chosen.is_none());

        let wrong = read(|body| {
            body["patient"] = json!({ "lastName": "Nguyễn", "dateOfBirth": "2026-03-03" });
        });
        let pointers: Vec<_> =
            wrong.err().unwrap().errors.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/patient/lastName", "/patient/dateOfBirth"]);
        for part in [json!({ "lastName": "Brown" }), json!({ "lastName": "B", "firstName": "A" })] {
            assert!(serde_json::from_value::<ChosenPatientRequest>(part).is_err());
        }
    }

    #[test]
    fn what_is_acknowledged_has_a_name_that_is_known() {
        let known = read(|body| body["acknowledge"] = json!(["inactive", "deceased", "inactive"]));
        assert_eq!(
            known.unwrap().acknowledged,
            [Acknowledged::Inactive, Acknowledged::Deceased],
            "each once"
        );
        let wrong = read(|body| body["acknowledge"] = json!(["deceased", "dead"]));
        assert_eq!(wrong.err().unwrap().errors[0].pointer, "/acknowledge/1");
    }

    #[test]
    fn who_has_died_or_left_is_referred_only_by_somebody_who_says_that_they_know() {
        use {Acknowledged as A, PatientStatus as S};
        for (status, acknowledged, kind) in [
            (S::Deceased, vec![], Some(Kind::PatientDeceased)),
            (S::Deceased, vec![A::Inactive], Some(Kind::PatientDeceased)),
            (S::Deceased, vec![A::Deceased], None),
            (S::Inactive, vec![A::Deceased], Some(Kind::PatientInactive)),
            (S::Inactive, vec![A::Deceased, A::Inactive], None),
            (S::Active, vec![], None),
            (S::Other, vec![], None),
        ] {
            let problem = objection(status, &acknowledged).err();
            assert_eq!(problem.map(|problem| problem.kind), kind, "{status:?} {acknowledged:?}");
        }
    }
}
