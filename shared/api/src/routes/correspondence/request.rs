//! What a platform asks to be sent, read field by field so that a form can mark all that is wrong.

use domain::Invalid;
use domain::attachments::parse_day;
use domain::delivery::{
    Acknowledged, Addressee, ChosenPatient, ClientId, DescribedPatient, MedicareCard, MessageKind,
    MessagePatient, MessageSubject, MessageText, PatientName, RecipientName, ReferralSubject,
    SenderName,
};
use domain::ids::{BpUserId, PatientId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::addressee::AddresseeRequest;
use super::chosen::{ChosenPatientRequest, read_acknowledged};
use crate::input::Checker;
use crate::problem::Problem;

/// A referral for the patient's Correspondence Out.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReferralRequest {
    /// Bp's number of the patient.
    patient_id: i64,
    /// An uploaded document.
    document_id: String,
    /// One line of Windows-1252 text.
    #[schema(max_length = 100)]
    subject: String,
    /// To whom the referral goes, as Bp shows it.
    #[schema(max_length = 90)]
    recipient_name: String,
    /// The letter's date; the day it is written when nothing is said.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    date: Option<String>,
    /// For platforms' servers: the linked clinician who refers, or the patient's usual doctor when
    /// nothing is said. A clinician sends in their own name: any other user is refused.
    #[serde(default)]
    sender_user_id: Option<i64>,
    // The fields below are newer. Where one is not given it is left out of the request's hash, so that a
    // request from before still counts as the same request.
    /// The patient whom the caller chose. If Bp has somebody else under the number, the answer is
    /// `patient-changed`. A person may leave it out for a patient whom they found or opened here within
    /// two weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patient: Option<ChosenPatientRequest>,
    /// What the caller knows of the patient and sends the referral all the same.
    #[schema(value_type = Option<Vec<Acknowledged>>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledge: Option<Vec<String>>,
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
        }))
    }
}

/// A day that a letter can have.
fn letter_day(text: &str) -> Result<Date, Invalid> {
    let day = parse_day(text)?;
    (1900..=2100)
        .contains(&day.year())
        .then_some(day)
        .ok_or(Invalid("a letter's date lies between 1900 and 2100"))
}

/// A message for a clinician's unchecked inbox.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MessageRequest {
    patient: PatientRequest,
    addressee: AddresseeRequest,
    #[schema(value_type = MessageKind)]
    kind: String,
    /// One line of Windows-1252 text.
    #[schema(max_length = 60)]
    subject: String,
    /// From whom, as Bp shows it.
    #[schema(max_length = 60)]
    #[serde(default)]
    sender_name: Option<String>,
    /// An uploaded document, or:
    #[serde(default)]
    document_id: Option<String>,
    /// A short text in Windows-1252.
    #[schema(max_length = 20_000)]
    #[serde(default)]
    text: Option<String>,
    // Newer than the fields above. Where it is not given it is left out of the request's hash, so that a
    // request from before still counts as the same request.
    /// Who gets the message where no active user of Bp is the addressee, several are, or the addressee is
    /// away that day as far as Bp lets us read it. The delivery shows who got it (`addressedTo`), and its
    /// history why. The addressee who is away gets it all the same where the fallback is away as well, or
    /// is not exactly one active user. The message is sent once, whoever gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback_addressee: Option<AddresseeRequest>,
}

/// Bp's number of the patient, or who it is: filed under a patient only where exactly one agrees on
/// everything given, else left to be allocated by hand. A first name or an IHI has to be among it: twins
/// share the rest.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientRequest {
    #[serde(default)]
    patient_id: Option<i64>,
    #[schema(max_length = 40)]
    #[serde(default)]
    last_name: Option<String>,
    #[schema(max_length = 40)]
    #[serde(default)]
    first_name: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    date_of_birth: Option<String>,
    #[serde(default)]
    medicare: Option<MedicareRequest>,
    /// 16 digits.
    #[serde(default)]
    ihi: Option<String>,
}

