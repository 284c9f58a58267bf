//! A referral as a caller sends it. Each field is checked separately, so that a form can mark all errors
//! at once.

use domain::Invalid;
use domain::attachments::parse_day;
use domain::delivery::{Acknowledged, ChosenPatient, ClientId, RecipientName, ReferralSubject};
use domain::ids::{BpUserId, PatientId};
use domain::patient::DateOfBirth;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Checker;
use crate::problem::Problem;

/// A referral for the patient's Correspondence Out in Bp.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReferralRequest {
    /// The patient's number in Bp.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    patient_id: i64,
    /// The id of an uploaded document.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    document_id: String,
    /// One line of Windows-1252 text.
    #[schema(max_length = 100)]
    subject: String,
    /// The name of the recipient, as Bp shows it.
    #[schema(max_length = 90)]
    recipient_name: String,
    /// The date of the letter. The day when it is written to Bp by default.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    date: Option<String>,
    /// For platforms' servers: the linked clinician who refers. The patient's usual doctor by default. A
    /// clinician sends in their own name, so any other user is refused.
    #[serde(default)]
    sender_user_id: Option<i64>,
    // The fields below are newer. An absent field is left out of the request's hash, so that a request of an
    // older client still has the same hash.
    /// The patient that the caller chose. If Bp has somebody else under the number, the delivery fails with
    /// `patient-changed`. A person may leave this out for a patient that they found or opened here in the
    /// last two weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patient: Option<ChosenPatientRequest>,
    /// What the caller knows about the patient, and still sends the referral.
    #[schema(value_type = Option<Vec<Acknowledged>>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledge: Option<Vec<String>>,
    /// Whether the patient's summary goes with the letter, for clinicians only. Once the letter is in Bp, the
    /// clinical record is read, and filed next to the letter as a PDF. The referral's `summary` gives the same
    /// facts as FHIR. The summary is a delivery of its own, so the letter arrives whatever becomes of it.
    #[serde(default, skip_serializing_if = "is_not_set")]
    #[schema(default = false)]
    summary: Option<bool>,
}

/// `false` is the default, so it has the same hash as an absent field.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_not_set(flag: &Option<bool>) -> bool {
    *flag != Some(true)
}

/// A referral's fields.
pub(super) struct ReferralFields {
    pub(super) patient: PatientId,
    pub(super) document: ClientId,
    pub(super) subject: ReferralSubject,
    pub(super) recipient: RecipientName,
    pub(super) date: Option<Date>,
    pub(super) sender: Option<BpUserId>,
    pub(super) chosen: Option<ChosenPatient>,
    pub(super) acknowledged: Vec<Acknowledged>,
    pub(super) summary: bool,
}

impl ReferralRequest {
    pub(super) fn read(&self, today: Date) -> Result<ReferralFields, Problem> {
        let mut fields = Checker::default();
        let patient = fields.check("/patientId", PatientId::parse(self.patient_id));
        let document = fields.check("/documentId", ClientId::parse(&self.document_id));
        let subject = fields.check("/subject", ReferralSubject::parse(&self.subject));
        let recipient = fields.check("/recipientName", RecipientName::parse(&self.recipient_name));
        let date = self.date.as_ref().map(|text| fields.check("/date", letter_day(text)));
        let sender =
            self.sender_user_id.map(|id| fields.check("/senderUserId", BpUserId::parse(id)));
        let chosen = self.patient.as_ref().map(|patient| patient.read(&mut fields, today));
        let acknowledged = self.acknowledge.as_deref().unwrap_or_default();
        let acknowledged = read_acknowledged(acknowledged, &mut fields);
        let read = patient.zip(document).zip(subject).zip(recipient);
        fields.finish(read.map(|(((patient, document), subject), recipient)| ReferralFields {
            patient,
            document,
            subject,
            recipient,
            date: date.flatten(),
            sender: sender.flatten(),
            chosen: chosen.flatten(),
            acknowledged,
            summary: self.summary.unwrap_or_default(),
        }))
    }
}

/// The date of a letter.
fn letter_day(text: &str) -> Result<Date, Invalid> {
    let day = parse_day(text)?;
    (1900..=2100)
        .contains(&day.year())
        .then_some(day)
        .ok_or(Invalid("a letter's date lies between 1900 and 2100"))
}

/// The patient that the caller chose. If Bp then has somebody else under the number, nothing is written.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChosenPatientRequest {
    /// The whole last name. Spaces, apostrophes and hyphens may be spelled differently.
    #[schema(max_length = 40)]
    last_name: String,
    #[schema(format = Date, example = "1984-02-29")]
    date_of_birth: String,
}

impl ChosenPatientRequest {
    fn read(&self, fields: &mut Checker, today: Date) -> Option<ChosenPatient> {
        let surname =
            fields.check("/patient/lastName", ChosenPatient::parse_last_name(&self.last_name));
        let born = DateOfBirth::parse(&self.date_of_birth, today);
        let born = fields.check("/patient/dateOfBirth", born);
        let (surname, born) = surname.zip(born)?;
        Some(ChosenPatient { surname, date_of_birth: born.date() })
    }
}

/// What the caller acknowledges, each once.
fn read_acknowledged(texts: &[String], fields: &mut Checker) -> Vec<Acknowledged> {
    let mut known = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let one = fields.check(&format!("/acknowledge/{at}"), Acknowledged::parse(text));
        if let Some(one) = one.filter(|one| !known.contains(one)) {
            known.push(one);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

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
    fn a_referrals_text_must_fit_bp() {
        let read = |change: &dyn Fn(&mut Value)| {
            let mut body = json!({
                "patientId": 1, "documentId": "d-1", "subject": "Left knee", "recipientName": "Dr Z",
            });
            change(&mut body);
            serde_json::from_value::<ReferralRequest>(body).unwrap().read(date(2026, 3, 2))
        };
        assert!(read(&|_| {}).is_ok());
        assert!(read(&|body| body["subject"] = json!("“Knee” – Zoë’s")).is_ok());
        for (field, value) in [
            ("subject", json!("Nguyễn")),
            ("recipientName", json!("r".repeat(91))),
            ("date", json!("2026-02-30")),
            ("date", json!("0001-01-01")),
            ("patientId", json!(0)),
            ("documentId", json!("../d")),
            ("senderUserId", json!(-1)),
        ] {
            let problem = read(&|body| body[field] = value.clone()).err();
            let problem = problem.unwrap_or_else(|| panic!("{field} was taken"));
            assert_eq!(problem.errors[0].pointer, format!("/{field}"));
        }
    }
}