/// A Medicare card.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MedicareRequest {
    /// 10 digits.
    number: String,
    /// 1 to 9.
    #[serde(default)]
    line: Option<String>,
}

/// What a message says, before its document is looked up.
pub(super) enum Said {
    Document(ClientId),
    Text(MessageText),
}

/// A message's fields.
pub(super) struct MessageFields {
    pub(super) patient: MessagePatient,
    pub(super) addressee: Addressee,
    pub(super) fallback: Option<Addressee>,
    pub(super) kind: MessageKind,
    pub(super) subject: MessageSubject,
    pub(super) sender_name: Option<SenderName>,
    pub(super) said: Said,
}

impl MessageRequest {
    pub(super) fn read(&self, today: Date) -> Result<MessageFields, Problem> {
        let mut fields = Checker::default();
        let patient = self.patient.read(&mut fields, today);
        let addressee = self.addressee.read("/addressee", &mut fields);
        let fallback = self
            .fallback_addressee
            .as_ref()
            .and_then(|other| other.read_other_than(addressee.as_ref(), &mut fields));
        let kind = fields.check("/kind", MessageKind::parse(&self.kind));
        let subject = fields.check("/subject", MessageSubject::parse(&self.subject));
        let sender_name = self
            .sender_name
            .as_ref()
            .map(|name| fields.check("/senderName", SenderName::parse(name)));
        let said = match (&self.document_id, &self.text) {
            (Some(id), None) => {
                fields.check("/documentId", ClientId::parse(id)).map(Said::Document)
            }
            (None, Some(text)) => fields.check("/text", MessageText::parse(text)).map(Said::Text),
            (None, None) => wrong(&mut fields, "/documentId", "a document or a text is needed"),
            (Some(_), Some(_)) => {
                wrong(&mut fields, "/text", "either a document or a text, not both")
            }
        };
        let read = patient.zip(addressee).zip(kind).zip(subject).zip(said);
        fields.finish(read.map(|((((patient, addressee), kind), subject), said)| MessageFields {
            patient,
            addressee,
            fallback,
            kind,
            subject,
            sender_name: sender_name.flatten(),
            said,
        }))
    }
}

pub(super) fn wrong<T>(fields: &mut Checker, pointer: &str, message: &str) -> Option<T> {
    fields.wrong(pointer, message);
    None
}

impl PatientRequest {
    fn read(&self, fields: &mut Checker, today: Date) -> Option<MessagePatient> {
        let described = self.last_name.is_some()
            || self.first_name.is_some()
            || self.date_of_birth.is_some()
            || self.medicare.is_some()
            || self.ihi.is_some();
        if let Some(id) = self.patient_id {
            if described {
                return wrong(fields, "/patient", "either a patientId or a description, not both");
            }
            let id = fields.check("/patient/patientId", PatientId::parse(id));
            return id.map(MessagePatient::Known);
        }
        let last_name = match &self.last_name {
            Some(name) => {
                fields.check("/patient/lastName", DescribedPatient::parse_last_name(name))
            }
            None => wrong(fields, "/patient/lastName", "a patientId or a last name is needed"),
        };
        let first_name = self
            .first_name
            .as_ref()
            .map(|name| fields.check("/patient/firstName", PatientName::parse(name)));
        let born = match &self.date_of_birth {
            Some(text) => fields
                .check("/patient/dateOfBirth", DescribedPatient::parse_date_of_birth(text, today)),
            None => wrong(fields, "/patient/dateOfBirth", "a date of birth is needed"),
        };
        let medicare = self.medicare.as_ref().map(|card| card.read(fields));
        let ihi = self
            .ihi
            .as_ref()
            .map(|text| fields.check("/patient/ihi", DescribedPatient::parse_ihi(text)));
        let (last_name, date_of_birth) = last_name.zip(born)?;
        Some(MessagePatient::Described(DescribedPatient {
            last_name,
            // What was wrong with one of these is noted: nothing is made of the request then.
            first_name: first_name.flatten(),
            date_of_birth,
            medicare: medicare.flatten(),
            ihi: ihi.flatten(),
        }))
    }
}

impl MedicareRequest {
    fn read(&self, fields: &mut Checker) -> Option<MedicareCard> {
        let number =
            fields.check("/patient/medicare/number", MedicareCard::parse_number(&self.number));
        let line = self
            .line
            .as_ref()
            .map(|line| fields.check("/patient/medicare/line", MedicareCard::parse_line(line)));
        Some(MedicareCard { number: number?, line: line.flatten() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;

    fn message(change: impl FnOnce(&mut Value)) -> Result<MessageFields, Problem> {
        let mut body = json!({
            "patient": { "lastName": "Wattleford", "dateOfBirth": "1957-03-14" },
            "addressee": { "ahpraNumber": "MED0000000001" },
            "kind": "advice", "subject": "Left knee", "text": "Rest it.",
        });
        change(&mut body);
        serde_json::from_value::<MessageRequest>(body).unwrap().read(date(2026, 3, 2))
    }

    fn pointers(outcome: Result<MessageFields, Problem>) -> Vec<String> {
        let problem = outcome.err().expect("the request is wrong");
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_message_is_read_whole() {
        assert!(message(|_| {}).is_ok());
        let known = message(|body| body["patient"] = json!({ "patientId": 7 })).unwrap();
        assert_eq!(known.patient, MessagePatient::Known(PatientId(7)));
    }

    #[test]
    fn every_wrong_field_is_pointed_at() {
        let found = pointers(message(|body| {
            *body = json!({
                "patient": { "lastName": "Łukasz", "firstName": "日本", "dateOfBirth": "2026-02-30",
                    "medicare": { "number": "12", "line": "0" }, "ihi": "x" },
                "addressee": {}, "kind": "fax", "subject": "x".repeat(61), "senderName": "",
                "documentId": "d", "text": "t",
            });
        }));
        assert_eq!(
            found,
            [
                "/patient/lastName",
                "/patient/firstName",
                "/patient/dateOfBirth",
                "/patient/medicare/number",
                "/patient/medicare/line",
                "/patient/ihi",
                "/addressee",
                "/kind",
                "/subject",
                "/senderName",
                "/text",
            ]
        );
    }

    #[test]
    fn a_patient_is_named_one_way_and_an_addressee_too() {
        assert_eq!(pointers(message(|body| body["patient"]["patientId"] = json!(7))), ["/patient"]);
        assert_eq!(
            pointers(message(|body| body["addressee"]["userId"] = json!(7))),
            ["/addressee"]
        );
        assert_eq!(
            pointers(message(|body| body["patient"] = json!({}))),
            ["/patient/lastName", "/patient/dateOfBirth"]
        );
        assert_eq!(pointers(message(|body| body["text"] = Value::Null)), ["/documentId"]);
    }

    #[test]
    fn a_fallback_is_somebody_else_named_one_way() {
        let with = |other: Value| message(|body| body["fallbackAddressee"] = other);
        assert_eq!(message(|_| {}).unwrap().fallback, None);
        assert_eq!(with(Value::Null).unwrap().fallback, None);
        let fallback = with(json!({ "userId": 3 })).unwrap().fallback;
        assert_eq!(fallback, Some(Addressee::User(BpUserId(3))));
        for (other, wrong) in [
            (json!({ "ahpraNumber": "med 0000 000 001" }), "/fallbackAddressee"),
            (json!({}), "/fallbackAddressee"),
            (json!({ "userId": 3, "providerNumber": "9990011A" }), "/fallbackAddressee"),
            (json!({ "userId": 0 }), "/fallbackAddressee/userId"),
            (json!({ "ahpraNumber": "MED1" }), "/fallbackAddressee/ahpraNumber"),
            (json!({ "providerNumber": "A" }), "/fallbackAddressee/providerNumber"),
        ] {
            assert_eq!(pointers(with(other.clone())), [wrong], "{other}");
        }
    }

    #[test]
    fn a_wrong_detail_of_a_patient_is_never_left_out_in_silence() {
        let found = pointers(message(|body| body["patient"]["ihi"] = json!("123")));
        assert_eq!(found, ["/patient/ihi"]);
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
